//! Genesis files: the first block of a chain, and its rules for ever.
//!
//! Besu, geth and GoQuorum write one format with many habits; [`Genesis::from_json`] reads all of them and notes what it passed over. What would make
//! two nodes disagree is an error, with file, place, what was found and what was expected; what has no effect here is a notice.

mod alloc;
mod blobs;
mod config;
mod dev;
mod engine;
mod explain;
mod forks;
mod header;
mod json;

pub use alloc::state_root;
pub use dev::DEV_ACCOUNTS;
pub use explain::{Explanation, ForkBegin};

use crate::{Block, Body, ChainError, ChainSpec, GenesisAccount, SealedBlock, SealedHeader};
use alloy_primitives::Address;
use json::Field;
use std::collections::BTreeMap;

/// Which client's habits a genesis file follows, told from its keys. It decides where clients differ: the fork id, a base fee before London.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Besu's: QBFT, IBFT 2.0, `zeroBaseFee`, `contractSizeLimit`.
    Besu,
    /// geth's, and every file that has nothing special.
    Geth,
    /// GoQuorum's: `istanbul`, `isQuorum`, `maxCodeSizeConfig`, a list of `transitions`.
    GoQuorum,
    /// Our own: an `entente` section.
    Entente,
}

impl Dialect {
    /// The client's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Besu => "Besu",
            Self::Geth => "geth",
            Self::GoQuorum => "GoQuorum",
            Self::Entente => "Entente",
        }
    }
}

/// A chain from its genesis file: its rules, first header and first state.
#[derive(Clone, Debug)]
pub struct Genesis {
    /// The rules.
    pub spec: ChainSpec,
    /// The header of block 0, its state root computed from the accounts.
    pub header: SealedHeader,
    /// The accounts of the first state.
    pub alloc: BTreeMap<Address, GenesisAccount>,
    /// Whose habits the file follows.
    pub dialect: Dialect,
    /// What was passed over or decided in the file's silence, for its author to read.
    pub notices: Vec<String>,
}

/// Members of the file besides `config` and `alloc`.
const TOP_LEVEL: [&str; 17] = [
    "config",
    "alloc",
    "nonce",
    "timestamp",
    "extraData",
    "gasLimit",
    "difficulty",
    "mixHash",
    "coinbase",
    "number",
    "gasUsed",
    "parentHash",
    "baseFeePerGas",
    "excessBlobGas",
    "blobGasUsed",
    "parentBeaconBlockRoot",
    "comment",
];

impl Genesis {
    /// Reads a genesis file. `source_name` is the file's name, for errors.
    ///
    /// # Errors
    /// [`ChainError`] with file, place, what was found and what was expected.
    pub fn from_json(text: &str, source_name: &str) -> Result<Self, ChainError> {
        let mut notices = Vec::new();
        let mut file = Field::root(text, source_name)?.object()?;
        let mut config = file.required("config", "an object with the chain's rules")?.object()?;
        let dialect = config::dialect(&mut config);
        let timestamp = file.read("timestamp", Field::u64)?.unwrap_or_default();
        let base_fee = file.read("baseFeePerGas", Field::u64)?;
        let (mut spec, forks) =
            config::read(&mut config, dialect, timestamp, base_fee, &mut notices)?;
        let alloc = match file.get("alloc") {
            Some(field) => alloc::read(&field, &mut notices)?,
            None => BTreeMap::new(),
        };
        let header =
            header::read(&mut file, &spec, &forks, dialect, state_root(&alloc), &mut notices)?;
        file.get("comment");
        notices.extend(file.unused().map(|(key, path)| unknown(path, key, TOP_LEVEL)));
        let header = spec.seal_header(header);
        spec.genesis_hash = header.hash;
        Ok(Self { spec, header, alloc, dialect, notices })
    }

    /// Block 0: the header and an empty body, with an empty list of withdrawals where the header has their root.
    pub fn block(&self) -> SealedBlock {
        let withdrawals = self.header.withdrawals_root.is_some().then(Default::default);
        let body = Body { withdrawals, ..Body::default() };
        SealedBlock {
            hash: self.header.hash,
            block: Block { header: self.header.header.clone(), body },
        }
    }
}

/// The notice about a key that nobody knows, with the nearest known one.
fn unknown(path: &str, key: &str, known: impl IntoIterator<Item = &'static str>) -> String {
    let lower = key.to_ascii_lowercase();
    let nearest = known
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(&known.to_ascii_lowercase(), &lower), known))
        .min()
        .filter(|(distance, _)| *distance <= 1 + key.chars().count() / 4);
    match nearest {
        Some((_, known)) => {
            format!("`{path}` is not known and is ignored; did you mean `{known}`?")
        }
        None => format!("`{path}` is not known and is ignored"),
    }
}
