//! The best executable transactions, one at a time.
//!
//! What a transaction earns, `min(tip, fee - base fee)`, changes with every base fee, so no single order of senders stays right. Three
//! orders do: of senders whose first transaction has tip and fee alike (legacy prices) by that price, of the others by tip and by fee. A
//! walk reads them from the top and keeps what it has read in a small heap. Nothing unread can earn more than the next entry by tip, nor more
//! than the next by fee less the base fee; when the best of the heap reaches that bound it is the best of all. So a block of a thousand
//! from a pool of a hundred thousand reads little more than the thousand.

use crate::{Pool, PoolTransaction, sender::SenderQueue};
use alloy_primitives::{Address, map::AddressHashSet};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
    sync::Arc,
};

/// Highest price first, then by arrival. The sender comes along.
type HeadKey = (Reverse<u128>, u64, Address);
/// Highest effective tip first, then by arrival.
type Merit = (Reverse<u128>, u64);

/// The first executable transaction of every sender that has one, by price.
#[derive(Debug, Default)]
pub(crate) struct Heads {
    /// Those whose tip is their fee, by that.
    flat: BTreeSet<HeadKey>,
    /// The others, by tip ...
    by_tip: BTreeSet<HeadKey>,
    /// ... and by fee.
    by_fee: BTreeSet<HeadKey>,
}

impl Heads {
    pub(crate) fn insert(&mut self, queue: &SenderQueue) {
        let Some(head) = queue.head() else { return };
        let (price, arrival) = (head.tx.price(), head.tx.arrival);
        if price.tip == price.fee {
            self.flat.insert((Reverse(price.fee), arrival, queue.address));
        } else {
            self.by_tip.insert((Reverse(price.tip), arrival, queue.address));
            self.by_fee.insert((Reverse(price.fee), arrival, queue.address));
        }
    }

    pub(crate) fn remove(&mut self, queue: &SenderQueue) {
        let Some(head) = queue.head() else { return };
        let (price, arrival) = (head.tx.price(), head.tx.arrival);
        if price.tip == price.fee {
            self.flat.remove(&(Reverse(price.fee), arrival, queue.address));
        } else {
            self.by_tip.remove(&(Reverse(price.tip), arrival, queue.address));
            self.by_fee.remove(&(Reverse(price.fee), arrival, queue.address));
        }
    }
}

/// A walk over the executable transactions: highest effective tip first, nonce order within a sender, the earlier arrival of two alike.
///
/// It borrows nothing: the pool is handed in at each step, so that it need not stay locked while a transaction is executed. What joins
/// the pool meanwhile may be seen or not; what left it is not given out.
#[derive(Debug)]
pub struct BestTransactions {
    base_fee: u64,
    flat: Option<HeadKey>,
    by_tip: Option<HeadKey>,
    by_fee: Option<HeadKey>,
    /// Senders that were read, so that none comes twice.
    seen: AddressHashSet,
    /// Read, not yet given out: at most one transaction a sender.
    ready: BTreeMap<Merit, Arc<PoolTransaction>>,
    /// The one given out last, whose sender is to go on with the next nonce.
    last: Option<(Address, u64)>,
}

/// Where the best of what is unread may be.
#[derive(Clone, Copy)]
enum Source {
    Flat,
    Dynamic,
}

impl BestTransactions {
    pub(crate) fn new(base_fee: Option<u64>) -> Self {
        Self {
            base_fee: base_fee.unwrap_or(0),
            flat: None,
            by_tip: None,
            by_fee: None,
            seen: AddressHashSet::default(),
            ready: BTreeMap::new(),
            last: None,
        }
    }

    /// The next transaction, none when no more can pay the base fee. `pool` is the pool that the walk was begun on.
    pub fn next(&mut self, pool: &Pool) -> Option<Arc<PoolTransaction>> {
        if let Some((sender, nonce)) = self.last.take() {
            self.offer(pool.executable(sender, nonce + 1));
        }
        loop {
            let unread = self.bound(pool);
            let ready = self.ready.first_key_value().map(|(merit, _)| *merit);
            if let Some((bound, source)) = unread
                && ready.is_none_or(|ready| ready > bound)
            {
                self.read(source, pool);
                continue;
            }
            let (_, tx) = self.ready.pop_first()?;
            let standing = pool.executable(tx.sender, tx.nonce());
            if standing.is_some_and(|standing| standing.hash == tx.hash) {
                self.last = Some((tx.sender, tx.nonce()));
                return Some(tx);
            }
            // Replaced since it was read, or gone.
            self.offer(standing);
        }
    }

    /// Leaves out what else the sender of the transaction given out last has: that one did not fit or cannot be executed.
    pub const fn skip_sender(&mut self) {
        self.last = None;
    }

    fn offer(&mut self, tx: Option<&Arc<PoolTransaction>>) {
        if let Some(tx) = tx
            && let Some(tip) = tx.price().tip_at(self.base_fee)
        {
            self.ready.insert((Reverse(tip), tx.arrival), Arc::clone(tx));
        }
    }

    /// The most that anything unread can be worth, and where that would be. None when all that can pay is read.
    fn bound(&self, pool: &Pool) -> Option<(Merit, Source)> {
        let above = |(Reverse(fee), arrival, _): HeadKey| {
            fee.checked_sub(u128::from(self.base_fee)).map(|tip| (Reverse(tip), arrival))
        };
        let heads = pool.heads();
        let flat = after(&heads.flat, self.flat).and_then(above);
        let by_tip = after(&heads.by_tip, self.by_tip).map(|(tip, arrival, _)| (tip, arrival));
        let by_fee = after(&heads.by_fee, self.by_fee).and_then(above);
        // What is unread comes no earlier than either: the later of both bounds holds.
        let dynamic = by_tip.zip(by_fee).map(|(by_tip, by_fee)| by_tip.max(by_fee));
        let flat = flat.map(|bound| (bound, Source::Flat));
        let dynamic = dynamic.map(|bound| (bound, Source::Dynamic));
        flat.into_iter().chain(dynamic).min_by_key(|(bound, _)| *bound)
    }

    fn read(&mut self, source: Source, pool: &Pool) {
        let heads = pool.heads();
        match source {
            Source::Flat => {
                self.flat = after(&heads.flat, self.flat);
                self.meet(self.flat, pool);
            }
            Source::Dynamic => {
                self.by_tip = after(&heads.by_tip, self.by_tip);
                self.by_fee = after(&heads.by_fee, self.by_fee);
                self.meet(self.by_tip, pool);
                self.meet(self.by_fee, pool);
            }
        }
    }

    fn meet(&mut self, key: Option<HeadKey>, pool: &Pool) {
        if let Some((_, _, sender)) = key
            && self.seen.insert(sender)
        {
            self.offer(pool.head_of(sender));
        }
    }
}

fn after(heads: &BTreeSet<HeadKey>, last: Option<HeadKey>) -> Option<HeadKey> {
    let from = last.map_or(Bound::Unbounded, Bound::Excluded);
    heads.range((from, Bound::Unbounded)).next().copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AccountSource, AccountState, HeadInfo, NewTransaction, PoolConfig, Price};
    use alloy_consensus::{SignableTransaction, TxEip1559};
    use alloy_primitives::{Signature, TxKind, U256};
    use entente_chain::Fork;

    struct Rich;

    impl AccountSource for Rich {
        fn account(&self, _: Address) -> Result<AccountState, String> {
            Ok(AccountState { balance: U256::MAX, ..AccountState::default() })
        }
    }

    /// A pool of 5,000 senders with one transaction each, and how many of them a walk over the best 100 looks at.
    fn read_for_100(base_fee: u64, price: impl Fn(u64) -> Price) -> usize {
        let head = HeadInfo {
            number: 0,
            timestamp: 0,
            base_fee: Some(base_fee),
            gas_limit: 30_000_000,
            fork: Fork::Prague,
            chain_id: 1,
            transaction_gas_limit: None,
        };
        let mut pool = Pool::new(PoolConfig::default());
        for sender in 0..5_000_u64 {
            let price = price(sender);
            let tx = TxEip1559 {
                chain_id: 1,
                gas_limit: 21_000,
                max_fee_per_gas: price.fee,
                max_priority_fee_per_gas: price.tip,
                to: TxKind::Call(Address::ZERO),
                value: U256::from(sender),
                ..TxEip1559::default()
            };
            let tx = tx.into_signed(Signature::new(U256::from(1), U256::from(1), false)).into();
            let sender = Address::left_padding_from(&sender.to_be_bytes());
            pool.add(NewTransaction { tx, sender, local: false }, 0, &head, &Rich).unwrap();
        }
        let mut best = pool.best(Some(base_fee));
        let mut last = u128::MAX;
        for _ in 0..100 {
            let tip = best.next(&pool).unwrap().price().tip_at(base_fee).unwrap();
            assert!(tip <= last);
            last = tip;
        }
        best.seen.len()
    }

    #[test]
    fn a_walk_reads_little_more_than_it_gives() {
        // Where gas is free; legacy prices; wallets' usual tips under generous fees; fees that just cover.
        assert!(read_for_100(0, |_| Price { fee: 0, tip: 0 }) <= 101);
        assert!(
            read_for_100(50, |n| Price {
                fee: 60 + u128::from(n * 7919 % 1_000),
                tip: 60 + u128::from(n * 7919 % 1_000)
            }) <= 101
        );
        assert!(
            read_for_100(50, |n| Price { fee: 5_000, tip: 1 + u128::from(n * 7919 % 1_000) })
                <= 202
        );
        assert!(
            read_for_100(50, |n| Price { fee: 60 + u128::from(n * 7919 % 1_000), tip: 5 }) <= 202
        );
        // Half legacy, half not, alike in worth.
        let mixed =
            |n| if n % 2 == 0 { Price { fee: 52, tip: 52 } } else { Price { fee: 5_000, tip: 2 } };
        assert!(read_for_100(50, mixed) <= 202);
    }
}
