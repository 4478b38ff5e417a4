//! Follower: no engine of one's own.
//!
//! For nodes that serve a chain without deciding anything: blocks come by import or from peers, and this asks for none. Nothing is ever final by its
//! word alone, so the tags `safe` and `finalized` stand [`DEPTH`] blocks below the head.

use crate::{Engine, Event, FaultModel, Finality, Info, Outbox, Snapshot, Tick};

/// Blocks below the head that are taken as final: what proof-of-work users have waited for.
pub const DEPTH: u64 = 64;

/// See the module.
#[derive(Debug, Default)]
pub struct Follower {
    head: u64,
}

impl Follower {
    /// A follower.
    pub const fn new() -> Self {
        Self { head: 0 }
    }
}

impl Engine for Follower {
    fn info(&self) -> Info {
        Info {
            name: "follower",
            faults: FaultModel::None,
            finality: Finality::Depth(DEPTH),
            minimum_nodes: 1,
        }
    }

    fn step(&mut self, _: Tick, event: Event, _: &mut Outbox) {
        if let Event::Start { head, .. } | Event::Applied { header: head, .. } = event {
            self.head = head.number;
        }
    }

    fn dump(&self) -> Snapshot {
        Snapshot(vec![("head", self.head.to_string())])
    }
}
