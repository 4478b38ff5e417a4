#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
//
// The npm package `solc` (the compiler as WebAssembly) in the shape that forge and slither expect of a native compiler: it
// answers `--version`, and `--standard-json` with the input on standard input.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import solc from 'solc';

const args = process.argv.slice(2);

if (args.includes('--version')) {
  // Forge reads the version as a native build's; the platform is the only part that differs.
  const version = solc.version().replace('.Emscripten.clang', '.Linux.g++');
  console.log(`solc, the solidity compiler commandline interface\nVersion: ${version}`);
} else if (args.includes('--standard-json')) {
  process.stdout.write(solc.compile(readFileSync(0, 'utf8'), { import: readImport }));
} else {
  console.error('solc.mjs: only --version and --standard-json are answered');
  process.exitCode = 2;
}

/** Finds an import that the input does not hold, below `--base-path` (default: the working directory). */
function readImport(path) {
  const base = args.includes('--base-path') ? args[args.indexOf('--base-path') + 1] : process.cwd();
  try {
    return { contents: readFileSync(resolve(base, path), 'utf8') };
  } catch (error) {
    return { error: `cannot read ${path} below ${base}: ${error.message}` };
  }
}
