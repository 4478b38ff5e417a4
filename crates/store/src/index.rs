//! Where the newest values above the tables are: one look-up, however many blocks wait to be flushed.
//!
//! An index belongs to one state of the tables. Committed layers are added to it; every value keeps the heights at which it changed, so
//! that a snapshot at any height above the tables reads its own and never a later one. A flush or a rewind makes a new index from the layers that stay, and
//! snapshots go on with the old one.

use crate::{
    layer::Layer,
    record::{AccountRecord, NodeKey},
};
use alloy_primitives::{B256, Bytes, U256, map::HashMap};
use parking_lot::RwLock;

const SHARDS: usize = 16;

/// The values of one key, by the height from which they hold.
#[derive(Debug)]
struct Versions<V> {
    newest: (u64, V),
    older: Vec<(u64, V)>,
}

impl<V: Clone> Versions<V> {
    fn at(&self, height: u64) -> Option<V> {
        if self.newest.0 <= height {
            return Some(self.newest.1.clone());
        }
        self.older.iter().rev().find(|(from, _)| *from <= height).map(|(_, value)| value.clone())
    }
}

fn add<K: Eq + std::hash::Hash, V>(
    map: &mut HashMap<K, Versions<V>>,
    key: K,
    height: u64,
    value: V,
) {
    use std::collections::hash_map::Entry;
    match map.entry(key) {
        Entry::Vacant(entry) => {
            entry.insert(Versions { newest: (height, value), older: Vec::new() });
        }
        Entry::Occupied(mut entry) => {
            let versions = entry.get_mut();
            let before = std::mem::replace(&mut versions.newest, (height, value));
            versions.older.push(before);
        }
    }
}

#[derive(Debug, Default)]
struct Shard {
    accounts: HashMap<B256, Versions<Option<AccountRecord>>>,
    slots: HashMap<(B256, B256), Versions<U256>>,
    nodes: HashMap<NodeKey, Versions<Option<Bytes>>>,
}

#[derive(Debug, Default)]
struct Names {
    codes: HashMap<B256, Bytes>,
    transactions: HashMap<B256, (u64, u32)>,
    hashes: HashMap<B256, u64>,
}

/// See the module's documentation.
#[derive(Debug, Default)]
pub(crate) struct Index {
    shards: [RwLock<Shard>; SHARDS],
    names: RwLock<Names>,
}

fn shard_of(hash: &B256) -> usize {
    usize::from(hash[0] >> 4)
}

fn node_shard(key: &NodeKey) -> usize {
    match &key.owner {
        Some(owner) => shard_of(owner),
        None => usize::from(key.path.first().unwrap_or(0)),
    }
}

impl Index {
    pub(crate) fn of<'a>(layers: impl Iterator<Item = &'a Layer>) -> Self {
        let index = Self::default();
        layers.for_each(|layer| index.add(layer));
        index
    }

    /// Adds a layer above all that are here. Snapshots of lower heights do not see it.
    pub(crate) fn add(&self, layer: &Layer) {
        let (height, delta) = (layer.number(), &layer.delta);
        // Keys are sorted, so those of a shard stand together and its lock is taken once for them all.
        for run in delta.accounts.chunk_by(|a, b| shard_of(&a.hashed) == shard_of(&b.hashed)) {
            let mut shard = self.shards[shard_of(&run[0].hashed)].write();
            for account in run {
                add(&mut shard.accounts, account.hashed, height, account.after);
                for slot in delta.slots_of(account) {
                    add(&mut shard.slots, (account.hashed, slot.hashed), height, slot.after);
                }
            }
        }
        for run in delta.nodes.chunk_by(|a, b| node_shard(&a.0) == node_shard(&b.0)) {
            let mut shard = self.shards[node_shard(&run[0].0)].write();
            for (key, node) in run {
                add(&mut shard.nodes, *key, height, node.clone());
            }
        }
        let mut names = self.names.write();
        names.codes.extend(delta.codes.iter().cloned());
        names.hashes.insert(layer.block().hash, height);
        for (at, tx) in layer.block().body.transactions.iter().enumerate() {
            names.transactions.insert(*tx.tx_hash(), (height, at as u32));
        }
    }

    pub(crate) fn account(&self, hashed: &B256, height: u64) -> Option<Option<AccountRecord>> {
        self.shards[shard_of(hashed)].read().accounts.get(hashed)?.at(height)
    }

    pub(crate) fn slot(&self, account: &B256, slot: &B256, height: u64) -> Option<U256> {
        self.shards[shard_of(account)].read().slots.get(&(*account, *slot))?.at(height)
    }

    pub(crate) fn node(&self, key: &NodeKey, height: u64) -> Option<Option<Bytes>> {
        self.shards[node_shard(key)].read().nodes.get(key)?.at(height)
    }

    /// Code is the same at every height.
    pub(crate) fn code(&self, hash: &B256) -> Option<Bytes> {
        self.names.read().codes.get(hash).cloned()
    }

    pub(crate) fn transaction(&self, hash: &B256, height: u64) -> Option<(u64, u32)> {
        self.names.read().transactions.get(hash).copied().filter(|(at, _)| *at <= height)
    }

    pub(crate) fn height_of(&self, hash: &B256, height: u64) -> Option<u64> {
        self.names.read().hashes.get(hash).copied().filter(|at| *at <= height)
    }
}
