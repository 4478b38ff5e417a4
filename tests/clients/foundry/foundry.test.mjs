// SPDX-License-Identifier: Apache-2.0
//
// forge and cast as a user calls them, against the node under test.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test, { before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { HDNodeWallet, Wallet, getAddress, id } from 'ethers';
import { MNEMONIC, PAYER, RPC, artifact, rpc } from '../chain.mjs';
import { binary } from './binary.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const run = promisify(execFile);
const payer = HDNodeWallet.fromPhrase(MNEMONIC, undefined, `m/44'/60'/0'/0/${PAYER.foundry}`);
const account = Wallet.createRandom();

/** Runs a tool of Foundry in this project; gives what it wrote. Variables that would lead it elsewhere are left out. */
async function tool(name, args, env = {}) {
  const own = Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^(FOUNDRY|DAPP|ETH)_|_PROXY$|^NODE_/i.test(key)));
  const options = { cwd: HERE, env: { ...own, NO_COLOR: '1', FOUNDRY_DISABLE_NIGHTLY_WARNING: '1', ...env }, maxBuffer: 1 << 26 };
  try {
    return (await run(binary(name), args, options)).stdout.trim();
  } catch (error) {
    throw new Error(`${name} ${args[0]}: exit ${error.code}\n${error.stdout}${error.stderr}`);
  }
}
const cast = (...args) => tool('cast', args);
const online = ['--rpc-url', RPC];
const key = ['--private-key', account.privateKey];
const send = async (...args) => JSON.parse(await cast('send', ...online, ...key, '--json', ...args));

/** How many tests of forge passed; each must. */
function passed(json) {
  const results = Object.values(JSON.parse(json)).flatMap(({ test_results: tests }) => Object.entries(tests));
  for (const [name, { status, reason }] of results) assert.equal(status, 'Success', `${name}: ${reason}`);
  return results.length;
}

let vault;
let desk;
before(async () => {
  for (const made of ['broadcast', 'cache']) rmSync(join(HERE, made), { recursive: true, force: true });
  await cast('send', ...online, '--private-key', payer.privateKey, account.address, '--value', '2ether');
  desk = (await send('--create', artifact('Desk').bytecode, 'constructor(string,uint256)', 'Desk of cast', '10')).contractAddress;
});

test('forge build, with the npm compiler', async () => {
  await tool('forge', ['build']);
});

test('forge test, in its own machine', async () => {
  assert.equal(passed(await tool('forge', ['test', '--json', '--match-contract', 'VaultTest'])), 3);
});

test('forge test on a fork of the node: contracts are deployed upon its state', async () => {
  assert.equal(passed(await tool('forge', ['test', '--json', '--match-contract', 'VaultTest', '--fork-url', RPC])), 3);
});

test('forge script --broadcast deploys and calls, and waits for the receipts', async () => {
  await tool('forge', ['script', 'script/Deploy.s.sol:Deploy', ...online, '--broadcast', '--slow'], { SCRIPT_KEY: account.privateKey });
  const chainId = BigInt(await rpc('eth_chainId'));
  const { transactions, receipts } = JSON.parse(readFileSync(join(HERE, 'broadcast', 'Deploy.s.sol', `${chainId}`, 'run-latest.json')));
  assert.deepEqual(transactions.map(({ transactionType }) => transactionType), ['CREATE', 'CREATE', 'CALL', 'CALL']);
  assert.ok(receipts.every(({ status }) => status === '0x1'));
  vault = transactions[1].contractAddress;
  assert.equal(await cast('call', ...online, vault, 'heldFor(address)(uint256)', account.address), '40');
});

test('forge script without --slow: transactions are sent without waiting', async () => {
  await tool('forge', ['script', 'script/Deploy.s.sol:Deploy', ...online, '--broadcast'], { SCRIPT_KEY: account.privateKey });
});

test('forge test on a fork of the node: contracts that stand there are read and called', async () => {
  assert.ok(vault, 'the script deployed a vault');
  const env = { FORK_VAULT: vault, FORK_OWNER: account.address, FORK_CHAIN_ID: `${BigInt(await rpc('eth_chainId'))}` };
  assert.equal(passed(await tool('forge', ['test', '--json', '--match-contract', 'ForkTest', '--fork-url', RPC], env)), 3);
});

test('forge create', async () => {
  const out = JSON.parse(await tool('forge', ['create', 'src/Vault.sol:Vault', ...online, ...key, '--broadcast', '--json', '--constructor-args', desk]));
  assert.equal(await cast('call', ...online, out.deployedTo, 'token()(address)'), getAddress(desk));
});

test('cast: chain, client, block, balance, nonce, code', async () => {
  assert.equal(BigInt(await cast('chain-id', ...online)), BigInt(await rpc('eth_chainId')));
  assert.equal(await cast('client', ...online), await rpc('web3_clientVersion'));
  assert.ok(BigInt(await cast('block-number', ...online)) > 0n);
  assert.match(await cast('block', ...online, 'latest', '--field', 'stateRoot'), /^0x[0-9a-f]{64}$/);
  assert.equal(BigInt(await cast('balance', ...online, account.address)), BigInt(await rpc('eth_getBalance', account.address, 'latest')));
  assert.equal(BigInt(await cast('nonce', ...online, account.address)), BigInt(await rpc('eth_getTransactionCount', account.address, 'latest')));
  assert.equal(await cast('code', ...online, desk), await rpc('eth_getCode', desk, 'latest'));
  assert.ok(BigInt(await cast('gas-price', ...online)) > 0n);
  assert.ok(BigInt(await cast('base-fee', ...online)) > 0n);
});

test('cast send, call, receipt, tx, logs', async () => {
  const sent = await send(desk, 'file(string)', 'by cast');
  assert.equal(sent.status, '0x1');
  assert.equal(BigInt(await cast('receipt', ...online, sent.transactionHash, 'blockNumber')), BigInt(sent.blockNumber));
  assert.equal((await cast('tx', ...online, sent.transactionHash, 'from')).toLowerCase(), account.address.toLowerCase());
  assert.equal(await cast('call', ...online, desk, 'title()(string)'), '"Desk of cast"');
  const logs = JSON.parse(await cast('logs', ...online, '--json', '--address', desk, '--from-block', `${BigInt(sent.blockNumber)}`, 'Filed(uint256 indexed,address indexed,string)'));
  assert.deepEqual(logs.map(({ transactionHash }) => transactionHash), [sent.transactionHash]);
  assert.equal(BigInt(await cast('storage', ...online, desk, '0')), BigInt(await cast('call', ...online, desk, 'count()(uint256)')));
});

test('cast names the custom error of a refused call', async () => {
  await assert.rejects(cast('call', ...online, desk, 'take(uint256)', '11'), (error) => error.message.includes(id('Refused(address,uint256,uint256)').slice(2, 10)));
  await assert.rejects(send(desk, 'positive(int256)', '--', '-1'), /not positive/);
});

test('cast estimate, access-list, and a legacy transaction', async () => {
  const estimate = BigInt(await cast('estimate', ...online, '--from', account.address, desk, 'file(string)', 'estimated'));
  assert.ok(estimate > 21_000n && estimate < 200_000n);
  const list = await cast('access-list', ...online, '--from', account.address, desk, 'file(string)', 'listed');
  assert.match(list, /0x0{64}/, 'the counter in slot 0 is touched');
  assert.equal((await send('--legacy', account.address)).type, '0x0');
});

test('cast proof and a raw rpc call', async () => {
  const proof = JSON.parse(await cast('proof', ...online, desk, '0'));
  assert.ok(proof.accountProof.length > 0 && proof.storageProof.length === 1);
  assert.equal(JSON.parse(await cast('rpc', ...online, 'eth_chainId')), await rpc('eth_chainId'));
});

test('cast send --auth: an account takes on code (EIP-7702)', async () => {
  const batcher = (await send('--create', artifact('Batcher').bytecode)).contractAddress;
  await send(account.address, '--auth', batcher);
  assert.equal(await cast('code', ...online, account.address), `0xef0100${batcher.slice(2).toLowerCase()}`);
  await send(account.address, '--auth', `0x${'00'.repeat(20)}`);
  assert.equal(await cast('code', ...online, account.address), '0x');
});

test('cast run replays a transaction that is on the chain', async () => {
  const { transactionHash } = await send(desk, 'file(string)', 'replayed');
  assert.match(await cast('run', ...online, transactionHash), /success/i);
});

test('cast shows what waits in the pool', async () => {
  assert.match(await cast('tx-pool', 'status', ...online), /queued/);
});
