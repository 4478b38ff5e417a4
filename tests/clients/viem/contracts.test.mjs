// SPDX-License-Identifier: Apache-2.0
//
// Transfers, contracts, failures and typed data through viem.
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import {
  BaseError, ContractFunctionRevertedError, InsufficientFundsError, NonceTooLowError, getAddress, getContract, getContractAddress,
  hashDomain, hashStruct, parseEther, parseGwei, recoverTypedDataAddress, zeroAddress,
} from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { clientVersion, notOnAnvil } from '../chain.mjs';
import { chain, client, deploy, funded, mined } from './setup.mjs';

const stranger = () => privateKeyToAccount(generatePrivateKey()).address;
const same = (a, b) => assert.equal(getAddress(a), getAddress(b));

let user;
let desk;
before(async () => {
  user = await funded('2');
  desk = await deploy('Desk', user, ['Desk of viem', 10n]);
});

test('the node says what it is', async (t) => {
  t.diagnostic(clientVersion);
  assert.ok(clientVersion.length > 0);
  assert.equal(await client.getChainId(), chain.id);
});

test('a transfer', async () => {
  const to = stranger();
  const receipt = await mined(user.sendTransaction({ to, value: parseEther('0.1') }));
  assert.equal(receipt.status, 'success');
  assert.equal(receipt.type, 'eip1559');
  assert.equal(receipt.gasUsed, 21_000n);
  assert.equal(receipt.contractAddress, null);
  assert.equal(await client.getBalance({ address: to }), parseEther('0.1'));
  assert.equal(await client.getBalance({ address: to, blockNumber: receipt.blockNumber - 1n }), 0n);
  assert.ok((await client.getTransactionConfirmations({ transactionReceipt: receipt })) >= 1n);
});

test('a deployment', async () => {
  const { nonce } = await client.getTransaction({ hash: desk.receipt.transactionHash });
  same(desk.address, getContractAddress({ from: user.account.address, nonce: BigInt(nonce) }));
  assert.ok((await client.getCode(desk)).length > 2);
  const read = getContract({ ...desk, client });
  assert.equal(await read.read.title(), 'Desk of viem');
  same(await read.read.owner(), user.account.address);
});

test('simulate, write, wait, and read what it emitted', async () => {
  const { request, result } = await client.simulateContract({ ...desk, functionName: 'file', args: ['hello'], account: user.account });
  const receipt = await mined(user.writeContract(request));
  const [event] = await client.getContractEvents({ ...desk, eventName: 'Filed', blockHash: receipt.blockHash });
  assert.deepEqual(event.args, { number: result, by: getAddress(user.account.address), note: 'hello' });
  assert.equal(event.removed, false);
  assert.equal(event.transactionHash, receipt.transactionHash);
});

test('tuples, signed numbers, bytes and enums', async () => {
  const contact = { account: getAddress(user.account.address), name: 'Ünal', rooms: [1n, 2n] };
  const answer = await client.readContract({ ...desk, functionName: 'echo', args: [contact, -7n, '0x00ff', 1] });
  assert.deepEqual(answer, [contact, -7n, '0x00ff', 1]);
});

/** What viem makes of a refused call. */
async function reverted(functionName, args, from = user.account) {
  try {
    await client.simulateContract({ ...desk, functionName, args, account: from });
  } catch (error) {
    assert.ok(error instanceof BaseError);
    const inner = error.walk((one) => one instanceof ContractFunctionRevertedError);
    assert.ok(inner, `a revert, and not ${error.shortMessage}`);
    return inner;
  }
  throw new Error('was accepted, and should have been refused');
}

test('a custom error is decoded', async () => {
  const { data } = await reverted('take', [11n]);
  assert.equal(data.errorName, 'Refused');
  assert.deepEqual(data.args, [getAddress(user.account.address), 11n, 10n]);
  const nested = { account: zeroAddress, name: 'x', rooms: [] };
  assert.deepEqual((await reverted('nested', [nested, '0x01'])).data.args, [nested, '0x01']);
});

test('a require string, a bare revert and panics are told apart', async () => {
  assert.equal((await reverted('positive', [-1n])).reason, 'Desk: not positive – sorry');
  const bare = await reverted('bare', []);
  assert.equal(bare.data, undefined);
  assert.match((await reverted('sum', [200, 100])).reason, /overflow/);
  assert.match((await reverted('ratio', [1n, 0n])).reason, /zero/);
  assert.match((await reverted('numberAt', [1_000n])).reason, /bounds/);
  assert.match((await reverted('asserted', [false])).reason, /assert/i);
});

test('a write that would revert is refused by the estimate, with the error decoded', async () => {
  await assert.rejects(user.writeContract({ ...desk, functionName: 'closed' }), (error) => {
    const inner = error.walk((one) => one instanceof ContractFunctionRevertedError);
    return inner?.data?.errorName === 'Closed';
  });
});

test('a failed transaction has a receipt that says so', async () => {
  const receipt = await mined(user.writeContract({ ...desk, functionName: 'closed', gas: 100_000n }));
  assert.equal(receipt.status, 'reverted');
  assert.deepEqual(receipt.logs, []);
});

test('InsufficientFundsError and NonceTooLowError', async () => {
  const broke = await funded('0.001');
  const to = stranger();
  const fees = { gas: 21_000n, maxFeePerGas: parseGwei('20'), maxPriorityFeePerGas: parseGwei('1') };
  const walksTo = (kind) => (error) => Boolean(error.walk((one) => one instanceof kind)) || assert.fail(error.message);
  await assert.rejects(broke.sendTransaction({ to, value: parseEther('1'), ...fees }), walksTo(InsufficientFundsError));
  await mined(user.sendTransaction({ to }));
  await assert.rejects(user.sendTransaction({ to, nonce: 0, ...fees }), walksTo(NonceTooLowError));
});

test('InsufficientFundsError by an estimate', notOnAnvil('estimates do not look at balances'), async () => {
  const broke = await funded('0.001');
  await assert.rejects(
    client.estimateGas({ account: broke.account, to: stranger(), value: parseEther('1') }),
    (error) => Boolean(error.walk((one) => one instanceof InsufficientFundsError)) || assert.fail(error.message),
  );
});

test('typed data: nested structs and arrays are verified by a contract', async () => {
  const mail = await deploy('TypedMail', user);
  const domain = { name: 'Typed Mail', version: '1', chainId: chain.id, verifyingContract: mail.address };
  const types = {
    Person: [{ name: 'name', type: 'string' }, { name: 'wallets', type: 'address[]' }],
    Mail: [
      { name: 'from', type: 'Person' }, { name: 'to', type: 'Person[]' }, { name: 'contents', type: 'string' },
      { name: 'attachment', type: 'bytes' }, { name: 'deadline', type: 'uint256' },
    ],
  };
  const message = {
    from: { name: 'Ann', wallets: [stranger(), stranger()] },
    to: [{ name: 'Bo', wallets: [] }, { name: 'Ćeda', wallets: [stranger()] }],
    contents: 'hello', attachment: '0x0102', deadline: 2n ** 200n,
  };
  const typed = { domain, types, primaryType: 'Mail', message };
  const signature = await user.signTypedData(typed);
  const separator = hashDomain({
    domain,
    types: { EIP712Domain: [['string', 'name'], ['string', 'version'], ['uint256', 'chainId'], ['address', 'verifyingContract']].map(([type, name]) => ({ name, type })) },
  });
  assert.equal(await client.readContract({ ...mail, functionName: 'domainSeparator' }), separator);
  assert.equal(await client.readContract({ ...mail, functionName: 'hashMail', args: [message] }), hashStruct({ data: message, primaryType: 'Mail', types }));
  same(await client.readContract({ ...mail, functionName: 'signerOf', args: [message, signature] }), user.account.address);
  same(await recoverTypedDataAddress({ ...typed, signature }), user.account.address);
  assert.ok(await client.verifyTypedData({ ...typed, address: user.account.address, signature }));
});
