//! What all handles of a store share, and who may change it.
//!
//! There are two locks for writers: `flushing` is held while the tables change (flush, rewind, prune), `writer` while the log and the view do (commit, the last step of
//! the others). Who takes both takes `flushing` first. Readers take neither: they clone the view.

use crate::{
    StoreError,
    blocks::BlockCache,
    cache::StateCache,
    kv::Kv,
    layer::Layer,
    log::{BlockLog, Location},
    options::StoreOptions,
    overlay::Overlays,
    snapshot::Snapshot,
    view::{Committed, View},
};
use alloy_primitives::B256;
use parking_lot::{Condvar, Mutex, RwLock};
use std::{collections::VecDeque, sync::Arc, time::Instant};

/// A block of the log that waits to be executed again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pending {
    pub(crate) height: u64,
    pub(crate) hash: B256,
    pub(crate) at: Location,
}

#[derive(Debug, Default)]
pub(crate) struct Writer {
    pub(crate) pending: VecDeque<Pending>,
}

/// What the flusher's thread is told.
#[derive(Debug, Default)]
pub(crate) struct Orders {
    pub(crate) stop: bool,
    /// History is to be pruned up to here.
    pub(crate) prune_to: Option<u64>,
    /// Since when the oldest layer waits.
    pub(crate) since: Option<Instant>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) log: BlockLog,
    pub(crate) kv: Arc<dyn Kv>,
    pub(crate) options: StoreOptions,
    pub(crate) cache: StateCache,
    pub(crate) blocks: BlockCache,
    pub(crate) overlays: Overlays,
    pub(crate) view: RwLock<Arc<View>>,
    pub(crate) writer: Mutex<Writer>,
    pub(crate) flushing: Mutex<()>,
    pub(crate) orders: Mutex<Orders>,
    /// Told when there is something for the flusher.
    pub(crate) wake: Condvar,
    /// Told when the flusher has done something, or failed.
    pub(crate) done: Condvar,
    /// Why nothing is written any more.
    pub(crate) failed: Mutex<Option<String>>,
}

impl Shared {
    pub(crate) fn view(&self) -> Arc<View> {
        self.view.read().clone()
    }

    pub(crate) fn publish(&self, view: View) {
        // The old view is let go outside the lock: it may be the last to hold many layers.
        let old = std::mem::replace(&mut *self.view.write(), Arc::new(view));
        drop(old);
    }

    pub(crate) fn check_running(&self) -> Result<(), StoreError> {
        self.failed.lock().clone().map_or(Ok(()), |reason| Err(StoreError::Stopped(reason)))
    }

    /// Remembers that a write failed. What is on disk is unknown from now on, so nothing more is written by this process.
    pub(crate) fn fail(&self, error: StoreError) -> StoreError {
        self.failed.lock().get_or_insert_with(|| error.to_string());
        let _orders = self.orders.lock();
        self.done.notify_all();
        self.wake.notify_all();
        error
    }

    /// Puts layers that are in the log on top of the view. The caller holds the writer's lock.
    pub(crate) fn put_on_top(&self, new: &[Committed]) {
        let view = self.view();
        for committed in new {
            view.index.add(&committed.layer);
        }
        self.publish(view.with(new));
    }

    /// Whether a block stands on the head.
    pub(crate) fn check_extends(view: &View, layers: &[Arc<Layer>]) -> Result<(), StoreError> {
        let (mut head, mut height) = (view.head.header.hash, view.height());
        for layer in layers {
            let block = layer.block();
            let parent = block.header.parent_hash;
            if parent != head || block.number() != height + 1 {
                return Err(StoreError::NotOnHead { number: block.number(), parent, head, height });
            }
            (head, height) = (block.hash, block.number());
        }
        Ok(())
    }

    pub(crate) fn snapshot(self: &Arc<Self>) -> Snapshot {
        let view = self.view();
        let height = view.height();
        Snapshot::new(self.clone(), view, height)
    }
}
