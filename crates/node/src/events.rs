//! What a chain tells those who listen: RPC subscriptions, the gateway, tests.

use alloy_primitives::B256;
use entente_store::Layer;
use std::sync::Arc;
use tokio::sync::broadcast;

/// Events kept for a listener that lags; one that falls further behind is told how many it missed.
const BACKLOG: usize = 4096;

/// Something that happened on a chain, in the order in which it happened.
#[derive(Clone, Debug)]
pub enum ChainEvent {
    /// A block was committed and is the head. The layer carries block, senders and receipts.
    Committed(Arc<Layer>),
    /// The head went back to this height; what stood above it is undone (only under engines that may fork).
    Undone {
        /// The new head's height.
        to: u64,
        /// Hashes of the undone blocks, newest first.
        blocks: Vec<B256>,
    },
    /// A transaction entered the pool and can be executed as things stand.
    Pending(B256),
    /// A transaction left the pool unmined.
    Dropped(B256),
}

/// Where events are put; clones share the listeners.
#[derive(Clone, Debug)]
pub struct EventSender(broadcast::Sender<ChainEvent>);

impl Default for EventSender {
    fn default() -> Self {
        Self(broadcast::channel(BACKLOG).0)
    }
}

impl EventSender {
    /// Listens from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<ChainEvent> {
        self.0.subscribe()
    }

    pub(crate) fn send(&self, event: ChainEvent) {
        // Nobody listening is no error.
        let _ = self.0.send(event);
    }
}
