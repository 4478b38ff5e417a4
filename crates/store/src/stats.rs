//! Figures for operators.

use crate::{Store, StoreError, kv::Table};
use serde::Serialize;
use std::fmt;

/// How large a table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct TableStats {
    /// Its name.
    pub name: &'static str,
    /// Its records.
    pub records: u64,
}

/// What a store holds. Sizes are in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoreStats {
    /// Height of the newest block.
    pub head: u64,
    /// Height that the tables have reached.
    pub flushed: u64,
    /// Oldest height whose state can be read.
    pub oldest_state: u64,
    /// Blocks of the log that have to be executed again.
    pub to_replay: u64,
    /// Blocks in memory above the tables.
    pub layers: u64,
    /// What these take.
    pub layer_bytes: u64,
    /// Segments of the block log.
    pub log_bytes: u64,
    /// The state database.
    pub table_bytes: u64,
    /// Its tables.
    pub tables: Vec<TableStats>,
    /// What the cache of state holds.
    pub cache_bytes: u64,
    /// Reads of state that the cache answered.
    pub cache_hits: u64,
    /// Reads of state that went to the tables.
    pub cache_misses: u64,
}

impl Store {
    /// Figures as they are now. Counting records costs next to nothing on disk, and a pass over the tables in memory.
    pub fn stats(&self) -> Result<StoreStats, StoreError> {
        let shared = self.shared();
        let view = shared.view();
        let table = |table: Table| {
            Ok(TableStats { name: table.name(), records: view.base.tables.0.count(table)? })
        };
        let (cache_hits, cache_misses) = shared.cache.counts();
        Ok(StoreStats {
            head: view.height(),
            flushed: view.base.flushed,
            oldest_state: view.base.oldest,
            to_replay: shared.writer.lock().pending.len() as u64,
            layers: view.layers.len() as u64,
            layer_bytes: view.bytes as u64,
            log_bytes: shared.log.segments()?.1,
            table_bytes: shared.kv.size()?,
            tables: Table::ALL.into_iter().map(table).collect::<Result<_, StoreError>>()?,
            cache_bytes: shared.cache.bytes(),
            cache_hits,
            cache_misses,
        })
    }
}

impl fmt::Display for StoreStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { head, flushed, oldest_state, to_replay, .. } = self;
        writeln!(
            f,
            "head {head}, flushed {flushed}, oldest state {oldest_state}, to execute again {to_replay}"
        )?;
        writeln!(
            f,
            "block log {} bytes, state database {} bytes",
            self.log_bytes, self.table_bytes
        )?;
        writeln!(
            f,
            "in memory {} blocks ({} bytes), cache {} bytes",
            self.layers, self.layer_bytes, self.cache_bytes
        )?;
        for (at, table) in self.tables.iter().enumerate() {
            let end = if at + 1 == self.tables.len() { "" } else { "\n" };
            write!(f, "  {:<16} {:>14} records{end}", table.name, table.records)?;
        }
        Ok(())
    }
}
