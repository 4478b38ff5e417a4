// SPDX-License-Identifier: Apache-2.0
//
// Deployments, calls, estimates and typed data through ethers' Contract.
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import {
  Contract, Signature, TypedDataEncoder, Wallet, concat, encodeBytes32String, getBytes, getCreate2Address, getCreateAddress, id,
  keccak256, parseEther, toBeHex, verifyMessage, zeroPadValue,
} from 'ethers';
import { artifact } from '../chain.mjs';
import { deploy, funded, provider } from './setup.mjs';

let user;
let desk;
before(async () => {
  user = await funded('2');
  desk = await deploy('Desk', user, 'Front desk', 1000n, { value: 5n });
});

test('a deployment says where the contract stands', async () => {
  const sent = desk.deploymentTransaction();
  const receipt = await sent.wait();
  const address = await desk.getAddress();
  assert.equal(receipt.contractAddress, address);
  assert.equal(receipt.to, null);
  assert.equal(address, getCreateAddress({ from: user.address, nonce: sent.nonce }));
  assert.equal(await provider.getBalance(address), 5n);
  const code = await provider.getCode(address);
  assert.equal(code.length, artifact('Desk').deployedBytecode.length, 'immutables fill places, they do not add any');
  assert.equal(await provider.getCode(address, receipt.blockNumber - 1), '0x', 'it did not stand one block earlier');
});

test('constructor arguments arrive, and getters give them', async () => {
  assert.equal(await desk.title(), 'Front desk');
  assert.equal(await desk.ceiling(), 1000n);
  assert.equal(await desk.owner(), user.address);
});

test('tuples, signed numbers, bytes and enums go out and come back', async () => {
  const contact = [user.address, 'Zoë – 会計', [1n, 2n ** 64n - 1n]];
  const [echoed, number, data, mood] = await desk.echo(contact, -(2n ** 255n), '0x00ff', 2);
  assert.deepEqual(echoed.toArray().map((part) => part.toArray?.() ?? part), contact);
  assert.equal(number, -(2n ** 255n));
  assert.equal(data, '0x00ff');
  assert.equal(mood, 2n);
});

test('a transaction changes state; the call before it does not', async () => {
  const number = await desk.count();
  assert.equal(await desk.file.staticCall('dry run'), number + 1n);
  assert.equal(await desk.count(), number);
  const receipt = await (await desk.file('for good')).wait();
  assert.equal(receipt.status, 1);
  assert.equal(await desk.count(), number + 1n);
  assert.equal(await desk.count({ blockTag: receipt.blockNumber - 1 }), number, 'the past is kept');
  assert.equal(await desk.filedBy(user.address), 1n);
});

test('an estimate is enough gas, and less than the whole block', async () => {
  const gas = await desk.fileMany.estimateGas(20, 'estimated');
  const { gasLimit } = await provider.getBlock('latest');
  assert.ok(gas < gasLimit / 2n, `${gas}`);
  const receipt = await (await desk.fileMany(20, 'estimated', { gasLimit: gas })).wait();
  assert.equal(receipt.status, 1);
  assert.ok(receipt.gasUsed <= gas);
});

test('storage is read where Solidity lays it', async () => {
  const address = await desk.getAddress();
  const key = zeroPadValue('0x2a', 32);
  const value = encodeBytes32String('stored');
  await (await desk.set(42n, value)).wait();
  assert.equal(await desk.slots(42n), value);
  // `count` is slot 0, `filedBy` slot 1, `slots` slot 2: a mapping's value stands at keccak(key . slot).
  const place = keccak256(concat([key, zeroPadValue('0x02', 32)]));
  assert.equal(await provider.getStorage(address, place), value);
  assert.equal(BigInt(await provider.getStorage(address, 0)), await desk.count());
});

test('the environment of a call is that of the block it runs on', async () => {
  const block = await provider.getBlock('latest');
  const seen = await desk.surroundings({ blockTag: block.number });
  assert.equal(seen.chain, (await provider.getNetwork()).chainId);
  assert.equal(seen.number, BigInt(block.number));
  assert.equal(seen.time, BigInt(block.timestamp));
  assert.equal(seen.gasLimit, block.gasLimit);
  assert.equal(seen.coinbase, block.miner);
  assert.equal(toBeHex(seen.randao, 32), block.prevRandao);
  assert.equal(await desk.hashOf(block.number - 1), block.parentHash);
  const [caller] = await desk.connect(provider).caller({ from: desk.target });
  assert.equal(caller, desk.target, 'a call may be made from any address');
});

test('plain value reaches receive()', async () => {
  const receipt = await (await user.sendTransaction({ to: desk.target, value: 3n })).wait();
  assert.equal(receipt.logs.length, 1);
  const event = desk.interface.parseLog(receipt.logs[0]);
  assert.equal(event.name, 'Received');
  assert.deepEqual(event.args.toArray(), [user.address, 3n]);
});

test('a contract deploys another at the address CREATE2 foretells', async () => {
  const salt = id(`salt ${user.address}`);
  const expected = getCreate2Address(desk.target, salt, keccak256(artifact('Drawer').bytecode));
  assert.equal(await desk.open.staticCall(salt), expected);
  await (await desk.open(salt)).wait();
  const drawer = new Contract(expected, artifact('Drawer').abi, user);
  assert.equal(await drawer.desk(), desk.target);
  await (await drawer.put(9n)).wait();
  assert.equal(await drawer.content(), 9n);
});

test('a token of OpenZeppelin: transfer, approve, transferFrom', async () => {
  const [owner, spender] = [user, await funded()];
  const token = await deploy('Token', owner, parseEther('1000'));
  await (await token.transfer(spender.address, 10n)).wait();
  await (await token.approve(spender.address, 100n)).wait();
  assert.equal(await token.allowance(owner.address, spender.address), 100n);
  await (await token.connect(spender).transferFrom(owner.address, spender.address, 60n)).wait();
  assert.equal(await token.balanceOf(spender.address), 70n);
  assert.equal(await token.allowance(owner.address, spender.address), 40n);
  assert.equal(await token.totalSupply(), parseEther('1000'));
});

test('typed data: a signed permit (ERC-2612) is taken by the token', async () => {
  const [owner, spender] = [user, await funded()];
  const token = await deploy('Token', owner, 1000n);
  const { fields, name, version, chainId, verifyingContract } = await token.eip712Domain();
  assert.equal(fields, '0x0f');
  const types = {
    Permit: ['address owner', 'address spender', 'uint256 value', 'uint256 nonce', 'uint256 deadline'].map((field) => {
      const [type, label] = field.split(' ');
      return { name: label, type };
    }),
  };
  const permit = { owner: owner.address, spender: spender.address, value: 250n, nonce: 0n, deadline: 2n ** 48n };
  const domain = { name, version, chainId, verifyingContract };
  assert.equal(await token.DOMAIN_SEPARATOR(), TypedDataEncoder.hashDomain(domain));
  const { v, r, s } = Signature.from(await owner.signTypedData(domain, types, permit));
  await (await token.connect(spender).permit(permit.owner, permit.spender, permit.value, permit.deadline, v, r, s)).wait();
  assert.equal(await token.allowance(owner.address, spender.address), 250n);
  assert.equal(await token.nonces(owner.address), 1n);
});

test('typed data: nested structs and arrays are hashed alike by ethers and by a contract', async () => {
  const mail = await deploy('TypedMail', user);
  const domain = { name: 'Typed Mail', version: '1', chainId: (await provider.getNetwork()).chainId, verifyingContract: mail.target };
  const types = {
    Person: [{ name: 'name', type: 'string' }, { name: 'wallets', type: 'address[]' }],
    Mail: [
      { name: 'from', type: 'Person' }, { name: 'to', type: 'Person[]' }, { name: 'contents', type: 'string' },
      { name: 'attachment', type: 'bytes' }, { name: 'deadline', type: 'uint256' },
    ],
  };
  const person = (name, count) => ({ name, wallets: Array.from({ length: count }, () => Wallet.createRandom().address) });
  const letter = { from: person('Ann', 2), to: [person('Bo', 0), person('Ćeda', 3)], contents: 'hello', attachment: '0x0102', deadline: 1n };
  assert.equal(await mail.domainSeparator(), TypedDataEncoder.hashDomain(domain));
  assert.equal(await mail.hashMail(letter), TypedDataEncoder.hashStruct('Mail', types, letter));
  const signature = await user.signTypedData(domain, types, letter);
  assert.equal(await mail.signerOf(letter, signature), user.address);
  assert.notEqual(await mail.signerOf({ ...letter, contents: 'hullo' }, signature), user.address);
});

test('a personal message is signed here and recovered here', async () => {
  const signature = await user.signMessage('no key of mine is on the node');
  assert.equal(verifyMessage('no key of mine is on the node', signature), user.address);
  assert.equal(getBytes(signature).length, 65);
});
