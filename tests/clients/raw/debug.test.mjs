// SPDX-License-Identifier: Apache-2.0
//
// Traces and raw getters of the `debug` namespace. Nodes have it off by default: then this file is skipped.
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import { decodeRlp, keccak256, toBeHex, zeroPadValue } from 'ethers';
import { notOnAnvil, rpc } from '../chain.mjs';
import { deploy, funded, hex, send } from './setup.mjs';

// On when the node lists it; where nodes list nothing, on when a method of it is there.
const listed = await rpc('rpc_modules').catch(() => ({}));
const off = !listed.debug && (await rpc('debug_traceTransaction', `0x${'00'.repeat(32)}`).then(() => false, ({ code }) => code === -32601));
const when = off ? { skip: 'the debug namespace is off' } : {};
const unlessAnvil = (note) => ({ ...notOnAnvil(note), ...when });

let user;
let desk;
before(async () => {
  if (off) return;
  user = await funded('2');
  desk = await deploy('Desk', user, 'Desk of traces', 10n);
});
const lower = (address) => address.toLowerCase();

test('struct logger: every step, gas and the return', when, async () => {
  const { transactionHash, gasUsed } = await send(user, { to: desk.address, data: desk.data('file', 'traced') });
  const trace = await rpc('debug_traceTransaction', transactionHash, {});
  assert.equal(trace.failed, false);
  assert.equal(BigInt(trace.gas), BigInt(gasUsed));
  assert.equal(BigInt(trace.returnValue.startsWith('0x') ? trace.returnValue : `0x${trace.returnValue}`), 1n);
  const ops = trace.structLogs.map(({ op }) => op);
  for (const op of ['SLOAD', 'SSTORE', 'LOG3', 'RETURN']) assert.ok(ops.includes(op), op);
  const [first] = trace.structLogs;
  assert.equal(first.pc, 0);
  assert.equal(first.depth, 1);
  const store = trace.structLogs.find(({ op }) => op === 'SSTORE');
  assert.ok(store.storage && Object.keys(store.storage).length > 0);
});

test('struct logger: stack and storage can be left out', when, async () => {
  const { transactionHash } = await send(user, { to: desk.address, data: desk.data('file', 'traced') });
  const trace = await rpc('debug_traceTransaction', transactionHash, { disableStack: true, disableStorage: true });
  assert.ok(trace.structLogs.every(({ stack, storage }) => !stack && !storage));
});

test('callTracer: nested calls, creation, value and failure', when, async () => {
  const salt = keccak256(user.address);
  const opened = await send(user, { to: desk.address, data: desk.data('open', salt) });
  const call = await rpc('debug_traceTransaction', opened.transactionHash, { tracer: 'callTracer' });
  assert.equal(call.type, 'CALL');
  assert.equal(lower(call.from), lower(user.address));
  assert.equal(lower(call.to), desk.address);
  assert.equal(BigInt(call.gasUsed), BigInt(opened.gasUsed));
  assert.equal(call.calls.length, 1);
  assert.equal(call.calls[0].type, 'CREATE2');
  assert.equal(lower(call.calls[0].from), desk.address);
  const failed = await send(user, { to: desk.address, data: desk.data('take', 11n) });
  assert.equal(failed.status, '0x0');
  const trace = await rpc('debug_traceTransaction', failed.transactionHash, { tracer: 'callTracer' });
  assert.match(trace.error, /revert/);
  assert.equal(desk.face.parseError(trace.output).name, 'Refused');
});

test('callTracer: logs when asked, only the top call when asked', when, async () => {
  const { transactionHash } = await send(user, { to: desk.address, data: desk.data('fileMany', 2n, 'traced') });
  const trace = await rpc('debug_traceTransaction', transactionHash, { tracer: 'callTracer', tracerConfig: { withLog: true } });
  assert.equal(trace.logs.length, 2);
  const opened = await send(user, { to: desk.address, data: desk.data('open', keccak256(transactionHash)) });
  const top = await rpc('debug_traceTransaction', opened.transactionHash, { tracer: 'callTracer', tracerConfig: { onlyTopCall: true } });
  assert.equal(top.calls ?? undefined, undefined);
});

test('prestateTracer: the state that was touched, before', when, async () => {
  await send(user, { to: desk.address, data: desk.data('file', 'once') });
  const { transactionHash, blockNumber } = await send(user, { to: desk.address, data: desk.data('file', 'twice') });
  const pre = await rpc('debug_traceTransaction', transactionHash, { tracer: 'prestateTracer' });
  const sender = pre[lower(user.address)];
  const earlier = hex(BigInt(blockNumber) - 1n);
  assert.equal(BigInt(sender.balance), BigInt(await rpc('eth_getBalance', user.address, earlier)));
  assert.equal(sender.nonce, Number(await rpc('eth_getTransactionCount', user.address, earlier)));
  const slot0 = zeroPadValue('0x', 32);
  assert.equal(BigInt(pre[desk.address].storage[slot0]), BigInt(await rpc('eth_getStorageAt', desk.address, slot0, earlier)));
  assert.equal(pre[desk.address].code, await rpc('eth_getCode', desk.address, 'latest'));
});

test('prestateTracer in diff mode: before and after', when, async () => {
  await send(user, { to: desk.address, data: desk.data('file', 'once') });
  const { transactionHash } = await send(user, { to: desk.address, data: desk.data('file', 'twice') });
  const { pre, post } = await rpc('debug_traceTransaction', transactionHash, { tracer: 'prestateTracer', tracerConfig: { diffMode: true } });
  const slot0 = zeroPadValue('0x', 32);
  assert.equal(BigInt(post[desk.address].storage[slot0]), BigInt(pre[desk.address].storage[slot0]) + 1n);
  assert.equal(post[lower(user.address)].nonce, pre[lower(user.address)].nonce + 1);
  assert.ok(BigInt(post[lower(user.address)].balance) < BigInt(pre[lower(user.address)].balance));
  assert.equal(post[desk.address].code, undefined, 'what did not change is not in the difference');
});

test('4byteTracer counts selectors and the size of their arguments', when, async () => {
  const data = desk.data('set', 1n, toBeHex(5n, 32));
  const { transactionHash } = await send(user, { to: desk.address, data });
  assert.deepEqual(await rpc('debug_traceTransaction', transactionHash, { tracer: '4byteTracer' }), { [`${data.slice(0, 10)}-64`]: 1 });
});

test('debug_traceCall: what a call would do', when, async () => {
  const trace = await rpc('debug_traceCall', { from: user.address, to: desk.address, data: desk.data('take', 11n) }, 'latest', { tracer: 'callTracer' });
  assert.match(trace.error, /revert/);
  assert.equal(desk.face.parseError(trace.output).name, 'Refused');
});

test('debug_traceBlockByNumber and ByHash: each transaction with its hash', when, async () => {
  const one = await send(user, { to: desk.address, data: desk.data('file', 'block') });
  const byNumber = await rpc('debug_traceBlockByNumber', one.blockNumber, { tracer: 'callTracer' });
  const byHash = await rpc('debug_traceBlockByHash', one.blockHash, { tracer: 'callTracer' });
  assert.deepEqual(byNumber, byHash);
  const mine = byNumber.find(({ txHash }) => txHash === one.transactionHash);
  assert.equal(mine.result.gasUsed, one.gasUsed);
});

test('raw getters: block, header and transaction by their hashes', unlessAnvil('not all are there'), async () => {
  const one = await send(user, { to: desk.address, data: desk.data('file', 'raw') });
  assert.equal(keccak256(await rpc('debug_getRawHeader', one.blockNumber)), one.blockHash);
  assert.equal(keccak256(await rpc('debug_getRawTransaction', one.transactionHash)), one.transactionHash);
  const [header] = decodeRlp(await rpc('debug_getRawBlock', one.blockNumber));
  assert.equal(header[0], (await rpc('eth_getBlockByHash', one.blockHash, false)).parentHash);
  const block = await rpc('eth_getBlockByHash', one.blockHash, false);
  assert.equal((await rpc('debug_getRawReceipts', one.blockNumber)).length, block.transactions.length);
});

test('an unknown transaction is an error', unlessAnvil('an empty trace'), async () => {
  await assert.rejects(rpc('debug_traceTransaction', `0x${'12'.repeat(32)}`));
});

test('an unknown tracer is an error', when, async () => {
  await assert.rejects(rpc('debug_traceTransaction', desk.receipt.transactionHash, { tracer: 'noSuchTracer' }));
});
