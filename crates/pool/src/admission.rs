//! Taking a transaction in.

use crate::{
    AccountSource, AccountState, Added, DropReason, HeadInfo, NewTransaction, Pool,
    PoolTransaction, Price, Rejected, SENDER_BYTES, Standing, rules,
    sender::{SenderQueue, gas},
};
use alloy_primitives::{Address, B256, U256};
use std::sync::Arc;

impl Pool {
    /// Takes a transaction in, `now` being the time in milliseconds, `head` the newest block and `accounts` the state after it.
    ///
    /// # Errors
    /// Why it is not taken. The pool then holds what it held before, but for transactions of the same sender whose nonces turn out to be
    /// used.
    pub fn add(
        &mut self,
        new: NewTransaction,
        now: u64,
        head: &HeadInfo,
        accounts: &dyn AccountSource,
    ) -> Result<Added, Rejected> {
        self.head.get_or_insert(*head);
        if self.contains(*new.tx.tx_hash()) {
            return Err(Rejected::AlreadyKnown);
        }
        let tx = PoolTransaction::new(new, now, self.next_arrival);
        rules::check(&tx, head, &self.config)?;
        self.check_against_block(&tx, head)?;
        let account = accounts.account(tx.sender).map_err(Rejected::StateUnavailable)?;
        check_sender(&tx, &account)?;

        let mut evicted = self.catch_up(tx.sender, &account, now);
        self.check_nonce_gap(&tx, &account)?;
        let rival = self.rival(&tx);
        if let Some(rival) = &rival {
            self.check_replacement(&tx, rival, head, now)?;
        }
        self.check_funds(&tx, &account)?;
        let replaced_bytes = rival.as_ref().map_or(0, |rival| rival.footprint());
        self.check_share(&tx, rival.is_some(), replaced_bytes)?;
        let victims = self.room_for(&tx, replaced_bytes, &account, head)?;

        for (sender, nonce) in victims {
            let dropped = self.drop_one(sender, nonce, DropReason::Evicted { by: tx.hash }, now);
            evicted.extend(dropped.map(|dropped| dropped.hash));
        }
        Ok(self.put(tx, &account, evicted, now))
    }

    fn put(
        &mut self,
        tx: PoolTransaction,
        account: &AccountState,
        evicted: Vec<B256>,
        now: u64,
    ) -> Added {
        let (hash, sender) = (tx.hash, tx.sender);
        let tx = Arc::new(tx);
        self.next_arrival += 1;
        self.senders.entry(sender).or_insert_with(|| {
            self.bytes += SENDER_BYTES;
            SenderQueue::new(sender, account.nonce, account.balance)
        });
        let (replaced, mut promoted) = self
            .edit(sender, now, |queue, with| queue.insert(Arc::clone(&tx), with))
            .unwrap_or_default();
        let replaced =
            replaced.map(|slot| self.count_out(&slot, DropReason::Replaced { by: hash }, now).hash);
        self.count_in(&tx);
        promoted.retain(|promoted| *promoted != hash);
        let pending = self.standing(hash) == Some(Standing::Executable);
        Added { hash, replaced, pending, promoted, evicted }
    }

    fn check_against_block(&self, tx: &PoolTransaction, head: &HeadInfo) -> Result<(), Rejected> {
        if gas(tx) > head.gas_limit {
            return Err(Rejected::ExceedsBlockGasLimit { gas: gas(tx), limit: head.gas_limit });
        }
        let base_fee = head.base_fee.unwrap_or(0);
        if self.config.refuse_below_base_fee && tx.price().tip_at(base_fee).is_none() {
            return Err(Rejected::FeeBelowBaseFee { fee: tx.price().fee, base_fee });
        }
        Ok(())
    }

    /// Brings a queue up to what the state says now, should it have gone on since the pool was told of a block.
    fn catch_up(&mut self, sender: Address, account: &AccountState, now: u64) -> Vec<B256> {
        let behind =
            |queue: &SenderQueue| queue.nonce != account.nonce || queue.balance != account.balance;
        if !self.senders.get(&sender).is_some_and(behind) {
            return Vec::new();
        }
        let change = self.edit(sender, now, |queue, with| {
            queue.set_account(account.nonce, account.balance, with)
        });
        let (used, _) = change.unwrap_or_default();
        let reason = DropReason::NonceUsed { by: None };
        used.iter().map(|slot| self.count_out(slot, reason.clone(), now).hash).collect()
    }

    fn check_nonce_gap(
        &self,
        tx: &PoolTransaction,
        account: &AccountState,
    ) -> Result<(), Rejected> {
        let next = self.senders.get(&tx.sender).map_or(account.nonce, |queue| queue.end);
        let (nonce, max_gap) = (tx.nonce(), self.config.max_nonce_gap);
        if nonce.saturating_sub(next) > max_gap {
            return Err(Rejected::NonceTooHigh { next, nonce, max_gap });
        }
        Ok(())
    }

    /// The sender's transaction with the same nonce.
    fn rival(&self, tx: &PoolTransaction) -> Option<Arc<PoolTransaction>> {
        Some(Arc::clone(&self.senders.get(&tx.sender)?.get(tx.nonce())?.tx))
    }

    fn check_replacement(
        &self,
        tx: &PoolTransaction,
        rival: &PoolTransaction,
        head: &HeadInfo,
        now: u64,
    ) -> Result<(), Rejected> {
        let (old, new) = (rival.price(), tx.price());
        let bump = self.config.price_bump_percent;
        let needed = Price { fee: raised(old.fee, bump), tip: raised(old.tip, bump) };
        if new.fee >= needed.fee && new.tip >= needed.tip {
            return Ok(());
        }
        let free_gas = head.base_fee.unwrap_or(0) == 0;
        let wait_ms =
            (rival.received.saturating_add(self.config.replace_after_ms)).saturating_sub(now);
        if free_gas && wait_ms == 0 && new.fee >= old.fee && new.tip >= old.tip {
            return Ok(());
        }
        Err(Rejected::ReplacementUnderpriced {
            hash: rival.hash,
            fee: old.fee,
            tip: old.tip,
            needed_fee: needed.fee,
            needed_tip: needed.tip,
            wait_ms: free_gas.then_some(wait_ms),
        })
    }

    /// The balance must cover the transaction beside all of the sender's executable ones: what is accepted must not push out what was.
    fn check_funds(&self, tx: &PoolTransaction, account: &AccountState) -> Result<(), Rejected> {
        let (balance, cost) = (account.balance, tx.cost);
        if cost > balance {
            return Err(Rejected::InsufficientFunds { balance, cost });
        }
        let queued = self.senders.get(&tx.sender).map_or(U256::ZERO, |queue| {
            let replaced = queue.executable(tx.nonce()).map_or(U256::ZERO, |slot| slot.tx.cost);
            queue.spent_before(queue.end).saturating_sub(replaced)
        });
        if queued.saturating_add(cost) > balance {
            return Err(Rejected::InsufficientFundsQueued { balance, queued, cost });
        }
        Ok(())
    }

    fn check_share(
        &self,
        tx: &PoolTransaction,
        replaces: bool,
        replaced_bytes: usize,
    ) -> Result<(), Rejected> {
        let (held, held_bytes) =
            self.senders.get(&tx.sender).map_or((0, 0), |queue| (queue.len(), queue.footprint));
        let transactions = held + usize::from(!replaces);
        let bytes = held_bytes - replaced_bytes + tx.footprint();
        let (max_transactions, max_bytes) =
            (self.config.max_transactions_per_sender, self.config.max_bytes_per_sender);
        if transactions > max_transactions || bytes > max_bytes {
            let sender = tx.sender;
            return Err(Rejected::AccountLimit {
                sender,
                transactions,
                bytes,
                max_transactions,
                max_bytes,
            });
        }
        Ok(())
    }

    /// What must go so that the transaction has room.
    fn room_for(
        &mut self,
        tx: &PoolTransaction,
        replaced_bytes: usize,
        account: &AccountState,
        head: &HeadInfo,
    ) -> Result<Vec<(Address, u64)>, Rejected> {
        let known = self.senders.contains_key(&tx.sender);
        let needed = tx.footprint() + if known { 0 } else { SENDER_BYTES };
        let missing = (self.bytes - replaced_bytes + needed).saturating_sub(self.config.max_bytes);
        if missing == 0 {
            return Ok(Vec::new());
        }
        self.tails.set_base_fee(head.base_fee.unwrap_or(0), self.senders.values());
        let queue = self.senders.get(&tx.sender);
        let executable = tx.nonce() <= queue.map_or(account.nonce, |queue| queue.end);
        let before =
            queue.filter(|_| executable).map_or(Price::MAX, |queue| queue.floor_before(tx.nonce()));
        let rank = self.tails.rank(tx, before.floor(tx.price()), executable);
        self.tails.plan(missing, rank, &self.senders).ok_or(Rejected::Full {
            used: self.bytes,
            limit: self.config.max_bytes,
            needed,
        })
    }
}

/// Whether the account may send this at all.
fn check_sender(tx: &PoolTransaction, account: &AccountState) -> Result<(), Rejected> {
    if account.code.as_ref().is_some_and(|code| rules::is_contract(code)) {
        return Err(Rejected::SenderHasCode(tx.sender));
    }
    if tx.nonce() < account.nonce {
        return Err(Rejected::NonceTooLow { next: account.nonce, nonce: tx.nonce() });
    }
    Ok(())
}

/// A price raised by some per cent, and by one wei at least; rounded down, as geth does.
fn raised(price: u128, percent: u32) -> u128 {
    let whole = (price / 100).saturating_mul(u128::from(percent));
    let part = (price % 100) * u128::from(percent) / 100;
    price.saturating_add((whole.saturating_add(part)).max(1))
}
