// SPDX-License-Identifier: Apache-2.0
//
// Events and logs through ethers: queryFilter, topics, polling, and subscriptions over WebSocket.
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import { Wallet, encodeBytes32String, id, zeroPadValue } from 'ethers';
import { eventually, patiently } from '../chain.mjs';
import { deploy, funded, http, provider, websocket } from './setup.mjs';

let user;
let desk;
before(async () => {
  user = await funded('2');
  desk = await deploy('Desk', user, 'Desk of events', 10n);
});

const mined = async (sent) => (await sent).wait();

test('a receipt carries the events, in order and placed', async () => {
  const receipt = await mined(desk.fileMany(3, 'in a row'));
  assert.equal(receipt.logs.length, 3);
  const numbers = receipt.logs.map((log) => log.args.number);
  assert.deepEqual(numbers, [numbers[0], numbers[0] + 1n, numbers[0] + 2n]);
  receipt.logs.forEach((log, n) => {
    assert.equal(log.fragment.name, 'Filed');
    assert.equal(log.args.by, user.address);
    assert.equal(log.args.note, 'in a row');
    assert.equal(log.index, receipt.logs[0].index + n);
    assert.equal(log.transactionHash, receipt.hash);
    assert.equal(log.blockHash, receipt.blockHash);
  });
});

test('logs are found by event, by indexed argument, by block range and by block hash', async () => {
  const other = await funded();
  const first = await mined(desk.file('one'));
  const second = await mined(desk.connect(other).file('two'));
  const from = first.blockNumber;
  const all = await desk.queryFilter('Filed', from);
  assert.deepEqual(all.map((event) => event.args.note), ['one', 'two']);
  const his = await desk.queryFilter(desk.filters.Filed(null, other.address), from, 'latest');
  assert.deepEqual(his.map((event) => event.args.note), ['two']);
  const either = await desk.queryFilter(desk.filters.Filed([first.logs[0].args.number, second.logs[0].args.number]), from);
  assert.equal(either.length, 2);
  assert.equal((await desk.queryFilter('Filed', from, from)).length, first.blockHash === second.blockHash ? 2 : 1);
  const inBlock = await provider.getLogs({ blockHash: second.blockHash, address: desk.target });
  assert.ok(inBlock.some((log) => log.transactionHash === second.hash));
  assert.deepEqual(await provider.getLogs({ address: Wallet.createRandom().address, fromBlock: from }), []);
});

test('several addresses and alternatives of topics in one filter', async () => {
  const twin = await deploy('Desk', user, 'Twin', 10n);
  const start = (await mined(desk.file('here'))).blockNumber;
  await mined(twin.file('there'));
  await mined(twin.whisper(5n));
  const logs = await provider.getLogs({
    fromBlock: start,
    address: [desk.target, twin.target],
    topics: [[id('Filed(uint256,address,string)'), id('Closed()')], null, zeroPadValue(user.address, 32)],
  });
  assert.deepEqual(logs.map((log) => log.address), [desk.target, twin.target]);
});

test('an indexed string is its hash, and tuples in the data are decoded', async () => {
  const tag = encodeBytes32String('tag');
  const receipt = await mined(desk.label('a text', tag, [user.address, 'Ann', [7n]]));
  const [event] = await desk.queryFilter(desk.filters.Labelled('a text', tag), receipt.blockNumber);
  assert.equal(event.args.labelHash.hash, id('a text'));
  assert.equal(event.args.contact.name, 'Ann');
  assert.deepEqual(event.args.contact.rooms.toArray(), [7n]);
  assert.deepEqual(await desk.queryFilter(desk.filters.Labelled('another'), receipt.blockNumber), []);
});

test('an anonymous event has no topic', async () => {
  const receipt = await mined(desk.whisper(77n));
  assert.deepEqual(receipt.logs[0].topics, []);
  assert.equal(BigInt(receipt.logs[0].data), 77n);
});

test('contract.on over HTTP polls and delivers every event once', async () => {
  const listener = desk.connect(http());
  const seen = [];
  // For a filter, ethers hands over the payload alone; for an event's name, the arguments too.
  await listener.on(listener.filters.Filed(null, user.address), ({ args }) => seen.push(args.note));
  await eventually('the poller to run', async () => {
    await mined(desk.file('warm up'));
    return seen.length > 0;
  });
  seen.length = 0;
  for (const note of ['a', 'b', 'c']) await mined(desk.file(note));
  // ethers asks for changes when it sees a new block, and may be busy asking when the last one comes: so more blocks are made.
  await eventually('three events', async () => {
    if (seen.filter((note) => note !== 'warm up').length >= 3) return true;
    await mined(user.sendTransaction({ to: user.address }));
  });
  assert.deepEqual(seen.filter((note) => note !== 'warm up'), ['a', 'b', 'c']);
  await listener.removeAllListeners();
});

test('over WebSocket: new heads', async () => {
  const socket = websocket();
  const heads = [];
  await socket.on('block', (number) => heads.push(number));
  const receipt = await eventually('a head', async () => {
    const one = await mined(desk.file('a head'));
    return heads.length > 0 && one;
  });
  await eventually('the newest head', () => heads.includes(receipt.blockNumber));
  assert.deepEqual(heads, [...new Set(heads)].sort((a, b) => a - b), 'heads come once and in order');
});

test('over WebSocket: logs of one contract and one topic', async () => {
  const listener = desk.connect(websocket());
  const seen = [];
  await listener.on(listener.filters.Filed(null, user.address), ({ args, log }) => seen.push({ note: args.note, log }));
  await eventually('the subscription', async () => {
    await mined(desk.file('warm up'));
    return seen.length > 0;
  });
  const receipt = await mined(desk.fileMany(2, 'live'));
  await eventually('both events', () => seen.filter(({ note }) => note === 'live').length >= 2);
  const live = seen.filter(({ note }) => note === 'live');
  assert.deepEqual(live.map(({ log }) => log.index), receipt.logs.map((log) => log.index));
  assert.ok(live.every(({ log }) => log.blockHash === receipt.blockHash));
});

test('over WebSocket: pending transactions', async () => {
  const socket = websocket();
  const seen = new Set();
  await socket.on('pending', (hash) => seen.add(hash));
  const sent = await eventually('a pending transaction', async () => {
    const one = await user.sendTransaction({ to: user.address });
    await one.wait();
    return seen.size > 0 && one;
  });
  await eventually('the newest transaction', () => seen.has(sent.hash));
});

test('over WebSocket: calls, transactions and receipts work as over HTTP', async () => {
  const socket = websocket();
  const far = desk.connect(user.connect(socket));
  const receipt = await patiently('the receipt', mined(far.file('over the socket')));
  assert.equal(receipt.status, 1);
  assert.equal(await far.filedBy(user.address), await desk.filedBy(user.address));
  assert.equal(await socket.getBlockNumber(), await provider.getBlockNumber());
});
