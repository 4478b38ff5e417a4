//! BlockchainTests: blocks in RLP on a given genesis, imported through our ledger.

use crate::{
    fixtures::Fixtures,
    json::{self, FixtureAccount, root_of},
    report::Outcome,
    state::store_with,
};
use alloy_primitives::{Address, B256, Bytes};
use entente_chain::{ChainSpec, ForkSchedule, decode_block, recover_block};
use entente_evm::Executor;
use entente_node::{Ledger, Pruning};
use rayon::prelude::*;
use serde::Deserialize;
use std::{collections::BTreeMap, path::Path, sync::Arc};

const FOLDER: &str = "ethereum-tests/blocks";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct BlockTest {
    network: String,
    pre: BTreeMap<Address, FixtureAccount>,
    #[serde(rename = "genesisRLP")]
    genesis_rlp: Bytes,
    blocks: Vec<FixtureBlock>,
    lastblockhash: B256,
    post_state: Option<BTreeMap<Address, FixtureAccount>>,
    post_state_hash: Option<B256>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FixtureBlock {
    rlp: Bytes,
    expect_exception: Option<String>,
}

pub(crate) fn run(fixtures: &Fixtures) -> Result<Vec<Outcome>, String> {
    let files = fixtures.files(FOLDER, "json")?;
    Ok(files.par_iter().flat_map_iter(|file| run_file(fixtures, file)).collect())
}

fn run_file(fixtures: &Fixtures, file: &Path) -> Vec<Outcome> {
    let name = fixtures.name(FOLDER, file);
    let tests: BTreeMap<String, BlockTest> = match json::read(file) {
        Ok(tests) => tests,
        Err(why) => return vec![Outcome::failed(name, why)],
    };
    let case = |test: &str| format!("{name}/{test}");
    tests.iter().map(|(title, test)| Outcome::of(case(title), || check(test))).collect()
}

fn check(test: &BlockTest) -> Result<(), String> {
    let ledger = open(test)?;
    for (index, block) in test.blocks.iter().enumerate() {
        let imported = import(&ledger, &block.rlp);
        match (&block.expect_exception, imported) {
            (None, Err(why)) => return Err(format!("block {index} was refused: {why}")),
            (Some(expected), Ok(())) => {
                return Err(format!("block {index} was imported; it must be refused ({expected})"));
            }
            _ => {}
        }
    }
    let head = ledger.head();
    if head.hash != test.lastblockhash {
        return Err(format!(
            "the head is {} ({}), expected {}",
            head.hash, head.number, test.lastblockhash
        ));
    }
    let expected = match (&test.post_state, test.post_state_hash) {
        (Some(accounts), _) => root_of(&json::alloc(accounts)?),
        (None, Some(root)) => root,
        (None, None) => return Err("the test says nothing of the state after it".into()),
    };
    if head.state_root != expected {
        return Err(format!("the state root is {}, expected {expected}", head.state_root));
    }
    Ok(())
}

fn open(test: &BlockTest) -> Result<Ledger, String> {
    let fork =
        json::fork(&test.network).ok_or_else(|| format!("unknown network {}", test.network))?;
    let mut spec = ChainSpec::new(1, ForkSchedule::all_until(fork));
    let (genesis, _) =
        decode_block(&test.genesis_rlp).map_err(|error| format!("genesis: {error}"))?;
    let genesis = spec.seal_block(genesis).sealed_header();
    spec.genesis_hash = genesis.hash;
    spec.genesis_timestamp = genesis.timestamp;
    let store = store_with(&genesis, &json::alloc(&test.pre)?)?;
    let executor = Executor::new(Arc::new(spec), 1 << 20).map_err(|error| error.to_string())?;
    Ledger::open(store, executor, Pruning::Archive).map_err(|error| error.to_string())
}

fn import(ledger: &Ledger, rlp: &[u8]) -> Result<(), String> {
    let (block, length) = decode_block(rlp).map_err(|error| error.to_string())?;
    if length != rlp.len() {
        return Err(format!("{} bytes follow the block", rlp.len() - length));
    }
    let block =
        recover_block(ledger.spec().seal_block(block)).map_err(|error| error.to_string())?;
    let layer = ledger.check(&Arc::new(block)).map_err(|error| error.to_string())?;
    ledger.commit(layer.block().hash).map_err(|error| error.to_string())?;
    Ok(())
}
