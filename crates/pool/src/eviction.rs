//! Who gives way when the pool is full.
//!
//! Each sender's transaction with the highest nonce stands here, worst first. Taking only last ones tears no gaps, and since the executable
//! ones are worth no more than what stands before them ([`Slot::floor`]), nobody hides cheap transactions behind a dear one.

use crate::{
    PoolTransaction, Price, SENDER_BYTES,
    sender::{SenderQueue, Slot},
};
use alloy_primitives::Address;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

/// What a transaction is worth keeping, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    class: Class,
    worth: Worth,
    /// Of two alike, the later one goes.
    arrival: Reverse<u64>,
    sender: Address,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Queued,
    Executable,
    LocalQueued,
    LocalExecutable,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Worth {
    /// The base fee is not covered by this max fee.
    BelowBaseFee(u128),
    /// The effective tip.
    Tip(u128),
}

/// The last transaction of every sender, worst first, by what it is worth at a base fee.
#[derive(Debug)]
pub(crate) struct Tails {
    base_fee: u64,
    local_priority: bool,
    ranks: BTreeSet<Rank>,
}

impl Tails {
    pub(crate) const fn new(local_priority: bool) -> Self {
        Self { base_fee: 0, local_priority, ranks: BTreeSet::new() }
    }

    pub(crate) fn insert(&mut self, queue: &SenderQueue) {
        if let Some(tail) = queue.tail() {
            self.ranks.insert(self.rank_of(tail));
        }
    }

    pub(crate) fn remove(&mut self, queue: &SenderQueue) {
        if let Some(tail) = queue.tail() {
            let rank = self.rank_of(tail);
            self.ranks.remove(&rank);
        }
    }

    /// Takes a new base fee into account. Only asked for when room must be made, so at most once a block and never in a pool with room.
    pub(crate) fn set_base_fee<'a>(
        &mut self,
        base_fee: u64,
        queues: impl Iterator<Item = &'a SenderQueue>,
    ) {
        if base_fee != self.base_fee {
            self.base_fee = base_fee;
            self.ranks =
                queues.filter_map(SenderQueue::tail).map(|tail| self.rank_of(tail)).collect();
        }
    }

    fn rank_of(&self, slot: &Slot) -> Rank {
        self.rank(&slot.tx, slot.floor, slot.queued_since.is_none())
    }

    /// The rank of a transaction with this lowest price among it and those that it stands behind.
    pub(crate) fn rank(&self, tx: &PoolTransaction, floor: Price, executable: bool) -> Rank {
        let class = match (tx.local && self.local_priority, executable) {
            (false, false) => Class::Queued,
            (false, true) => Class::Executable,
            (true, false) => Class::LocalQueued,
            (true, true) => Class::LocalExecutable,
        };
        let worth = floor.tip_at(self.base_fee).map_or(Worth::BelowBaseFee(floor.fee), Worth::Tip);
        Rank { class, worth, arrival: Reverse(tx.arrival), sender: tx.sender }
    }

    /// Which transactions to drop, in this order, so that `needed` bytes of footprint come free for one of rank `newcomer`. None when
    /// that would take one worth as much. The newcomer's own sender is left alone.
    pub(crate) fn plan(
        &self,
        needed: usize,
        newcomer: Rank,
        queues: &BTreeMap<Address, SenderQueue>,
    ) -> Option<Vec<(Address, u64)>> {
        let mut victims = Vec::new();
        let mut freed = 0;
        let mut standing =
            self.ranks.iter().filter(|rank| rank.sender != newcomer.sender).peekable();
        // Those that become last when what stood behind them is planned away, with their nonces.
        let mut exposed: BTreeMap<Rank, u64> = BTreeMap::new();
        while freed < needed {
            let worst_exposed = exposed.first_key_value().map(|(rank, _)| rank);
            let rank = *standing.peek().copied().into_iter().chain(worst_exposed).min()?;
            if rank >= newcomer {
                return None;
            }
            let queue = queues.get(&rank.sender)?;
            let slot = match exposed.remove(&rank) {
                Some(nonce) => queue.get(nonce)?,
                None => {
                    standing.next();
                    queue.tail()?
                }
            };
            freed += slot.tx.footprint();
            victims.push((rank.sender, slot.tx.nonce()));
            match queue.before(slot.tx.nonce()) {
                Some(before) => _ = exposed.insert(self.rank_of(before), before.tx.nonce()),
                None => freed += SENDER_BYTES,
            }
        }
        Some(victims)
    }
}
