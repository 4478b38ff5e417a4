// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MODULES = fileURLToPath(new URL('../node_modules', import.meta.url));
const ARCH = { x64: 'amd64', arm64: 'arm64' }[process.arch] ?? process.arch;

/**
 * The path of a tool of Foundry (`forge`, `cast`, `anvil`). It is the native program and not the script in node_modules/.bin,
 * because that script ends with 0 also when the tool failed.
 */
export const binary = (name) => join(MODULES, '@foundry-rs', `${name}-${process.platform}-${ARCH}`, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
