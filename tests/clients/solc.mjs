#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
//
// The npm package `solc` as forge expects a native compiler: `--version`, and `--standard-json` on standard input.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import solc from 'solc';

if (process.argv.includes('--version')) {
  console.log(`solc, the solidity compiler commandline interface\nVersion: ${solc.version().replace('.Emscripten.clang', '.Linux.g++')}`);
} else if (process.argv.includes('--standard-json')) {
  process.stdout.write(solc.compile(readFileSync(0, 'utf8'), { import: readImport }));
} else {
  console.error('solc.mjs: only --version and --standard-json are answered');
  process.exitCode = 2;
}

/** Forge leaves out of the input what packages outside of its project import among themselves; paths count from the project. */
function readImport(path) {
  try {
    return { contents: readFileSync(resolve(path), 'utf8') };
  } catch (error) {
    return { error: `cannot read ${path}: ${error.message}` };
  }
}
