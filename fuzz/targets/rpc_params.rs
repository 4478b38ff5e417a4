//! What clients send, through framing, gate and parameters into the methods of every namespace, on a chain in memory.
#![no_main]

use alloy_consensus::{SignableTransaction as _, TxEip1559};
use alloy_primitives::{Bytes, TxKind, U256, hex};
use entente_chain::{Genesis, NodeKey, Transaction};
use entente_consensus::{Solo, SoloConfig};
use entente_node::{BuildConfig, Chain, ChainConfig, Pruning};
use entente_pool::PoolConfig;
use entente_rpc::{Limits, Offline};
use entente_store::{GenesisState, Store, StoreOptions};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use std::{
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};
use tokio::runtime::{Builder, Runtime};

/// The first key of the development chain.
const KEY: &str = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
/// Stores 1, logs a topic, and leaves code that gives back what is stored.
const CONTRACT: [u8; 32] = hex!("6001600055600160006000a16a60005460005260206000f3600052600b6015f3");
/// The longest that a conversation may take: requests are bounded in time, and these are few.
const PATIENCE: Duration = Duration::from_secs(5);

struct Client {
    runtime: Runtime,
    offline: Offline,
    limits: Limits,
}

static CLIENT: LazyLock<Client> = LazyLock::new(|| {
    let limits = Limits {
        request_bytes: 1 << 20,
        response_bytes: 1 << 20,
        batch: 16,
        gas_cap: 1_000_000,
        call_timeout: Duration::from_millis(200),
        filters: 64,
        trace_bytes: 4 << 20,
        ..Limits::default()
    };
    let runtime = Builder::new_current_thread().enable_all().build().expect("threads can be had");
    let offline = runtime.block_on(async { Offline::new(chain(), &limits) });
    Client { runtime, offline, limits }
});

/// A chain with a contract, a call to it, and an engine that then rests.
fn chain() -> Chain {
    entente_chain::install_crypto();
    let genesis = Genesis::dev();
    let state = GenesisState { header: &genesis.header, alloc: &genesis.alloc };
    let (store, _) =
        Store::open_in_memory(StoreOptions::default(), state).expect("memory can be had");
    let start = |solo: SoloConfig| {
        let config = ChainConfig {
            build: BuildConfig {
                extra_data: Bytes::new(),
                gas_limit_target: genesis.header.gas_limit,
            },
            pool: PoolConfig { max_bytes: 1 << 20, ..PoolConfig::default() },
            pool_journal: None,
            pruning: Pruning::Archive,
            code_cache_bytes: 1 << 20,
        };
        Chain::start(
            store.clone(),
            Arc::new(genesis.spec.clone()),
            Box::new(Solo::new(solo)),
            config,
            |_| {},
        )
        .expect("the chain is sound")
    };
    let busy = start(SoloConfig::default());
    let key = NodeKey::from_hex(KEY).expect("it is a key");
    let contract = key.address().create(0);
    for (nonce, to) in [(0, TxKind::Create), (1, TxKind::Call(contract))] {
        let tx = TxEip1559 {
            chain_id: genesis.spec.chain_id,
            nonce,
            gas_limit: 200_000,
            max_fee_per_gas: 100_000_000_000,
            max_priority_fee_per_gas: 1,
            to,
            value: U256::ZERO,
            access_list: Default::default(),
            input: if nonce == 0 { CONTRACT.into() } else { Bytes::new() },
        };
        let signature = key.sign(tx.signature_hash());
        let tx = Transaction::from(tx.into_signed(signature));
        busy.submit(tx, true).expect("the development accounts are rich");
    }
    let started = Instant::now();
    while busy.pool().lock().iter().next().is_some() {
        assert!(started.elapsed() < Duration::from_secs(60), "no block came");
        std::thread::sleep(Duration::from_millis(10));
    }
    busy.stop().expect("it ends");
    drop(busy);
    start(SoloConfig { period_ms: Some(1 << 40), empty_blocks: false, ..SoloConfig::default() })
}

fuzz_target!(|bytes: &[u8]| {
    let client = &*CLIENT;
    let spoken = async { tokio::time::timeout(PATIENCE, client.offline.converse(bytes)).await };
    let Ok(answers) = client.runtime.block_on(spoken) else {
        // This one waits for a block as long as its client wants, and here none comes.
        let waits = bytes.windows(4).any(|window| window == b"Sync" || window == b"\\u00");
        assert!(waits, "a request took longer than all limits");
        return;
    };
    for answer in answers {
        let text = answer.get();
        assert!(
            text.len() <= client.limits.response_bytes as usize + 4096,
            "an answer of {} bytes",
            text.len()
        );
        let value: Value = serde_json::from_str(text).expect("answers are JSON");
        match value.as_array() {
            Some(answers) => answers.iter().for_each(check),
            None => check(&value),
        }
    }
});

/// A response has a version, and either a result, or an error with code and message; a notification has a method.
fn check(answer: &Value) {
    assert_eq!(answer["jsonrpc"], "2.0", "{answer}");
    if answer.get("method").is_some() {
        return;
    }
    assert!(answer.get("id").is_some(), "{answer}");
    match answer.get("error") {
        Some(error) => {
            assert!(answer.get("result").is_none(), "{answer}");
            assert!(error["code"].is_i64() && error["message"].is_string(), "{answer}");
        }
        None => assert!(answer.get("result").is_some(), "{answer}"),
    }
}
