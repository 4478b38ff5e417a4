//! Forgetting old state. Blocks and receipts are kept.

use crate::{
    FlushMode, Store, StoreError,
    kv::{Batch, Tables},
    meta::Meta,
    rewind::delete_history,
    shared::Shared,
    view::{Base, View},
};

/// Most records removed with one write: flushes wait no longer than that takes.
const STEP_RECORDS: usize = 50_000;

impl Store {
    /// Forgets the state of blocks more than `keep_blocks` below the head. Where a thread flushes, it is that thread's work, and this returns at once; otherwise it
    /// is done when this returns. Only what is flushed is pruned.
    pub fn prune(&self, keep_blocks: u64) -> Result<(), StoreError> {
        let shared = self.shared();
        shared.check_running()?;
        let view = shared.view();
        let to = view.height().saturating_sub(keep_blocks).min(view.base.flushed);
        if to <= view.base.oldest {
            return Ok(());
        }
        if shared.options.flush == FlushMode::Background {
            let mut orders = shared.orders.lock();
            orders.prune_to = orders.prune_to.max(Some(to));
            shared.wake.notify_one();
            Ok(())
        } else {
            shared.prune_to(to)
        }
    }

    /// The oldest height whose state can be read.
    pub fn oldest_state(&self) -> u64 {
        self.shared().view().base.oldest
    }
}

impl Shared {
    pub(crate) fn prune_to(&self, to: u64) -> Result<(), StoreError> {
        while self.prune_step(to)? {}
        Ok(())
    }

    /// One bounded step; false when nothing is left to do.
    fn prune_step(&self, to: u64) -> Result<bool, StoreError> {
        let _flushing = self.flushing.lock();
        self.check_running()?;
        let view = self.view();
        let to = to.min(view.base.flushed);
        let mut oldest = view.base.oldest;
        let (mut batch, mut records) = (Batch::default(), 0);
        while oldest < to && records < STEP_RECORDS {
            oldest += 1;
            records += delete_history(&view.base, oldest, &mut batch)?;
        }
        if records == 0 {
            return Ok(false);
        }
        Meta { oldest, ..self.meta()? }.put(&mut batch);
        batch.sort();
        self.kv.write(&batch).map_err(|error| self.fail(error))?;
        let tables = Tables(self.kv.snapshot().map_err(|error| self.fail(error))?);
        let _writer = self.writer.lock();
        let view = self.view();
        // The newest state is as it was, and so is the cache's generation.
        let base = Base { tables, oldest, ..view.base.clone() };
        self.publish(View::new(base, view.index.clone(), view.layers.clone(), &view.head));
        Ok(oldest < to)
    }
}
