//! kill -9 at random moments under load: no acknowledged block is lost, and the state is that of a node that was never killed.
//!
//! `ENTENTE_KILLS` sets how often (100 when not set), `ENTENTE_SEED` the order of things.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod node;

use alloy_primitives::{Address, B256, U64};
use entente_chain::NodeKey;
use jsonrpsee_core::rpc_params;
use node::{KEYS, TestNode, entente, transfer};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
struct Receipt {
    block_hash: B256,
    block_number: U64,
}

/// A small generator (SplitMix64): the moments of death must be repeatable, not good.
struct Chance(u64);

impl Chance {
    const fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    }
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap())
}

/// Sends transfers until the time is up; notes every receipt that the node gives out.
async fn load(
    node: &TestNode,
    keys: &[NodeKey],
    until: Instant,
    acknowledged: &mut BTreeMap<B256, Receipt>,
) {
    let mut sent = Vec::new();
    let mut nonces = Vec::new();
    for key in keys {
        let Some(nonce) = node
            .try_call::<U64>("eth_getTransactionCount", rpc_params![key.address(), "pending"])
            .await
        else {
            return;
        };
        nonces.push(nonce.to::<u64>());
    }
    while Instant::now() < until {
        for (key, nonce) in keys.iter().zip(&mut nonces) {
            let (hash, raw) = transfer(key, *nonce, Address::repeat_byte(0xee));
            if node.try_call::<B256>("eth_sendRawTransaction", rpc_params![raw]).await.is_some() {
                sent.push(hash);
            }
            *nonce += 1;
        }
        let mut waiting = Vec::new();
        for hash in sent.drain(..) {
            match node
                .try_call::<Option<Receipt>>("eth_getTransactionReceipt", rpc_params![hash])
                .await
            {
                Some(Some(receipt)) => {
                    acknowledged.insert(hash, receipt);
                }
                _ => waiting.push(hash),
            }
        }
        sent = waiting;
    }
}

async fn check(node: &TestNode, acknowledged: &BTreeMap<B256, Receipt>) {
    for (hash, expected) in acknowledged {
        let found: Option<Receipt> =
            node.call("eth_getTransactionReceipt", rpc_params![hash]).await;
        assert_eq!(found.as_ref(), Some(expected), "transaction {hash} was acknowledged");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_the_node_is_killed() {
    let kills = setting("ENTENTE_KILLS", 100);
    let mut chance = Chance(setting("ENTENTE_SEED", 7));
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let keys: Vec<_> = KEYS.iter().map(|key| NodeKey::from_hex(key).unwrap()).collect();
    let mut acknowledged = BTreeMap::new();
    let mut recent = BTreeMap::new();
    for _ in 0..kills {
        let node = TestNode::start(&data, &[]).await;
        // Everything at the end; the last life's after each death, where a loss would show first.
        check(&node, &recent).await;
        recent.clear();
        let life = Duration::from_millis(20 + chance.next(180));
        let death = Instant::now() + life;
        {
            let load = load(&node, &keys, death + Duration::from_secs(1), &mut recent);
            // The kill comes from outside, in the middle of whatever the node is at.
            let _ = tokio::time::timeout_at(death.into(), load).await;
        }
        node.kill();
        acknowledged.extend(recent.clone());
    }
    let node = TestNode::start(&data, &[]).await;
    check(&node, &acknowledged).await;
    assert!(
        acknowledged.len() as u64 > kills,
        "the load was too light to show anything: {}",
        acknowledged.len()
    );
    node.terminate();

    let (data, other, file) =
        (data.to_str().unwrap(), dir.path().join("other"), dir.path().join("chain.rlp"));
    let (other, file) = (other.to_str().unwrap(), file.to_str().unwrap());
    for args in [
        ["db", "check", "--dev", "--data-path", data, "--logging=warn"].as_slice(),
        ["chain", "export", "--dev", "--data-path", data, "--from=1", file].as_slice(),
        // A node that was never killed: it executes every block anew and compares every root.
        ["chain", "import", "--dev", "--data-path", other, file].as_slice(),
        ["db", "check", "--dev", "--data-path", other].as_slice(),
    ] {
        let output = entente(args);
        assert!(
            output.status.success(),
            "entente {}: {}\n{}",
            args.join(" "),
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
