//! Ordered tables of bytes: what the store needs of an embedded database.
//!
//! Every value that is stored carries four bytes of checksum over its table, its key and itself. It is put on by [`Batch::put`] and taken off
//! by [`Tables`], above the database, so that whatever the database or the disk does to a record is noticed before it is served.

use crate::StoreError;
use std::{fmt::Debug, sync::Arc};
use twox_hash::XxHash3_64;

/// The tables. Numbers go into checksums and names into files: neither may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Table {
    /// keccak(address) to address and account.
    Accounts = 0,
    /// keccak(address) ‖ keccak(slot) to value, leading zeros trimmed.
    Slots = 1,
    /// Code hash to code.
    Codes = 2,
    /// 0 ‖ path, or 1 ‖ keccak(address) ‖ path, one nibble a byte, to the RLP of a trie node.
    Nodes = 3,
    /// keccak(address) ‖ height to the account before that block.
    AccountHistory = 4,
    /// keccak(address) ‖ keccak(slot) ‖ height to the value before that block.
    SlotHistory = 5,
    /// Height to the keys that the block changed.
    Changes = 6,
    /// Height to the block's receipts, without blooms.
    Receipts = 7,
    /// Transaction hash to height and index.
    Transactions = 8,
    /// Block hash to height.
    Hashes = 9,
    /// Height to block hash, total difficulty and header.
    Headers = 10,
    /// Height to the block's place in the block log.
    Places = 11,
    /// What the tables as a whole have reached.
    Meta = 12,
}

impl Table {
    /// All tables, in the order of their numbers.
    pub const ALL: [Self; 13] = [
        Self::Accounts,
        Self::Slots,
        Self::Codes,
        Self::Nodes,
        Self::AccountHistory,
        Self::SlotHistory,
        Self::Changes,
        Self::Receipts,
        Self::Transactions,
        Self::Hashes,
        Self::Headers,
        Self::Places,
        Self::Meta,
    ];

    /// The table's name in the database and in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::Slots => "slots",
            Self::Codes => "codes",
            Self::Nodes => "nodes",
            Self::AccountHistory => "account_history",
            Self::SlotHistory => "slot_history",
            Self::Changes => "changes",
            Self::Receipts => "receipts",
            Self::Transactions => "transactions",
            Self::Hashes => "hashes",
            Self::Headers => "headers",
            Self::Places => "places",
            Self::Meta => "meta",
        }
    }
}

/// Bytes of checksum after every value.
const CHECKSUM: usize = 4;

fn checksum(table: Table, key: &[u8], value: &[u8]) -> [u8; CHECKSUM] {
    let seed = XxHash3_64::oneshot_with_seed(table as u64, key);
    let sum = XxHash3_64::oneshot_with_seed(seed, value);
    (sum as u32).to_le_bytes()
}

#[derive(Clone, Copy, Debug)]
struct Row {
    start: usize,
    key: u32,
    /// None deletes.
    value: Option<u32>,
}

#[derive(Debug, Default)]
struct Rows {
    arena: Vec<u8>,
    rows: Vec<Row>,
}

impl Rows {
    fn key(&self, row: &Row) -> &[u8] {
        &self.arena[row.start..row.start + row.key as usize]
    }

    fn value(&self, row: &Row) -> Option<&[u8]> {
        let start = row.start + row.key as usize;
        row.value.map(|len| &self.arena[start..start + len as usize])
    }
}

/// Changes to be written together or not at all. Keys and values lie one after the other in one buffer a table.
#[derive(Debug, Default)]
pub struct Batch {
    tables: [Rows; Table::ALL.len()],
}

impl Batch {
    /// Sets a record. Of several for one key the last holds.
    pub fn put(&mut self, table: Table, key: &[u8], value: &[u8]) {
        let rows = &mut self.tables[table as usize];
        let start = rows.arena.len();
        rows.arena.extend_from_slice(key);
        rows.arena.extend_from_slice(value);
        rows.arena.extend_from_slice(&checksum(table, key, value));
        let value = (value.len() + CHECKSUM) as u32;
        rows.rows.push(Row { start, key: key.len() as u32, value: Some(value) });
    }

    /// Removes a record, if it is there.
    pub fn delete(&mut self, table: Table, key: &[u8]) {
        let rows = &mut self.tables[table as usize];
        let start = rows.arena.len();
        rows.arena.extend_from_slice(key);
        rows.rows.push(Row { start, key: key.len() as u32, value: None });
    }

    /// Sorts every table by key and leaves one change a key, the last one given.
    pub fn sort(&mut self) {
        for table in &mut self.tables {
            let mut rows = std::mem::take(&mut table.rows);
            // Stable, so that the last of equals stays last; `dedup_by` keeps the first, hence the reversal.
            rows.reverse();
            rows.sort_by(|a, b| table.key(a).cmp(table.key(b)));
            rows.dedup_by(|a, b| table.key(a) == table.key(b));
            table.rows = rows;
        }
    }

    /// The changes of a table in the order in which they stand: key, and value with its checksum (None removes).
    pub fn changes(&self, table: Table) -> impl ExactSizeIterator<Item = (&[u8], Option<&[u8]>)> {
        let rows = &self.tables[table as usize];
        rows.rows.iter().map(|row| (rows.key(row), rows.value(row)))
    }

    /// Bytes of keys and values.
    pub fn bytes(&self) -> usize {
        self.tables.iter().map(|rows| rows.arena.len()).sum()
    }

    /// How many changes it holds.
    pub fn len(&self) -> usize {
        self.tables.iter().map(|rows| rows.rows.len()).sum()
    }

    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.tables.iter().all(|rows| rows.rows.is_empty())
    }
}

/// An ordered key-value database with the store's tables.
pub trait Kv: Debug + Send + Sync {
    /// The database as it stands now, unchanged by later writes.
    fn snapshot(&self) -> Result<Arc<dyn KvSnapshot>, StoreError>;

    /// Writes a sorted batch ([`Batch::sort`]): all of it, durably, or nothing.
    fn write(&self, batch: &Batch) -> Result<(), StoreError>;

    /// Bytes on disk, or in memory for one that lives there.
    fn size(&self) -> Result<u64, StoreError>;
}

/// What a range visitor is called with: key and value with its checksum. False ends the visit.
pub type Visit<'a> = dyn FnMut(&[u8], &[u8]) -> Result<bool, StoreError> + 'a;

/// One state of a [`Kv`].
pub trait KvSnapshot: Debug + Send + Sync {
    /// Shows a record's value with its checksum; false when there is none.
    fn get(
        &self,
        table: Table,
        key: &[u8],
        show: &mut dyn FnMut(&[u8]),
    ) -> Result<bool, StoreError>;

    /// Visits records in the order of their keys from `from` on, included.
    fn range(&self, table: Table, from: &[u8], visit: &mut Visit<'_>) -> Result<(), StoreError>;

    /// Number of records in a table.
    fn count(&self, table: Table) -> Result<u64, StoreError>;
}

/// Checked reading of a [`KvSnapshot`].
#[derive(Clone, Debug)]
pub(crate) struct Tables(pub(crate) Arc<dyn KvSnapshot>);

fn verified<'v>(table: Table, key: &[u8], stored: &'v [u8]) -> Result<&'v [u8], StoreError> {
    let split = stored
        .len()
        .checked_sub(CHECKSUM)
        .ok_or_else(|| StoreError::record(table, key, "it is shorter than its checksum"))?;
    let (value, sum) = stored.split_at(split);
    if checksum(table, key, value) == sum {
        Ok(value)
    } else {
        Err(StoreError::record(table, key, "its checksum does not match"))
    }
}

impl Tables {
    /// Reads and decodes a record. `decode` gives None for what cannot be.
    pub(crate) fn get<T>(
        &self,
        table: Table,
        key: &[u8],
        decode: impl FnOnce(&[u8]) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        let mut decode = Some(decode);
        let mut result = None;
        self.0.get(table, key, &mut |stored| {
            if let Some(decode) = decode.take() {
                result = Some(verified(table, key, stored).and_then(|value| {
                    decode(value)
                        .ok_or_else(|| StoreError::record(table, key, "it cannot be decoded"))
                }));
            }
        })?;
        result.transpose()
    }

    /// Visits verified records from a key on; false ends the visit.
    pub(crate) fn scan(
        &self,
        table: Table,
        from: &[u8],
        mut visit: impl FnMut(&[u8], &[u8]) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        self.0.range(table, from, &mut |key, stored| visit(key, verified(table, key, stored)?))
    }

    /// Visits the records from a key on that share its first `prefix` bytes.
    pub(crate) fn scan_from(
        &self,
        table: Table,
        from: &[u8],
        prefix: usize,
        mut visit: impl FnMut(&[u8], &[u8]) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        self.0.range(table, from, &mut |key, stored| {
            Ok(key.starts_with(&from[..prefix]) && visit(key, verified(table, key, stored)?)?)
        })
    }

    /// Visits every record of a table with the outcome of its verification.
    pub(crate) fn audit(
        &self,
        table: Table,
        mut visit: impl FnMut(Result<&[u8], StoreError>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.0.range(table, &[], &mut |key, stored| {
            visit(verified(table, key, stored)).map(|()| true)
        })
    }
}
