//! What can go wrong with the store.

use crate::kv::Table;
use alloy_primitives::B256;
use entente_evm::EvmError;
use entente_trie::TrieError;
use std::{fmt, io, path::PathBuf};

/// Where a damaged record is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a segment of the block log.
    Log {
        /// File name, within the data directory.
        file: String,
        /// Byte offset of the record.
        offset: u64,
    },
    /// In a table of the state database.
    Record {
        /// Table name.
        table: &'static str,
        /// The record's key, in hex.
        key: String,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log { file, offset } => write!(f, "block log {file} at offset {offset}"),
            Self::Record { table, key } => write!(f, "table {table}, key {key}"),
        }
    }
}

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file system refused.
    #[error("{action} {file}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file.
        file: String,
        /// What the system said.
        source: io::Error,
    },
    /// The embedded database refused.
    #[error("state database: {action}: {reason}")]
    Database {
        /// What was tried.
        action: &'static str,
        /// What it said.
        reason: String,
    },
    /// Another process holds the directory.
    #[error("{} is in use by process {pid}; stop it, or choose another data directory", .dir.display())]
    Locked {
        /// The data directory.
        dir: PathBuf,
        /// The holder's process id, as it wrote it into the lock file ("unknown" if it could not be read).
        pid: String,
    },
    /// A record does not match its checksum, or says what cannot be. It is never served.
    #[error(
        "{place} is damaged: {what}; run `entente db check`, then restore the directory from a copy or import the chain again"
    )]
    Corrupt {
        /// Which record.
        place: Place,
        /// What was found.
        what: String,
    },
    /// The directory belongs to another chain.
    #[error(
        "the data directory holds the chain with genesis {found}, not {expected}; choose another directory or the right genesis file"
    )]
    WrongGenesis {
        /// Genesis hash on disk.
        found: B256,
        /// Genesis hash asked for.
        expected: B256,
    },
    /// The genesis header's state root is not that of its accounts.
    #[error("the genesis accounts give state root {computed}, the genesis header says {header}")]
    GenesisRoot {
        /// Root of the accounts.
        computed: B256,
        /// Root in the header.
        header: B256,
    },
    /// The directory was written by a newer version.
    #[error(
        "the data directory has format {found}; this version of Entente reads formats up to {supported}: use a newer one"
    )]
    NewerFormat {
        /// Format on disk.
        found: u32,
        /// Newest format known here.
        supported: u32,
    },
    /// State this old has been pruned.
    #[error("state at block {height} has been pruned; the oldest block with state is {oldest}")]
    Pruned {
        /// Height asked for.
        height: u64,
        /// Oldest height whose state can be read.
        oldest: u64,
    },
    /// There is no such block.
    #[error("block {0} is not known")]
    UnknownBlock(u64),
    /// Proofs reach back only so far.
    #[error(
        "proofs are given for the newest blocks only; block {height} is too old, the oldest now is {oldest}"
    )]
    ProofTooOld {
        /// Height asked for.
        height: u64,
        /// Oldest height whose proofs can be given.
        oldest: u64,
    },
    /// A block was committed that does not stand on the head.
    #[error("block {number} (parent {parent}) does not extend the head {head} at height {height}")]
    NotOnHead {
        /// Number of the block.
        number: u64,
        /// Its parent hash.
        parent: B256,
        /// Hash of the head.
        head: B256,
        /// Height of the head.
        height: u64,
    },
    /// A block was to be computed on a state that is not its parent's.
    #[error("block {number} cannot stand on the state of block {height}")]
    NotOnState {
        /// Number of the block.
        number: u64,
        /// Height of the state.
        height: u64,
    },
    /// The block log's tail has not been executed again yet.
    #[error("{0} blocks of the block log have to be executed again first")]
    ReplayPending(u64),
    /// A block was given as replayed that is not the next one in the log.
    #[error("block {number} ({hash}) is not the next block of the log to be executed again")]
    NotNextInLog {
        /// Number of the block given.
        number: u64,
        /// Its hash.
        hash: B256,
    },
    /// The head cannot go back there.
    #[error("cannot rewind to block {to}: {reason}")]
    CannotRewind {
        /// Height asked for.
        to: u64,
        /// Why.
        reason: String,
    },
    /// A write failed before; nothing more is written, so that disk and memory cannot part ways. Restart the node.
    #[error(
        "the store stopped writing after an earlier failure ({0}); restart the node once the cause is gone"
    )]
    Stopped(String),
    /// The trie could not be read or updated.
    #[error(transparent)]
    Trie(#[from] TrieError),
    /// A block is too large for a log record.
    #[error("block {number} takes {size} bytes in the log; at most {limit} are possible")]
    BlockTooLarge {
        /// Its number.
        number: u64,
        /// Its encoded size in bytes.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// Code is missing.
    #[error("no code with hash {0} is stored")]
    UnknownCode(B256),
}

impl StoreError {
    pub(crate) fn io(action: &'static str, file: impl Into<String>, source: io::Error) -> Self {
        Self::Io { action, file: file.into(), source }
    }

    pub(crate) fn log(file: impl Into<String>, offset: u64, what: impl Into<String>) -> Self {
        Self::Corrupt { place: Place::Log { file: file.into(), offset }, what: what.into() }
    }

    pub(crate) fn record(table: Table, key: &[u8], what: impl Into<String>) -> Self {
        let key = alloy_primitives::hex::encode_prefixed(key);
        Self::Corrupt { place: Place::Record { table: table.name(), key }, what: what.into() }
    }

    /// A record that must be there, because others say so.
    pub(crate) fn missing(table: Table, key: &[u8]) -> Self {
        Self::record(table, key, "it is missing")
    }
}

impl From<StoreError> for EvmError {
    fn from(error: StoreError) -> Self {
        Self::State(error.to_string())
    }
}
