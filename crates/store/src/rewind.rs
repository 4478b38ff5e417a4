//! Back to an older head: for engines that fork, and for operators.
//!
//! The log is told first. Layers in memory are let go; what is in the tables is taken back with the values that the blocks found, in steps that are each
//! atomic and say in the meta row where they lead, so that a crash in between is finished at the next start.

use crate::{
    Store, StoreError,
    index::Index,
    kv::{Batch, Table},
    log::{Position, Unplaced},
    meta::Meta,
    overlay::Reversed,
    record::{self, NodeKey, Word},
    recover,
    shared::Shared,
    snapshot::Snapshot,
    view::View,
};
use alloy_primitives::keccak256;
use entente_chain::SealedBlock;
use std::sync::Arc;

/// Blocks taken back with one write to the tables.
const STEP: u64 = 256;

impl Store {
    /// Makes the block at `to` the head again. Gives the undone blocks, newest first. Durable when it returns.
    ///
    /// # Errors
    /// [`StoreError::UnknownBlock`] above the head, [`StoreError::CannotRewind`] below the oldest state kept, [`StoreError::ReplayPending`].
    pub fn rewind(&self, to: u64) -> Result<Vec<SealedBlock>, StoreError> {
        let shared = self.shared();
        let _flushing = shared.flushing.lock();
        let writer = shared.writer.lock();
        shared.check_running()?;
        if !writer.pending.is_empty() {
            return Err(StoreError::ReplayPending(writer.pending.len() as u64));
        }
        let view = shared.view();
        let target = self.header(to)?.ok_or(StoreError::UnknownBlock(to))?;
        if to < view.base.oldest {
            let reason = format!("state has been pruned below block {}", view.base.oldest);
            return Err(StoreError::CannotRewind { to, reason });
        }
        let mut undone = Vec::new();
        for height in (to + 1..=view.height()).rev() {
            let block = self.block(height)?.ok_or(StoreError::UnknownBlock(height))?;
            undone.push(block.sealed().clone());
        }
        if undone.is_empty() {
            return Ok(undone);
        }
        let at = shared
            .log
            .append(&[Unplaced::rewind(to, target.hash)])
            .map_err(|error| shared.fail(error))?;
        let below = view.base.head()?;
        let kept: Vec<_> = view
            .layers
            .iter()
            .filter(|committed| committed.layer.number() <= to)
            .cloned()
            .collect();
        let index = Index::of(kept.iter().map(|committed| &*committed.layer));
        shared.publish(View::new(view.base.clone(), Arc::new(index), kept, &below));
        if to < view.base.flushed {
            undo_tables(shared, to, at[0].end()).map_err(|error| shared.fail(error))?;
        }
        Ok(undone)
    }
}

/// Takes the tables back to a height, from where the log goes on at `log`. There are no layers; the caller keeps flushes and commits away.
pub(crate) fn undo_tables(shared: &Arc<Shared>, to: u64, log: Position) -> Result<(), StoreError> {
    loop {
        let view = shared.view();
        let flushed = view.base.flushed;
        if flushed <= to {
            return Ok(());
        }
        let step = to.max(flushed.saturating_sub(STEP));
        let mut batch = Batch::default();
        undo_state(&shared.snapshot(), step, &mut batch)?;
        for height in step + 1..=flushed {
            undo_block(shared, &view, height, &mut batch)?;
        }
        let rewinding = (step > to).then_some(to);
        let meta = Meta { flushed: step, log, rewinding, ..shared.meta()? };
        meta.put(&mut batch);
        batch.sort();
        shared.kv.write(&batch)?;
        let base = recover::base(&shared.kv, &meta, view.base.generation + 1)?;
        shared.cache.reset(base.generation);
        shared.overlays.clear();
        let head = base.head()?;
        shared.publish(View::new(base, Arc::new(Index::default()), Vec::new(), &head));
    }
}

/// Accounts, slots and trie nodes as they were.
fn undo_state(now: &Snapshot, to: u64, batch: &mut Batch) -> Result<(), StoreError> {
    let base = &now.view.base;
    let reversed = Reversed::collect(base, to, usize::MAX)?.map_err(|_| {
        StoreError::CannotRewind { to, reason: "too much has changed since".into() }
    })?;
    let mut key = Vec::new();
    let mut put_node = |node_key: NodeKey, node: Option<alloy_primitives::Bytes>| {
        key.clear();
        node_key.put(&mut key);
        match node {
            Some(node) => batch.put(Table::Nodes, &key, &node),
            None => batch.delete(Table::Nodes, &key),
        }
    };
    let update = reversed.account_trie(now)?;
    let (header, _) = base.header(to)?.ok_or(StoreError::UnknownBlock(to))?;
    if update.root != header.state_root {
        let what = format!(
            "taking the blocks above back gives state root {}, not {}",
            update.root, header.state_root
        );
        return Err(StoreError::record(Table::Changes, &to.to_be_bytes(), what));
    }
    update.nodes.into_iter().for_each(|(path, node)| put_node(NodeKey { owner: None, path }, node));
    for owner in reversed.slots.keys() {
        if let Some(update) = reversed.storage_trie(now, owner)? {
            let owner = Some(*owner);
            update
                .nodes
                .into_iter()
                .for_each(|(path, node)| put_node(NodeKey { owner, path }, node));
        }
    }
    let mut value = Vec::new();
    for (hashed, (address, before)) in &reversed.accounts {
        value.clear();
        match before {
            Some(account) => {
                record::put_addressed(&mut value, *address, account);
                batch.put(Table::Accounts, hashed.as_slice(), &value);
            }
            None => batch.delete(Table::Accounts, hashed.as_slice()),
        }
    }
    for (account, slots) in &reversed.slots {
        for (slot, value) in slots {
            let key = record::slot_key(account, slot);
            if value.is_zero() {
                batch.delete(Table::Slots, &key);
            } else {
                batch.put(Table::Slots, &key, &Word::of(*value));
            }
        }
    }
    Ok(())
}

/// Everything that is kept by height or block.
fn undo_block(
    shared: &Shared,
    view: &View,
    height: u64,
    batch: &mut Batch,
) -> Result<(), StoreError> {
    delete_history(&view.base, height, batch)?;
    let key = height.to_be_bytes();
    let tables = &view.base.tables;
    let at = tables.get(Table::Places, &key, record::take_location)?;
    let at = at.ok_or_else(|| StoreError::missing(Table::Places, &key))?;
    if let crate::log::Record::Block(block) = shared.log.read(at)? {
        batch.delete(Table::Hashes, block.hash.as_slice());
        for tx in &block.body.transactions {
            batch.delete(Table::Transactions, tx.tx_hash().as_slice());
        }
    }
    for table in [Table::Receipts, Table::Headers, Table::Places] {
        batch.delete(table, &key);
    }
    Ok(())
}

/// The values before a block, and the list of what it changed. Gives how many records that are.
pub(crate) fn delete_history(
    base: &crate::view::Base,
    height: u64,
    batch: &mut Batch,
) -> Result<usize, StoreError> {
    let key = height.to_be_bytes();
    let changed = base.tables.get(Table::Changes, &key, record::take_changed)?;
    let changed = changed.ok_or_else(|| StoreError::missing(Table::Changes, &key))?;
    let mut records = 1;
    for account in changed {
        let hashed = keccak256(account.address);
        batch.delete(Table::AccountHistory, &record::account_history_key(&hashed, height));
        records += 1 + account.slots.len();
        for slot in account.slots {
            batch.delete(Table::SlotHistory, &record::slot_history_key(&hashed, &slot, height));
        }
    }
    batch.delete(Table::Changes, &key);
    Ok(records)
}
