//! One sender's transactions by nonce, and where the executable ones end.

use crate::{PoolTransaction, Price};
use alloy_primitives::{Address, B256, U256};
use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    sync::Arc,
};

/// Queued transactions by when they became so: (milliseconds, sender, nonce).
pub(crate) type ByAge = BTreeSet<(u64, Address, u64)>;

/// Whether a transaction in the pool could be executed, and if not, what it waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It could go into the next block (if its fee covers the base fee).
    Executable,
    /// A transaction with a lower nonce is missing.
    NonceGap {
        /// The nonce that is missing.
        missing: u64,
    },
    /// The balance covers those before it, but not it.
    InsufficientFunds {
        /// Wei in the newest state.
        balance: U256,
        /// Wei for all of the sender's transactions up to and with this one.
        needed: U256,
    },
    /// It asks for more gas than a block has now.
    ExceedsBlockGasLimit {
        /// Gas asked for.
        gas: u64,
    },
    /// One of its sender's transactions before it cannot be executed.
    Behind {
        /// That one's nonce.
        nonce: u64,
    },
}

/// A transaction in its sender's queue.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    pub(crate) tx: Arc<PoolTransaction>,
    /// Cost of all executable transactions up to this one. Meaningless while queued.
    spent: U256,
    /// The lowest price among the executable transactions up to this one: no block takes it without them. Its own price while queued.
    pub(crate) floor: Price,
    /// When it became queued; none while executable.
    pub(crate) queued_since: Option<u64>,
}

/// What settling a queue needs and what it changes outside of it.
pub(crate) struct Settling<'a> {
    pub(crate) now: u64,
    pub(crate) gas_limit: u64,
    pub(crate) queued: &'a mut ByAge,
    pub(crate) promoted: Vec<B256>,
}

/// A sender's transactions. Those with a nonce in `nonce..end` are executable and without a gap.
#[derive(Clone, Debug)]
pub(crate) struct SenderQueue {
    pub(crate) address: Address,
    /// The account's nonce in the newest state.
    pub(crate) nonce: u64,
    /// The account's balance in the newest state.
    pub(crate) balance: U256,
    /// The nonce after the last executable transaction.
    pub(crate) end: u64,
    slots: BTreeMap<u64, Slot>,
    /// Bytes of footprint of all transactions.
    pub(crate) footprint: usize,
}

impl SenderQueue {
    pub(crate) const fn new(address: Address, nonce: u64, balance: U256) -> Self {
        Self { address, nonce, balance, end: nonce, slots: BTreeMap::new(), footprint: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(crate) fn executable_len(&self) -> usize {
        // At most `len`, each of these nonces having its slot.
        usize::try_from(self.end - self.nonce).unwrap_or(usize::MAX)
    }

    pub(crate) fn get(&self, nonce: u64) -> Option<&Slot> {
        self.slots.get(&nonce)
    }

    pub(crate) fn executable(&self, nonce: u64) -> Option<&Slot> {
        (self.nonce..self.end).contains(&nonce).then(|| self.slots.get(&nonce)).flatten()
    }

    /// The first executable transaction.
    pub(crate) fn head(&self) -> Option<&Slot> {
        self.executable(self.nonce)
    }

    /// The transaction with the highest nonce.
    pub(crate) fn tail(&self) -> Option<&Slot> {
        self.slots.last_key_value().map(|(_, slot)| slot)
    }

    /// The transaction before a nonce.
    pub(crate) fn before(&self, nonce: u64) -> Option<&Slot> {
        self.slots.range(..nonce).next_back().map(|(_, slot)| slot)
    }

    /// All transactions, in nonce order.
    pub(crate) fn slots(&self) -> impl DoubleEndedIterator<Item = &Slot> {
        self.slots.values()
    }

    /// What the executable transactions before a nonce cost together.
    pub(crate) fn spent_before(&self, nonce: u64) -> U256 {
        nonce
            .checked_sub(1)
            .and_then(|last| self.executable(last))
            .map_or(U256::ZERO, |slot| slot.spent)
    }

    /// The lowest price among the executable transactions before a nonce.
    pub(crate) fn floor_before(&self, nonce: u64) -> Price {
        nonce
            .checked_sub(1)
            .and_then(|last| self.executable(last))
            .map_or(Price::MAX, |slot| slot.floor)
    }

    /// Puts a transaction in its place; gives the one that stood there.
    pub(crate) fn insert(
        &mut self,
        tx: Arc<PoolTransaction>,
        with: &mut Settling<'_>,
    ) -> Option<Slot> {
        let nonce = tx.nonce();
        self.footprint += tx.footprint();
        let mut slot =
            Slot { spent: U256::ZERO, floor: tx.price(), queued_since: Some(with.now), tx };
        let old = self.slots.remove(&nonce);
        if let Some(old) = &old {
            self.footprint -= old.tx.footprint();
            match old.queued_since {
                Some(since) => _ = with.queued.remove(&(since, self.address, nonce)),
                // It steps into an executable one's place: nothing is promoted by that.
                None => slot.queued_since = None,
            }
        }
        if slot.queued_since.is_some() {
            with.queued.insert((with.now, self.address, nonce));
        }
        self.slots.insert(nonce, slot);
        if nonce <= self.end {
            self.settle(nonce, with);
        }
        old
    }

    /// Takes a transaction out.
    pub(crate) fn take(&mut self, nonce: u64, with: &mut Settling<'_>) -> Option<Slot> {
        let slot = self.slots.remove(&nonce)?;
        self.left(nonce, &slot, with);
        if nonce < self.end {
            self.settle(nonce, with);
        }
        Some(slot)
    }

    /// Learns what the account holds now; gives the transactions whose nonces are used.
    pub(crate) fn set_account(
        &mut self,
        nonce: u64,
        balance: U256,
        with: &mut Settling<'_>,
    ) -> Vec<Slot> {
        let keep = self.slots.split_off(&nonce);
        let used = mem::replace(&mut self.slots, keep);
        for (nonce, slot) in &used {
            self.left(*nonce, slot, with);
        }
        self.nonce = nonce;
        self.balance = balance;
        self.settle(nonce, with);
        used.into_values().collect()
    }

    /// Finds anew where the executable transactions end, all of them looked at.
    pub(crate) fn settle_all(&mut self, with: &mut Settling<'_>) {
        self.settle(self.nonce, with);
    }

    fn left(&mut self, nonce: u64, slot: &Slot, with: &mut Settling<'_>) {
        self.footprint -= slot.tx.footprint();
        if let Some(since) = slot.queued_since {
            with.queued.remove(&(since, self.address, nonce));
        }
    }

    /// Finds anew where the executable transactions end; those before `start` are known to be good.
    fn settle(&mut self, start: u64, with: &mut Settling<'_>) {
        let address = self.address;
        let old_end = self.end;
        let mut spent = self.spent_before(start);
        let mut floor = self.floor_before(start);
        let mut end = start;
        for (nonce, slot) in self.slots.range_mut(start..) {
            let total = spent.saturating_add(slot.tx.cost);
            if *nonce != end || total > self.balance || gas(&slot.tx) > with.gas_limit {
                break;
            }
            spent = total;
            floor = floor.floor(slot.tx.price());
            slot.spent = spent;
            slot.floor = floor;
            if let Some(since) = slot.queued_since.take() {
                with.queued.remove(&(since, address, *nonce));
                with.promoted.push(slot.tx.hash);
            }
            end += 1;
        }
        self.end = end;
        if end < old_end {
            for (nonce, slot) in self.slots.range_mut(end..old_end) {
                slot.floor = slot.tx.price();
                if slot.queued_since.is_none() {
                    slot.queued_since = Some(with.now);
                    with.queued.insert((with.now, address, *nonce));
                }
            }
        }
    }

    /// Whether the transaction with this nonce is executable, or what it waits for.
    pub(crate) fn standing(&self, nonce: u64, gas_limit: u64) -> Standing {
        if nonce < self.end {
            return Standing::Executable;
        }
        let Some(first) = self.slots.get(&self.end) else {
            return Standing::NonceGap { missing: self.end };
        };
        if nonce > self.end {
            return match (self.end..nonce).find(|nonce| !self.slots.contains_key(nonce)) {
                Some(missing) => Standing::NonceGap { missing },
                None => Standing::Behind { nonce: self.end },
            };
        }
        if gas(&first.tx) > gas_limit {
            return Standing::ExceedsBlockGasLimit { gas: gas(&first.tx) };
        }
        let needed = self.spent_before(nonce).saturating_add(first.tx.cost);
        Standing::InsufficientFunds { balance: self.balance, needed }
    }
}

pub(crate) fn gas(tx: &PoolTransaction) -> u64 {
    alloy_consensus::Transaction::gas_limit(&tx.tx)
}
