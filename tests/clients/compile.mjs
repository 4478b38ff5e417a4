#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
//
// Compiles contracts/*.sol into contracts/out/NAME.json (`abi`, `bytecode`, `deployedBytecode`) for the ethers, viem, raw and
// web3.py suites. Does nothing when the output is newer than every source.
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import solc from 'solc';

const HERE = dirname(fileURLToPath(import.meta.url));
const SOURCES = join(HERE, 'contracts');
const OUT = join(SOURCES, 'out');

const names = readdirSync(SOURCES).filter((name) => name.endsWith('.sol'));
if (isFresh()) process.exit(0);

const input = {
  language: 'Solidity',
  sources: Object.fromEntries(names.map((name) => [name, { content: readFileSync(join(SOURCES, name), 'utf8') }])),
  settings: {
    evmVersion: 'prague',
    optimizer: { enabled: true, runs: 200 },
    outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object'] } },
  },
};
const output = JSON.parse(solc.compile(JSON.stringify(input), { import: readImport }));
const errors = (output.errors ?? []).filter((error) => error.severity === 'error');
if (errors.length > 0) {
  for (const error of errors) console.error(error.formattedMessage);
  process.exit(1);
}
mkdirSync(OUT, { recursive: true });
for (const name of names) {
  for (const [contract, { abi, evm }] of Object.entries(output.contracts[name])) {
    const artifact = {
      contractName: contract,
      abi,
      bytecode: `0x${evm.bytecode.object}`,
      deployedBytecode: `0x${evm.deployedBytecode.object}`,
    };
    writeFileSync(join(OUT, `${contract}.json`), `${JSON.stringify(artifact, null, 2)}\n`);
  }
}

/** Imports are packages: they are found in node_modules. */
function readImport(path) {
  try {
    return { contents: readFileSync(join(HERE, 'node_modules', path), 'utf8') };
  } catch (error) {
    return { error: `cannot read ${path}: ${error.message}` };
  }
}

function isFresh() {
  const newest = Math.max(...[...names.map((name) => join(SOURCES, name)), fileURLToPath(import.meta.url)].map(time));
  try {
    const made = readdirSync(OUT);
    return made.length > 0 && Math.min(...made.map((name) => time(join(OUT, name)))) > newest;
  } catch {
    return false;
  }
}

function time(path) {
  return statSync(path).mtimeMs;
}
