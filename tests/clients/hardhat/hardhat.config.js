// SPDX-License-Identifier: Apache-2.0
import hardhatEthers from '@nomicfoundation/hardhat-ethers';
import hardhatNodeTestRunner from '@nomicfoundation/hardhat-node-test-runner';
import hardhatUpgrades, { proxyFilesToBuild } from '@openzeppelin/hardhat-upgrades';
import { configVariable, defineConfig } from 'hardhat/config';
import { createRequire } from 'node:module';

export default defineConfig({
  plugins: [hardhatEthers, hardhatNodeTestRunner, hardhatUpgrades],
  solidity: {
    version: '0.8.37',
    // The compiler of the npm package, since nothing is to be downloaded besides packages.
    path: createRequire(import.meta.url).resolve('solc/soljson.js'),
    preferWasm: true,
    settings: { evmVersion: 'prague', optimizer: { enabled: true, runs: 200 } },
    npmFilesToBuild: proxyFilesToBuild(),
  },
  networks: {
    entente: {
      type: 'http',
      chainType: 'l1',
      url: configVariable('ENTENTE_RPC'),
      // Hardhat signs itself: account 3 of the development phrase is this suite's, and pays for accounts made in the run.
      accounts: { mnemonic: 'test test test test test test test test test test test junk', initialIndex: 3, count: 1 },
    },
  },
  test: { nodejs: { timeout: 120_000 } },
});
