//! The tables in memory, for tests and simulation.
//!
//! Each table is a few sorted runs, the newest last; a write adds one and merges it with its predecessors while these are not much larger.
//! Runs never change, so a snapshot is a handful of reference counts, and a write costs little more than its own size however large the table is.

use crate::{
    StoreError,
    crash::CrashSwitch,
    kv::{Batch, Kv, KvSnapshot, Table, Visit},
};
use parking_lot::Mutex;
use std::{collections::BTreeMap, ops::Bound, sync::Arc};

type Run = BTreeMap<Vec<u8>, Option<Vec<u8>>>;
type Runs = Vec<Arc<Run>>;

/// Tables in memory. Writes are durable as far as [`CrashSwitch`] goes: one that meets the power cut is there whole or not at all, as its size has it. Clones share the
/// tables.
#[derive(Clone, Debug, Default)]
pub struct MemKv {
    tables: Arc<Mutex<[Runs; Table::ALL.len()]>>,
    switch: CrashSwitch,
}

impl MemKv {
    /// Empty tables on a power switch.
    pub fn new(switch: CrashSwitch) -> Self {
        Self { tables: Arc::default(), switch }
    }

    /// Flips bits of a byte of the `index`th record of a table, key and value taken as one. False when there is no such byte.
    pub fn corrupt(&self, table: Table, index: usize, offset: usize, mask: u8) -> bool {
        let mut tables = self.tables.lock();
        let runs = &mut tables[table as usize];
        let mut all = runs.iter().fold(Run::new(), |older, newer| merge(&older, newer));
        all.retain(|_, value| value.is_some());
        let Some((key, Some(value))) = all.iter().nth(index) else { return false };
        let (mut key, mut value, old) = (key.clone(), value.clone(), key.clone());
        let len = key.len();
        let byte = if offset < len { key.get_mut(offset) } else { value.get_mut(offset - len) };
        let Some(byte) = byte else { return false };
        *byte ^= mask;
        all.remove(&old);
        all.insert(key, Some(value));
        *runs = vec![Arc::new(all)];
        true
    }
}

fn merge(older: &Run, newer: &Run) -> Run {
    let mut merged = older.clone();
    merged.extend(newer.iter().map(|(key, value)| (key.clone(), value.clone())));
    merged
}

fn push(runs: &mut Runs, mut run: Run) {
    while let Some(last) = runs.last() {
        if last.len() > 2 * run.len() {
            break;
        }
        run = merge(last, &run);
        runs.pop();
    }
    if runs.is_empty() {
        run.retain(|_, value| value.is_some());
    }
    runs.push(Arc::new(run));
}

impl Kv for MemKv {
    fn snapshot(&self) -> Result<Arc<dyn KvSnapshot>, StoreError> {
        Ok(Arc::new(MemSnapshot { tables: self.tables.lock().clone() }))
    }

    fn write(&self, batch: &Batch) -> Result<(), StoreError> {
        let ticked = self.switch.tick("tables");
        if ticked.is_err() && batch.bytes().is_multiple_of(2) {
            return ticked;
        }
        let mut tables = self.tables.lock();
        for table in Table::ALL {
            let owned =
                |(key, value): (&[u8], Option<&[u8]>)| (key.to_vec(), value.map(<[u8]>::to_vec));
            let run: Run = batch.changes(table).map(owned).collect();
            if !run.is_empty() {
                push(&mut tables[table as usize], run);
            }
        }
        ticked
    }

    fn size(&self) -> Result<u64, StoreError> {
        let tables = self.tables.lock();
        let records = tables.iter().flatten().flat_map(|run| run.iter());
        Ok(records
            .map(|(key, value)| (key.len() + value.as_ref().map_or(0, Vec::len)) as u64)
            .sum())
    }
}

#[derive(Debug)]
struct MemSnapshot {
    tables: [Runs; Table::ALL.len()],
}

impl KvSnapshot for MemSnapshot {
    fn get(
        &self,
        table: Table,
        key: &[u8],
        show: &mut dyn FnMut(&[u8]),
    ) -> Result<bool, StoreError> {
        let found = self.tables[table as usize].iter().rev().find_map(|run| run.get(key));
        Ok(found.and_then(Option::as_ref).map(|value| show(value)).is_some())
    }

    fn range(&self, table: Table, from: &[u8], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        let bounds = (Bound::Included(from), Bound::Unbounded);
        let runs = &self.tables[table as usize];
        let mut iters: Vec<_> =
            runs.iter().rev().map(|run| run.range::<[u8], _>(bounds).peekable()).collect();
        loop {
            // Newest runs come first, so of equal keys the newest is taken and the others are passed over.
            let least = iters.iter_mut().filter_map(|iter| iter.peek().map(|(key, _)| *key)).min();
            let Some(least) = least else { return Ok(()) };
            let mut newest = None;
            for iter in &mut iters {
                if let Some((_, value)) = iter.next_if(|(key, _)| *key == least) {
                    newest.get_or_insert(value);
                }
            }
            if let Some(Some(value)) = newest
                && !visit(least, value)?
            {
                return Ok(());
            }
        }
    }

    fn count(&self, table: Table) -> Result<u64, StoreError> {
        let mut count = 0;
        self.range(table, &[], &mut |_, _| {
            count += 1;
            Ok(true)
        })?;
        Ok(count)
    }
}
