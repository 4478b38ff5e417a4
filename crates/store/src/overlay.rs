//! Tries of a height below the tables': the changes since, taken back in memory.

use crate::{
    StoreError,
    kv::Table,
    prepare::{TrieChange, slot_trie_value},
    record::{self, AccountRecord, NodeKey},
    shared::Shared,
    snapshot::Snapshot,
    view::{Base, View},
};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256, map::B256Map, map::HashMap};
use entente_trie::{EMPTY_ROOT, Nibbles, TrieUpdate, update_parallel};
use parking_lot::Mutex;
use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

/// How many blocks below the newest flushed one the tries of a state can be had. `eth_getProof` reaches this far, and at least this far from the head.
pub const PROOF_BLOCKS: u64 = 256;

/// How many changed accounts and slots may lie between, in all.
pub const PROOF_KEYS: usize = 200_000;

/// Overlays kept for the next question about the same block.
const KEPT: usize = 3;

/// What an account and its slots were at a height, for all that changed above it up to the tables' height.
#[derive(Debug, Default)]
pub(crate) struct Reversed {
    pub(crate) accounts: BTreeMap<B256, (Address, Option<AccountRecord>)>,
    pub(crate) slots: BTreeMap<B256, BTreeMap<B256, U256>>,
    keys: usize,
}

impl Reversed {
    /// Reads back from the tables' height to `to`. `limit` bounds the keys; Err holds the lowest height that is within it.
    pub(crate) fn collect(
        base: &Base,
        to: u64,
        limit: usize,
    ) -> Result<Result<Self, u64>, StoreError> {
        let mut reversed = Self::default();
        // Downwards, so that the lowest change of a key, which holds the value at `to`, is the one that stays.
        for height in (to + 1..=base.flushed).rev() {
            reversed.take_back(base, height)?;
            if reversed.keys > limit {
                return Ok(Err(height));
            }
        }
        Ok(Ok(reversed))
    }

    fn take_back(&mut self, base: &Base, height: u64) -> Result<(), StoreError> {
        let row = base.tables.get(Table::Changes, &height.to_be_bytes(), record::take_changed)?;
        let row = row.ok_or_else(|| StoreError::missing(Table::Changes, &height.to_be_bytes()))?;
        for changed in row {
            let hashed = keccak256(changed.address);
            let key = record::account_history_key(&hashed, height);
            let before = base.tables.get(Table::AccountHistory, &key, record::take_past_account)?;
            let before = before.ok_or_else(|| StoreError::missing(Table::AccountHistory, &key))?;
            self.accounts.insert(hashed, (changed.address, before));
            self.keys += 1 + changed.slots.len();
            if changed.slots.is_empty() {
                continue;
            }
            let slots = self.slots.entry(hashed).or_default();
            for slot in changed.slots {
                let key = record::slot_history_key(&hashed, &slot, height);
                let before = base.tables.get(Table::SlotHistory, &key, record::take_word)?;
                let before = before.ok_or_else(|| StoreError::missing(Table::SlotHistory, &key))?;
                slots.insert(slot, before);
            }
        }
        Ok(())
    }

    /// The account trie taken back. `now` is the state of the tables.
    pub(crate) fn account_trie(&self, now: &Snapshot) -> Result<TrieUpdate, StoreError> {
        let leaf =
            |(hashed, (_, before)): (&B256, &(Address, Option<AccountRecord>))| -> TrieChange {
                (*hashed, before.map(|account| account.trie_value()))
            };
        let leaves: Vec<_> = self.accounts.iter().map(leaf).collect();
        Ok(update_parallel(&now.trie(None), now.state_root()?, &leaves)?)
    }

    /// The storage trie of an account taken back; None when it is as it was.
    pub(crate) fn storage_trie(
        &self,
        now: &Snapshot,
        account: &B256,
    ) -> Result<Option<TrieUpdate>, StoreError> {
        let Some(slots) = self.slots.get(account) else { return Ok(None) };
        let leaves: Vec<TrieChange> =
            slots.iter().map(|(slot, value)| (*slot, slot_trie_value(*value))).collect();
        let root = now.account_by_hash(account)?.map_or(EMPTY_ROOT, |account| account.storage_root);
        let update = update_parallel(&now.trie(Some(*account)), root, &leaves)?;
        let was = self.accounts.get(account).and_then(|(_, before)| *before);
        let expected = was.map_or(EMPTY_ROOT, |was| was.storage_root);
        if update.root == expected {
            return Ok(Some(update));
        }
        let what =
            format!("taking its changes back gives storage root {}, not {expected}", update.root);
        Err(StoreError::record(Table::SlotHistory, account.as_slice(), what))
    }
}

type StorageNodes = HashMap<Nibbles, Option<Bytes>>;

/// The trie nodes that differ at a height from those in the tables. Storage tries are worked out when they are asked for.
#[derive(Debug)]
pub(crate) struct Overlay {
    /// The tables on which it lies. Not a snapshot: that would hold the store, which holds this.
    view: Arc<View>,
    hash: B256,
    reversed: Reversed,
    accounts: StorageNodes,
    storage: Mutex<B256Map<Arc<StorageNodes>>>,
}

impl Overlay {
    fn new(now: &Snapshot, height: u64, hash: B256, root: B256) -> Result<Self, StoreError> {
        let base = &now.view.base;
        let oldest = base.flushed.saturating_sub(PROOF_BLOCKS).max(base.oldest);
        if height < oldest {
            return Err(StoreError::ProofTooOld { height, oldest });
        }
        let reversed = Reversed::collect(base, height, PROOF_KEYS)?
            .map_err(|oldest| StoreError::ProofTooOld { height, oldest })?;
        let update = reversed.account_trie(now)?;
        if update.root != root {
            let what = format!(
                "taking the blocks above back gives state root {}, not {root}",
                update.root
            );
            return Err(StoreError::record(Table::Changes, &height.to_be_bytes(), what));
        }
        let accounts = update.nodes.into_iter().collect();
        let view = now.view.clone();
        Ok(Self { view, hash, reversed, accounts, storage: Mutex::default() })
    }

    /// The node here if it is not the one in the tables.
    pub(crate) fn node(
        &self,
        shared: &Arc<Shared>,
        key: &NodeKey,
    ) -> Result<Option<Option<Bytes>>, StoreError> {
        let Some(owner) = key.owner else { return Ok(self.accounts.get(&key.path).cloned()) };
        let known = self.storage.lock().get(&owner).cloned();
        let nodes = match known {
            Some(nodes) => nodes,
            None => {
                let update = {
                    let flushed = self.view.base.flushed;
                    let now = Snapshot::new(shared.clone(), self.view.clone(), flushed);
                    self.reversed.storage_trie(&now, &owner)?
                };
                let nodes: StorageNodes =
                    update.map(|update| update.nodes.into_iter().collect()).unwrap_or_default();
                let nodes = Arc::new(nodes);
                self.storage.lock().insert(owner, nodes.clone());
                nodes
            }
        };
        Ok(nodes.get(&key.path).cloned())
    }
}

/// The last few overlays.
#[derive(Debug, Default)]
pub(crate) struct Overlays {
    kept: Mutex<Vec<Arc<Overlay>>>,
    building: Mutex<()>,
}

impl Overlays {
    fn find(&self, generation: u64, hash: B256) -> Option<Arc<Overlay>> {
        let mut kept = self.kept.lock();
        kept.retain(|overlay| overlay.view.base.generation >= generation);
        kept.iter()
            .find(|overlay| overlay.hash == hash && overlay.view.base.generation == generation)
            .cloned()
    }

    fn keep(&self, overlay: Overlay) -> Arc<Overlay> {
        let overlay = Arc::new(overlay);
        let mut kept = self.kept.lock();
        if kept.len() >= KEPT {
            kept.remove(0);
        }
        kept.push(overlay.clone());
        overlay
    }

    /// Lets go of all: each pins the tables it was made on.
    pub(crate) fn clear(&self) {
        self.kept.lock().clear();
    }
}

impl Snapshot {
    /// This state with its tries readable: itself, or with an overlay when the tables have moved on.
    ///
    /// # Errors
    /// [`StoreError::ProofTooOld`] when too much has changed since.
    pub(crate) fn with_tries(&self) -> Result<Cow<'_, Self>, StoreError> {
        if !self.is_past() || self.overlay.is_some() {
            return Ok(Cow::Borrowed(self));
        }
        let below = Self::new(self.shared.clone(), self.view.clone(), self.height);
        let hash = below.hash_at(self.height)?.ok_or(StoreError::UnknownBlock(self.height))?;
        let overlays = &self.shared.overlays;
        let generation = self.view.base.generation;
        let overlay = match overlays.find(generation, hash) {
            Some(overlay) => overlay,
            None => {
                // One at a time: each takes memory for as many keys as PROOF_KEYS says.
                let _building = overlays.building.lock();
                match overlays.find(generation, hash) {
                    Some(overlay) => overlay,
                    None => overlays.keep(self.make_overlay(hash, below.state_root()?)?),
                }
            }
        };
        let mut with = self.clone();
        with.overlay = Some(overlay);
        Ok(Cow::Owned(with))
    }

    fn make_overlay(&self, hash: B256, root: B256) -> Result<Overlay, StoreError> {
        let now = Self::new(self.shared.clone(), self.view.clone(), self.view.base.flushed);
        Overlay::new(&now, self.height, hash, root)
    }
}
