// SPDX-License-Identifier: Apache-2.0
//
// Subscriptions as they go over the wire.
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import { WebSocket } from 'ws';
import { WS, eventually, notOnAnvil, patiently, rpc } from '../chain.mjs';
import { deploy, funded, send } from './setup.mjs';

let user;
let desk;
before(async () => {
  user = await funded('2');
  desk = await deploy('Desk', user, 'Desk of sockets', 10n);
});

/** A connection: `call` sends and awaits one request, `events` gives what a subscription brought so far. */
async function open(t) {
  const socket = new WebSocket(WS);
  t.after(() => socket.terminate());
  const received = [];
  socket.on('message', (text) => received.push(JSON.parse(text)));
  await patiently('the WebSocket', new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject)));
  let id = 0;
  const call = async (method, ...params) => {
    id += 1;
    const mine = id;
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: mine, method, params }));
    return eventually(`the answer to ${method}`, () => received.find((one) => one.id === mine));
  };
  const events = (subscription) =>
    received.filter(({ method, params }) => method === 'eth_subscription' && params.subscription === subscription).map(({ params }) => params.result);
  return { socket, received, call, events };
}

test('several subscriptions on one connection do not mix', async (t) => {
  const { call, events } = await open(t);
  const topic = desk.face.getEvent('Filed').topicHash;
  const [heads, logs, none, pending] = (
    await Promise.all([
      call('eth_subscribe', 'newHeads'),
      call('eth_subscribe', 'logs', { address: desk.address, topics: [topic] }),
      call('eth_subscribe', 'logs', { address: desk.address, topics: [`0x${'00'.repeat(32)}`] }),
      call('eth_subscribe', 'newPendingTransactions'),
    ])
  ).map(({ result }) => result);
  assert.equal(new Set([heads, logs, none, pending]).size, 4);
  const receipt = await send(user, { to: desk.address, data: desk.data('fileMany', 2n, 'wire') });
  await eventually('the logs', () => events(logs).length === 2);
  await eventually('the head', () => events(heads).some(({ hash }) => hash === receipt.blockHash));
  await eventually('the transaction', () => events(pending).includes(receipt.transactionHash));
  assert.deepEqual(events(none), []);
  const strip = (log) => [log.logIndex, log.data, log.topics, log.transactionHash, log.removed];
  assert.deepEqual(events(logs).map(strip), receipt.logs.map((log) => strip({ ...log, removed: false })));
});

test('a head has the fields of a header, and no transactions', notOnAnvil('sizes and lists of a block are among them'), async (t) => {
  const { call, events } = await open(t);
  const { result: heads } = await call('eth_subscribe', 'newHeads');
  const { blockHash } = await send(user, { to: user.address, gasLimit: 21_000n });
  const head = await eventually('the head', () => events(heads).find(({ hash }) => hash === blockHash));
  const block = await rpc('eth_getBlockByHash', blockHash, false);
  assert.equal(head.transactions, undefined);
  for (const [name, value] of Object.entries(head)) assert.deepEqual(value, block[name], name);
  for (const name of ['parentHash', 'stateRoot', 'receiptsRoot', 'transactionsRoot', 'logsBloom', 'timestamp', 'baseFeePerGas', 'extraData', 'gasLimit']) {
    assert.ok(head[name] !== undefined, name);
  }
});

test('what cannot be subscribed is an error; what is not subscribed cannot be ended', async (t) => {
  const { call } = await open(t);
  assert.ok((await call('eth_subscribe', 'noSuchThing')).error);
  assert.notEqual((await call('eth_unsubscribe', '0x1234567890abcdef')).result, true);
});

test('syncing can be subscribed', notOnAnvil('it cannot'), async (t) => {
  const { call } = await open(t);
  const { result } = await call('eth_subscribe', 'syncing');
  assert.match(result, /^0x[0-9a-f]+$/);
  assert.equal((await call('eth_unsubscribe', result)).result, true);
});

test('full pending transactions, when asked', async (t) => {
  const { call, events } = await open(t);
  const { result: pending } = await call('eth_subscribe', 'newPendingTransactions', true);
  const { transactionHash } = await send(user, { to: user.address, gasLimit: 21_000n });
  const seen = await eventually('the transaction', () => events(pending).find(({ hash }) => hash === transactionHash));
  assert.equal(seen.from.toLowerCase(), user.address.toLowerCase());
});

test('a batch over one connection', async (t) => {
  const { socket, received } = await open(t);
  socket.send(JSON.stringify([1, 2, 3].map((id) => ({ jsonrpc: '2.0', id, method: 'eth_chainId', params: [] }))));
  const batch = await eventually('the batch', () => received.find(Array.isArray));
  assert.deepEqual(batch.map(({ id }) => id).sort(), [1, 2, 3]);
});
