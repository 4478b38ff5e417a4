// SPDX-License-Identifier: Apache-2.0
//
// What every JavaScript suite knows of the node under test: its endpoints, its development accounts, a bare JSON-RPC caller, and
// the compiled contracts. Nothing here belongs to a client library.
import { readFileSync } from 'node:fs';

/** HTTP endpoint, such as http://127.0.0.1:8545. */
export const RPC = endpoint('ENTENTE_RPC');
/** WebSocket endpoint, such as ws://127.0.0.1:8546. */
export const WS = endpoint('ENTENTE_WS');
/** Path of the IPC socket. Read lazily: only one file needs it. */
export const ipcPath = () => endpoint('ENTENTE_IPC');

/** The ten development accounts come from this phrase, at m/44'/60'/0'/0/N. */
export const MNEMONIC = 'test test test test test test test test test test test junk';
/** Which development account pays for which suite, so that suites never share a nonce. */
export const PAYER = { ethers: 0, viem: 1, raw: 2, hardhat: 3, foundry: 4, web3py: 5 };

/** No test passes or fails by speed: this long is waited for what must come, and then the node is at fault. */
export const PATIENCE_MS = 30_000;

/** An error object of a JSON-RPC response. */
export class RpcError extends Error {
  constructor(method, { code, message, data }) {
    super(`${method}: ${code} ${message}`);
    Object.assign(this, { code, data, reason: message });
  }
}

/** Sends a body as it is and returns the parsed answer; the HTTP status is not judged. */
export async function post(body) {
  const response = await fetch(RPC, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return text === '' ? undefined : JSON.parse(text);
}

/** One call: its result, or an RpcError thrown. */
export async function rpc(method, ...params) {
  const answer = await post({ jsonrpc: '2.0', id: 1, method, params });
  if (answer.error) throw new RpcError(method, answer.error);
  return answer.result;
}

/** Asks until `check` gives something other than undefined, null or false. */
export async function eventually(what, check) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const value = await check();
    if (value !== undefined && value !== null && value !== false) return value;
    if (Date.now() > end) throw new Error(`waited ${PATIENCE_MS / 1000} s in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Fails when `promise` takes longer than PATIENCE_MS. */
export function patiently(what, promise) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${PATIENCE_MS / 1000} s in vain for ${what}`)), PATIENCE_MS);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}

/** The receipt of a transaction, by polling. */
export const receiptOf = (hash) => eventually(`the receipt of ${hash}`, () => rpc('eth_getTransactionReceipt', hash));

/** What compile.mjs made of a contract: `abi`, `bytecode`, `deployedBytecode`. */
export const artifact = (name) => JSON.parse(readFileSync(new URL(`./contracts/out/${name}.json`, import.meta.url), 'utf8'));

export const clientVersion = await rpc('web3_clientVersion').catch((error) => {
  throw new Error(`no Ethereum node answers at ${RPC} (${error.cause?.code ?? error.message}); start one, or set ENTENTE_RPC`);
});

/**
 * Test options for what the stand-in does otherwise than the standard: the test says what the standard says, and is skipped there.
 * The suites are also run against anvil, to prove that they ask of a node what another one gives.
 */
export const notOnAnvil = (note) => (/^anvil/i.test(clientVersion) ? { skip: `anvil: ${note}` } : {});

function endpoint(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: say where the node under test listens`);
  return value;
}
