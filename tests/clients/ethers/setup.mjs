// SPDX-License-Identifier: Apache-2.0
import { ContractFactory, HDNodeWallet, JsonRpcProvider, NonceManager, Wallet, WebSocketProvider, parseEther } from 'ethers';
import { after } from 'node:test';
import { MNEMONIC, PAYER, RPC, WS, artifact } from '../chain.mjs';

/** Options of a test provider: polls fast, and never answers from its cache, so that every assertion reaches the node. */
const FRESH = { pollingInterval: 100, cacheTimeout: -1 };

/** An HTTP provider that is closed at the end of the file. */
export function http(options = {}) {
  const provider = new JsonRpcProvider(RPC, undefined, { ...FRESH, ...options });
  after(async () => {
    // ethers sends the last eth_uninstallFilter behind our back, and a provider that is destroyed before refuses it.
    await provider.send('web3_clientVersion', []);
    provider.destroy();
  });
  return provider;
}

/** A WebSocket provider that is closed at the end of the file. */
export function websocket() {
  const provider = new WebSocketProvider(WS, undefined, { cacheTimeout: -1 });
  after(() => provider.destroy());
  return provider;
}

export const provider = http();

/** The development account with this index, with the provider. */
export const developer = (index) =>
  HDNodeWallet.fromPhrase(MNEMONIC, undefined, `m/44'/60'/0'/0/${index}`).connect(provider);

const payer = new NonceManager(developer(PAYER.ethers));

/** A new account that nobody used before, with `ether` on it. */
export async function funded(ether = '1') {
  const wallet = new Wallet(Wallet.createRandom().privateKey, provider);
  const sent = await payer.sendTransaction({ to: wallet.address, value: parseEther(ether) });
  await sent.wait();
  return wallet;
}

/** Deploys a compiled contract and waits until it stands. */
export async function deploy(name, from, ...args) {
  const { abi, bytecode } = artifact(name);
  const contract = await new ContractFactory(abi, bytecode, from).deploy(...args);
  return contract.waitForDeployment();
}

/** The error that `promise` is rejected with; it is a failure when it is not. */
export async function rejection(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('was accepted, and should have been refused');
}
