//! Any flipped bit, in log or tables, is noticed, named and never served.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it did not expect")]

mod model;

use entente_store::{FlushMode, Kv, MemDisk, MemKv, Place, Store, StoreError, StoreOptions, Table};
use model::{Model, ModelBlock, Touch, expect_all, layer, replay};
use proptest::prelude::*;
use std::sync::Arc;

const SEGMENT: &str = "blocks-00000000.log";

fn options() -> StoreOptions {
    StoreOptions { flush: FlushMode::Manual, cache_bytes: 1 << 20, ..StoreOptions::default() }
}

struct Machine {
    disk: MemDisk,
    kv: MemKv,
    model: Model,
}

impl Machine {
    fn open(&self) -> Result<Store, StoreError> {
        let (disk, kv) = (Arc::new(self.disk.clone()), Arc::new(self.kv.clone()));
        Store::open_on(disk, kv, options(), self.model.genesis()).map(|(store, _)| store)
    }

    fn commit(&mut self, store: &Store, touches: &[Touch]) {
        let parent: ModelBlock = self.model.head().clone();
        let block = self.model.make_on(&parent, touches);
        store.commit(layer(&store.snapshot(), &block)).unwrap();
        self.model.chain.push(block);
    }

    /// Blocks that touch every table; the last `unflushed` of them are in the log only.
    fn new(blocks: u8, unflushed: u8) -> Self {
        let mut machine =
            Self { disk: MemDisk::default(), kv: MemKv::default(), model: Model::new() };
        let store = machine.open().unwrap();
        for n in 0..blocks {
            if n == blocks - unflushed {
                store.flush().unwrap();
            }
            let writes = (0..4).map(|at| (u64::from(n) + at, n % 3 + 1)).collect();
            let set = Touch::Set { who: n, balance: n, writes };
            machine.commit(&store, &[set, Touch::Deploy { who: n + 1, code: n % 3 }]);
        }
        if unflushed == 0 {
            store.flush().unwrap();
        }
        machine
    }
}

/// Every byte of a table: number of the record, offset in it.
fn record_bytes(kv: &MemKv, table: Table) -> Vec<(usize, usize)> {
    let (mut bytes, mut index) = (Vec::new(), 0);
    kv.snapshot()
        .unwrap()
        .range(table, &[], &mut |key, value| {
            bytes.extend((0..key.len() + value.len()).map(|offset| (index, offset)));
            index += 1;
            Ok(true)
        })
        .unwrap();
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_flipped_bit_in_a_table_is_found(table in 0usize..13, at: prop::sample::Index, bit in 0u8..8) {
        let machine = Machine::new(6, 0);
        let table = Table::ALL[table];
        let bytes = record_bytes(&machine.kv, table);
        let (index, offset) = bytes[at.index(bytes.len())];
        prop_assert!(machine.kv.corrupt(table, index, offset, 1 << bit));
        match machine.open() {
            // The few records that are read at the start.
            Err(StoreError::Corrupt { place: Place::Record { table: named, .. }, .. }) => prop_assert_eq!(named, table.name()),
            Err(StoreError::WrongGenesis { .. }) => prop_assert!(false, "served a damaged record"),
            Err(error) => prop_assert!(false, "{}", error),
            Ok(store) => {
                let report = store.check(|_| {}).unwrap();
                let named = format!("table {},", table.name());
                prop_assert!(report.findings.iter().any(|finding| finding.contains(&named)), "{}", report);
            }
        }
    }

    #[test]
    fn a_flipped_bit_in_the_log_is_found(offset in 0usize..6000, bit in 0u8..8) {
        let machine = Machine::new(6, 0);
        prop_assume!(machine.disk.corrupt(SEGMENT, offset, 1 << bit));
        let store = machine.open().unwrap();
        let report = store.check(|_| {}).unwrap();
        prop_assert!(report.findings.iter().any(|finding| finding.contains(SEGMENT)), "{}", report);
        let mut refused = 0;
        for height in 0..=6 {
            match store.block(height) {
                Ok(block) => prop_assert_eq!(block.as_deref(), Some(&*machine.model.chain[height as usize].block)),
                Err(StoreError::Corrupt { place: Place::Log { file, .. }, .. }) => {
                    prop_assert_eq!(file, SEGMENT);
                    refused += 1;
                }
                Err(error) => prop_assert!(false, "{}", error),
            }
        }
        prop_assert_eq!(refused, 1);
    }

    /// Above the tables the log is all there is. Damage before the last batch is an error that names it; in the last batch it can't be told from a torn write,
    /// and is cut off with a notice. Nothing damaged is served either way.
    #[test]
    fn damage_above_the_tables_is_an_error_or_a_cut_tail(offset in 0usize..6000, bit in 0u8..8) {
        let machine = Machine::new(6, 4);
        prop_assume!(machine.disk.corrupt(SEGMENT, offset, 1 << bit));
        let (disk, kv) = (Arc::new(machine.disk.clone()), Arc::new(machine.kv.clone()));
        match Store::open_on(disk, kv, options(), machine.model.genesis()) {
            Err(StoreError::Corrupt { place: Place::Log { file, offset: at }, .. }) => {
                prop_assert_eq!(file, SEGMENT);
                prop_assert!(at <= offset as u64);
            }
            Err(error) => prop_assert!(false, "{}", error),
            Ok((store, recovery)) => {
                let replayed = replay(&store, &machine.model);
                prop_assert_eq!(replayed, recovery.to_replay);
                match recovery.torn {
                    Some(torn) => {
                        prop_assert_eq!(replayed, 3);
                        prop_assert!(torn.offset <= offset as u64);
                        prop_assert_eq!(recovery.notices.len(), 1);
                    }
                    // Below the tables' height: found when it is read.
                    None => prop_assert_ne!(store.check(|_| {}).unwrap().findings, Vec::<String>::new()),
                }
            }
        }
    }
}

#[test]
fn a_cut_log_below_the_tables_is_named() {
    let machine = Machine::new(6, 0);
    let len = entente_store::Disk::len(&machine.disk, SEGMENT).unwrap().unwrap();
    entente_store::Disk::truncate(&machine.disk, SEGMENT, len - 1).unwrap();
    let error = machine.open().unwrap_err();
    assert!(matches!(&error, StoreError::Corrupt { place: Place::Log { .. }, .. }), "{error}");
    assert!(error.to_string().contains(SEGMENT));
}

/// A transaction may carry what looks like a record of the log: bytes of one that is there. It must not be taken for one.
#[test]
fn records_inside_records_are_not_records() {
    let mut machine = Machine::new(3, 0);
    let mut inner = vec![0; 400];
    entente_store::Disk::read_at(&machine.disk, SEGMENT, 0, &mut inner).unwrap();
    let store = machine.open().unwrap();
    let code = Touch::Deploy { who: 0, code: 1 };
    machine.commit(&store, &[code]);
    drop(store);
    // The last record is torn, and what is left of it ends with a copy of the first.
    entente_store::Disk::append(&machine.disk, SEGMENT, b"ENTL\x01\x01\0\0\xff\xff\0\0").unwrap();
    entente_store::Disk::append(&machine.disk, SEGMENT, &inner).unwrap();
    let store = machine.open().unwrap();
    assert_eq!(replay(&store, &machine.model), 1);
    expect_all(&store, &machine.model);
}
