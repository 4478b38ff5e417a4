//! The file that keeps local transactions across restarts.

use crate::NodeError;
use entente_chain::Transaction;
use entente_pool::journal;
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::PathBuf,
    sync::Arc,
};

/// Appended bytes after which the file is written anew with what still waits.
const REWRITE_AFTER: u64 = 4 * 1024 * 1024;
/// Largest file that is read at the start.
const MAX_FILE: u64 = 512 * 1024 * 1024;

/// An open journal. Its loss costs waiting transactions, never committed ones: errors are logged and the node goes on.
#[derive(Debug)]
pub struct JournalFile {
    path: PathBuf,
    file: File,
    appended: u64,
}

impl JournalFile {
    /// Opens or creates a journal; gives the transactions that it holds. A torn last record (the node was killed while writing it) is dropped.
    pub fn open(path: PathBuf) -> Result<(Self, Vec<Transaction>), NodeError> {
        let failed = |action: &'static str| {
            let path = path.clone();
            move |source: io::Error| NodeError::File { action, path, source }
        };
        let length = fs::metadata(&path).map_or(0, |metadata| metadata.len());
        let transactions = if length > MAX_FILE {
            tracing::warn!(target: "entente::pool", path = %path.display(), length, "the pool's journal is too large and is begun anew");
            Vec::new()
        } else if length > 0 {
            let bytes = fs::read(&path).map_err(failed("read"))?;
            let read = journal::decode(&bytes);
            if let Some(problem) = &read.problem {
                tracing::warn!(target: "entente::pool", path = %path.display(), problem, "the pool's journal ends early");
            }
            read.transactions
        } else {
            Vec::new()
        };
        let file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(true)
            .open(&path)
            .map_err(failed("open"))?;
        Ok((Self { path, file, appended: 0 }, transactions))
    }

    /// Adds a transaction, EIP-2718 encoded.
    pub fn append(&mut self, encoded: &[u8]) {
        let record = journal::encode(encoded);
        self.appended = self.appended.saturating_add(record.len() as u64);
        if let Err(error) = self.file.write_all(&record) {
            tracing::warn!(target: "entente::pool", path = %self.path.display(), %error, "a local transaction could not be written to the journal");
        }
    }

    /// Writes the file anew with these transactions once enough has been appended to make it worth while.
    pub fn rewrite_if_grown(&mut self, local: &[Arc<entente_pool::PoolTransaction>]) {
        if self.appended < REWRITE_AFTER {
            return;
        }
        if let Err(error) = self.rewrite(local) {
            tracing::warn!(target: "entente::pool", path = %self.path.display(), %error, "the pool's journal could not be rewritten");
        }
    }

    fn rewrite(&mut self, local: &[Arc<entente_pool::PoolTransaction>]) -> io::Result<()> {
        let new = self.path.with_extension("new");
        let mut file = File::create(&new)?;
        let mut written = 0;
        for tx in local {
            let record = journal::encode(&alloy_eips::Encodable2718::encoded_2718(&tx.tx));
            written += record.len() as u64;
            file.write_all(&record)?;
        }
        fs::rename(&new, &self.path)?;
        self.file = file;
        // What still waits counts as nothing, so that a large pool is not rewritten over and over.
        self.appended = 0;
        tracing::debug!(target: "entente::pool", written, "rewrote the pool's journal");
        Ok(())
    }
}
