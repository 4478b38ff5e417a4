// SPDX-License-Identifier: Apache-2.0
//
// Transaction types, fees, watching, batches, overrides, simulation and proofs through viem.
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import { concatHex, encodeFunctionData, getAddress, http, padHex, parseEther, parseGwei, toHex } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { RPC, artifact, eventually, patiently, notOnAnvil } from '../chain.mjs';
import { client, deploy, funded, mined, publicClient, walletOf, websocketClient } from './setup.mjs';

const stranger = () => privateKeyToAccount(generatePrivateKey()).address;
const same = (a, b) => assert.equal(getAddress(a), getAddress(b));

let user;
let desk;
before(async () => {
  user = await funded('3');
  desk = await deploy('Desk', user, ['Desk of viem', 10n]);
});
const file = (note, wallet = user) => mined(wallet.writeContract({ ...desk, functionName: 'file', args: [note] }));

test('a legacy transaction', async () => {
  const gasPrice = (await client.getGasPrice()) * 2n;
  const receipt = await mined(user.sendTransaction({ type: 'legacy', to: stranger(), gasPrice }));
  assert.equal(receipt.type, 'legacy');
  assert.equal(receipt.effectiveGasPrice, gasPrice);
});

test('an access list is made by the node and paid as foretold', async () => {
  const data = encodeFunctionData({ ...desk, functionName: 'set', args: [9n, padHex('0x01', { size: 32 })] });
  const call = { account: user.account, to: desk.address, data };
  const { accessList, gasUsed } = await client.createAccessList(call);
  assert.equal(accessList.length, 1);
  same(accessList[0].address, desk.address);
  const receipt = await mined(user.sendTransaction({ ...call, type: 'eip2930', accessList }));
  assert.equal(receipt.status, 'success');
  assert.equal(receipt.type, 'eip2930');
  assert.equal(receipt.gasUsed, gasUsed);
});

test('fees: history, tip and estimate fit together', async () => {
  await mined(user.sendTransaction({ to: stranger(), maxPriorityFeePerGas: parseGwei('2') }));
  const history = await client.getFeeHistory({ blockCount: 3, rewardPercentiles: [10, 50, 90] });
  const blocks = history.gasUsedRatio.length;
  assert.ok(blocks >= 1 && blocks <= 3);
  assert.equal(history.baseFeePerGas.length, blocks + 1, 'the base fee of the next block is foretold');
  assert.equal(history.reward.length, blocks);
  for (const row of history.reward) assert.ok(row[0] <= row[1] && row[1] <= row[2]);
  const newest = history.oldestBlock + BigInt(blocks) - 1n;
  const block = await client.getBlock({ blockNumber: newest });
  assert.equal(history.baseFeePerGas[blocks - 1], block.baseFeePerGas);
  const ratio = Number(block.gasUsed) / Number(block.gasLimit);
  assert.ok(Math.abs(history.gasUsedRatio[blocks - 1] - ratio) < 1e-9);
  const { maxFeePerGas, maxPriorityFeePerGas } = await client.estimateFeesPerGas();
  assert.ok(maxFeePerGas >= block.baseFeePerGas && maxFeePerGas >= maxPriorityFeePerGas);
  assert.ok((await client.estimateMaxPriorityFeePerGas()) >= 0n);
});

test('the base fee follows EIP-1559 from block to block', async () => {
  const { number } = await client.getBlock();
  const blocks = await Promise.all([number - 1n, number].map((blockNumber) => client.getBlock({ blockNumber })));
  const [{ baseFeePerGas: base, gasUsed, gasLimit }, child] = blocks;
  const target = gasLimit / 2n;
  const step = (more) => ((base * more) / target) / 8n;
  const expected = gasUsed > target ? base + (step(gasUsed - target) || 1n) : base - step(target - gasUsed);
  assert.equal(child.baseFeePerGas, expected);
});

test('set code (EIP-7702): delegate, batch calls in one transaction, lay off', async () => {
  const batcher = await deploy('Batcher', user);
  const wallet = await funded();
  const self = wallet.account.address;
  const [a, b] = [stranger(), stranger()];
  const authorization = await wallet.signAuthorization({ contractAddress: batcher.address, executor: 'self' });
  const args = [[{ to: a, value: 3n, data: '0x' }, { to: b, value: 4n, data: '0x' }]];
  const receipt = await mined(
    wallet.writeContract({ abi: batcher.abi, address: self, functionName: 'execute', args, authorizationList: [authorization], gas: 300_000n }),
  );
  assert.equal(receipt.status, 'success');
  assert.equal(receipt.type, 'eip7702');
  assert.equal(await client.getCode({ address: self }), concatHex(['0xef0100', batcher.address]).toLowerCase());
  same(await client.getDelegation({ address: self }), batcher.address);
  assert.deepEqual([await client.getBalance({ address: a }), await client.getBalance({ address: b })], [3n, 4n]);
  const none = await wallet.signAuthorization({ contractAddress: `0x${'00'.repeat(20)}`, executor: 'self' });
  await mined(wallet.sendTransaction({ to: self, authorizationList: [none], gas: 100_000n }));
  assert.equal(await client.getCode({ address: self }), undefined);
});

test('an estimate counts an authorization', async () => {
  const batcher = await deploy('Batcher', user);
  const account = privateKeyToAccount(generatePrivateKey());
  const authorization = await walletOf(account).signAuthorization({ contractAddress: batcher.address, nonce: 0 });
  const gas = await client.estimateGas({ account: user.account, to: stranger(), authorizationList: [authorization] });
  assert.ok(gas >= 21_000n + 25_000n, `${gas}`);
  const receipt = await mined(user.sendTransaction({ to: stranger(), authorizationList: [authorization], gas }));
  assert.equal(receipt.status, 'success');
  same(await client.getDelegation({ address: account.address }), batcher.address);
});

test('twenty-five transactions with nonces of our own, sent at once', async () => {
  const wallet = await funded();
  const to = stranger();
  const fees = { maxFeePerGas: parseGwei('50'), maxPriorityFeePerGas: parseGwei('1'), gas: 21_000n };
  const order = Array.from({ length: 25 }, (_, nonce) => nonce).reverse();
  const hashes = await Promise.all(order.map((nonce) => wallet.sendTransaction({ to, value: 1n, nonce, ...fees })));
  const receipts = await Promise.all(hashes.map(mined));
  assert.ok(receipts.every(({ status }) => status === 'success'));
  assert.equal(await client.getBalance({ address: to }), 25n);
});

test('waitForTransactionReceipt notices a replacement', async () => {
  const wallet = await funded();
  const to = stranger();
  const fees = (n) => ({ maxFeePerGas: parseGwei('20') * n, maxPriorityFeePerGas: parseGwei('1') * n, gas: 21_000n });
  const first = await wallet.sendTransaction({ to, value: 1n, nonce: 1, ...fees(1n) });
  // viem finds a replacement only when it has seen what was replaced: it must have asked, and been told.
  let told = false;
  const onFetchResponse = async (response) => (told ||= JSON.stringify(await response.clone().json()).includes(`"hash":"${first}"`));
  const watcher = publicClient(http(RPC, { retryCount: 0, onFetchResponse }));
  let replaced;
  const waiting = watcher.waitForTransactionReceipt({ hash: first, onReplaced: (answer) => (replaced = answer), timeout: 30_000 });
  await eventually('viem to see the transaction', () => told);
  const second = await wallet.sendTransaction({ to, value: 1n, nonce: 1, ...fees(3n) });
  await wallet.sendTransaction({ to, nonce: 0, ...fees(1n) });
  assert.equal((await mined(Promise.resolve(second))).status, 'success');
  assert.equal((await patiently('the replacement', waiting)).transactionHash, second);
  assert.equal(replaced.reason, 'repriced');
});

test('over WebSocket: block heads with their fields', async () => {
  const socket = websocketClient();
  const heads = [];
  const errors = [];
  const stop = socket.watchBlocks({ onBlock: (block) => heads.push(block), onError: (error) => errors.push(error) });
  const receipt = await eventually('a head', async () => {
    const one = await file('a head');
    return heads.length > 0 && one;
  });
  await eventually('the newest head', () => heads.some((head) => head.hash === receipt.blockHash));
  stop();
  assert.deepEqual(errors, []);
  const head = heads.find(({ hash }) => hash === receipt.blockHash);
  const block = await client.getBlock({ blockHash: head.hash });
  for (const field of ['number', 'parentHash', 'timestamp', 'gasUsed', 'gasLimit', 'baseFeePerGas', 'stateRoot', 'logsBloom', 'miner']) {
    assert.equal(head[field], block[field], field);
  }
});

test('over WebSocket: contract events and pending transactions', async () => {
  const socket = websocketClient();
  const notes = [];
  const pending = new Set();
  const errors = [];
  const onError = (error) => errors.push(error);
  const stops = [
    socket.watchContractEvent({ ...desk, eventName: 'Filed', args: { by: user.account.address }, onLogs: (logs) => notes.push(...logs.map(({ args }) => args.note)), onError }),
    socket.watchPendingTransactions({ onTransactions: (hashes) => hashes.forEach((hash) => pending.add(hash)), onError }),
  ];
  await eventually('both subscriptions', async () => {
    await file('warm up');
    return notes.length > 0 && pending.size > 0;
  });
  const receipt = await file('live');
  await eventually('the event', () => notes.includes('live'));
  await eventually('the transaction', () => pending.has(receipt.transactionHash));
  assert.equal(notes.filter((note) => note === 'live').length, 1);
  stops.forEach((stop) => stop());
  assert.deepEqual(errors, []);
});

test('over HTTP: filters are polled for events, blocks and pending transactions', async () => {
  const [events, blocks, pending] = await Promise.all([
    client.createContractEventFilter({ ...desk, eventName: 'Filed' }), client.createBlockFilter(), client.createPendingTransactionFilter(),
  ]);
  const receipt = await file('filtered');
  const logs = await client.getFilterChanges({ filter: events });
  assert.deepEqual(logs.map(({ args }) => args.note), ['filtered']);
  assert.ok((await client.getFilterChanges({ filter: blocks })).includes(receipt.blockHash));
  assert.ok((await client.getFilterChanges({ filter: pending })).includes(receipt.transactionHash));
  assert.deepEqual(await client.getFilterChanges({ filter: events }), [], 'changes are given once');
  assert.ok((await client.getFilterLogs({ filter: events })).some(({ args }) => args.note === 'filtered'));
  for (const filter of [events, blocks, pending]) assert.equal(await client.uninstallFilter({ filter }), true);
  assert.equal(await client.uninstallFilter({ filter: events }), false);
});

test('calls at once are one HTTP batch', async () => {
  const bodies = [];
  const transport = http(RPC, { batch: { batchSize: 100, wait: 20 }, retryCount: 0, onFetchRequest: async (request) => void bodies.push(await request.clone().json()) });
  const batched = publicClient(transport);
  const [balance, number, title, failure] = await Promise.all([
    batched.getBalance({ address: user.account.address }), batched.getBlockNumber(), batched.readContract({ ...desk, functionName: 'title' }),
    batched.readContract({ ...desk, functionName: 'closed' }).catch((error) => error.walk((one) => one.data?.errorName)?.data.errorName),
  ]);
  assert.ok(balance > 0n && number > 0n);
  assert.equal(title, 'Desk of viem');
  assert.equal(failure, 'Closed');
  assert.equal(bodies.length, 1);
  assert.equal(bodies[0].length, 4);
});

test('state overrides: balance, code and storage of a call', async () => {
  const from = stranger();
  const [, balance] = await client.readContract({
    ...desk, functionName: 'caller', account: from, stateOverride: [{ address: from, balance: parseEther('9') }],
  });
  assert.equal(balance, parseEther('9'));
  const slot = padHex('0x00', { size: 32 });
  const count = await client.readContract({
    abi: desk.abi, address: from, functionName: 'count',
    stateOverride: [{ address: from, code: artifact('Desk').deployedBytecode, stateDiff: [{ slot, value: padHex('0x2a', { size: 32 }) }] }],
  });
  assert.equal(count, 42n);
});

test('block overrides: a call at another time and number', async () => {
  const { data } = await client.call({
    to: desk.address, data: encodeFunctionData({ ...desk, functionName: 'surroundings' }), blockOverrides: { time: 4_000_000_000n, number: 777_777n },
  });
  const words = data.slice(2).match(/.{64}/g).map((word) => BigInt(`0x${word}`));
  assert.equal(words[1], 777_777n);
  assert.equal(words[2], 4_000_000_000n);
});

test('eth_simulateV1: blocks build on each other, and overrides hold', async () => {
  const from = stranger();
  const to = stranger();
  const head = await client.getBlock();
  const results = await client.simulateBlocks({
    blocks: [
      { stateOverrides: [{ address: from, balance: parseEther('5') }], calls: [{ account: from, to, value: parseEther('2') }] },
      { blockOverrides: { time: head.timestamp + 1_000n }, calls: [
        { account: to, to: from, value: parseEther('1') },
        { account: from, to: desk.address, abi: desk.abi, functionName: 'surroundings' },
        { account: from, to: desk.address, abi: desk.abi, functionName: 'take', args: [11n] },
        { account: from, to: desk.address, abi: desk.abi, functionName: 'file', args: ['simulated'] },
      ] },
    ],
  });
  assert.equal(results.length, 2);
  assert.equal(results[0].calls[0].status, 'success');
  assert.equal(results[0].calls[0].gasUsed, 21_000n);
  assert.equal(results[1].number, results[0].number + 1n);
  const [transfer, surroundings, take, filed] = results[1].calls;
  assert.equal(transfer.status, 'success', 'the second block sees what the first one paid');
  assert.equal(surroundings.result[2], head.timestamp + 1_000n);
  assert.equal(take.status, 'failure');
  assert.equal(filed.status, 'success');
  assert.equal(filed.logs.length, 1);
  same(filed.logs[0].address, desk.address);
  assert.equal(await client.getBalance({ address: to }), 0n, 'nothing of it stays');
});

test('eth_simulateV1: simulated blocks are linked by hash', notOnAnvil('parent hashes are zero'), async () => {
  const head = await client.getBlock();
  const [first, second] = await client.simulateBlocks({ blockNumber: head.number, blocks: [{ calls: [] }, { calls: [] }] });
  assert.equal(first.parentHash, head.hash);
  assert.equal(second.parentHash, first.hash);
});

test('eth_simulateV1: transfers are traced as logs when asked', async () => {
  const from = stranger();
  const to = stranger();
  const [block] = await client.simulateBlocks({
    traceTransfers: true,
    blocks: [{ stateOverrides: [{ address: from, balance: 100n }], calls: [{ account: from, to, value: 40n }] }],
  });
  assert.equal(block.calls[0].logs.length, 1);
  const [log] = block.calls[0].logs;
  same(log.address, '0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee');
  assert.equal(BigInt(log.data), 40n);
});

test('eth_simulateV1: with validation, a transaction that cannot pay fails the whole request', notOnAnvil('code -32003'), async () => {
  const from = stranger();
  await assert.rejects(
    client.request({
      method: 'eth_simulateV1',
      params: [{ validation: true, blockStateCalls: [{ calls: [{ from, to: from, value: '0x1', gas: '0x5208', maxFeePerGas: toHex(parseGwei('100')) }] }] }, 'latest'],
    }),
    (error) => (error.walk?.((one) => one.code === -38014) ? true : assert.fail(`code ${error.code}: ${error.message}`)),
  );
});

const tokenCalls = (token, to) => [
  { to: token.address, abi: token.abi, functionName: 'transfer', args: [to, 100n] },
  { to: token.address, abi: token.abi, functionName: 'balanceOf', args: [to] },
];

test('simulateCalls: the second call sees what the first one did', async () => {
  const token = await deploy('Token', user, [1_000n]);
  const { results } = await client.simulateCalls({ account: user.account.address, calls: tokenCalls(token, stranger()) });
  assert.deepEqual(results.map(({ status }) => status), ['success', 'success']);
  assert.equal(results[1].result, 100n);
});

test('simulateCalls: asset changes of a token transfer', notOnAnvil('calls that deploy are refused'), async () => {
  const token = await deploy('Token', user, [1_000n]);
  const calls = tokenCalls(token, stranger());
  const { assetChanges } = await client.simulateCalls({ account: user.account.address, traceAssetChanges: true, calls });
  const change = assetChanges.find((one) => getAddress(one.token.address) === getAddress(token.address));
  assert.equal(change.value.diff, -100n);
});

test('a proof has the shape that viem decodes', async () => {
  const proof = await client.getProof({ address: desk.address, storageKeys: [padHex('0x00', { size: 32 })] });
  same(proof.address, desk.address);
  assert.ok(proof.accountProof.length >= 1);
  assert.equal(proof.storageProof[0].value, await client.readContract({ ...desk, functionName: 'count' }));
});

test('blocks by tag, and the count of their transactions', async () => {
  const receipt = await file('counted');
  const block = await client.getBlock({ blockHash: receipt.blockHash, includeTransactions: true });
  assert.equal(await client.getBlockTransactionCount({ blockHash: receipt.blockHash }), block.transactions.length);
  const found = await client.getTransaction({ blockHash: receipt.blockHash, index: receipt.transactionIndex });
  assert.equal(found.hash, receipt.transactionHash);
  const [finalized, safe, latest] = await Promise.all(['finalized', 'safe', 'latest'].map((blockTag) => client.getBlock({ blockTag })));
  assert.ok(finalized.number <= safe.number && safe.number <= latest.number);
  assert.equal((await client.getBlock({ blockTag: 'earliest' })).number, 0n);
});
