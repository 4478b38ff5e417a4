// SPDX-License-Identifier: Apache-2.0
//
// Reverts as ethers decodes them from eth_call, eth_estimateGas and receipts.
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import { isError } from 'ethers';
import { deploy, funded, provider, rejection } from './setup.mjs';

let user;
let desk;
before(async () => {
  user = await funded('2');
  desk = await deploy('Desk', user, 'Desk of failures', 10n);
});

/** A call exception, from a call and from an estimate alike. */
async function refused(name, ...args) {
  const calls = [desk[name].staticCall(...args), desk[name].estimateGas(...args)];
  const [called, estimated] = await Promise.all(calls.map(rejection));
  for (const error of [called, estimated]) assert.ok(isError(error, 'CALL_EXCEPTION'), `${error.code}: ${error.message}`);
  assert.equal(estimated.data, called.data, 'the estimate carries the same revert data as the call');
  return called;
}

test('a custom error with arguments', async () => {
  const error = await refused('take', 11n);
  assert.equal(error.revert.name, 'Refused');
  assert.equal(error.revert.signature, 'Refused(address,uint256,uint256)');
  assert.deepEqual(error.revert.args.toArray(), [user.address, 11n, 10n]);
});

test('a custom error without arguments', async () => {
  const error = await refused('closed');
  assert.equal(error.revert.name, 'Closed');
  assert.equal(error.data.length, 10);
});

test('a custom error with nested tuples', async () => {
  const error = await refused('nested', [user.address, 'Ann', [1n, 2n]], '0xbeef');
  assert.equal(error.revert.name, 'Nested');
  assert.equal(error.revert.args.contact.name, 'Ann');
  assert.deepEqual(error.revert.args.contact.rooms.toArray(), [1n, 2n]);
  assert.equal(error.revert.args.data, '0xbeef');
});

test('a require string, not only ASCII', async () => {
  const error = await refused('positive', -1n);
  assert.equal(error.reason, 'Desk: not positive – sorry');
  assert.equal(error.revert.name, 'Error');
});

test('a revert without data', async () => {
  const error = await refused('bare');
  assert.ok(error.data === '0x' || error.data === null);
  assert.equal(error.reason, 'require(false)');
});

for (const [what, code, name, ...args] of [
  ['a failed assert', 0x01n, 'asserted', false],
  ['overflow', 0x11n, 'sum', 200, 100],
  ['division by zero', 0x12n, 'ratio', 1n, 0n],
  ['a bad enum', 0x21n, 'mood', 9n],
  ['pop of nothing', 0x31n, 'pop'],
  ['an index out of bounds', 0x32n, 'numberAt', 5n],
]) {
  test(`panic 0x${code.toString(16)}: ${what}`, async () => {
    const error = await refused(name, ...args);
    assert.equal(error.revert.name, 'Panic');
    assert.equal(BigInt(error.revert.args[0]), code);
  });
}

test('a constructor that reverts says why before anything is sent', async () => {
  const error = await rejection(deploy('Desk', user, 'x', 0n));
  assert.equal(error.code, 'CALL_EXCEPTION');
  assert.equal(error.reason, 'Desk: no ceiling');
});

test('an error of OpenZeppelin (ERC-6093)', async () => {
  const token = await deploy('Token', user, 5n);
  const error = await rejection(token.transfer.staticCall(desk.target, 6n));
  assert.equal(error.revert.name, 'ERC20InsufficientBalance');
  assert.deepEqual(error.revert.args.toArray(), [user.address, 5n, 6n]);
});

test('a transaction that fails on chain has status 0, and its reason is found by a call on the block before', async () => {
  const sent = await desk.take(11n, { gasLimit: 100_000n });
  const error = await rejection(sent.wait());
  assert.equal(error.code, 'CALL_EXCEPTION');
  assert.equal(error.receipt.status, 0);
  assert.deepEqual(error.receipt.logs, []);
  const again = { to: sent.to, from: sent.from, data: sent.data, blockTag: error.receipt.blockNumber - 1 };
  const reason = await rejection(provider.call(again));
  assert.equal(desk.interface.parseError(reason.data).name, 'Refused');
});

test('out of gas on chain: status 0 and the whole limit used', async () => {
  const data = desk.interface.encodeFunctionData('spin');
  const sent = await user.sendTransaction({ to: desk.target, data, gasLimit: 60_000n });
  const { receipt } = await rejection(sent.wait());
  assert.equal(receipt.status, 0);
  assert.equal(receipt.gasUsed, 60_000n);
});

test('a call to an address without code gives nothing, which ethers calls BAD_DATA', async () => {
  const error = await rejection(desk.attach(user.address).count());
  assert.equal(error.code, 'BAD_DATA');
});
