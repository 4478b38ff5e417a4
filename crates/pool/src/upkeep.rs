//! Keeping the pool in step with the chain and the clock.

use crate::{
    AccountSource, AccountState, DropReason, Dropped, HeadInfo, Pool, rules, sender::ByAge,
};
use alloy_primitives::{Address, B256};
use std::collections::BTreeMap;

/// The transactions of a block by sender and nonce.
type Mined = BTreeMap<(Address, u64), B256>;

impl Pool {
    /// Follows the chain to a new head at `now` (milliseconds): drops what was mined and what can be no more, and settles anew the senders
    /// that the block touched, and only those.
    ///
    /// `mined` names sender, nonce and hash of the block's transactions; `changed` every account whose nonce, balance or code it changed
    /// (senders in `mined` need not be repeated; addresses without transactions here cost one look-up). `accounts` is the state after it.
    /// When blocks are undone, call this with the new head, the undone blocks' accounts as `changed`, and then [`Pool::add`] their
    /// transactions.
    ///
    /// An account that cannot be read is tried again at the next block.
    pub fn on_block(
        &mut self,
        head: &HeadInfo,
        mined: &[(Address, u64, B256)],
        changed: impl IntoIterator<Item = Address>,
        accounts: &dyn AccountSource,
        now: u64,
    ) -> Vec<Dropped> {
        let before = self.head.replace(*head);
        let mut touched = std::mem::take(&mut self.unread);
        touched.extend(changed.into_iter().filter(|address| self.senders.contains_key(address)));
        let mut places = Mined::new();
        for (sender, nonce, hash) in mined {
            if !self.contains(*hash) {
                // It may have left a moment ago, by its nonce, through an addition that read the new state before this call.
                self.drops.correct(hash, head.number, now);
            }
            if self.senders.contains_key(sender) {
                places.insert((*sender, *nonce), *hash);
                touched.insert(*sender);
            }
        }
        let mut dropped = Vec::new();
        for sender in touched {
            self.refresh(sender, accounts, &places, now, &mut dropped);
        }
        if before.is_some_and(|before| {
            before.fork != head.fork || before.transaction_gas_limit != head.transaction_gas_limit
        }) {
            self.check_rules_again(head, now, &mut dropped);
        }
        if before.is_some_and(|before| {
            before.gas_limit != head.gas_limit
                && before.gas_limit.min(head.gas_limit) < self.most_gas()
        }) {
            let senders: Vec<_> = self.senders.keys().copied().collect();
            for sender in senders {
                self.edit(sender, now, |queue, with| queue.settle_all(with));
            }
        }
        dropped
    }

    fn refresh(
        &mut self,
        sender: Address,
        accounts: &dyn AccountSource,
        mined: &Mined,
        now: u64,
        dropped: &mut Vec<Dropped>,
    ) {
        let account = accounts.account(sender).unwrap_or_else(|_| {
            self.unread.insert(sender);
            self.surmise(sender, mined)
        });
        let contract = account.code.as_ref().is_some_and(|code| rules::is_contract(code));
        let change = self.edit(sender, now, |queue, with| {
            let used = queue.set_account(account.nonce, account.balance, with);
            let nonces: Vec<_> =
                queue.slots().filter(|_| contract).map(|slot| slot.tx.nonce()).collect();
            let banned: Vec<_> =
                nonces.into_iter().rev().filter_map(|nonce| queue.take(nonce, with)).collect();
            (used, banned)
        });
        let ((used, banned), _) = change.unwrap_or_default();
        for slot in used {
            let by = mined.get(&(sender, slot.tx.nonce())).copied();
            let reason = if by == Some(slot.tx.hash) {
                DropReason::Mined
            } else {
                DropReason::NonceUsed { by }
            };
            dropped.push(self.count_out(&slot, reason, now));
        }
        for slot in banned {
            let reason =
                DropReason::Invalid(format!("its sender {sender} is a contract now (EIP-3607)"));
            dropped.push(self.count_out(&slot, reason, now));
        }
    }

    /// What an account that cannot be read must be at least: its nonce is past those that were mined.
    fn surmise(&self, sender: Address, mined: &Mined) -> AccountState {
        let known =
            self.senders.get(&sender).map(|queue| (queue.nonce, queue.balance)).unwrap_or_default();
        let past = mined
            .range((sender, 0)..=(sender, u64::MAX))
            .next_back()
            .map_or(0, |((_, nonce), _)| nonce.saturating_add(1));
        AccountState { nonce: known.0.max(past), balance: known.1, code: None }
    }

    /// A new fork may forbid what the last allowed: less gas a transaction, smaller init code, dearer data.
    fn check_rules_again(&mut self, head: &HeadInfo, now: u64, dropped: &mut Vec<Dropped>) {
        let broken: Vec<_> = self
            .iter()
            .filter_map(|tx| {
                Some((tx.sender, tx.nonce(), rules::check(tx, head, &self.config).err()?))
            })
            .collect();
        for (sender, nonce, reason) in broken {
            dropped.extend(self.drop_one(
                sender,
                nonce,
                DropReason::Invalid(reason.to_string()),
                now,
            ));
        }
    }

    /// Takes a transaction out at `now` (milliseconds). Its sender's later ones stay, queued behind the gap. None when it is not here.
    pub fn remove(&mut self, hash: B256, reason: DropReason, now: u64) -> Option<Dropped> {
        let (sender, nonce) = self.place(hash)?;
        self.drop_one(sender, nonce, reason, now)
    }

    /// Drops what has waited too long at `now` (milliseconds). Costs nothing when nothing has; call it as often as convenient.
    pub fn tick(&mut self, now: u64) -> Vec<Dropped> {
        let mut dropped = Vec::new();
        let after_ms = self.config.queued_lifetime_ms;
        while let Some((sender, nonce)) = oldest(&self.queued_by_age, now, after_ms) {
            let reason = DropReason::Expired { after_ms, queued: true };
            let Some(expired) = self.drop_one(sender, nonce, reason, now) else { break };
            dropped.push(expired);
        }
        let Some(after_ms) = self.config.lifetime_ms else { return dropped };
        while let Some((sender, nonce)) = oldest(&self.all_by_age, now, after_ms) {
            let reason = DropReason::Expired { after_ms, queued: false };
            let Some(expired) = self.drop_one(sender, nonce, reason, now) else { break };
            dropped.push(expired);
        }
        dropped
    }
}

/// The transaction that is oldest, if it has reached this age.
fn oldest(by_age: &ByAge, now: u64, after_ms: u64) -> Option<(Address, u64)> {
    let (since, sender, nonce) = by_age.first()?;
    (since.saturating_add(after_ms) <= now).then_some((*sender, *nonce))
}
