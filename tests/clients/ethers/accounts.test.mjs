// SPDX-License-Identifier: Apache-2.0
//
// Accounts, transfers and nonces, as ethers sees them.
import assert from 'node:assert/strict';
import test from 'node:test';
import { NonceManager, Wallet, parseEther, parseUnits } from 'ethers';
import { eventually, notOnAnvil } from '../chain.mjs';
import { funded, http, provider, rejection } from './setup.mjs';

test('the network is found by chain id', async () => {
  const network = await http().getNetwork();
  assert.equal(network.chainId, BigInt(await provider.send('eth_chainId', [])));
  assert.equal(await provider.send('net_version', []), network.chainId.toString());
});

test('a node holds no keys: no accounts, and no signing on behalf of any', notOnAnvil('it holds the development keys'), async () => {
  assert.deepEqual(await provider.listAccounts(), []);
  const { address } = Wallet.createRandom();
  await rejection(provider.send('eth_sendTransaction', [{ from: address, to: address, value: '0x1' }]));
});

test('a transfer moves value and costs the fee that the receipt says', async () => {
  const sender = await funded();
  const to = Wallet.createRandom().address;
  const value = parseEther('0.25');
  const sent = await sender.sendTransaction({ to, value });
  const receipt = await sent.wait();
  assert.equal(receipt.status, 1);
  assert.equal(receipt.gasUsed, 21_000n);
  assert.equal(receipt.to, to);
  assert.equal(receipt.from, sender.address);
  assert.equal(receipt.contractAddress, null);
  assert.deepEqual(receipt.logs, []);
  assert.equal(await provider.getBalance(to), value);
  assert.equal(await provider.getBalance(sender.address), parseEther('1') - value - receipt.fee);
  assert.equal(await provider.getTransactionCount(sender.address), 1);
});

test('balance and nonce are kept for past blocks', async () => {
  const sender = await funded();
  const before = await provider.getBlockNumber();
  const receipt = await (await sender.sendTransaction({ to: Wallet.createRandom().address, value: 1n })).wait();
  assert.equal(await provider.getBalance(sender.address, before), parseEther('1'));
  assert.equal(await provider.getTransactionCount(sender.address, before), 0);
  assert.equal(await provider.getTransactionCount(sender.address, receipt.blockNumber), 1);
  assert.equal(await provider.getTransactionCount(sender.address, receipt.blockHash), 1);
});

test('a transaction is found with the fields that were signed', async () => {
  const sender = await funded();
  const sent = await sender.sendTransaction({ to: sender.address, value: 7n, data: '0xc0ffee', gasLimit: 50_000n });
  const receipt = await sent.wait();
  const found = await provider.getTransaction(sent.hash);
  assert.equal(found.hash, sent.hash);
  assert.equal(found.type, 2);
  assert.equal(found.value, 7n);
  assert.equal(found.data, '0xc0ffee');
  assert.equal(found.gasLimit, 50_000n);
  assert.equal(found.nonce, 0);
  assert.equal(found.blockHash, receipt.blockHash);
  assert.equal(found.index, receipt.index);
  assert.equal(found.signature.serialized, sent.signature.serialized);
  assert.equal(found.chainId, sent.chainId);
  assert.equal(await provider.getTransaction(`0x${'ab'.repeat(32)}`), null);
  assert.equal(await provider.getTransactionReceipt(`0x${'ab'.repeat(32)}`), null);
});

test('forty transactions in a row, without waiting for any', async () => {
  const sender = new NonceManager(await funded());
  const to = Wallet.createRandom().address;
  const sent = await Promise.all(Array.from({ length: 40 }, (_, n) => sender.sendTransaction({ to, value: BigInt(n + 1) })));
  const receipts = await Promise.all(sent.map((one) => one.wait()));
  assert.ok(receipts.every((receipt) => receipt.status === 1));
  assert.equal(await provider.getBalance(to), 820n);
  const places = sent
    .map((one, n) => [one.nonce, receipts[n].blockNumber * 1e6 + receipts[n].index])
    .sort(([a], [b]) => a - b)
    .map(([, place]) => place);
  assert.deepEqual(places, [...places].sort((a, b) => a - b), 'nonces of a sender are mined in order');
});

/** Fees and limits spelled out, so that transactions with a future nonce need no estimate. */
async function offer(wallet, nonce, bump = 100n) {
  const { baseFeePerGas } = await provider.getBlock('latest');
  const tip = (parseUnits('2', 'gwei') * bump) / 100n;
  const cap = ((baseFeePerGas * 4n + parseUnits('4', 'gwei')) * bump) / 100n;
  return { type: 2, to: wallet.address, nonce, gasLimit: 21_000n, maxPriorityFeePerGas: tip, maxFeePerGas: cap };
}

test('a later nonce waits in the pool until the gap is filled', async () => {
  const sender = await funded();
  const second = await sender.sendTransaction(await offer(sender, 1));
  assert.equal(await provider.getTransactionReceipt(second.hash), null);
  const waiting = await eventually('the queued transaction', () => provider.getTransaction(second.hash));
  assert.equal(waiting.blockNumber, null);
  assert.equal(await provider.getTransactionCount(sender.address, 'latest'), 0);
  const first = await sender.sendTransaction(await offer(sender, 0));
  assert.equal((await first.wait()).status, 1);
  assert.equal((await second.wait()).status, 1);
  assert.equal(await provider.getTransactionCount(sender.address, 'pending'), 2);
});

test('a waiting transaction is replaced by a higher price', async () => {
  const sender = await funded();
  const replaced = await sender.sendTransaction({ ...(await offer(sender, 1)), value: 1n });
  const bumped = await sender.sendTransaction({ ...(await offer(sender, 1, 200n)), value: 2n });
  await (await sender.sendTransaction(await offer(sender, 0))).wait();
  assert.equal((await bumped.wait()).status, 1);
  assert.equal(await provider.getTransactionReceipt(replaced.hash), null);
  // ethers notices by itself that another transaction took the nonce.
  const error = await rejection(replaced.wait());
  assert.equal(error.code, 'TRANSACTION_REPLACED');
  assert.equal(error.replacement.hash, bumped.hash);
});

test('REPLACEMENT_UNDERPRICED: another transaction with the same nonce at the same price', async () => {
  const sender = await funded();
  const terms = await offer(sender, 1);
  await sender.sendTransaction({ ...terms, value: 1n });
  const error = await rejection(sender.sendTransaction({ ...terms, value: 2n }));
  assert.equal(error.code, 'REPLACEMENT_UNDERPRICED');
});

test('NONCE_EXPIRED: a nonce that was used', async () => {
  const sender = await funded();
  await (await sender.sendTransaction({ to: sender.address })).wait();
  const error = await rejection(sender.sendTransaction(await offer(sender, 0)));
  assert.equal(error.code, 'NONCE_EXPIRED');
});

test('INSUFFICIENT_FUNDS: more than the balance', async () => {
  const sender = await funded();
  const error = await rejection(sender.sendTransaction({ ...(await offer(sender, 0)), value: parseEther('2') }));
  assert.equal(error.code, 'INSUFFICIENT_FUNDS');
});

test('INSUFFICIENT_FUNDS: an estimate for more than the balance', notOnAnvil('estimates do not look at balances'), async () => {
  const sender = await funded();
  const error = await rejection(provider.estimateGas({ from: sender.address, to: sender.address, value: parseEther('2') }));
  assert.equal(error.code, 'INSUFFICIENT_FUNDS');
});

test('an account without any funds cannot send', async () => {
  const pauper = new Wallet(Wallet.createRandom().privateKey, provider);
  assert.equal((await rejection(pauper.sendTransaction(await offer(pauper, 0)))).code, 'INSUFFICIENT_FUNDS');
});

test('the same signed transaction twice is known, and mined once', async () => {
  const sender = await funded();
  const waiting = await sender.signTransaction({ ...(await offer(sender, 1)), chainId: (await provider.getNetwork()).chainId });
  await provider.broadcastTransaction(waiting);
  const error = await rejection(provider.send('eth_sendRawTransaction', [waiting]));
  assert.match(error.error?.message ?? error.message, /already known|already imported|known transaction/i);
});
