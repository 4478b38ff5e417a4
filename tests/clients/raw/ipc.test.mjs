// SPDX-License-Identifier: Apache-2.0
//
// JSON-RPC over the IPC socket, by a client of a few lines: requests back to back, a batch, a subscription.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import test from 'node:test';
import { eventually, ipcPath, notOnAnvil, patiently, rpc } from '../chain.mjs';
import { funded, send } from './setup.mjs';

/** Opens the socket; collects every JSON value that comes over it. */
async function open() {
  const socket = connect(ipcPath());
  await patiently('the IPC socket', new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject)));
  const received = [];
  let text = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk) => {
    text += chunk;
    for (let end = valueEnd(text); end > 0; end = valueEnd(text)) {
      received.push(JSON.parse(text.slice(0, end)));
      text = text.slice(end).trimStart();
    }
  });
  const answer = (wanted) => eventually(`the answer to ${wanted}`, () => received.find((one) => one.id === wanted));
  return { socket, received, answer };
}

/** Where the first complete JSON value of a text ends, 0 when it is not complete: nodes differ in whether they end one by a new line. */
function valueEnd(text) {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (quoted) {
      if (char === '\\') at += 1;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === '{' || char === '[') depth += 1;
    else if (char === '}' || char === ']') {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return 0;
}

const request = (id, method, ...params) => JSON.stringify({ jsonrpc: '2.0', id, method, params });

test('requests back to back are answered each', async (t) => {
  const { socket, answer } = await open();
  t.after(() => socket.destroy());
  socket.write(`${request(1, 'eth_chainId')}\n${request(2, 'web3_clientVersion')}\n`);
  assert.equal((await answer(1)).result, await rpc('eth_chainId'));
  assert.equal((await answer(2)).result, await rpc('web3_clientVersion'));
});

test('an unknown method is -32601', notOnAnvil('-32602'), async (t) => {
  const { socket, answer } = await open();
  t.after(() => socket.destroy());
  socket.write(`${request(1, 'eth_noSuchMethod')}\n`);
  assert.equal((await answer(1)).error.code, -32601);
});

test('a request that comes in pieces, and one that is long', async (t) => {
  const { socket, answer } = await open();
  t.after(() => socket.destroy());
  const body = request(1, 'web3_sha3', `0x${'ab'.repeat(100_000)}`);
  socket.write(body.slice(0, 20));
  await new Promise((resolve) => setTimeout(resolve, 50));
  socket.write(`${body.slice(20)}\n`);
  assert.equal((await answer(1)).result, await rpc('web3_sha3', `0x${'ab'.repeat(100_000)}`));
});

test('a batch', async (t) => {
  const { socket, received } = await open();
  t.after(() => socket.destroy());
  socket.write(`[${request(1, 'eth_chainId')},${request(2, 'net_version')}]\n`);
  const batch = await eventually('the batch', () => received.find(Array.isArray));
  assert.deepEqual(batch.map(({ id }) => id).sort(), [1, 2]);
});

test('subscriptions: heads and logs come, and stop when told', async (t) => {
  const { socket, received, answer } = await open();
  t.after(() => socket.destroy());
  socket.write(`${request(1, 'eth_subscribe', 'newHeads')}\n`);
  const { result: subscription } = await answer(1);
  const user = await funded();
  const receipt = await send(user, { to: user.address, gasLimit: 21_000n });
  const heads = () => received.filter(({ method, params }) => method === 'eth_subscription' && params.subscription === subscription);
  const head = await eventually('the head', () => heads().find(({ params }) => params.result.hash === receipt.blockHash));
  assert.equal(head.params.result.number, receipt.blockNumber);
  socket.write(`${request(2, 'eth_unsubscribe', subscription)}\n`);
  assert.equal((await answer(2)).result, true);
  const count = heads().length;
  await send(user, { to: user.address, gasLimit: 21_000n });
  socket.write(`${request(3, 'eth_chainId')}\n`);
  await answer(3);
  assert.equal(heads().length, count);
});
