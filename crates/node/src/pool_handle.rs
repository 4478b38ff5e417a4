//! The pool, shared: RPC threads add to it, the chain's thread takes from it.

use crate::{
    ChainEvent, EventSender, Ledger, TransactionSource, journal::JournalFile, runtime::wall_clock,
};
use alloy_consensus::Transaction as _;
use alloy_primitives::{Address, B256, U256};
use entente_chain::{SealedHeader, Transaction};
use entente_consensus::Tick;
use entente_evm::StateView;
use entente_pool::{
    AccountSource, AccountState, Added, BestTransactions, DropReason, HeadInfo, NewTransaction,
    Pool, Rejected,
};
use entente_store::{Layer, Snapshot};
use parking_lot::{Mutex, MutexGuard};
use std::{sync::Arc, time::Instant};

/// The pool behind its lock, with the journal of local transactions. Clones share it.
#[derive(Clone)]
pub struct PoolHandle {
    pool: Arc<Mutex<Pool>>,
    journal: Option<Arc<Mutex<JournalFile>>>,
}

impl std::fmt::Debug for PoolHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PoolHandle").finish_non_exhaustive()
    }
}

/// The newest state, as the pool wants to see it.
struct Accounts<'a>(&'a Snapshot);

impl AccountSource for Accounts<'_> {
    fn account(&self, address: Address) -> Result<AccountState, String> {
        let account =
            self.0.account(address).map_err(|error| error.to_string())?.unwrap_or_default();
        Ok(AccountState {
            nonce: account.nonce,
            balance: account.balance,
            code: if account.code_hash == alloy_primitives::KECCAK256_EMPTY {
                None
            } else {
                Some(self.0.code(account.code_hash).map_err(|error| error.to_string())?)
            },
        })
    }
}

/// What the pool needs to know of the block that its transactions would go into.
pub fn head_info(ledger: &Ledger, head: &SealedHeader) -> HeadInfo {
    let spec = ledger.spec();
    let timestamp = head.timestamp.saturating_add(1);
    HeadInfo {
        number: head.number,
        timestamp: head.timestamp,
        base_fee: spec.next_base_fee(head, timestamp),
        gas_limit: head.gas_limit,
        fork: spec.forks.at(head.number + 1, timestamp, U256::ZERO),
        chain_id: spec.chain_id,
        transaction_gas_limit: spec.transaction_gas_cap(head.number + 1, timestamp),
    }
}

impl PoolHandle {
    /// A pool, with a journal for local transactions if there is to be one.
    pub fn new(pool: Pool, journal: Option<JournalFile>) -> Self {
        Self {
            pool: Arc::new(Mutex::new(pool)),
            journal: journal.map(|journal| Arc::new(Mutex::new(journal))),
        }
    }

    /// The pool itself, locked.
    pub fn lock(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock()
    }

    /// Whether a transaction waits that could go into the next block at this base fee.
    pub fn has_pending(&self, base_fee: Option<u64>) -> bool {
        let pool = self.pool.lock();
        pool.best(base_fee).next(&pool).is_some()
    }

    /// Adds a transaction whose sender is known.
    pub fn add(
        &self,
        ledger: &Ledger,
        tx: Transaction,
        sender: Address,
        local: bool,
        events: &EventSender,
    ) -> Result<Added, Rejected> {
        let now = wall_clock();
        let snapshot = ledger.store().snapshot();
        let head = head_info(ledger, &ledger.head());
        let encoded =
            (local && self.journal.is_some()).then(|| alloy_eips::Encodable2718::encoded_2718(&tx));
        let new = NewTransaction { tx, sender, local };
        let added = self.pool.lock().add(new, now.0, &head, &Accounts(&snapshot))?;
        if let (Some(journal), Some(encoded)) = (&self.journal, encoded) {
            journal.lock().append(&encoded);
        }
        for hash in added.pending.then_some(added.hash).iter().chain(&added.promoted) {
            events.send(ChainEvent::Pending(*hash));
        }
        for hash in added.replaced.iter().chain(&added.evicted) {
            events.send(ChainEvent::Dropped(*hash));
        }
        Ok(added)
    }

    /// Candidates for a block, best first, for at most `budget_ms`.
    pub(crate) fn source(&self, base_fee: Option<u64>, budget_ms: u64) -> PoolSource<'_> {
        let best = self.pool.lock().best(base_fee);
        PoolSource {
            pool: self,
            best,
            rejected: Vec::new(),
            started: Instant::now(),
            budget_ms: u128::from(budget_ms),
        }
    }

    /// Tells the pool of a committed block.
    pub(crate) fn on_block(&self, now: Tick, ledger: &Ledger, layer: &Layer, events: &EventSender) {
        let snapshot = ledger.store().snapshot();
        let block = layer.block();
        let head = head_info(ledger, &block.sealed_header());
        let mined: Vec<_> = block
            .transactions_with_sender()
            .map(|(tx, sender)| (sender, tx.nonce(), *tx.tx_hash()))
            .collect();
        let dropped = self.pool.lock().on_block(
            &head,
            &mined,
            layer.changed_accounts(),
            &Accounts(&snapshot),
            now.0,
        );
        for dropped in dropped {
            if dropped.reason != DropReason::Mined {
                events.send(ChainEvent::Dropped(dropped.hash));
            }
        }
    }

    /// Expires what has waited too long, and writes the journal anew when it has grown.
    pub(crate) fn housekeeping(&self, now: Tick, events: &EventSender) {
        let dropped = self.pool.lock().tick(now.0);
        for dropped in dropped {
            events.send(ChainEvent::Dropped(dropped.hash));
        }
        self.compact_journal();
    }

    pub(crate) fn compact_journal(&self) {
        if let Some(journal) = &self.journal {
            let local = self.pool.lock().local_transactions();
            journal.lock().rewrite_if_grown(&local);
        }
    }
}

/// The pool as the source of one block's transactions.
pub(crate) struct PoolSource<'a> {
    pool: &'a PoolHandle,
    best: BestTransactions,
    rejected: Vec<(B256, String)>,
    started: Instant,
    budget_ms: u128,
}

impl PoolSource<'_> {
    /// Takes out of the pool what can never be executed.
    pub(crate) fn finish(self, now: Tick, events: &EventSender) {
        if self.rejected.is_empty() {
            return;
        }
        let mut pool = self.pool.pool.lock();
        for (hash, reason) in self.rejected {
            pool.remove(hash, DropReason::Unexecutable(reason), now.0);
            events.send(ChainEvent::Dropped(hash));
        }
    }
}

impl TransactionSource for PoolSource<'_> {
    fn next(&mut self) -> Option<(Transaction, Address)> {
        let next = self.best.next(&self.pool.pool.lock())?;
        Some((next.tx.clone(), next.sender))
    }

    fn skip_sender(&mut self) {
        self.best.skip_sender();
    }

    fn reject(&mut self, hash: B256, reason: &str) {
        self.best.skip_sender();
        self.rejected.push((hash, reason.to_owned()));
    }

    fn out_of_time(&self) -> bool {
        self.started.elapsed().as_millis() > self.budget_ms
    }
}
