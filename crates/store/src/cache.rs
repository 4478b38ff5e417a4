//! What was read from the tables lately, bounded in bytes.
//!
//! The tables change under the cache when layers are flushed, and snapshots of the tables before the flush live on. So the cache counts
//! flushes as *generations*: an entry carries the generation since which its value holds, and a reader of generation g uses it only if that is not later
//! than g. What readers found is put in only while their generation is the current one; a flush replaces every value that it changes and moves on to the next generation
//! under the lock that holds readers off, before any reader can have a snapshot of it.

use crate::{
    layer::Layer,
    record::{AccountRecord, NodeKey},
};
use alloy_primitives::{B256, Bytes, U256};
use parking_lot::RwLock;
use quick_cache::{Weighter, sync::Cache};
use std::{
    mem::size_of,
    sync::atomic::{AtomicU64, Ordering},
};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamped<V> {
    since: u64,
    value: V,
}

/// Bytes that an entry takes beside its key and value, in the cache's own structures.
const OVERHEAD: u64 = 48;

#[derive(Clone, Debug)]
pub(crate) struct Weight;

impl<V> Weighter<B256, Stamped<Option<V>>> for Weight {
    fn weight(&self, _: &B256, _: &Stamped<Option<V>>) -> u64 {
        OVERHEAD + (size_of::<B256>() + size_of::<Stamped<Option<V>>>()) as u64
    }
}

impl Weighter<(B256, B256), Stamped<U256>> for Weight {
    fn weight(&self, _: &(B256, B256), _: &Stamped<U256>) -> u64 {
        OVERHEAD + (size_of::<(B256, B256)>() + size_of::<Stamped<U256>>()) as u64
    }
}

impl Weighter<NodeKey, Stamped<Option<Bytes>>> for Weight {
    fn weight(&self, _: &NodeKey, node: &Stamped<Option<Bytes>>) -> u64 {
        let fixed = (size_of::<NodeKey>() + size_of::<Stamped<Option<Bytes>>>()) as u64;
        OVERHEAD + fixed + node.value.as_ref().map_or(0, |node| node.len() as u64)
    }
}

impl Weighter<B256, Bytes> for Weight {
    fn weight(&self, _: &B256, code: &Bytes) -> u64 {
        OVERHEAD + 64 + code.len() as u64
    }
}

type Sharded<K, V> = Cache<K, V, Weight>;

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct StateCache {
    generation: RwLock<u64>,
    accounts: Sharded<B256, Stamped<Option<AccountRecord>>>,
    slots: Sharded<(B256, B256), Stamped<U256>>,
    nodes: Sharded<NodeKey, Stamped<Option<Bytes>>>,
    codes: Sharded<B256, Bytes>,
    hits: AtomicU64,
    misses: AtomicU64,
}

fn cache<K: Eq + std::hash::Hash, V: Clone>(bytes: u64, entry: u64) -> Sharded<K, V>
where
    Weight: Weighter<K, V>,
{
    // Less than this and an entry might not fit into a shard.
    let bytes = bytes.max(1 << 20);
    Cache::with_weighter((bytes / entry) as usize, bytes, Weight)
}

impl StateCache {
    /// A cache of at most about `bytes` in all.
    pub(crate) fn new(bytes: u64) -> Self {
        Self {
            generation: RwLock::new(0),
            accounts: cache(bytes / 4, 200),
            slots: cache(bytes / 4, 170),
            nodes: cache(bytes * 3 / 8, 400),
            codes: cache(bytes / 8, 4096),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        }
    }

    /// Through the cache: what is there, or what `load` finds in the tables of this generation.
    fn read<K: Eq + std::hash::Hash + Clone, V: Clone, E>(
        &self,
        cache: &Sharded<K, Stamped<V>>,
        key: &K,
        generation: u64,
        load: impl FnOnce() -> Result<V, E>,
    ) -> Result<V, E>
    where
        Weight: Weighter<K, Stamped<V>>,
    {
        if let Some(entry) = cache.get(key)
            && entry.since <= generation
        {
            self.hits.fetch_add(1, Ordering::Relaxed);
            return Ok(entry.value);
        }
        self.misses.fetch_add(1, Ordering::Relaxed);
        let value = load()?;
        // While a flush goes on the value may be about to change: then it is not kept.
        if let Some(current) = self.generation.try_read()
            && *current == generation
        {
            cache.insert(key.clone(), Stamped { since: generation, value: value.clone() });
        }
        Ok(value)
    }

    pub(crate) fn account<E>(
        &self,
        hashed: &B256,
        generation: u64,
        load: impl FnOnce() -> Result<Option<AccountRecord>, E>,
    ) -> Result<Option<AccountRecord>, E> {
        self.read(&self.accounts, hashed, generation, load)
    }

    pub(crate) fn slot<E>(
        &self,
        key: &(B256, B256),
        generation: u64,
        load: impl FnOnce() -> Result<U256, E>,
    ) -> Result<U256, E> {
        self.read(&self.slots, key, generation, load)
    }

    pub(crate) fn node<E>(
        &self,
        key: &NodeKey,
        generation: u64,
        load: impl FnOnce() -> Result<Option<Bytes>, E>,
    ) -> Result<Option<Bytes>, E> {
        self.read(&self.nodes, key, generation, load)
    }

    pub(crate) fn code(&self, hash: &B256) -> Option<Bytes> {
        self.codes.get(hash)
    }

    pub(crate) fn keep_code(&self, hash: B256, code: Bytes) {
        self.codes.insert(hash, code);
    }

    /// The tables now hold these layers, oldest first.
    pub(crate) fn advance<'a>(&self, generation: u64, layers: impl Iterator<Item = &'a Layer>) {
        let mut current = self.generation.write();
        for layer in layers {
            let delta = &layer.delta;
            for account in &delta.accounts {
                self.accounts
                    .insert(account.hashed, Stamped { since: generation, value: account.after });
                for slot in delta.slots_of(account) {
                    let key = (account.hashed, slot.hashed);
                    self.slots.insert(key, Stamped { since: generation, value: slot.after });
                }
            }
            for (key, node) in &delta.nodes {
                self.nodes.insert(*key, Stamped { since: generation, value: node.clone() });
            }
        }
        *current = generation;
    }

    /// The tables were changed in other ways: nothing that is here holds.
    pub(crate) fn reset(&self, generation: u64) {
        let mut current = self.generation.write();
        self.accounts.clear();
        self.slots.clear();
        self.nodes.clear();
        *current = generation;
    }

    /// Hits and misses so far.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.hits.load(Ordering::Relaxed), self.misses.load(Ordering::Relaxed))
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> u64 {
        self.accounts.weight() + self.slots.weight() + self.nodes.weight() + self.codes.weight()
    }
}
