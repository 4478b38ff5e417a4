//! The block log on a disk that may hold anything: whatever is served was written, whole, with a checksum that holds.
#![no_main]

use alloy_primitives::{B256, U256};
use entente_chain::{Block, Header, RecoveredBlock, SealedBlock, SealedHeader};
use entente_evm::StateChanges;
use entente_fuzz::{
    Pick,
    log::{BLOCK, REWIND, SEGMENT, block_payload, payload_of, put, sound_blocks},
};
use entente_store::{
    Disk, FlushMode, GenesisState, MemDisk, MemKv, Store, StoreError, StoreOptions,
};
use entente_trie::EMPTY_ROOT;
use libfuzzer_sys::fuzz_target;
use std::{collections::BTreeMap, sync::Arc};

fuzz_target!(|bytes: &[u8]| {
    let mut pick = Pick::new(bytes);
    match pick.byte() % 3 {
        // A file as it stands.
        0 => {
            open(&MemDisk::default(), &MemKv::default(), pick.rest());
        }
        // Records whose checksums hold, whatever they say.
        1 => {
            open(&MemDisk::default(), &MemKv::default(), &records(pick));
        }
        _ => damaged(pick),
    }
});

fn block(number: u64, parent: B256, hash: B256) -> RecoveredBlock {
    let header =
        Header { number, parent_hash: parent, state_root: EMPTY_ROOT, ..Header::default() };
    let block = Block { header, ..Block::default() };
    RecoveredBlock::new(SealedBlock { hash, block }, Vec::new())
        .expect("no transactions, no senders")
}

fn hash_of(number: u64) -> B256 {
    B256::with_last_byte((number as u8).wrapping_add(1))
}

fn genesis() -> SealedHeader {
    block(0, B256::ZERO, hash_of(0)).sealed_header()
}

fn store(disk: &MemDisk, kv: &MemKv) -> Result<Store, StoreError> {
    let options = StoreOptions {
        flush: FlushMode::Manual,
        cache_bytes: 0,
        block_cache_bytes: 0,
        segment_bytes: 4096,
        ..StoreOptions::default()
    };
    let genesis = GenesisState { header: &genesis(), alloc: &BTreeMap::new() };
    Store::open_on(Arc::new(disk.clone()), Arc::new(kv.clone()), options, genesis)
        .map(|(store, _)| store)
}

/// Opens a store on a first segment, and asks it for everything.
fn open(disk: &MemDisk, kv: &MemKv, segment: &[u8]) -> Vec<RecoveredBlock> {
    disk.append(SEGMENT, segment).expect("a disk in memory takes it");
    disk.sync(SEGMENT).expect("a disk in memory takes it");
    let store = match store(disk, kv) {
        Ok(store) => store,
        Err(error) => {
            assert!(error.to_string().len() < 4096);
            return Vec::new();
        }
    };
    // An empty log begins with the genesis block, which the store writes.
    let written = payload_of(&block(0, B256::ZERO, hash_of(0)));
    let mut sound = sound_blocks(segment);
    sound.insert(&written);
    let mut served = Vec::new();
    for replayed in store.replay().expect("it was opened") {
        let replayed = replayed.expect("it was verified a moment ago");
        assert!(sound.contains(&payload_of(&replayed)[..]), "served without a sound record");
        served.push(replayed);
    }
    for height in 0..4 {
        if let Ok(Some(block)) = store.block(height) {
            assert!(sound.contains(&payload_of(&block)[..]), "served without a sound record");
        }
    }
    assert!(served.windows(2).all(|pair| {
        pair[1].number() == pair[0].number() + 1 && pair[1].header.parent_hash == pair[0].hash
    }));
    store.check(|_| ()).expect("damage is in the report").to_string();
    served
}

/// A log of sound records in any order, with other bytes between them.
fn records(mut pick: Pick<'_>) -> Vec<u8> {
    let (mut log, mut next, mut batch) = (Vec::new(), 0, 0);
    while !pick.is_empty() && log.len() < 1 << 16 {
        match pick.byte() % 8 {
            0..=2 => {
                let parent = if next == 0 { B256::ZERO } else { hash_of(next - 1) };
                put(&mut log, BLOCK, next, batch, &payload_of(&block(next, parent, hash_of(next))));
                next += 1;
            }
            3 => {
                let to = u64::from(pick.byte());
                put(&mut log, REWIND, to, batch, hash_of(to).as_slice());
                next = to.saturating_add(1).min(next);
            }
            4 => {
                let (kind, height) = (pick.byte(), pick.u64());
                put(&mut log, kind, height, batch, pick.counted());
            }
            5 => {
                let (hash, height) = (B256::from(pick.array()), pick.u64());
                let payload = block_payload(hash, &[], pick.counted());
                put(&mut log, BLOCK, height, batch, &payload);
            }
            6 => log.extend_from_slice(pick.counted()),
            _ => batch = log.len() as u64 >> (pick.byte() % 2),
        }
    }
    log
}

/// A log that a store has written, some of it in the tables too, and then something happens to it.
fn damaged(mut pick: Pick<'_>) {
    let (disk, kv) = (MemDisk::default(), MemKv::default());
    let (blocks, flushed) = (u64::from(pick.byte() % 8), u64::from(pick.byte() % 8));
    let mut chain = vec![block(0, B256::ZERO, hash_of(0))];
    {
        let store = store(&disk, &kv).expect("it is empty");
        for number in 1..=blocks {
            let next = block(number, hash_of(number - 1), hash_of(number));
            let state = store
                .snapshot()
                .prepare(number, &StateChanges::default())
                .expect("nothing changes");
            store
                .commit(state.seal(Arc::new(next.clone()), Vec::new(), U256::ZERO))
                .expect("it is the next");
            chain.push(next);
            if number == flushed {
                store.flush().expect("tables in memory take it");
            }
        }
    }
    let length = disk.len(SEGMENT).expect("it is there").expect("it is there") as usize;
    match pick.byte() % 4 {
        0 => disk.truncate(SEGMENT, pick.u64() % (length as u64 + 1)).expect("it is shorter"),
        1 => {
            let bytes = pick.counted();
            disk.append(SEGMENT, bytes).expect("a disk in memory takes it");
        }
        _ => {
            for _ in 0..=pick.byte() % 4 {
                let at = u16::from_le_bytes(pick.array()).into();
                disk.corrupt(SEGMENT, at, pick.byte());
            }
        }
    }
    disk.sync(SEGMENT).expect("a disk in memory takes it");
    let Ok(store) = store(&disk, &kv) else { return };
    for height in 0..=blocks {
        if let Ok(Some(block)) = store.block(height) {
            assert_eq!(
                *block, chain[height as usize],
                "it is served as it was committed or not at all"
            );
        }
    }
    for replayed in store.replay().expect("it was opened").flatten() {
        assert_eq!(replayed, chain[replayed.number() as usize]);
    }
    store.check(|_| ()).expect("damage is in the report").to_string();
}
