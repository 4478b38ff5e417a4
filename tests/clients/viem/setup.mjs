// SPDX-License-Identifier: Apache-2.0
import { after } from 'node:test';
import { createPublicClient, createWalletClient, defineChain, http, nonceManager, parseEther, webSocket } from 'viem';
import { generatePrivateKey, mnemonicToAccount, privateKeyToAccount } from 'viem/accounts';
import { MNEMONIC, PAYER, RPC, WS, artifact, rpc } from '../chain.mjs';

export const chain = defineChain({
  id: Number(await rpc('eth_chainId')),
  name: 'Node under test',
  nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
  rpcUrls: { default: { http: [RPC], webSocket: [WS] } },
});

/** Errors are shown at once instead of after retries, and no answer is taken from a cache. */
const OPTIONS = { chain, pollingInterval: 100, cacheTime: 0 };

export const client = publicClient(http(RPC, { retryCount: 0 }));

export function publicClient(transport) {
  return createPublicClient({ ...OPTIONS, transport });
}

/** A client over WebSocket, closed at the end of the file. */
export function websocketClient() {
  const socket = publicClient(webSocket(WS, { retryCount: 0, reconnect: false }));
  after(async () => (await socket.transport.getRpcClient()).close());
  return socket;
}

/** A wallet that signs here with a local account. */
export const walletOf = (account) => createWalletClient({ ...OPTIONS, account, transport: http(RPC, { retryCount: 0 }) });

const payer = walletOf(mnemonicToAccount(MNEMONIC, { addressIndex: PAYER.viem, nonceManager }));

/** A wallet of a new account that nobody used before, with `ether` on it. */
export async function funded(ether = '1') {
  const account = privateKeyToAccount(generatePrivateKey());
  await mined(payer.sendTransaction({ to: account.address, value: parseEther(ether) }));
  return walletOf(account);
}

/** Waits for the receipt of a transaction that is being sent. */
export async function mined(sent) {
  return client.waitForTransactionReceipt({ hash: await sent });
}

/** Deploys a compiled contract: its address and ABI, as viem's actions take them, and the receipt. */
export async function deploy(name, wallet, args = [], value = 0n) {
  const { abi, bytecode } = artifact(name);
  const receipt = await mined(wallet.deployContract({ abi, bytecode, args, value }));
  return { address: receipt.contractAddress, abi, receipt };
}
