//! The chain that Besu's cases were made on.
//!
//! Besu's tests build the last two of its 34 blocks themselves, under forks that the published genesis file does not name, and the archive's block file
//! ends at block 32. What the cases show of the two is enough to build them again: that their hashes come out as the cases have them proves every
//! byte.

use super::ledger;
use alloy_primitives::{Address, B256, Bytes, b256};
use entente_chain::{Block, Body, Genesis, Header, Transaction, recover_sender};
use entente_node::{BlockTemplate, ImportOptions, NodeError, TransactionSource, import};
use serde_json::{Value, json};
use std::{fs, path::Path};

const SHANGHAI_BLOCK: B256 =
    b256!("30e688f50392780a71899dcb4c35997f5c1d168cf90306d8e6919ea805097810");
const CANCUN_BLOCK: B256 =
    b256!("4859ea10d276f6df988eabd48a02e0696cfd3deb769d2a5e0e416a5f3191028a");

/// The genesis with the forks of the last two blocks, and all blocks.
pub(crate) fn chain(root: &Path, file: Vec<Block>) -> (Genesis, Vec<Block>) {
    let text = fs::read_to_string(root.join("blocks/testGenesis.json")).unwrap();
    let mut genesis: Value = serde_json::from_str(&text).unwrap();
    genesis["config"] = json!({
        "chainId": 1,
        "ethash": {},
        "londonBlock": 33,
        "terminalTotalDifficulty": 1,
        "shanghaiTime": 0x561b_c347,
        "cancunTime": 0x561b_c348,
    });
    let genesis = Genesis::from_json(&genesis.to_string(), "testGenesis.json").unwrap();
    let mut blocks = file;
    let shanghai = shanghai(root);
    assert_eq!(shanghai.header.hash_slow(), SHANGHAI_BLOCK);
    blocks.push(shanghai);
    let cancun = cancun(root, &genesis, &blocks);
    assert_eq!(cancun.header.hash_slow(), CANCUN_BLOCK);
    blocks.push(cancun);
    (genesis, blocks)
}

fn answer(root: &Path, case: &str) -> Value {
    let text = fs::read_to_string(root.join("jsonrpc").join(case)).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["response"]["result"].take()
}

/// Block 33, shown whole by one of the cases.
fn shanghai(root: &Path) -> Block {
    let mut shown = answer(root, "eth_getBlockByNumber_complete_shanghai.json");
    let transactions = serde_json::from_value(shown["transactions"].take()).unwrap();
    let withdrawals = serde_json::from_value(shown["withdrawals"].take()).unwrap();
    let header: Header = serde_json::from_value(shown).unwrap();
    Block {
        header,
        body: Body { transactions, ommers: Vec::new(), withdrawals: Some(withdrawals) },
    }
}

/// Block 34: its one transaction is shown, the rest follows from its parent.
fn cancun(root: &Path, genesis: &Genesis, blocks: &[Block]) -> Block {
    let shown = answer(root, "eth_getTransactionByBlockNumberAndIndex_latest.json");
    let timestamp =
        u64::from_str_radix(&shown["blockTimestamp"].as_str().unwrap()[2..], 16).unwrap();
    let transaction: Transaction = serde_json::from_value(shown).unwrap();
    let ledger = ledger(genesis);
    let until = blocks.iter().cloned().map(Ok::<_, NodeError>);
    let head =
        import(&ledger, until.collect::<Vec<_>>().into_iter(), ImportOptions::default(), |_| {})
            .unwrap()
            .head;
    let template = BlockTemplate {
        parent: head.hash,
        timestamp,
        beneficiary: Address::ZERO,
        extra_data: Bytes::new(),
        mix_hash: B256::ZERO,
        difficulty: 0,
        gas_limit_target: head.gas_limit,
    };
    let layer = ledger.build_detached(&template, &mut One(Some(transaction))).unwrap();
    layer.block().sealed().block.clone()
}

struct One(Option<Transaction>);

impl TransactionSource for One {
    fn next(&mut self) -> Option<(Transaction, Address)> {
        let tx = self.0.take()?;
        let sender = recover_sender(&tx).unwrap();
        Some((tx, sender))
    }

    fn skip_sender(&mut self) {}

    fn reject(&mut self, hash: B256, reason: &str) {
        panic!("{hash}: {reason}");
    }

    fn out_of_time(&self) -> bool {
        false
    }
}
