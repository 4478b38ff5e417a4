// SPDX-License-Identifier: Apache-2.0
//
// Every transaction type that a pool takes, fees, blocks and batches, through ethers.
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import { Contract, Transaction, Wallet, concat, parseEther, parseUnits, toBeHex, zeroPadValue } from 'ethers';
import { artifact } from '../chain.mjs';
import { deploy, funded, http, provider, rejection } from './setup.mjs';

let user;
let desk;
before(async () => {
  user = await funded('3');
  desk = await deploy('Desk', user, 'Desk of types', 10n);
});

test('type 0: a legacy transaction with replay protection (EIP-155)', async () => {
  const { gasPrice } = await provider.getFeeData();
  const sent = await user.sendTransaction({ type: 0, to: user.address, gasPrice: gasPrice * 2n });
  const receipt = await sent.wait();
  assert.equal(receipt.type, 0);
  assert.equal(receipt.gasPrice, gasPrice * 2n, 'a legacy transaction pays its price, the tip being what is above the base fee');
  const found = await provider.getTransaction(sent.hash);
  assert.equal(found.gasPrice, gasPrice * 2n);
  assert.equal(found.signature.legacyChainId, (await provider.getNetwork()).chainId);
});

test('type 1: eth_createAccessList names the slots, and the transaction carries them', async () => {
  await (await desk.set(1n, `0x${'11'.repeat(32)}`)).wait();
  const data = desk.interface.encodeFunctionData('set', [1n, `0x${'22'.repeat(32)}`]);
  const call = { from: user.address, to: desk.target, data };
  const { accessList, gasUsed, error } = await provider.send('eth_createAccessList', [call, 'latest']);
  assert.equal(error, undefined);
  assert.equal(accessList.length, 1, 'sender, recipient and coinbase are not listed without need');
  assert.equal(accessList[0].address.toLowerCase(), desk.target.toLowerCase());
  assert.equal(accessList[0].storageKeys.length, 1);
  const sent = await user.sendTransaction({ type: 1, to: desk.target, data, accessList });
  const receipt = await sent.wait();
  assert.equal(receipt.status, 1);
  assert.equal(receipt.type, 1);
  assert.equal(receipt.gasUsed, BigInt(gasUsed));
  const found = await provider.getTransaction(sent.hash);
  assert.equal(found.accessList[0].address, desk.target);
  assert.deepEqual(found.accessList[0].storageKeys, accessList[0].storageKeys);
  assert.equal(await desk.slots(1n), `0x${'22'.repeat(32)}`);
});

test('type 2: pays base fee and tip, never more than the cap', async () => {
  const tip = parseUnits('3', 'gwei');
  const sent = await user.sendTransaction({ type: 2, to: user.address, maxPriorityFeePerGas: tip, maxFeePerGas: parseUnits('500', 'gwei') });
  const receipt = await sent.wait();
  const { baseFeePerGas } = await provider.getBlock(receipt.blockNumber);
  assert.equal(receipt.type, 2);
  assert.equal(receipt.gasPrice, baseFeePerGas + tip);
  assert.equal(receipt.fee, receipt.gasUsed * (baseFeePerGas + tip));
});

test('a fee cap that no block will ever take is refused or waits, but never mined', async () => {
  const lone = await funded();
  const terms = { type: 2, to: lone.address, gasLimit: 21_000n, maxPriorityFeePerGas: 0n, maxFeePerGas: 1n };
  const sent = await lone.sendTransaction(terms).catch(() => undefined);
  await (await user.sendTransaction({ to: user.address })).wait();
  if (sent) assert.equal(await provider.getTransactionReceipt(sent.hash), null);
  assert.equal(await provider.getTransactionCount(lone.address), 0);
});

test('type 4: an account takes on code (EIP-7702), uses it in the same transaction, and lays it off', async () => {
  const batcher = await deploy('Batcher', user);
  const account = await funded();
  const [a, b] = [Wallet.createRandom().address, Wallet.createRandom().address];
  const own = new Contract(account.address, artifact('Batcher').abi, account);
  // The sender's nonce is used up before the authorization is looked at, hence one more for one's own.
  const authorize = async (address) =>
    account.authorize({ address, nonce: (await account.getNonce()) + 1, chainId: (await provider.getNetwork()).chainId });
  const data = own.interface.encodeFunctionData('execute', [[[a, 1n, '0x'], [b, 2n, '0x']]]);
  const sent = await account.sendTransaction({
    type: 4, to: account.address, data, gasLimit: 300_000n, authorizationList: [await authorize(batcher.target)],
  });
  const receipt = await sent.wait();
  assert.equal(receipt.status, 1);
  assert.equal(receipt.type, 4);
  assert.equal(own.interface.parseLog(receipt.logs[0]).args[0], 2n);
  assert.equal(receipt.logs[0].address, account.address);
  assert.equal(await provider.getCode(account.address), concat(['0xef0100', batcher.target]).toLowerCase());
  assert.deepEqual([await provider.getBalance(a), await provider.getBalance(b)], [1n, 2n]);
  const found = await provider.getTransaction(sent.hash);
  assert.equal(found.authorizationList.length, 1);
  assert.equal(found.authorizationList[0].address, batcher.target);
  // Delegated from now on: an ordinary transaction runs the code, and it guards itself against others.
  await (await own.execute([[a, 5n, '0x']])).wait();
  assert.equal(await provider.getBalance(a), 6n);
  const error = await rejection(own.connect(user).execute.staticCall([]));
  assert.equal(error.revert.name, 'NotSelf');
  const none = `0x${'00'.repeat(20)}`;
  await (await account.sendTransaction({ type: 4, to: account.address, gasLimit: 100_000n, authorizationList: [await authorize(none)] })).wait();
  assert.equal(await provider.getCode(account.address), '0x');
});

test('type 4: somebody else pays for the delegation', async () => {
  const batcher = await deploy('Batcher', user);
  const account = new Wallet(Wallet.createRandom().privateKey, provider);
  const authorization = await account.authorize({ address: batcher.target, nonce: 0, chainId: (await provider.getNetwork()).chainId });
  await (await user.sendTransaction({ type: 4, to: user.address, gasLimit: 100_000n, authorizationList: [authorization] })).wait();
  assert.equal(await provider.getCode(account.address), concat(['0xef0100', batcher.target]).toLowerCase());
  assert.equal(await provider.getTransactionCount(account.address), 1, 'the authorization uses up a nonce of the account');
});

test('a raw signed transaction is parsed, sent and recovered alike', async () => {
  const filled = await user.populateTransaction({ to: user.address, value: 1n });
  const raw = await user.signTransaction(filled);
  const parsed = Transaction.from(raw);
  const sent = await provider.broadcastTransaction(raw);
  assert.equal(sent.hash, parsed.hash);
  assert.equal((await sent.wait()).from, parsed.from);
});

test('a transaction for another chain is refused', async () => {
  const filled = await user.populateTransaction({ to: user.address });
  const raw = await user.signTransaction({ ...filled, chainId: 4_242_424n });
  const error = await rejection(provider.broadcastTransaction(raw));
  assert.match(error.error?.message ?? error.message, /chain/i);
});

test('fee data: a price to pay, and a cap above the base fee', async () => {
  const fees = await provider.getFeeData();
  const { baseFeePerGas } = await provider.getBlock('latest');
  assert.ok(fees.gasPrice > 0n);
  assert.ok(fees.maxFeePerGas >= baseFeePerGas);
  assert.ok(fees.maxPriorityFeePerGas >= 0n);
});

test('blocks by number, by hash, with transactions and by tag', async () => {
  const receipt = await (await user.sendTransaction({ to: user.address })).wait();
  const byNumber = await provider.getBlock(receipt.blockNumber);
  const byHash = await provider.getBlock(receipt.blockHash, true);
  assert.equal(byNumber.hash, receipt.blockHash);
  assert.ok(byNumber.transactions.includes(receipt.hash));
  assert.equal(byHash.prefetchedTransactions[receipt.index].hash, receipt.hash);
  const parent = await provider.getBlock(receipt.blockNumber - 1);
  assert.equal(byNumber.parentHash, parent.hash);
  assert.ok(byNumber.timestamp >= parent.timestamp);
  assert.equal((await provider.getBlock('earliest')).number, 0);
  const [safe, finalized, latest, pending] = await Promise.all(
    ['safe', 'finalized', 'latest', 'pending'].map((tag) => provider.getBlock(tag)),
  );
  assert.ok(finalized.number <= safe.number && safe.number <= latest.number);
  assert.ok(pending === null || pending.number >= latest.number);
  assert.equal(await provider.getBlock(receipt.blockNumber + 1_000_000), null);
});

test('many calls at once are one batch, and errors stay with their call', async () => {
  const batched = http({ batchMaxCount: 100, batchStallTime: 20 });
  const requests = [];
  await batched.on('debug', ({ action, payload }) => action === 'sendRpcPayload' && requests.push(payload));
  await batched.getNetwork();
  requests.length = 0;
  const near = desk.connect(batched);
  const balances = Array.from({ length: 30 }, () => batched.getBalance(user.address));
  const failing = rejection(near.take.staticCall(11n));
  const values = await Promise.all(balances);
  assert.equal(new Set(values).size, 1);
  assert.equal((await failing).revert.name, 'Refused');
  const sizes = requests.map((payload) => (Array.isArray(payload) ? payload.length : 1));
  assert.ok(Math.max(...sizes) >= 30, `sent in pieces of ${sizes}`);
});

test('state override: a call with another balance, code, nonce and storage', async () => {
  const stranger = Wallet.createRandom().address;
  const call = { from: stranger, to: desk.target, data: desk.interface.encodeFunctionData('caller') };
  const answer = await provider.send('eth_call', [call, 'latest', { [stranger]: { balance: toBeHex(parseEther('7')) } }]);
  const [from, balance] = desk.interface.decodeFunctionResult('caller', answer);
  assert.equal(from, stranger);
  assert.equal(balance, parseEther('7'));
  const slot0 = zeroPadValue('0x00', 32);
  const count = desk.interface.encodeFunctionData('count');
  const diff = { [desk.target]: { stateDiff: { [slot0]: zeroPadValue('0x63', 32) } } };
  assert.equal(BigInt(await provider.send('eth_call', [{ to: desk.target, data: count }, 'latest', diff])), 99n);
  const code = { [stranger]: { code: artifact('Desk').deployedBytecode, state: { [slot0]: zeroPadValue('0x07', 32) } } };
  assert.equal(BigInt(await provider.send('eth_call', [{ to: stranger, data: count }, 'latest', code])), 7n);
  assert.equal(await provider.getCode(stranger), '0x', 'nothing of it stays');
});
