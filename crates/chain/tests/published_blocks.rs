//! Every valid block of the published block tests (ethereum/tests, ValidBlocks) obeys our header and body rules, and its senders are recovered.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod fixtures;

use alloy_primitives::{Address, hex};
use entente_chain::{
    ChainSpec, EngineConfig, Fork, ForkSchedule, SealedHeader, decode_block, recover_block,
};
use std::{collections::HashMap, fs, path::Path};

/// Checks one test; how many blocks it had.
fn check(name: &str, test: &serde_json::Value) -> usize {
    assert_eq!(test["network"], "Cancun", "{name}: the archive holds one network");
    let forks = ForkSchedule::all_until(Fork::Cancun);
    let spec = ChainSpec {
        engine: EngineConfig::Ethash { fixed_difficulty: None },
        ..ChainSpec::new(1, forks)
    };
    let bytes = hex::decode(test["genesisRLP"].as_str().unwrap()).unwrap();
    let genesis = spec.seal_block(decode_block(&bytes).unwrap().0).sealed_header();
    let mut known: HashMap<_, SealedHeader> = HashMap::from([(genesis.hash, genesis)]);
    let mut checked = 0;
    for case in test["blocks"].as_array().unwrap() {
        if case["expectException"].is_string() {
            continue;
        }
        let bytes = hex::decode(case["rlp"].as_str().unwrap()).unwrap();
        let block = spec.seal_block(decode_block(&bytes).unwrap().0);
        let header = block.sealed_header();
        let parent = &known[&header.parent_hash];
        spec.validate_header(&header, parent)
            .unwrap_or_else(|error| panic!("{name}: block {}: {error}", header.number));
        spec.validate_body(&block)
            .unwrap_or_else(|error| panic!("{name}: block {}: {error}", header.number));
        let recovered = recover_block(block).unwrap();
        let said = case["transactions"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|tx| tx["sender"].as_str());
        for (sender, said) in recovered.senders().iter().zip(said) {
            assert_eq!(*sender, said.parse::<Address>().unwrap(), "{name}");
        }
        known.insert(header.hash, header);
        checked += 1;
    }
    checked
}

fn visit(folder: &Path, total: &mut usize) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            visit(&path, total);
        } else if path.extension().is_some_and(|kind| kind == "json") {
            let tests: HashMap<String, serde_json::Value> =
                serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            *total += tests.iter().map(|(name, test)| check(name, test)).sum::<usize>();
        }
    }
}

#[test]
fn published_blocks_are_valid() {
    let Some(root) = fixtures::folder("ethereum-tests/blocks") else { return };
    let mut total = 0;
    visit(&root, &mut total);
    assert!(total > 500, "only {total} blocks were found");
}
