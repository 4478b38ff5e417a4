// SPDX-License-Identifier: Apache-2.0
//
// The raw suite speaks JSON-RPC itself, so that it sees what libraries hide; ethers only signs and encodes.
import { ContractFactory, HDNodeWallet, Interface, Wallet, parseEther, toQuantity } from 'ethers';
import { MNEMONIC, PAYER, artifact, receiptOf, rpc } from '../chain.mjs';

const chainId = BigInt(await rpc('eth_chainId'));
const payer = HDNodeWallet.fromPhrase(MNEMONIC, undefined, `m/44'/60'/0'/0/${PAYER.raw}`);

/** Signs a transaction with generous fees; nonce and gas may be given. */
export async function sign(wallet, { nonce, gasLimit = 2_000_000n, ...rest }) {
  const { baseFeePerGas } = await rpc('eth_getBlockByNumber', 'latest', false);
  const maxPriorityFeePerGas = 2_000_000_000n;
  return wallet.signTransaction({
    type: 2,
    chainId,
    nonce: nonce ?? Number(await rpc('eth_getTransactionCount', wallet.address, 'pending')),
    gasLimit,
    maxPriorityFeePerGas,
    maxFeePerGas: BigInt(baseFeePerGas) * 4n + maxPriorityFeePerGas,
    ...rest,
  });
}

/** Signs, sends, and waits for the receipt. */
export async function send(wallet, transaction) {
  return receiptOf(await rpc('eth_sendRawTransaction', await sign(wallet, transaction)));
}

/** A new account with `ether` on it. */
export async function funded(ether = '1') {
  const wallet = new Wallet(Wallet.createRandom().privateKey);
  await send(payer, { to: wallet.address, value: parseEther(ether), gasLimit: 21_000n });
  return wallet;
}

/** Deploys a compiled contract; `data(name, ...args)` encodes a call of it. */
export async function deploy(name, wallet, ...args) {
  const { abi, bytecode } = artifact(name);
  const { data } = await new ContractFactory(abi, bytecode).getDeployTransaction(...args);
  const receipt = await send(wallet, { data, gasLimit: 4_000_000n });
  const face = new Interface(abi);
  return { address: receipt.contractAddress, face, receipt, data: (call, ...given) => face.encodeFunctionData(call, given) };
}

export const hex = (number) => toQuantity(number);
