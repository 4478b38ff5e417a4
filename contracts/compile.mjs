#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
//
// Compiles `src/` into `artifacts/`, one JSON file for each contract that can be deployed and for each interface named below.
//
//   node compile.mjs           writes the artifacts
//   node compile.mjs --check   writes nothing; names each artifact that differs from what the sources give, exit code 1
//
// Settings are read from foundry.toml, so that forge tests the very code that is committed. Artifacts hold nothing of time,
// machine or path: the same sources give the same bytes.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import solc from 'solc';

const HERE = dirname(fileURLToPath(import.meta.url));
const ARTIFACTS = join(HERE, 'artifacts');

/** Interfaces have no code; an artifact with the ABI alone serves clients that know a contract only by its face. */
const INTERFACES = ['IERC20'];

const [option, ...rest] = process.argv.slice(2);
if (rest.length > 0 || (option !== undefined && option !== '--check')) {
  console.error('usage: node compile.mjs [--check]');
  process.exit(2);
}
const artifacts = compile();
process.exitCode = option === '--check' ? check(artifacts) : write(artifacts);

/** The artifacts that the sources give: a map from file name to text. */
function compile() {
  const sources = readSources();
  const settings = readSettings();
  const input = {
    language: 'Solidity',
    sources: Object.fromEntries([...sources].map(([path, content]) => [path, { content }])),
    settings: {
      ...settings,
      outputSelection: { '*': { '*': ['abi', 'metadata', 'evm.bytecode.object', 'evm.deployedBytecode.object'] } },
    },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input)));
  if (output.errors?.length > 0) {
    // Warnings stop us too, as they do in forge (`deny = "warnings"`).
    for (const { formattedMessage } of output.errors) console.error(formattedMessage);
    process.exit(1);
  }

  const texts = new Map();
  for (const file of Object.keys(output.contracts).sort()) {
    for (const [contractName, contract] of Object.entries(output.contracts[file])) {
      if (contract.evm.bytecode.object === '' && !INTERFACES.includes(contractName)) continue;
      if (isInternalLibrary(contract)) continue;
      const artifact = describe(contractName, file, contract, sources, settings);
      texts.set(`${contractName}.json`, `${JSON.stringify(artifact, null, 2)}\n`);
    }
  }
  return texts;
}

/** A library without external functions is inlined where it is used and never deployed. */
function isInternalLibrary(contract) {
  return contract.abi.every((entry) => entry.type === 'error');
}

/** What an artifact file holds. */
function describe(contractName, file, contract, sources, settings) {
  const used = Object.keys(JSON.parse(contract.metadata).sources).sort();
  const hash = createHash('sha256');
  for (const path of used) hash.update(`${path}\0${sources.get(path)}\0`);
  return {
    contractName,
    file,
    compiler: { name: 'solc', version: solc.version().replace('.Emscripten.clang', '') },
    settings,
    // SHA-256 over path, zero byte, text, zero byte of each source, in this order: whoever lacks the compiler can still see
    // whether the artifact belongs to its sources.
    sources: used,
    sourceHash: hash.digest('hex'),
    abi: contract.abi,
    bytecode: `0x${contract.evm.bytecode.object}`,
    deployedBytecode: `0x${contract.evm.deployedBytecode.object}`,
  };
}

/** All of `src/`: a map from path (as imports and errors name it) to text. */
function readSources() {
  const names = readdirSync(join(HERE, 'src'), { recursive: true }).filter((name) => name.endsWith('.sol'));
  const paths = names.map((name) => `src/${name.replaceAll('\\', '/')}`).sort();
  return new Map(paths.map((path) => [path, readFileSync(join(HERE, path), 'utf8')]));
}

/** The compiler settings of foundry.toml, in solc's words. */
function readSettings() {
  const toml = readFileSync(join(HERE, 'foundry.toml'), 'utf8');
  const value = (key) => {
    const found = toml.match(new RegExp(`^${key}\\s*=\\s*(.+?)\\s*$`, 'm'));
    if (!found) throw new Error(`foundry.toml: no line '${key} = ...'`);
    return JSON.parse(found[1]);
  };
  return {
    evmVersion: value('evm_version'),
    optimizer: { enabled: value('optimizer'), runs: value('optimizer_runs') },
    metadata: { bytecodeHash: value('bytecode_hash'), appendCBOR: value('cbor_metadata') },
  };
}

/** The artifacts on disk: a map from file name to text. */
function readArtifacts() {
  if (!existsSync(ARTIFACTS)) return new Map();
  const names = readdirSync(ARTIFACTS).sort();
  return new Map(names.map((name) => [name, readFileSync(join(ARTIFACTS, name), 'utf8')]));
}

/** Compares with what is on disk; returns the exit code. */
function check(expected) {
  const found = readArtifacts();
  const problems = [];
  for (const [name, text] of expected) {
    if (!found.has(name)) problems.push(`artifacts/${name} is missing`);
    else if (found.get(name) !== text) problems.push(`artifacts/${name} ${difference(found.get(name), text)}`);
  }
  for (const name of found.keys()) {
    if (!expected.has(name)) problems.push(`artifacts/${name} belongs to no contract in src/`);
  }
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) console.error('Run `node compile.mjs` in contracts/ and commit the result.');
  else console.log(`${expected.size} artifacts match their sources (${solc.version()})`);
  return problems.length > 0 ? 1 : 0;
}

/** How an artifact differs from what it should be, for people. */
function difference(foundText, expectedText) {
  const expected = JSON.parse(expectedText);
  let found;
  try {
    found = JSON.parse(foundText);
  } catch {
    return 'is not JSON';
  }
  const keys = [...new Set([...Object.keys(expected), ...Object.keys(found ?? {})])];
  const differing = keys.filter((key) => JSON.stringify(found?.[key]) !== JSON.stringify(expected[key]));
  return `differs from what the sources give in: ${differing.join(', ') || 'the layout of the file'}`;
}

/** Writes the artifacts and removes those whose contract is gone; returns the exit code. */
function write(expected) {
  mkdirSync(ARTIFACTS, { recursive: true });
  for (const name of readArtifacts().keys()) {
    if (!expected.has(name)) rmSync(join(ARTIFACTS, name));
  }
  for (const [name, text] of expected) {
    writeFileSync(join(ARTIFACTS, name), text);
    console.log(`artifacts/${name}`);
  }
  return 0;
}
