//! Chains in memory, their endpoints, and the plainest of clients.
#![allow(dead_code, reason = "each test file uses its own part of this")]

pub(crate) mod besu;

use alloy_consensus::{SignableTransaction as _, TxEip1559};
use alloy_eips::Encodable2718 as _;
use alloy_primitives::{Address, Bytes, TxKind, U256, hex};
use entente_chain::{Block, Genesis, NodeKey, Transaction};
use entente_consensus::{Solo, SoloConfig};
use entente_evm::Executor;
use entente_node::{
    BuildConfig, Chain, ChainConfig, ImportOptions, Ledger, NodeError, Pruning, import,
};
use entente_pool::PoolConfig;
use entente_rpc::{Endpoint, Namespace, RpcConfig, RpcServer};
use entente_store::{GenesisState, Store, StoreOptions};
use serde_json::{Value, json};
use std::{net::SocketAddr, sync::Arc};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// The first key of the development chain.
pub(crate) const KEY: &str = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

/// A ledger on a genesis, in memory.
pub(crate) fn ledger(genesis: &Genesis) -> Ledger {
    entente_chain::install_crypto();
    let state = GenesisState { header: &genesis.header, alloc: &genesis.alloc };
    let (store, _) = Store::open_in_memory(StoreOptions::default(), state).unwrap();
    let executor = Executor::new(Arc::new(genesis.spec.clone()), 1 << 20).unwrap();
    Ledger::open(store, executor, Pruning::Archive).unwrap()
}

/// A chain on a genesis, after the import of some blocks.
pub(crate) fn chain(genesis: &Genesis, blocks: Vec<Block>) -> Chain {
    entente_chain::install_crypto();
    let state = GenesisState { header: &genesis.header, alloc: &genesis.alloc };
    let (store, _) = Store::open_in_memory(StoreOptions::default(), state).unwrap();
    let spec = Arc::new(genesis.spec.clone());
    if !blocks.is_empty() {
        let executor = Executor::new(spec.clone(), 1 << 20).unwrap();
        let ledger = Ledger::open(store.clone(), executor, Pruning::Archive).unwrap();
        let blocks = blocks.into_iter().map(Ok::<_, NodeError>);
        import(&ledger, blocks, ImportOptions::default(), |_| {}).unwrap();
    }
    let config = ChainConfig {
        build: BuildConfig { extra_data: Bytes::new(), gas_limit_target: genesis.header.gas_limit },
        pool: PoolConfig::default(),
        pool_journal: None,
        pruning: Pruning::Archive,
        code_cache_bytes: 1 << 20,
    };
    Chain::start(store, spec, Box::new(Solo::new(SoloConfig::default())), config, |_| {}).unwrap()
}

/// Any free port of this machine.
pub(crate) fn anywhere() -> SocketAddr {
    ([127, 0, 0, 1], 0).into()
}

/// An endpoint with every namespace.
pub(crate) fn everything() -> Endpoint {
    Endpoint { namespaces: Namespace::ALL.into(), ..Endpoint::at(anywhere()) }
}

/// A chain with its endpoints.
pub(crate) struct Node {
    pub(crate) chain: Chain,
    pub(crate) server: RpcServer,
}

impl Node {
    pub(crate) async fn start(chain: Chain, config: RpcConfig) -> Self {
        let server = RpcServer::start(chain.clone(), config, "entente/test".into()).await.unwrap();
        Self { chain, server }
    }

    /// The development chain with HTTP and every namespace.
    pub(crate) async fn dev(change: impl FnOnce(&mut RpcConfig)) -> Self {
        let mut config = RpcConfig { http: Some(everything()), ..RpcConfig::default() };
        change(&mut config);
        Self::start(chain(&Genesis::dev(), Vec::new()), config).await
    }

    pub(crate) async fn post(&self, body: &str) -> Answer {
        post(self.server.http_address().unwrap(), "", body).await
    }

    /// The whole response to a call.
    pub(crate) async fn call(&self, method: &str, params: Value) -> Value {
        let request = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        self.post(&request.to_string()).await.json()
    }

    /// The result of a call that has one.
    pub(crate) async fn result(&self, method: &str, params: Value) -> Value {
        let answer = self.call(method, params).await;
        answer.get("result").unwrap_or_else(|| panic!("{method}: {answer}")).clone()
    }

    /// Code and message of a call that fails.
    pub(crate) async fn error(&self, method: &str, params: Value) -> (i64, String) {
        let answer = self.call(method, params).await;
        let error = answer.get("error").unwrap_or_else(|| panic!("{method}: {answer}"));
        (error["code"].as_i64().unwrap(), error["message"].as_str().unwrap().to_owned())
    }

    pub(crate) async fn stop(self) {
        self.server.stop().await;
        self.chain.stop().unwrap();
    }
}

/// An HTTP answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Header lines in lower case.
    pub(crate) headers: Vec<String>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn has_header(&self, line: &str) -> bool {
        self.headers.iter().any(|header| header == line)
    }
}

/// Sends a request as it is given and reads the answer until the server closes.
pub(crate) async fn raw(address: SocketAddr, request: &str) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text}"));
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, headers: lines.map(str::to_ascii_lowercase).collect(), body: body.to_owned() }
}

/// Posts a body with some more header lines.
pub(crate) async fn post(address: SocketAddr, headers: &str, body: &str) -> Answer {
    let host =
        if headers.to_ascii_lowercase().contains("host:") { "" } else { "Host: localhost\r\n" };
    let request = format!(
        "POST / HTTP/1.1\r\n{host}{headers}Content-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    raw(address, &request).await
}

/// A transfer of the development chain's first account, as it is sent.
pub(crate) fn transfer(nonce: u64, to: Address, wei: u64) -> String {
    signed(nonce, TxKind::Call(to), wei, Bytes::new(), 21_000)
}

/// A signed transaction of the development chain's first account, as it is sent.
pub(crate) fn signed(nonce: u64, to: TxKind, wei: u64, input: Bytes, gas_limit: u64) -> String {
    let tx = TxEip1559 {
        chain_id: 1337,
        nonce,
        gas_limit,
        max_fee_per_gas: 10_000_000_000,
        max_priority_fee_per_gas: 1,
        to,
        value: U256::from(wei),
        input,
        ..TxEip1559::default()
    };
    let signature = NodeKey::from_hex(KEY).unwrap().sign(tx.signature_hash());
    hex::encode_prefixed(Transaction::Eip1559(tx.into_signed(signature)).encoded_2718())
}

/// The development chain's first account.
pub(crate) fn rich() -> Address {
    NodeKey::from_hex(KEY).unwrap().address()
}
