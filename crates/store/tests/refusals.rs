//! What a store does not do, and how it says so.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it did not expect")]

mod model;

use alloy_primitives::U256;
use entente_evm::StateView;
use entente_store::{
    Batch, CrashSwitch, FlushMode, Kv, MemDisk, MemKv, PROOF_BLOCKS, Store, StoreError,
    StoreOptions, Table,
};
use model::{Model, ModelBlock, Touch, expect_all, expect_proofs, expect_state, layer, replay};
use std::sync::Arc;

fn options() -> StoreOptions {
    StoreOptions { flush: FlushMode::Manual, ..StoreOptions::default() }
}

fn set(n: u8) -> Touch {
    Touch::Set { who: n, balance: n, writes: vec![(u64::from(n), n + 1)] }
}

fn commit(store: &Store, model: &mut Model, touches: &[Touch]) -> ModelBlock {
    let parent = model.head().clone();
    let block = model.make_on(&parent, touches);
    store.commit(layer(&store.snapshot(), &block)).unwrap();
    model.chain.push(block.clone());
    block
}

#[test]
fn only_the_next_block_is_committed() {
    let mut model = Model::new();
    let (store, _) = Store::open_in_memory(options(), model.genesis()).unwrap();
    let genesis = model.head().clone();
    let (left, right) = (model.make_on(&genesis, &[set(1)]), model.make_on(&genesis, &[set(2)]));
    let above = model.make_on(&left, &[set(3)]);
    let base = store.snapshot();
    // Both compete for height 1, and a third stands on one of them; each sees its own state.
    let (left_layer, right_layer) = (layer(&base, &left), layer(&base, &right));
    let above_layer = layer(&base.over(left_layer.clone()), &above);
    let deep = base.over(left_layer.clone()).over(above_layer.clone());
    expect_state(&deep, &above.state);
    expect_state(&base.over(right_layer.clone()), &right.state);
    expect_proofs(&deep, &above.state);
    assert_eq!(deep.block_hash(1).unwrap(), left.block.hash);
    assert_eq!(deep.block_hash(2).unwrap(), above.block.hash);
    assert!(deep.block_hash(3).unwrap().is_zero());

    let error = store.commit(above_layer.clone()).unwrap_err();
    assert!(matches!(error, StoreError::NotOnHead { number: 2, height: 0, .. }), "{error}");
    store.commit(left_layer).unwrap();
    let error = store.commit(right_layer).unwrap_err();
    assert!(matches!(error, StoreError::NotOnHead { number: 1, height: 1, .. }), "{error}");
    store.commit(above_layer).unwrap();
    model.chain.extend([left, above]);
    expect_all(&store, &model);

    let error = base.prepare(2, &model.chain[2].changes).unwrap_err();
    assert!(matches!(error, StoreError::NotOnState { number: 2, height: 0 }), "{error}");
}

#[test]
fn the_log_is_executed_again_before_anything_else() {
    let mut model = Model::new();
    let (disk, kv) = (MemDisk::default(), MemKv::default());
    let open = |model: &Model| {
        Store::open_on(Arc::new(disk.clone()), Arc::new(kv.clone()), options(), model.genesis())
            .unwrap()
    };
    let (store, _) = open(&model);
    for n in 0..3 {
        commit(&store, &mut model, &[set(n)]);
    }
    drop(store);
    let (store, recovery) = open(&model);
    assert_eq!((recovery.flushed, recovery.to_replay, recovery.created), (0, 3, false));
    assert_eq!(store.head().header.number, 0);
    let first = model.chain[1].clone();
    let first = layer(&store.snapshot(), &first);
    assert!(matches!(store.commit(first).unwrap_err(), StoreError::ReplayPending(3)));
    assert!(matches!(store.rewind(0).unwrap_err(), StoreError::ReplayPending(3)));
    let genesis = model.chain[0].clone();
    let other = model.make_on(&genesis, &[set(5)]);
    let other = layer(&store.snapshot(), &other);
    assert!(matches!(
        store.apply_replayed(other).unwrap_err(),
        StoreError::NotNextInLog { number: 1, .. }
    ));
    assert_eq!(replay(&store, &model), 3);
    expect_all(&store, &model);
}

#[test]
fn pruned_state_is_refused_by_name_and_blocks_are_kept() {
    let mut model = Model::new();
    let (store, _) = Store::open_in_memory(options(), model.genesis()).unwrap();
    for n in 0..20 {
        commit(&store, &mut model, &[set(n % 7)]);
    }
    store.prune(5).unwrap();
    assert_eq!(store.oldest_state(), 0, "what is not flushed is not pruned");
    store.flush().unwrap();
    let held = store.snapshot_at(3).unwrap();
    store.prune(5).unwrap();
    model.oldest = 15;
    assert_eq!(store.oldest_state(), 15);
    let error = store.snapshot_at(14).unwrap_err();
    assert!(matches!(error, StoreError::Pruned { height: 14, oldest: 15 }), "{error}");
    expect_all(&store, &model);
    expect_state(&held, &model.chain[3].state);
    let error = store.rewind(10).unwrap_err();
    assert!(matches!(error, StoreError::CannotRewind { to: 10, .. }), "{error}");
    store.rewind(15).unwrap();
    model.chain.truncate(16);
    expect_all(&store, &model);
    assert!(store.check(|_| {}).unwrap().findings.is_empty());
}

#[test]
fn proofs_reach_as_far_as_they_say() {
    let mut model = Model::new();
    let (store, _) = Store::open_in_memory(options(), model.genesis()).unwrap();
    for n in 0..PROOF_BLOCKS + 2 {
        commit(&store, &mut model, &[set((n % 11) as u8)]);
    }
    store.flush().unwrap();
    expect_proofs(&store.snapshot_at(2).unwrap(), &model.chain[2].state);
    let error = store.snapshot_at(1).unwrap().proof(model::address(0), &[U256::ZERO]).unwrap_err();
    assert!(matches!(error, StoreError::ProofTooOld { height: 1, oldest: 2 }), "{error}");
    // State that old can be read all the same, and a block simulated on it has its root.
    expect_state(&store.snapshot_at(1).unwrap(), &model.chain[1].state);
    let past = store.snapshot_at(5).unwrap();
    let (changes, state) =
        Model::apply(&model.chain[5].state, &[set(1), Touch::Destroy { who: 2, touched: vec![] }]);
    assert_eq!(past.prepare(6, &changes).unwrap().state_root(), model::state_root(&state));
    // Going back further than one step of the tables.
    store.rewind(0).unwrap();
    model.chain.truncate(1);
    expect_all(&store, &model);
    assert!(store.check(|_| {}).unwrap().findings.is_empty());
}

#[test]
fn a_newer_format_is_left_alone() {
    let model = Model::new();
    let (disk, kv) = (MemDisk::default(), MemKv::default());
    let open =
        || Store::open_on(Arc::new(disk.clone()), Arc::new(kv.clone()), options(), model.genesis());
    drop(open().unwrap());
    let mut batch = Batch::default();
    batch.put(Table::Meta, b"store", &[0, 0, 0, 2, 9, 9, 9]);
    batch.sort();
    kv.write(&batch).unwrap();
    let error = open().unwrap_err();
    assert!(matches!(error, StoreError::NewerFormat { found: 2, supported: 1 }), "{error}");
}

#[test]
fn after_a_failed_write_nothing_more_is_written() {
    let switch = CrashSwitch::default();
    let mut model = Model::new();
    let (disk, kv) = (MemDisk::new(switch.clone()), MemKv::new(switch.clone()));
    let (store, _) =
        Store::open_on(Arc::new(disk), Arc::new(kv), options(), model.genesis()).unwrap();
    let genesis = model.head().clone();
    let block = model.make_on(&genesis, &[set(1)]);
    let layer = layer(&store.snapshot(), &block);
    // The record is appended and cannot be synced: whether it is on disk nobody knows.
    switch.after(1);
    assert!(matches!(store.commit(layer.clone()).unwrap_err(), StoreError::Io { .. }));
    switch.restore();
    assert!(matches!(store.commit(layer).unwrap_err(), StoreError::Stopped(_)));
    assert!(matches!(store.flush().unwrap_err(), StoreError::Stopped(_)));
    // Reading goes on.
    expect_all(&store, &model);
}

#[test]
fn batches_keep_the_last_change_of_a_key() {
    let kv = MemKv::default();
    let mut batch = Batch::default();
    for value in [b"1", b"2", b"3"] {
        batch.put(Table::Codes, b"key", value);
    }
    batch.put(Table::Codes, b"gone", b"1");
    batch.delete(Table::Codes, b"gone");
    batch.sort();
    assert_eq!(batch.len(), 2);
    kv.write(&batch).unwrap();
    let snapshot = kv.snapshot().unwrap();
    let mut seen = Vec::new();
    assert!(snapshot.get(Table::Codes, b"key", &mut |value| seen = value.to_vec()).unwrap());
    assert_eq!(seen[0], b'3');
    assert!(!snapshot.get(Table::Codes, b"gone", &mut |_| {}).unwrap());
    assert_eq!(snapshot.count(Table::Codes).unwrap(), 1);
}
