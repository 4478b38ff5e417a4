//! From memory to the tables, in batches behind the log.

use crate::{
    FlushMode, StoreError,
    index::Index,
    kv::{Batch, Table, Tables},
    layer::Layer,
    log::Location,
    meta::Meta,
    record::{self, Word},
    shared::Shared,
    view::{Base, View},
};
use std::{sync::Arc, thread::JoinHandle, time::Instant};

/// Puts a block and what it changed into a batch. Of the values of several layers the last given is the one that is written.
pub(crate) fn put_layer(batch: &mut Batch, layer: &Layer, at: &Location, scratch: &mut Vec<u8>) {
    put_state(batch, layer, scratch);
    let (block, height) = (layer.block(), layer.number());
    let key = height.to_be_bytes();
    let mut row = |table, key: &[u8], put: &mut dyn FnMut(&mut Vec<u8>)| {
        scratch.clear();
        put(scratch);
        batch.put(table, key, scratch);
    };
    row(Table::Headers, &key, &mut |out| {
        record::put_header(out, &block.header, block.hash, layer.total_difficulty());
    });
    row(Table::Places, &key, &mut |out| record::put_location(out, at));
    row(Table::Receipts, &key, &mut |out| record::put_receipts(out, layer.receipts()));
    batch.put(Table::Hashes, block.hash.as_slice(), &key);
    for (index, tx) in block.body.transactions.iter().enumerate() {
        let place = record::transaction_place(height, index as u32);
        batch.put(Table::Transactions, tx.tx_hash().as_slice(), &place);
    }
}

fn put_state(batch: &mut Batch, layer: &Layer, scratch: &mut Vec<u8>) {
    let (delta, height) = (&layer.delta, layer.number());
    let mut changed = Vec::with_capacity(delta.accounts.len() * 24 + delta.slots.len() * 32);
    for account in &delta.accounts {
        let hashed = &account.hashed;
        scratch.clear();
        match &account.after {
            Some(after) => {
                record::put_addressed(scratch, account.address, after);
                batch.put(Table::Accounts, hashed.as_slice(), scratch);
            }
            None => batch.delete(Table::Accounts, hashed.as_slice()),
        }
        scratch.clear();
        if let Some(before) = &account.before {
            record::put_account(scratch, before);
        }
        // The genesis block has nothing before it that could be asked for.
        if height > 0 {
            batch.put(Table::AccountHistory, &record::account_history_key(hashed, height), scratch);
        }
        let slots = delta.slots_of(account);
        for slot in slots {
            let key = record::slot_key(hashed, &slot.hashed);
            if slot.after.is_zero() {
                batch.delete(Table::Slots, &key);
            } else {
                batch.put(Table::Slots, &key, &Word::of(slot.after));
            }
            if height > 0 {
                let key = record::slot_history_key(hashed, &slot.hashed, height);
                batch.put(Table::SlotHistory, &key, &Word::of(slot.before));
            }
        }
        record::put_changed(&mut changed, account.address, slots.iter().map(|slot| slot.hashed));
    }
    if height > 0 {
        batch.put(Table::Changes, &height.to_be_bytes(), &changed);
    }
    for (hash, code) in &delta.codes {
        batch.put(Table::Codes, hash.as_slice(), code);
    }
    for (key, node) in &delta.nodes {
        scratch.clear();
        key.put(scratch);
        match node {
            Some(node) => batch.put(Table::Nodes, scratch, node),
            None => batch.delete(Table::Nodes, scratch),
        }
    }
}

impl Shared {
    /// Whether enough waits to be flushed.
    fn is_full(&self, view: &View) -> bool {
        view.layers.len() >= self.options.flush_blocks
            || view.bytes >= self.options.flush_bytes.min(self.options.max_unflushed_bytes)
    }

    /// Flushes everything that is committed now.
    pub(crate) fn flush(&self) -> Result<(), StoreError> {
        let _flushing = self.flushing.lock();
        self.check_running()?;
        let view = self.view();
        let Some(last) = view.layers.last() else { return Ok(()) };
        let mut batch = Batch::default();
        let mut scratch = Vec::with_capacity(4096);
        for committed in &view.layers {
            put_layer(&mut batch, &committed.layer, &committed.at, &mut scratch);
        }
        let flushed = last.layer.number();
        let meta = self.meta()?;
        let meta = Meta { flushed, log: last.at.end(), ..meta };
        meta.put(&mut batch);
        batch.sort();
        self.kv.write(&batch).map_err(|error| self.fail(error))?;
        drop(batch);
        let tables = Tables(self.kv.snapshot().map_err(|error| self.fail(error))?);
        let generation = view.base.generation + 1;
        self.cache.advance(generation, view.layers.iter().map(|committed| &*committed.layer));
        let base = Base { tables, generation, flushed, oldest: meta.oldest };
        self.swap_base(base, view.layers.len());
        Ok(())
    }

    /// Publishes new tables, which hold the first `gone` layers.
    fn swap_base(&self, base: Base, gone: usize) {
        let writer = self.writer.lock();
        let view = self.view();
        let rest = view.layers[gone..].to_vec();
        let index = Index::of(rest.iter().map(|committed| &*committed.layer));
        self.overlays.clear();
        self.publish(View::new(base, Arc::new(index), rest, &view.head));
        drop(writer);
        let mut orders = self.orders.lock();
        orders.since = (!self.view().layers.is_empty()).then(Instant::now);
        self.done.notify_all();
    }

    pub(crate) fn meta(&self) -> Result<Meta, StoreError> {
        let missing = || StoreError::missing(Table::Meta, b"store");
        Meta::read(&Tables(self.kv.snapshot()?))?.ok_or_else(missing)
    }

    /// After a commit: flushes, or has it done, when it is time.
    pub(crate) fn after_commit(&self) -> Result<(), StoreError> {
        let view = self.view();
        match self.options.flush {
            FlushMode::Manual => Ok(()),
            FlushMode::Inline if self.is_full(&view) => self.flush(),
            FlushMode::Inline => Ok(()),
            FlushMode::Background => {
                let mut orders = self.orders.lock();
                orders.since.get_or_insert_with(Instant::now);
                if self.is_full(&view) {
                    self.wake.notify_one();
                }
                Ok(())
            }
        }
    }

    /// Waits while too much waits to be flushed.
    pub(crate) fn wait_for_room(&self) -> Result<(), StoreError> {
        self.check_running()?;
        if self.options.flush != FlushMode::Background {
            return Ok(());
        }
        let mut orders = self.orders.lock();
        while !orders.stop && self.view().bytes > self.options.max_unflushed_bytes {
            self.wake.notify_one();
            self.done.wait(&mut orders);
            self.check_running()?;
        }
        Ok(())
    }

    /// What the flusher has to do next; None when it is to stop.
    fn next_order(&self) -> Option<Order> {
        let mut orders = self.orders.lock();
        loop {
            if orders.stop || self.check_running().is_err() {
                return None;
            }
            if let Some(to) = orders.prune_to.take() {
                return Some(Order::Prune(to));
            }
            let view = self.view();
            let old = orders.since.is_some_and(|since| since.elapsed() >= self.options.flush_age);
            if !view.layers.is_empty() && (old || self.is_full(&view)) {
                return Some(Order::Flush);
            }
            let age = self.options.flush_age;
            self.wake.wait_for(&mut orders, age.max(std::time::Duration::from_millis(10)));
        }
    }
}

enum Order {
    Flush,
    Prune(u64),
}

/// Starts the flusher's thread. It ends when it is told to, or when writing has failed.
pub(crate) fn spawn(shared: &Arc<Shared>) -> Result<JoinHandle<()>, StoreError> {
    let shared = shared.clone();
    std::thread::Builder::new()
        .name("entente-flush".into())
        .spawn(move || run(&shared))
        .map_err(|error| StoreError::io("start thread", "entente-flush", error))
}

fn run(shared: &Shared) {
    while let Some(order) = shared.next_order() {
        let result = match order {
            Order::Flush => shared.flush(),
            Order::Prune(to) => shared.prune_to(to),
        };
        if let Err(error) = result {
            tracing::error!(target: "entente::store", %error, "state could not be flushed; the store stops writing");
            shared.fail(error);
        }
    }
}
