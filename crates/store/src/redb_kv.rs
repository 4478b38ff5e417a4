//! The tables in a redb file.

use crate::{
    StoreError,
    kv::{Batch, Kv, KvSnapshot, Table, Visit},
};
use redb::{
    Database, ReadOnlyTable, ReadableDatabase, ReadableTable, ReadableTableMetadata,
    TableDefinition,
};
use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

type Bytes = &'static [u8];

const fn definition(table: Table) -> TableDefinition<'static, Bytes, Bytes> {
    TableDefinition::new(table.name())
}

fn failed<E: fmt::Display>(action: &'static str) -> impl Fn(E) -> StoreError {
    move |error| StoreError::Database { action, reason: error.to_string() }
}

/// The tables in one redb file. Commits are two-phase and keep redb's allocator state, so that opening after a crash takes no repair.
pub struct RedbKv {
    database: Database,
    path: PathBuf,
}

impl fmt::Debug for RedbKv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedbKv").field("path", &self.path).finish_non_exhaustive()
    }
}

impl RedbKv {
    /// Opens or creates a database file; `cache` bytes of pages are kept in memory.
    pub fn open(path: &Path, cache: usize) -> Result<Self, StoreError> {
        let mut builder = Database::builder();
        builder.set_cache_size(cache);
        builder.set_repair_callback(|_| {
            tracing::debug!(target: "entente::store", "the state database was not closed cleanly; repairing");
        });
        let database = builder.create(path).map_err(failed("open"))?;
        let kv = Self { database, path: path.to_owned() };
        kv.create_tables()?;
        Ok(kv)
    }

    fn create_tables(&self) -> Result<(), StoreError> {
        let txn = self.database.begin_write().map_err(failed("create tables"))?;
        for table in Table::ALL {
            txn.open_table(definition(table)).map_err(failed("create tables"))?;
        }
        txn.commit().map_err(failed("create tables"))
    }
}

impl Kv for RedbKv {
    fn snapshot(&self) -> Result<Arc<dyn KvSnapshot>, StoreError> {
        let txn = self.database.begin_read().map_err(failed("read"))?;
        let open = |table| txn.open_table(definition(table)).map_err(failed("open table"));
        let tables = Table::ALL.into_iter().map(open).collect::<Result<_, _>>()?;
        Ok(Arc::new(RedbSnapshot { tables }))
    }

    fn write(&self, batch: &Batch) -> Result<(), StoreError> {
        let mut txn = self.database.begin_write().map_err(failed("begin a write"))?;
        txn.set_quick_repair(true);
        for table in Table::ALL {
            let changes = batch.changes(table);
            if changes.len() == 0 {
                continue;
            }
            let mut open = txn.open_table(definition(table)).map_err(failed("open table"))?;
            for (key, value) in changes {
                match value {
                    Some(value) => drop(open.insert(key, value).map_err(failed("write"))?),
                    None => drop(open.remove(key).map_err(failed("remove"))?),
                }
            }
        }
        txn.commit().map_err(failed("commit"))
    }

    fn size(&self) -> Result<u64, StoreError> {
        let metadata = std::fs::metadata(&self.path);
        metadata
            .map(|metadata| metadata.len())
            .map_err(|error| StoreError::io("look at", self.path.display().to_string(), error))
    }
}

struct RedbSnapshot {
    tables: Vec<ReadOnlyTable<Bytes, Bytes>>,
}

impl fmt::Debug for RedbSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedbSnapshot")
    }
}

impl KvSnapshot for RedbSnapshot {
    fn get(
        &self,
        table: Table,
        key: &[u8],
        show: &mut dyn FnMut(&[u8]),
    ) -> Result<bool, StoreError> {
        let found = self.tables[table as usize].get(key).map_err(failed("read"))?;
        Ok(found.map(|value| show(value.value())).is_some())
    }

    fn range(&self, table: Table, from: &[u8], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        let range = ReadableTable::range::<&[u8]>(&self.tables[table as usize], from..);
        for entry in range.map_err(failed("scan"))? {
            let (key, value) = entry.map_err(failed("scan"))?;
            if !visit(key.value(), value.value())? {
                break;
            }
        }
        Ok(())
    }

    fn count(&self, table: Table) -> Result<u64, StoreError> {
        self.tables[table as usize].len().map_err(failed("count"))
    }
}
