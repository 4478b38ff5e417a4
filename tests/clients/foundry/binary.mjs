// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MODULES = fileURLToPath(new URL('../node_modules', import.meta.url));
const ARCH = { x64: 'amd64', arm64: 'arm64' }[process.arch] ?? process.arch;

/**
 * The path of a tool of Foundry (`forge`, `cast`, `anvil`): the native program of the package for this platform, or else the one
 * in PATH. The packages are named directly, since a lock file of `@foundry-rs/forge` wants those of every platform, and since
 * its script in node_modules/.bin ends with 0 also when the tool failed.
 */
export function binary(name) {
  const path = join(MODULES, '@foundry-rs', `${name}-${process.platform}-${ARCH}`, 'bin', name);
  return existsSync(path) ? path : name;
}
