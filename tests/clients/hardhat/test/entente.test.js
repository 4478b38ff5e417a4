// SPDX-License-Identifier: Apache-2.0
//
// Hardhat 3 against the node under test: `hardhat test nodejs`.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { upgrades } from '@openzeppelin/hardhat-upgrades';
import hre from 'hardhat';

describe('hardhat on the node under test', () => {
  let ethers;
  let user;
  let api;

  before(async () => {
    const connection = await hre.network.create('entente');
    ethers = connection.ethers;
    const [payer] = await ethers.getSigners();
    user = new ethers.Wallet(ethers.Wallet.createRandom().privateKey, ethers.provider);
    await (await payer.sendTransaction({ to: user.address, value: ethers.parseEther('2') })).wait();
    api = await upgrades(hre, connection);
  });

  it('signs with its own accounts, and knows the chain', async () => {
    const signers = await ethers.getSigners();
    assert.equal(signers.length, 1);
    assert.equal((await ethers.provider.getNetwork()).chainId, BigInt(await ethers.provider.send('eth_chainId', [])));
    const to = ethers.Wallet.createRandom().address;
    await (await signers[0].sendTransaction({ to, value: 5n })).wait();
    assert.equal(await ethers.provider.getBalance(to), 5n);
  });

  it('deploys by name with a signer of the configuration', async () => {
    const box = await ethers.deployContract('Box');
    await box.waitForDeployment();
    await (await box.initialize(7n)).wait();
    assert.equal(await box.value(), 7n);
    const found = await ethers.getContractAt('Box', await box.getAddress());
    assert.equal(await found.value(), 7n);
  });

  it('says why a call is refused', async () => {
    const box = await ethers.deployContract('Box', [], user);
    await (await box.initialize(1n)).wait();
    await assert.rejects(box.initialize(2n), /Box: initialized/);
    await assert.rejects(box.initialize.staticCall(2n), /Box: initialized/);
  });

  it('UUPS proxy: deployed, used, upgraded, with state kept', async () => {
    const factory = await ethers.getContractFactory('Ledger', user);
    const ledger = await api.deployProxy(factory, [user.address], { kind: 'uups' });
    await ledger.waitForDeployment();
    const address = await ledger.getAddress();
    const receipt = await (await ledger.enter('first')).wait();
    await assert.rejects(ledger.enter.staticCall(''), { data: ethers.id('Empty()').slice(0, 10) });
    const old = await api.erc1967.getImplementationAddress(address);
    const second = await api.upgradeProxy(address, await ethers.getContractFactory('LedgerV2', user), { call: 'second' });
    // The plugin sends the upgrade and does not wait for it.
    await second.waitForDeployment();
    assert.equal(await second.getAddress(), address);
    assert.notEqual(await api.erc1967.getImplementationAddress(address), old);
    assert.equal(await second.version(), 2n);
    assert.equal(await second.entry(1n), 'first');
    const events = await second.queryFilter('Entered', receipt.blockNumber);
    assert.deepEqual(events.map(({ args }) => args.text), ['first']);
  });

  it('UUPS proxy: only the owner upgrades', async () => {
    const factory = await ethers.getContractFactory('Ledger', user);
    const ledger = await api.deployProxy(factory, [ethers.Wallet.createRandom().address], { kind: 'uups' });
    await ledger.waitForDeployment();
    await assert.rejects(api.upgradeProxy(ledger, await ethers.getContractFactory('LedgerV2', user)), ({ data }) =>
      data.startsWith(ethers.id('OwnableUnauthorizedAccount(address)').slice(0, 10)));
  });

  it('an upgrade that would break the storage is refused before anything is sent', async () => {
    const ledger = await api.deployProxy(await ethers.getContractFactory('Ledger', user), [user.address], { kind: 'uups' });
    await ledger.waitForDeployment();
    const nonce = await user.getNonce();
    await assert.rejects(api.upgradeProxy(ledger, await ethers.getContractFactory('LedgerBroken', user)), /storage layout is incompatible/);
    assert.equal(await user.getNonce(), nonce);
  });

  it('transparent proxy: deployed and upgraded through its admin', async () => {
    const box = await api.deployProxy(await ethers.getContractFactory('Box', user), [41n], { kind: 'transparent', initialOwner: user.address });
    await box.waitForDeployment();
    const address = await box.getAddress();
    assert.notEqual(await api.erc1967.getAdminAddress(address), ethers.ZeroAddress);
    const second = await api.upgradeProxy(address, await ethers.getContractFactory('BoxV2', user));
    await second.waitForDeployment();
    await (await second.increment()).wait();
    assert.equal(await second.value(), 42n);
  });

  it('beacon: two proxies are upgraded at once', async () => {
    const factory = await ethers.getContractFactory('Box', user);
    const beacon = await api.deployBeacon(factory, { initialOwner: user.address });
    await beacon.waitForDeployment();
    const boxes = [];
    for (const first of [10n, 20n]) {
      const box = await api.deployBeaconProxy(beacon, factory, [first]);
      await box.waitForDeployment();
      boxes.push(await box.getAddress());
    }
    const upgraded = await ethers.getContractFactory('BoxV2', user);
    await (await api.upgradeBeacon(beacon, upgraded)).waitForDeployment();
    for (const [n, address] of boxes.entries()) {
      const box = upgraded.attach(address);
      await (await box.increment()).wait();
      assert.equal(await box.value(), [11n, 21n][n]);
    }
  });
});
