// SPDX-License-Identifier: Apache-2.0
//
// What the chain says must follow from itself: header hashes, receipts, and proofs against the state root.
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import { Wallet, concat, decodeRlp, encodeRlp, getCreateAddress, keccak256, stripZerosLeft, toBeHex, zeroPadValue } from 'ethers';
import { artifact, notOnAnvil, rpc } from '../chain.mjs';
import { deploy, funded, hex, send, sign } from './setup.mjs';

let user;
let desk;
before(async () => {
  user = await funded('2');
  desk = await deploy('Desk', user, 'Desk of proofs', 10n);
});

/** A number as RLP has it: without leading zeros. */
const scalar = (value) => stripZerosLeft(toBeHex(value));

/** The hash of a header, from its fields in the order of the standard: fields that the fork does not have yet are absent at the end. */
function hashOf(block) {
  const number = (name) => scalar(BigInt(block[name]));
  const fields = [
    block.parentHash, block.sha3Uncles, block.miner, block.stateRoot, block.transactionsRoot, block.receiptsRoot, block.logsBloom,
    number('difficulty'), number('number'), number('gasLimit'), number('gasUsed'), number('timestamp'), block.extraData, block.mixHash, block.nonce,
  ];
  const later = [['baseFeePerGas', scalar], ['withdrawalsRoot'], ['blobGasUsed', scalar], ['excessBlobGas', scalar], ['parentBeaconBlockRoot'], ['requestsHash']];
  for (const [name, encode] of later) {
    if (block[name] === undefined || block[name] === null) break;
    fields.push(encode ? encode(BigInt(block[name])) : block[name]);
  }
  return keccak256(encodeRlp(fields));
}

test('a block hash is the hash of the header that is shown', async () => {
  for (const tag of ['earliest', hex(desk.receipt.blockNumber), 'latest']) {
    const block = await rpc('eth_getBlockByNumber', tag, false);
    assert.equal(hashOf(block), block.hash, tag);
  }
});

/** Walks down a Merkle Patricia proof; gives the value at the key, or undefined when the proof shows that there is none. */
function walk(root, key, proof) {
  const nodes = new Map(proof.map((node) => [keccak256(node), node]));
  let rest = keccak256(key).slice(2);
  let node = nodes.get(root);
  assert.ok(node || proof.length === 0, 'the first node has the hash of the root');
  node = node && decodeRlp(node);
  while (node) {
    let next;
    if (node.length === 17) {
      if (rest === '') return node[16] === '0x' ? undefined : node[16];
      next = node[Number.parseInt(rest[0], 16)];
      rest = rest.slice(1);
    } else {
      const path = node[0].slice(2);
      const flag = Number.parseInt(path[0], 16);
      const nibbles = path.slice(flag % 2 === 1 ? 1 : 2);
      if (!rest.startsWith(nibbles)) return undefined;
      rest = rest.slice(nibbles.length);
      if (flag >= 2) return rest === '' ? node[1] : undefined;
      next = node[1];
    }
    if (next === '0x') return undefined;
    // A node shorter than 32 bytes stands in its parent; longer ones are named by hash.
    node = Array.isArray(next) ? next : decodeRlp(nodes.get(next) ?? assert.fail(`node ${next} is missing from the proof`));
  }
  return undefined;
}

async function provenAccount(address, slots) {
  // The proof and the root must be of one block: the newest, for a node may keep proofs for few.
  const block = await rpc('eth_getBlockByNumber', 'latest', false);
  const proof = await rpc('eth_getProof', address, slots, block.number);
  return { proof, leaf: walk(block.stateRoot, address, proof.accountProof) };
}

test('eth_getProof: an account is in the state that the header commits to', async () => {
  const { proof, leaf } = await provenAccount(user.address, []);
  assert.equal(BigInt(proof.balance), BigInt(await rpc('eth_getBalance', user.address, 'latest')));
  assert.equal(BigInt(proof.nonce), BigInt(await rpc('eth_getTransactionCount', user.address, 'latest')));
  assert.deepEqual(decodeRlp(leaf), [scalar(BigInt(proof.nonce)), scalar(BigInt(proof.balance)), proof.storageHash, proof.codeHash]);
  assert.equal(proof.codeHash, keccak256('0x'));
});

test('eth_getProof: storage is in the account, and what is not there is proven absent', async () => {
  for (let key = 0n; key < 5n; key += 1n) await send(user, { to: desk.address, data: desk.data('set', key, zeroPadValue(toBeHex(key + 100n), 32)) });
  const place = (key) => keccak256(concat([toBeHex(key, 32), toBeHex(2n, 32)]));
  const slots = [place(0n), place(4n), place(99n)];
  const { proof, leaf } = await provenAccount(desk.address, slots);
  assert.deepEqual(decodeRlp(leaf), [scalar(BigInt(proof.nonce)), scalar(BigInt(proof.balance)), proof.storageHash, proof.codeHash]);
  assert.equal(proof.codeHash, keccak256(await rpc('eth_getCode', desk.address, 'latest')));
  const values = proof.storageProof.map(({ value }) => BigInt(value));
  assert.deepEqual(values, [100n, 104n, 0n]);
  proof.storageProof.forEach(({ proof: nodes }, n) => {
    const found = walk(proof.storageHash, slots[n], nodes);
    assert.equal(found === undefined ? 0n : BigInt(decodeRlp(found)), values[n]);
  });
});

test('eth_getProof: an account that does not exist is proven absent', async () => {
  const { proof, leaf } = await provenAccount(Wallet.createRandom().address, [zeroPadValue('0x', 32)]);
  assert.equal(leaf, undefined);
  assert.equal(BigInt(proof.balance), 0n);
  assert.equal(BigInt(proof.storageProof[0].value), 0n);
});

test('eth_getProof: a slot may be written short', notOnAnvil('it must have 32 bytes'), async () => {
  const { storageProof: [slot] } = await rpc('eth_getProof', desk.address, ['0x0'], 'latest');
  assert.equal(BigInt(slot.key), 0n);
});

test('a receipt of a deployment and one of a call', async () => {
  const { receipt } = desk;
  assert.equal(receipt.to, null);
  assert.equal(receipt.contractAddress, getCreateAddress({ from: user.address, nonce: 0 }).toLowerCase());
  const call = await send(user, { to: desk.address, data: desk.data('file', 'note') });
  assert.equal(call.contractAddress, null);
  assert.equal(call.to, desk.address);
  assert.equal(call.status, '0x1');
  assert.equal(call.type, '0x2');
  assert.match(call.logsBloom, /^0x[0-9a-f]{512}$/);
  for (const quantity of ['blockNumber', 'cumulativeGasUsed', 'effectiveGasPrice', 'gasUsed', 'transactionIndex']) {
    assert.match(call[quantity], /^0x(0|[1-9a-f][0-9a-f]*)$/, `${quantity} has no leading zeros`);
  }
});

test('eth_getBlockReceipts gives the receipts of the block, by number, tag and hash', async () => {
  const one = await send(user, { to: desk.address, data: desk.data('fileMany', 3n, 'note') });
  for (const which of [one.blockNumber, one.blockHash, { blockHash: one.blockHash }, { blockNumber: one.blockNumber }]) {
    const all = await rpc('eth_getBlockReceipts', which);
    assert.deepEqual(all[Number(one.transactionIndex)], one);
    const block = await rpc('eth_getBlockByHash', one.blockHash, false);
    assert.deepEqual(all.map(({ transactionHash }) => transactionHash), block.transactions);
    assert.equal(all.at(-1).cumulativeGasUsed, block.gasUsed);
  }
});

test('the same transaction is found by hash, by place and in the block', async () => {
  const { transactionHash, blockHash, blockNumber, transactionIndex } = await send(user, { to: user.address, gasLimit: 21_000n });
  const found = await rpc('eth_getTransactionByHash', transactionHash);
  assert.deepEqual(await rpc('eth_getTransactionByBlockHashAndIndex', blockHash, transactionIndex), found);
  assert.deepEqual(await rpc('eth_getTransactionByBlockNumberAndIndex', blockNumber, transactionIndex), found);
  const full = await rpc('eth_getBlockByNumber', blockNumber, true);
  assert.deepEqual(full.transactions[Number(transactionIndex)], found);
  assert.equal(BigInt(await rpc('eth_getBlockTransactionCountByNumber', blockNumber)), BigInt(full.transactions.length));
  assert.equal(await rpc('eth_getUncleCountByBlockHash', blockHash), '0x0');
});

test('the pending block and the pending state', async () => {
  const pending = await rpc('eth_getBlockByNumber', 'pending', false);
  const latest = await rpc('eth_getBlockByNumber', 'latest', false);
  assert.ok(BigInt(pending.number) >= BigInt(latest.number));
  assert.equal(await rpc('eth_getTransactionCount', user.address, 'pending'), await rpc('eth_getTransactionCount', user.address, 'latest'));
  assert.equal(await rpc('eth_getCode', desk.address, 'pending'), await rpc('eth_getCode', desk.address, 'latest'));
});

test('eth_feeHistory: rewards, ratios and one base fee ahead', async () => {
  const one = await send(user, { to: user.address, gasLimit: 21_000n });
  const history = await rpc('eth_feeHistory', '0x1', one.blockNumber, [0, 100]);
  const block = await rpc('eth_getBlockByNumber', one.blockNumber, false);
  assert.equal(history.oldestBlock, one.blockNumber);
  assert.equal(history.baseFeePerGas[0], block.baseFeePerGas);
  assert.equal(history.baseFeePerGas.length, 2);
  assert.ok(BigInt(history.reward[0][0]) > 0n);
  assert.equal(history.baseFeePerBlobGas.length, 2);
  const child = await rpc('eth_getBlockByNumber', hex(BigInt(one.blockNumber) + 1n), false)
    ?? (await send(user, { to: user.address, gasLimit: 21_000n }), await rpc('eth_getBlockByNumber', hex(BigInt(one.blockNumber) + 1n), false));
  assert.equal(history.baseFeePerGas[1], child.baseFeePerGas);
});

test('eth_feeHistory: percentiles must rise', notOnAnvil('they are not checked'), async () => {
  await assert.rejects(rpc('eth_feeHistory', '0x1', 'latest', [50, 10]));
  await assert.rejects(rpc('eth_feeHistory', '0x1', 'latest', [101]));
});

test('eth_createAccessList names the error of a call that fails', async () => {
  const answer = await rpc('eth_createAccessList', { from: user.address, to: desk.address, data: desk.data('take', 11n) }, 'latest').catch((error) => error);
  // Some nodes answer with `error` beside the list, as the standard has it; anvil refuses.
  assert.match(answer.error ?? answer.message, /revert/);
});

test('txpool: what waits is shown by sender and nonce', async () => {
  const lone = await funded();
  const hash = await rpc('eth_sendRawTransaction', await sign(lone, { to: lone.address, nonce: 3, gasLimit: 21_000n }));
  const { queued } = await rpc('txpool_content');
  const mine = Object.entries(queued).find(([address]) => address.toLowerCase() === lone.address.toLowerCase())?.[1];
  assert.equal(mine['3'].hash, hash);
  assert.ok(BigInt((await rpc('txpool_status')).queued) >= 1n);
});

test('code at an address is what the deployment left there', async () => {
  const drawer = await deploy('Drawer', user);
  const code = await rpc('eth_getCode', drawer.address, 'latest');
  assert.equal(code.length, artifact('Drawer').deployedBytecode.length);
  assert.ok(code.includes(user.address.slice(2).toLowerCase()), 'the immutable is in the code');
});
