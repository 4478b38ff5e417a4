//! From what a block changed to the state after it: storage roots, state root, trie nodes.

use crate::{
    StoreError,
    kv::Table,
    layer::{AccountDelta, PreparedState, SlotDelta, StateDelta},
    record::{self, AccountRecord, NodeKey},
    snapshot::Snapshot,
};
use alloy_primitives::{B256, U256, map::B256Map};
use entente_evm::{AccountChange, StateChanges};
use entente_trie::{EMPTY_ROOT, TrieUpdate, update_parallel};
use rayon::prelude::*;
use std::{collections::BTreeMap, sync::Arc};

/// From this many changed slots on, storage tries are updated side by side.
const PARALLEL_SLOTS: usize = 128;

/// A change of the trie: hashed key and new value, None removes.
pub(crate) type TrieChange = (B256, Option<Vec<u8>>);

/// The value of a slot in a storage trie.
pub(crate) fn slot_trie_value(value: U256) -> Option<Vec<u8>> {
    (!value.is_zero()).then(|| alloy_rlp::encode(value))
}

/// An account whose storage root is still to come.
struct Work<'a> {
    change: &'a AccountChange,
    before: Option<AccountRecord>,
    slots: Vec<SlotDelta>,
}

impl Snapshot {
    /// Computes the state after a block that stands on this one: what changes, with the values before, the trie nodes and the root. Nothing is stored.
    ///
    /// # Errors
    /// [`StoreError::NotOnHead`] when `number` is not the height above this state; errors of reading.
    pub fn prepare(
        &self,
        number: u64,
        changes: &StateChanges,
    ) -> Result<PreparedState, StoreError> {
        if number != self.height() + 1 {
            return Err(StoreError::NotOnState { number, height: self.height() });
        }
        let root = self.state_root()?;
        self.with_tries()?.prepare_on(root, changes)
    }

    /// The same on a known root; the tries can be read.
    pub(crate) fn prepare_on(
        &self,
        root: B256,
        changes: &StateChanges,
    ) -> Result<PreparedState, StoreError> {
        let work = changes
            .accounts
            .iter()
            .map(|change| self.work(change))
            .collect::<Result<Vec<_>, _>>()?;
        let slots: usize = work.iter().map(|work| work.slots.len()).sum();
        let storage: Vec<_> = if slots >= PARALLEL_SLOTS && work.len() > 1 {
            work.par_iter().map(|work| self.storage_update(work)).collect::<Result<_, _>>()?
        } else {
            work.iter().map(|work| self.storage_update(work)).collect::<Result<_, _>>()?
        };
        let mut delta = StateDelta { codes: changes.codes.clone(), ..StateDelta::default() };
        delta.accounts.reserve(work.len());
        delta.slots.reserve(slots);
        let mut leaves: Vec<TrieChange> = Vec::with_capacity(work.len());
        for (work, storage) in work.into_iter().zip(storage) {
            let storage_root = storage.as_ref().map(|update| update.root);
            let kept = work.before.map_or(EMPTY_ROOT, |before| before.storage_root);
            let after = work
                .change
                .after
                .map(|after| AccountRecord::new(after, storage_root.unwrap_or(kept)));
            if after == work.before && work.slots.is_empty() {
                continue;
            }
            let hashed = work.change.hashed;
            let start = delta.slots.len();
            delta.slots.extend(work.slots);
            let slots = start..delta.slots.len();
            let address = work.change.address;
            delta.accounts.push(AccountDelta {
                hashed,
                address,
                before: work.before,
                after,
                slots,
            });
            if let Some(update) = storage {
                let key = |path| NodeKey { owner: Some(hashed), path };
                delta.nodes.extend(update.nodes.into_iter().map(|(path, node)| (key(path), node)));
            }
            if after != work.before {
                leaves.push((hashed, after.map(|after| after.trie_value())));
            }
        }
        let update = update_parallel(&self.trie(None), root, &leaves)?;
        delta.state_root = update.root;
        let key = |path| NodeKey { owner: None, path };
        delta.nodes.extend(update.nodes.into_iter().map(|(path, node)| (key(path), node)));
        delta.nodes.sort_unstable_by_key(|node| node.0);
        Ok(PreparedState { delta: Arc::new(delta) })
    }

    fn work<'a>(&self, change: &'a AccountChange) -> Result<Work<'a>, StoreError> {
        let before = self.account_by_hash(&change.hashed)?;
        let had_storage = before.is_some_and(|before| before.storage_root != EMPTY_ROOT);
        let slots = if had_storage && (change.wiped || change.after.is_none()) {
            self.wiped_slots(change)?
        } else {
            let delta = |slot: &entente_evm::SlotChange| SlotDelta {
                hashed: slot.hashed,
                // Without storage before, nothing else can have been read there.
                before: if had_storage { slot.before } else { U256::ZERO },
                after: if change.after.is_some() { slot.after } else { U256::ZERO },
            };
            change.slots.iter().map(delta).filter(|slot| slot.before != slot.after).collect()
        };
        Ok(Work { change, before, slots })
    }

    /// The slots of an account that lost its storage: all that were there go to zero, but for what was written afterwards.
    fn wiped_slots(&self, change: &AccountChange) -> Result<Vec<SlotDelta>, StoreError> {
        let mut all: BTreeMap<B256, SlotDelta> = self
            .all_slots(&change.hashed)?
            .into_iter()
            .map(|(hashed, before)| (hashed, SlotDelta { hashed, before, after: U256::ZERO }))
            .collect();
        if change.after.is_some() {
            for slot in &change.slots {
                let fresh =
                    SlotDelta { hashed: slot.hashed, before: U256::ZERO, after: U256::ZERO };
                all.entry(slot.hashed).or_insert(fresh).after = slot.after;
            }
        }
        Ok(all.into_values().filter(|slot| slot.before != slot.after).collect())
    }

    /// Every slot of an account that is not zero.
    pub(crate) fn all_slots(&self, account: &B256) -> Result<B256Map<U256>, StoreError> {
        let mut all = B256Map::default();
        self.view.base.tables.scan_from(Table::Slots, account.as_slice(), 32, |key, value| {
            let slot = key.get(32..64).map(B256::from_slice);
            let (slot, value) = slot
                .zip(record::take_word(value))
                .ok_or_else(|| StoreError::record(Table::Slots, key, "it cannot be decoded"))?;
            all.insert(slot, value);
            Ok(true)
        })?;
        if self.is_past() {
            self.past_slots(account, &mut all)?;
        }
        let committed = self.view.layers.iter().map(|committed| &committed.layer);
        let committed = committed.filter(|layer| layer.number() <= self.height);
        for layer in committed.chain(self.above()) {
            if let Some(change) = layer.delta.account(account) {
                all.extend(
                    layer.delta.slots_of(change).iter().map(|slot| (slot.hashed, slot.after)),
                );
            }
        }
        all.retain(|_, value| !value.is_zero());
        Ok(all)
    }

    /// Takes the slots of an account from the tables' height back to this one. Reads the account's whole slot history.
    fn past_slots(&self, account: &B256, all: &mut B256Map<U256>) -> Result<(), StoreError> {
        let mut seen = B256Map::default();
        let bad = |key: &[u8]| StoreError::record(Table::SlotHistory, key, "it cannot be decoded");
        self.view.base.tables.scan_from(
            Table::SlotHistory,
            account.as_slice(),
            32,
            |key, value| {
                let (slot, height) = key[32..].split_first_chunk::<32>().ok_or_else(|| bad(key))?;
                let height = record::take_height(height).ok_or_else(|| bad(key))?;
                let value = record::take_word(value).ok_or_else(|| bad(key))?;
                if height > self.height {
                    seen.entry(B256::from(slot)).or_insert(value);
                }
                Ok(true)
            },
        )?;
        all.extend(seen);
        Ok(())
    }

    fn storage_update(&self, work: &Work<'_>) -> Result<Option<TrieUpdate>, StoreError> {
        if work.slots.is_empty() {
            return Ok(None);
        }
        let root = work.before.map_or(EMPTY_ROOT, |before| before.storage_root);
        let leaves: Vec<TrieChange> =
            work.slots.iter().map(|slot| (slot.hashed, slot_trie_value(slot.after))).collect();
        Ok(Some(update_parallel(&self.trie(Some(work.change.hashed)), root, &leaves)?))
    }
}
