// SPDX-License-Identifier: Apache-2.0
//
// JSON-RPC itself: batches, error objects, codes and texts as the field has them.
import assert from 'node:assert/strict';
import { request } from 'node:http';
import test, { before } from 'node:test';
import { Wallet, id } from 'ethers';
import { RPC, RpcError, notOnAnvil, post, rpc } from '../chain.mjs';
import { deploy, funded, hex, send, sign } from './setup.mjs';

let user;
let desk;
before(async () => {
  user = await funded('2');
  desk = await deploy('Desk', user, 'Desk of the protocol', 10n);
});

const refused = (promise, code, text = /./) =>
  assert.rejects(promise, (error) => {
    if (!(error instanceof RpcError)) throw error;
    assert.equal(error.code, code, error.message);
    assert.match(error.reason, text);
    return true;
  });

test('a batch is answered call by call, with errors in their place', async () => {
  const answers = await post([
    { jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] },
    { jsonrpc: '2.0', id: 'two', method: 'eth_getBalance', params: [user.address, 'latest'] },
    { jsonrpc: '2.0', id: 3, method: 'eth_noSuchMethod', params: [] },
    { jsonrpc: '2.0', id: 4, method: 'eth_call', params: [{ to: desk.address, data: desk.data('closed') }, 'latest'] },
  ]);
  assert.equal(answers.length, 4);
  const by = Object.fromEntries(answers.map((answer) => [answer.id, answer]));
  assert.match(by[1].result, /^0x[1-9a-f][0-9a-f]*$/);
  assert.ok(BigInt(by.two.result) > 0n);
  assert.equal(by[3].error.code, -32601);
  assert.equal(by[4].error.code, 3);
  assert.equal(by[4].error.data, id('Closed()').slice(0, 10));
  assert.ok(answers.every(({ jsonrpc }) => jsonrpc === '2.0'));
});

test('transactions of one sender in one batch', async () => {
  const nonce = Number(await rpc('eth_getTransactionCount', user.address, 'latest'));
  const raw = await Promise.all([0, 1, 2].map((n) => sign(user, { to: user.address, nonce: nonce + n, gasLimit: 21_000n })));
  const answers = await post(raw.map((one, n) => ({ jsonrpc: '2.0', id: n, method: 'eth_sendRawTransaction', params: [one] })));
  for (const answer of answers) assert.match(answer.result ?? answer.error.message, /^0x[0-9a-f]{64}$/);
});

test('a body that is not JSON is -32700', notOnAnvil('-32600'), async () => {
  assert.equal((await post('{"jsonrpc"')).error.code, -32700);
});

test('an empty batch is -32600', async () => {
  const empty = await post('[]');
  assert.equal((Array.isArray(empty) ? empty[0] : empty).error.code, -32600);
});

test('an unknown method is -32601, wrong parameters are -32602', async () => {
  await refused(rpc('eth_noSuchMethod'), -32601);
  await refused(rpc('eth_getBalance', 'not an address', 'latest'), -32602);
  await refused(rpc('eth_getBalance'), -32602);
  await refused(rpc('eth_getBlockByNumber', 'newest', false), -32602);
});

test('keys of the node: none', notOnAnvil('it holds the development keys'), async () => {
  assert.deepEqual(await rpc('eth_accounts'), []);
  await assert.rejects(rpc('eth_sendTransaction', { from: user.address, to: user.address }), RpcError);
  await assert.rejects(rpc('eth_sign', user.address, '0x00'), RpcError);
});

for (const method of ['eth_call', 'eth_estimateGas']) {
  test(`${method}: a revert is code 3, "execution reverted", with the data`, async () => {
    const call = (name, ...args) => rpc(method, { from: user.address, to: desk.address, data: desk.data(name, ...args) }, 'latest');
    await assert.rejects(call('take', 11n), (error) => {
      assert.equal(error.code, 3);
      assert.match(error.reason, /^execution reverted/);
      const { name, args } = desk.face.parseError(error.data);
      assert.equal(name, 'Refused');
      assert.deepEqual([...args], [user.address, 11n, 10n]);
      return true;
    });
    await assert.rejects(call('positive', -1n), (error) => {
      assert.equal(error.code, 3);
      assert.match(error.reason, /^execution reverted: Desk: not positive – sorry$/);
      return error.data.startsWith('0x08c379a0');
    });
    await assert.rejects(call('sum', 200, 100), (error) => error.code === 3 && error.data === `0x4e487b71${'11'.padStart(64, '0')}`);
  });
}

test('a revert without data is still "execution reverted"', async () => {
  await assert.rejects(rpc('eth_call', { to: desk.address, data: desk.data('bare') }, 'latest'), (error) => {
    assert.match(error.reason, /^execution reverted/);
    return true;
  });
});

test('the pool refuses with the texts that libraries look for', async () => {
  const lone = await funded();
  await send(lone, { to: lone.address, gasLimit: 21_000n });
  const raw = async (transaction) => rpc('eth_sendRawTransaction', await sign(lone, { to: lone.address, gasLimit: 21_000n, ...transaction }));
  // Nodes divide on the code: geth has -32000 for all, Besu a code for each kind. All are of the range for servers' own errors.
  const says = (promise, text) =>
    assert.rejects(promise, (error) => {
      assert.ok(error.code <= -32000 && error.code > -32100, `${error.code}`);
      assert.match(error.reason, text);
      return true;
    });
  await says(raw({ nonce: 0 }), /nonce too low/i);
  await says(raw({ value: 10n ** 20n }), /insufficient funds/i);
  await says(raw({ gasLimit: 20_000n }), /intrinsic gas too low/i);
  await raw({ nonce: 5 });
  await says(raw({ nonce: 5, value: 1n }), /replacement transaction underpriced/i);
  await says(raw({ nonce: 5 }), /already (known|imported)/i);
});

test('the pool refuses more gas than a block has, and bytes that are no transaction', notOnAnvil('other codes'), async () => {
  const raw = await sign(await funded(), { to: user.address, gasLimit: 10n ** 12n });
  await assert.rejects(rpc('eth_sendRawTransaction', raw), (error) => /gas limit/i.test(error.reason) || assert.fail(error.message));
  await assert.rejects(rpc('eth_sendRawTransaction', '0x02c0'), (error) => error.code <= -32000 && error.code > -32700);
});

test('a blob transaction without its blobs is refused with a reason', async () => {
  const lone = await funded();
  const blob = { type: 3, to: lone.address, gasLimit: 21_000n, maxFeePerBlobGas: 10n ** 9n, blobVersionedHashes: [`0x01${'22'.repeat(31)}`] };
  await assert.rejects(rpc('eth_sendRawTransaction', await sign(lone, blob)), (error) => error instanceof RpcError && error.reason.length > 0);
  assert.equal(await rpc('eth_getTransactionCount', lone.address, 'pending'), '0x0');
});

test('the gas of a call is bounded, and running out of it is an error', async () => {
  await assert.rejects(
    rpc('eth_call', { to: desk.address, data: desk.data('spin'), gas: hex(100_000) }, 'latest'),
    (error) => error instanceof RpcError && /gas/i.test(error.reason) && error.code !== 3,
  );
});

test('a call on a block that is not there is an error, and so is state by an unknown hash', async () => {
  await assert.rejects(rpc('eth_call', { to: desk.address }, hex(2n ** 40n)), RpcError);
  await assert.rejects(rpc('eth_getBalance', user.address, { blockHash: `0x${'77'.repeat(32)}` }), RpcError);
  const { blockHash, blockNumber } = desk.receipt;
  assert.equal(await rpc('eth_getCode', desk.address, { blockHash }), await rpc('eth_getCode', desk.address, { blockNumber }));
});

test('absent things are null', async () => {
  const unknown = `0x${'99'.repeat(32)}`;
  for (const [method, ...params] of [
    ['eth_getTransactionByHash', unknown], ['eth_getTransactionReceipt', unknown], ['eth_getBlockByHash', unknown, false],
    ['eth_getBlockByNumber', hex(2n ** 40n), false], ['eth_getBlockReceipts', hex(2n ** 40n)],
    ['eth_getBlockTransactionCountByHash', unknown], ['eth_getTransactionByBlockNumberAndIndex', 'earliest', '0x0'],
  ]) assert.equal(await rpc(method, ...params), null, method);
});

test('log queries: a range that runs backwards, and a hash beside a range, are errors', notOnAnvil('empty answers'), async () => {
  const latest = BigInt(await rpc('eth_blockNumber'));
  await assert.rejects(rpc('eth_getLogs', { fromBlock: hex(latest), toBlock: hex(latest - 1n) }), RpcError);
  await assert.rejects(rpc('eth_getLogs', { blockHash: desk.receipt.blockHash, fromBlock: '0x0' }), RpcError);
});

test('filters that do not exist are "filter not found"', async () => {
  await refused(rpc('eth_getFilterChanges', '0xdeadbeefdeadbeef'), -32000, /filter not found/i);
  assert.equal(await rpc('eth_uninstallFilter', '0xdeadbeefdeadbeef'), false);
});

test('filter answers hold plain logs', async () => {
  const filter = await rpc('eth_newFilter', { address: desk.address, topics: [desk.face.getEvent('Filed').topicHash] });
  const receipt = await send(user, { to: desk.address, data: desk.data('file', 'note') });
  const [log] = await rpc('eth_getFilterChanges', filter);
  assert.equal(log.transactionHash, receipt.transactionHash);
  assert.equal(log.removed, false);
  assert.deepEqual([log.blockHash, log.blockNumber, log.logIndex], [receipt.blockHash, receipt.blockNumber, receipt.logs[0].logIndex]);
  assert.equal(await rpc('eth_uninstallFilter', filter), true);
});

test('several topics: any of the first, anything, exactly the third', async () => {
  const [mine, other] = [user.address, Wallet.createRandom().address].map((address) => `0x${address.slice(2).toLowerCase().padStart(64, '0')}`);
  const { blockHash } = await send(user, { to: desk.address, data: desk.data('file', 'topics') });
  const filed = desk.face.getEvent('Filed').topicHash;
  const count = async (topics) => (await rpc('eth_getLogs', { blockHash, address: [desk.address], topics })).length;
  assert.equal(await count([[id('x'), filed], null, mine]), 1);
  assert.equal(await count([[], [], [other, mine]]), 1, 'an empty list of alternatives is anything');
  assert.equal(await count([filed, null, other]), 0);
  assert.equal(await count([filed, null, mine, filed]), 0, 'the log has no fourth topic');
});

test('web3_sha3, net_listening, eth_syncing', async () => {
  assert.equal(await rpc('web3_sha3', '0x68656c6c6f'), id('hello'));
  assert.equal(typeof (await rpc('net_listening')), 'boolean');
  assert.equal(await rpc('eth_syncing'), false);
});

test('a web page from elsewhere cannot use the node behind its user’s back', notOnAnvil('it can'), async () => {
  // A browser sends text/plain without asking first, and says where the page is from. A node looks at either: 415 or 403.
  const status = await new Promise((resolve, reject) => {
    const headers = { 'content-type': 'text/plain', origin: 'http://page.example' };
    const ask = request(RPC, { method: 'POST', headers }, (response) => resolve(response.resume().statusCode));
    ask.once('error', reject).end(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId' }));
  });
  assert.ok([403, 415].includes(status), `${status}`);
});
