//! A real `entente node` for tests: the program as it was built, in a directory of its own, on a free port.

#![allow(dead_code, reason = "each test program uses a part of its own")]

use alloy_consensus::{SignableTransaction, TxEip1559};
use alloy_eips::Encodable2718;
use alloy_primitives::{Address, B256, TxKind, U256, hex};
use entente_chain::{NodeKey, Transaction};
use jsonrpsee_core::{client::ClientT, params::ArrayParams};
use jsonrpsee_http_client::{HttpClient, HttpClientBuilder};
use serde::de::DeserializeOwned;
use std::{
    net::{Ipv4Addr, TcpListener},
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

/// Keys of the development chain's accounts.
pub(crate) const KEYS: [&str; 4] = [
    "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
    "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
    "5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
    "7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6",
];

/// Runs a command of the program to its end.
pub(crate) fn entente(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_entente")).args(args).output().unwrap()
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// A node of the development chain. Killed when dropped.
pub(crate) struct TestNode {
    child: Child,
    pub(crate) http: HttpClient,
}

impl Drop for TestNode {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl TestNode {
    /// Starts a node and waits until it answers.
    pub(crate) async fn start(data: &Path, more: &[&str]) -> Self {
        let port = free_port();
        let child = Command::new(env!("CARGO_BIN_EXE_entente"))
            .args([
                "node",
                "--dev",
                "--logging=warn",
                "--rpc-ws-enabled=false",
                "--rpc-http-api=ETH,NET,WEB3,TXPOOL,DEBUG",
            ])
            .arg("--data-path")
            .arg(data)
            .arg(format!("--rpc-http-port={port}"))
            .args(more)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let http = HttpClientBuilder::default().build(format!("http://127.0.0.1:{port}")).unwrap();
        let mut node = Self { child, http };
        let started = Instant::now();
        while node.http.request::<String, _>("eth_chainId", ArrayParams::new()).await.is_err() {
            if let Some(status) = node.child.try_wait().unwrap() {
                panic!("the node ended at its start: {status}");
            }
            assert!(started.elapsed() < Duration::from_secs(60), "the node does not answer");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        node
    }

    /// The process's id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills the node as a power cut would: no handler runs.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks the node to end (SIGTERM) and waits for it.
    pub(crate) fn terminate(mut self) {
        let status = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(status.success());
        let ended = self.child.wait().unwrap();
        assert!(ended.success(), "the node ended with {ended}");
    }

    /// Calls a method; a failure of the connection is None (the node may be dying).
    pub(crate) async fn try_call<R: DeserializeOwned>(
        &self,
        method: &str,
        params: ArrayParams,
    ) -> Option<R> {
        self.http.request(method, params).await.ok()
    }

    /// Calls a method that must answer.
    pub(crate) async fn call<R: DeserializeOwned>(&self, method: &str, params: ArrayParams) -> R {
        match self.http.request(method, params).await {
            Ok(result) => result,
            Err(error) => panic!("{method}: {error}"),
        }
    }
}

/// A signed transfer of one wei on the development chain, as `eth_sendRawTransaction` takes it.
pub(crate) fn transfer(key: &NodeKey, nonce: u64, to: Address) -> (B256, String) {
    let tx = TxEip1559 {
        chain_id: 1337,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: 100_000_000_000,
        max_priority_fee_per_gas: 1_000_000_000,
        to: TxKind::Call(to),
        value: U256::ONE,
        ..TxEip1559::default()
    };
    let signature = key.sign(tx.signature_hash());
    let signed = Transaction::Eip1559(tx.into_signed(signature));
    (*signed.tx_hash(), hex::encode_prefixed(signed.encoded_2718()))
}
