//! The real disk and database: restarts, locks, other people's directories, readers beside a flush.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it did not expect")]

mod model;

use alloy_primitives::U256;
use entente_evm::StateView;
use entente_store::{
    Disk, FlushMode, FsDisk, GenesisState, MemDisk, MemKv, Store, StoreError, StoreOptions,
};
use model::{Model, Touch, expect_all, layer, replay};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

fn options(flush: FlushMode) -> StoreOptions {
    StoreOptions {
        flush,
        flush_blocks: 4,
        segment_bytes: 4000,
        cache_bytes: 1 << 20,
        ..StoreOptions::default()
    }
}

fn commit(store: &Store, model: &mut Model, touches: &[Touch]) {
    let parent = model.head().clone();
    let block = model.make_on(&parent, touches);
    store.commit(layer(&store.snapshot(), &block)).unwrap();
    model.chain.push(block);
}

fn touches(n: u8) -> Vec<Touch> {
    let set =
        Touch::Set { who: n, balance: n, writes: vec![(u64::from(n), n), (u64::from(n) + 3, 1)] };
    let other = if n % 5 == 4 {
        Touch::Destroy { who: n + 1, touched: vec![1] }
    } else {
        Touch::Deploy { who: n + 1, code: n % 3 }
    };
    vec![set, other]
}

#[test]
fn restarts_on_a_real_disk() {
    let dir = tempfile::tempdir().unwrap();
    let mut model = Model::new();
    for (round, mode) in
        [FlushMode::Background, FlushMode::Manual, FlushMode::Inline, FlushMode::Background]
            .into_iter()
            .enumerate()
    {
        let (store, recovery) = Store::open(dir.path(), options(mode), model.genesis()).unwrap();
        assert_eq!(recovery.created, round == 0);
        assert_eq!(replay(&store, &model), recovery.to_replay);
        // Only the manual round leaves anything to execute again: the others flush when they close.
        assert_eq!(recovery.to_replay > 0, round == 2);
        expect_all(&store, &model);
        for n in 0..11 {
            commit(&store, &mut model, &touches(n));
        }
        expect_all(&store, &model);
        store.rewind(model.height() - 7).unwrap();
        model.chain.truncate(model.chain.len() - 7);
        expect_all(&store, &model);
    }
    let (store, _) = Store::open(dir.path(), options(FlushMode::Inline), model.genesis()).unwrap();
    replay(&store, &model);
    store.flush().unwrap();
    let report = store.check(|_| {}).unwrap();
    assert_eq!(report.findings, Vec::<String>::new());
    let stats = store.stats().unwrap();
    assert_eq!((stats.head, stats.flushed, stats.layers), (model.height(), model.height(), 0));
}

#[test]
fn one_holder_and_one_chain() {
    let dir = tempfile::tempdir().unwrap();
    let model = Model::new();
    let (store, _) = Store::open(dir.path(), options(FlushMode::Manual), model.genesis()).unwrap();
    let error = Store::open(dir.path(), options(FlushMode::Manual), model.genesis()).unwrap_err();
    assert!(
        matches!(&error, StoreError::Locked { pid, .. } if *pid == std::process::id().to_string()),
        "{error}"
    );
    drop(store);

    let mut other = model.genesis.clone();
    other.hash.0[0] ^= 1;
    let genesis = GenesisState { header: &other, alloc: &model.alloc };
    let error = Store::open(dir.path(), options(FlushMode::Manual), genesis).unwrap_err();
    assert!(
        matches!(&error, StoreError::WrongGenesis { found, .. } if *found == model.genesis.hash),
        "{error}"
    );
}

#[test]
fn genesis_accounts_must_give_the_headers_root() {
    let model = Model::new();
    let mut alloc = model.alloc.clone();
    alloc.pop_first();
    let genesis = GenesisState { header: &model.genesis, alloc: &alloc };
    let error = Store::open_in_memory(options(FlushMode::Manual), genesis).unwrap_err();
    assert!(matches!(error, StoreError::GenesisRoot { .. }), "{error}");
}

#[test]
fn files_are_appended_read_and_cut() {
    let dir = tempfile::tempdir().unwrap();
    let disks: [Box<dyn Disk>; 2] =
        [Box::new(FsDisk::open(dir.path()).unwrap()), Box::new(MemDisk::default())];
    for disk in disks {
        disk.append("a", b"one").unwrap();
        disk.append("a", b"two").unwrap();
        disk.sync("a").unwrap();
        let mut read = [0; 4];
        disk.read_at("a", 1, &mut read).unwrap();
        assert_eq!(&read, b"netw");
        assert!(disk.read_at("a", 3, &mut read).is_err());
        disk.truncate("a", 2).unwrap();
        disk.append("a", b"!").unwrap();
        assert_eq!(disk.len("a").unwrap(), Some(3));
        disk.rename("a", "b").unwrap();
        assert_eq!(disk.len("a").unwrap(), None);
        let mut read = [0; 3];
        disk.read_at("b", 0, &mut read).unwrap();
        assert_eq!(&read, b"on!");
        assert!(disk.list().unwrap().contains(&"b".to_owned()));
        disk.remove("b").unwrap();
        assert!(disk.read_at("b", 0, &mut read).is_err());
    }
}

/// Two accounts and a slot that always add up, whatever the height; readers look at them while blocks are committed, flushed, undone and pruned.
fn readers_beside_writers(store: &Store, model: &mut Model) {
    let stop = AtomicBool::new(false);
    let total = |snapshot: &entente_store::Snapshot| {
        let balance = |n| {
            snapshot
                .account(model::address(n))
                .unwrap()
                .map_or(U256::ZERO, |account| account.balance)
        };
        balance(0) + balance(1)
    };
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let newest = store.snapshot();
                    let height = newest.height();
                    // The height itself is written into a slot of each block.
                    let stamp = newest.storage(model::address(2), model::slot(0)).unwrap();
                    assert_eq!(stamp, U256::from(height % 4), "newest, at {height}");
                    if height > 1 {
                        assert_eq!(total(&newest), U256::from(200), "newest, at {height}");
                    }
                    let past = store.oldest_state().max(height.saturating_sub(6));
                    match store.snapshot_at(past) {
                        Ok(past) => {
                            let stamp = past.storage(model::address(2), model::slot(0)).unwrap();
                            assert_eq!(
                                stamp,
                                U256::from(past.height() % 4),
                                "past, at {}",
                                past.height()
                            );
                            past.proof(model::address(2), &[model::slot(0)]).unwrap();
                        }
                        Err(StoreError::Pruned { .. } | StoreError::UnknownBlock(_)) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            });
        }
        for n in 0..400u64 {
            let height = model.height() + 1;
            let part = (n % 200) as u8;
            commit(
                store,
                model,
                &[
                    Touch::Set { who: 0, balance: part, writes: vec![] },
                    Touch::Set { who: 1, balance: 200 - part, writes: vec![] },
                    Touch::Set { who: 2, balance: 0, writes: vec![(0, (height % 4) as u8)] },
                ],
            );
            if n % 37 == 36 {
                store.rewind(model.height() - 5).unwrap();
                model.chain.truncate(model.chain.len() - 5);
            }
            if n % 50 == 49 {
                store.prune(30).unwrap();
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
}

/// A genesis state in which the stamp of height 0 holds.
fn stamped() -> Model {
    let mut model = Model::new();
    let who = model::address(2);
    model.alloc.get_mut(&who).unwrap().storage.remove(&alloy_primitives::B256::ZERO);
    let mut state = model.chain[0].state.clone();
    state.get_mut(&who).unwrap().slots.remove(&U256::ZERO);
    model.regenesis(state);
    model
}

#[test]
fn readers_see_one_state_while_tables_change_in_memory() {
    let mut model = stamped();
    let (store, _) = Store::open_on(
        Arc::new(MemDisk::default()),
        Arc::new(MemKv::default()),
        options(FlushMode::Background),
        model.genesis(),
    )
    .unwrap();
    readers_beside_writers(&store, &mut model);
    store.flush().unwrap();
    assert_eq!(store.check(|_| {}).unwrap().findings, Vec::<String>::new());
}

#[test]
fn readers_see_one_state_while_tables_change_on_disk() {
    let mut model = stamped();
    let dir = tempfile::tempdir().unwrap();
    let (store, _) =
        Store::open(dir.path(), options(FlushMode::Background), model.genesis()).unwrap();
    readers_beside_writers(&store, &mut model);
    store.flush().unwrap();
    assert_eq!(store.check(|_| {}).unwrap().findings, Vec::<String>::new());
}
