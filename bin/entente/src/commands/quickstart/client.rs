//! The quickstart's JSON-RPC client: it speaks to its node as any other client would.

use super::parties::Party;
use crate::exit::Failure;
use alloy_consensus::{SignableTransaction, TxEip1559};
use alloy_eips::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, TxKind, U64, U256, hex};
use entente_chain::Transaction;
use jsonrpsee_core::{
    client::{ClientT, Error},
    params::ArrayParams,
    rpc_params,
};
use jsonrpsee_http_client::{HttpClient, HttpClientBuilder};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

/// Enough for every step of the letter of credit.
const GAS_LIMIT: u64 = 3_000_000;
/// How long to wait for one transaction.
const PATIENCE: Duration = Duration::from_secs(30);

/// What `eth_getTransactionReceipt` says, as far as it matters here.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Receipt {
    pub(super) transaction_hash: B256,
    pub(super) block_number: U64,
    pub(super) status: U64,
    pub(super) contract_address: Option<Address>,
}

/// A log of `eth_getLogs`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogEntry {
    pub(super) topics: Vec<B256>,
    pub(super) data: Bytes,
    pub(super) block_number: U64,
    pub(super) transaction_hash: B256,
}

#[derive(Serialize)]
struct LogQuery {
    address: Address,
    #[serde(rename = "fromBlock")]
    from_block: &'static str,
    topics: [Option<B256>; 2],
}

#[derive(Serialize)]
struct CallRequest<'a> {
    from: Address,
    to: Address,
    data: &'a Bytes,
}

/// A transaction that has become final, and how long that took from its sending.
pub(super) struct Final {
    pub(super) receipt: Receipt,
    pub(super) after: Duration,
}

/// A client of one node.
pub(super) struct Client {
    http: HttpClient,
    chain_id: u64,
}

impl Client {
    pub(super) async fn connect(address: SocketAddr) -> Result<Self, Failure> {
        let http = HttpClientBuilder::default()
            .build(format!("http://{address}"))
            .map_err(Failure::other)?;
        let mut client = Self { http, chain_id: 0 };
        let chain_id: U64 = client.request("eth_chainId", rpc_params![]).await?;
        client.chain_id = chain_id.to();
        Ok(client)
    }

    async fn request<R: DeserializeOwned>(
        &self,
        method: &str,
        params: ArrayParams,
    ) -> Result<R, Failure> {
        self.http
            .request(method, params)
            .await
            .map_err(|error| Failure::other(format!("{method}: {error}")))
    }

    /// Signs and sends a transaction as a party; waits until its block is final.
    pub(super) async fn send(
        &self,
        party: Party,
        to: Option<Address>,
        data: Bytes,
    ) -> Result<Final, Failure> {
        let key = party.key();
        let nonce: U64 =
            self.request("eth_getTransactionCount", rpc_params![key.address(), "pending"]).await?;
        let gas_price: U256 = self.request("eth_gasPrice", rpc_params![]).await?;
        let unsigned = TxEip1559 {
            chain_id: self.chain_id,
            nonce: nonce.to(),
            gas_limit: GAS_LIMIT,
            // Room for the base fee to rise in the blocks until this one.
            max_fee_per_gas: gas_price.saturating_to::<u128>().saturating_mul(2),
            max_priority_fee_per_gas: 0,
            to: to.map_or(TxKind::Create, TxKind::Call),
            value: U256::ZERO,
            access_list: Default::default(),
            input: data,
        };
        let signature = key.sign(unsigned.signature_hash());
        let signed = Transaction::Eip1559(unsigned.into_signed(signature));
        let started = Instant::now();
        let hash: B256 = self
            .request(
                "eth_sendRawTransaction",
                rpc_params![hex::encode_prefixed(signed.encoded_2718())],
            )
            .await?;
        let receipt = self.final_receipt(hash).await?;
        Ok(Final { receipt, after: started.elapsed() })
    }

    async fn final_receipt(&self, hash: B256) -> Result<Receipt, Failure> {
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            let receipt: Option<Receipt> =
                self.request("eth_getTransactionReceipt", rpc_params![hash]).await?;
            if let Some(receipt) = receipt {
                let finalized: Option<serde_json::Value> =
                    self.request("eth_getBlockByNumber", rpc_params!["finalized", false]).await?;
                let height = finalized
                    .and_then(|block| {
                        serde_json::from_value::<U64>(block.get("number")?.clone()).ok()
                    })
                    .unwrap_or_default();
                if height >= receipt.block_number {
                    return Ok(receipt);
                }
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Err(Failure::other(format!(
            "transaction {hash} was not final after {} s",
            PATIENCE.as_secs()
        )))
    }

    /// Calls a contract as a party. The outer error is the node's, the inner one the contract's: its revert data.
    pub(super) async fn call(
        &self,
        party: Party,
        to: Address,
        data: &Bytes,
    ) -> Result<Result<Bytes, Bytes>, Failure> {
        let request = CallRequest { from: party.address(), to, data };
        match self.http.request::<Bytes, _>("eth_call", rpc_params![request, "latest"]).await {
            Ok(output) => Ok(Ok(output)),
            Err(Error::Call(error)) => {
                match error.data().and_then(|data| serde_json::from_str(data.get()).ok()) {
                    Some(reason) => Ok(Err(reason)),
                    None => Err(Failure::other(format!("eth_call: {error}"))),
                }
            }
            Err(error) => Err(Failure::other(format!("eth_call: {error}"))),
        }
    }

    /// Every log of a contract with this second topic.
    pub(super) async fn logs(
        &self,
        address: Address,
        topic: B256,
    ) -> Result<Vec<LogEntry>, Failure> {
        let query = LogQuery { address, from_block: "earliest", topics: [None, Some(topic)] };
        self.request("eth_getLogs", rpc_params![query]).await
    }
}
