//! Whole chains: a genesis file and a file of blocks that another client wrote, imported through our ledger. And Besu's vectors of extra data.

use crate::{fixtures::Fixtures, json, report::Outcome, state::store_with};
use alloy_primitives::{Address, Bytes, FixedBytes, hex};
use entente_chain::{
    BlockFile, Genesis,
    extra_data::{QbftExtraData, VoteKind},
    recover_block,
};
use entente_evm::Executor;
use entente_node::{Ledger, Pruning};
use serde::Deserialize;
use std::{collections::BTreeMap, fs, fs::File, path::PathBuf, sync::Arc};

/// The two files of a chain.
pub(crate) struct Source {
    genesis: PathBuf,
    blocks: PathBuf,
}

impl Source {
    pub(crate) fn new(fixtures: &Fixtures, genesis: &str, blocks: &str) -> Self {
        Self { genesis: fixtures.path(genesis), blocks: fixtures.path(blocks) }
    }

    pub(crate) fn genesis(&self) -> Result<Genesis, String> {
        let text = fs::read_to_string(&self.genesis).map_err(|error| error.to_string())?;
        Genesis::from_json(&text, "genesis.json").map_err(|error| error.to_string())
    }
}

/// A ledger in memory on a genesis.
pub(crate) fn open(genesis: &Genesis) -> Result<Ledger, String> {
    let store = store_with(&genesis.header, &genesis.alloc)?;
    let executor = Executor::new(Arc::new(genesis.spec.clone()), 1 << 20)
        .map_err(|error| error.to_string())?;
    Ledger::open(store, executor, Pruning::Archive).map_err(|error| error.to_string())
}

/// Imports a file of blocks that begins with or after the genesis block. Every rule is checked but the engine's seals. Gives the number imported.
pub(crate) fn import_all(ledger: &Ledger, source: &Source) -> Result<u64, String> {
    let file = File::open(&source.blocks).map_err(|error| error.to_string())?;
    let mut imported = 0;
    for block in BlockFile::new(file) {
        let block = ledger.spec().seal_block(block.map_err(|error| error.to_string())?);
        let (number, hash) = (block.number(), block.hash);
        if number == 0 {
            if hash != ledger.head().hash {
                return Err(format!(
                    "the file begins with genesis {hash}, the genesis file gives {}",
                    ledger.head().hash
                ));
            }
            continue;
        }
        let told = |error: String| format!("block {number} ({hash}): {error}");
        let block = recover_block(block).map_err(|error| told(error.to_string()))?;
        let layer = ledger.check(&Arc::new(block)).map_err(|error| told(error.to_string()))?;
        ledger.commit(layer.block().hash).map_err(|error| told(error.to_string()))?;
        imported += 1;
    }
    Ok(imported)
}

/// Name, genesis file, block file and number of blocks above the genesis block, as their publishers give them.
const CHAINS: [(&str, &str, &str, u64); 5] = [
    (
        "besu/testBlockchain",
        "besu/blocks/testGenesis.json",
        "besu/blocks/testBlockchain.blocks",
        32,
    ),
    (
        "besu/fork-london-data",
        "besu/blocks/fork-london-data/testLondonGenesis.json",
        "besu/blocks/fork-london-data/testLondonBlockchain.blocks",
        5,
    ),
    (
        "besu/migration-ibft1",
        "besu/qbft/migration-ibft1/qbft-migration.json",
        "besu/qbft/migration-ibft1/ibft.blocks",
        100,
    ),
    (
        "rpc-compat/shanghai-2023-07",
        "rpc-compat/shanghai-2023-07/genesis.json",
        "rpc-compat/shanghai-2023-07/chain.rlp",
        9,
    ),
    (
        "rpc-compat/cancun-2023-10",
        "rpc-compat/cancun-2023-10/genesis.json",
        "rpc-compat/cancun-2023-10/chain.rlp",
        9,
    ),
];

pub(crate) fn run(fixtures: &Fixtures) -> Result<Vec<Outcome>, String> {
    let chain = |(name, genesis, blocks, expected): (&str, &str, &str, u64)| {
        Outcome::of(name.to_owned(), || {
            let source = Source::new(fixtures, genesis, blocks);
            let ledger = open(&source.genesis()?)?;
            let imported = import_all(&ledger, &source)?;
            if imported == expected {
                Ok(())
            } else {
                Err(format!("{imported} blocks were imported, expected {expected}"))
            }
        })
    };
    Ok(CHAINS.into_iter().map(chain).collect())
}

#[derive(Debug, Deserialize)]
struct ExtraDataCase {
    qbft_extra_data: ExtraData,
    rlp: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExtraData {
    vanity_data: Bytes,
    seals: Vec<FixedBytes<65>>,
    vote: Option<CaseVote>,
    round: u32,
    validators: Vec<Address>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CaseVote {
    recipient: Address,
    vote_type: String,
}

/// Besu's published vectors of QBFT extra data.
pub(crate) fn extra_data(fixtures: &Fixtures) -> Result<Vec<Outcome>, String> {
    let cases: BTreeMap<String, ExtraDataCase> =
        json::read(&fixtures.path("besu/vectors/bft_extra_data.json"))?;
    Ok(cases
        .iter()
        .map(|(name, case)| Outcome::of(name.clone(), || check_extra_data(case)))
        .collect())
}

fn check_extra_data(case: &ExtraDataCase) -> Result<(), String> {
    let bytes = hex::decode(&case.rlp).map_err(|error| error.to_string())?;
    let found = QbftExtraData::decode_published(&bytes).map_err(|error| error.to_string())?;
    let expected = &case.qbft_extra_data;
    let vote = found.vote.map(|vote| {
        let kind = match vote.kind {
            VoteKind::Add => "0xff",
            VoteKind::Drop => "0x00",
        };
        (vote.recipient, kind)
    });
    let same = found.vanity == expected.vanity_data
        && found.seals == expected.seals
        && vote == expected.vote.as_ref().map(|vote| (vote.recipient, vote.vote_type.as_str()))
        && found.round == expected.round
        && found.validators == expected.validators;
    if same { Ok(()) } else { Err(format!("it is read as {found:?}, expected {expected:?}")) }
}
