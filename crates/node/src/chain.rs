//! One chain, put together: ledger, pool, engine and events behind the handle that everybody above holds.

use crate::{
    BlockTemplate, BuildConfig, ChainEvent, Driver, EventSender, FinalityMark, Ledger, NodeError,
    Output, PoolHandle, Runtime, TransactionSource, Waker, journal::JournalFile,
};
use alloy_primitives::{Address, B256};
use entente_chain::{ChainSpec, RecoveredBlock, SealedHeader, Transaction, recover_sender};
use entente_consensus::{Engine, Info, Tick};
use entente_evm::Executor;
use entente_pool::{Pool, PoolConfig, Rejected};
use entente_store::{Layer, Store};
use parking_lot::Mutex;
use std::{path::PathBuf, sync::Arc};
use tokio::sync::broadcast;

/// How much history a chain keeps for reading old state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pruning {
    /// All of it.
    #[default]
    Archive,
    /// State of the newest blocks, this many; blocks and receipts are kept.
    Blocks(u64),
}

/// What a chain is started with besides its store.
#[derive(Debug)]
pub struct ChainConfig {
    /// What blocks built here carry.
    pub build: BuildConfig,
    /// Limits of the pool.
    pub pool: PoolConfig,
    /// File that keeps local transactions across restarts.
    pub pool_journal: Option<PathBuf>,
    /// How much history to keep.
    pub pruning: Pruning,
    /// Bytes for prepared code.
    pub code_cache_bytes: u64,
}

/// Why a transaction was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// Its signature does not hold.
    #[error("invalid sender: {0}")]
    Signature(String),
    /// The pool refused it.
    #[error(transparent)]
    Rejected(#[from] Rejected),
    /// The pool is switched off: this chain only follows.
    #[error("this node takes no transactions")]
    ReadOnly,
}

struct Inner {
    ledger: Arc<Ledger>,
    pool: PoolHandle,
    events: EventSender,
    finality: Arc<FinalityMark>,
    engine: Info,
    build: BuildConfig,
    waker: Option<Waker>,
    runtime: Mutex<Option<Runtime>>,
    pending: Mutex<Option<Arc<Layer>>>,
}

/// A running chain. Clones share it; [`Chain::stop`] ends it cleanly.
#[derive(Clone)]
pub struct Chain(Arc<Inner>);

impl std::fmt::Debug for Chain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chain").field("head", &self.head().number).finish_non_exhaustive()
    }
}

impl Chain {
    /// Opens a chain on its store and starts its engine. `deliver` takes what the engine wants sent to peers.
    pub fn start(
        store: Store,
        spec: Arc<ChainSpec>,
        engine: Box<dyn Engine>,
        config: ChainConfig,
        deliver: impl FnMut(Output) + Send + 'static,
    ) -> Result<Self, NodeError> {
        let executor = Executor::new(spec, config.code_cache_bytes)?;
        let ledger = Arc::new(Ledger::open(store, executor, config.pruning)?);
        let (journal, replayed) = match config.pool_journal {
            Some(path) => {
                let (journal, replayed) = JournalFile::open(path)?;
                (Some(journal), replayed)
            }
            None => (None, Vec::new()),
        };
        let pool = PoolHandle::new(Pool::new(config.pool), journal);
        let events = EventSender::default();
        reload(&ledger, &pool, replayed, &events);
        let finality = Arc::new(FinalityMark::default());
        let info = engine.info();
        let driver = Driver::new(
            engine,
            ledger.clone(),
            pool.clone(),
            events.clone(),
            finality.clone(),
            config.build.clone(),
        );
        let housekeeping = {
            let (pool, events) = (pool.clone(), events.clone());
            move |now: Tick| pool.housekeeping(now, &events)
        };
        let runtime = Runtime::spawn(driver, deliver, housekeeping)?;
        Ok(Self(Arc::new(Inner {
            ledger,
            pool,
            events,
            finality,
            engine: info,
            build: config.build,
            waker: Some(runtime.waker()),
            runtime: Mutex::new(Some(runtime)),
            pending: Mutex::default(),
        })))
    }

    /// Stops the engine after what it is doing, and flushes state to disk.
    pub fn stop(&self) -> Result<(), NodeError> {
        if let Some(runtime) = self.0.runtime.lock().take() {
            runtime.stop()?;
        }
        self.0.pool.compact_journal();
        self.0.ledger.store().flush()?;
        Ok(())
    }

    /// The chain's rules.
    pub fn spec(&self) -> &Arc<ChainSpec> {
        self.0.ledger.spec()
    }

    /// Blocks and state.
    pub fn ledger(&self) -> &Ledger {
        &self.0.ledger
    }

    /// What remembers them.
    pub fn store(&self) -> &Store {
        self.0.ledger.store()
    }

    /// What executes calls on them.
    pub fn executor(&self) -> &Executor {
        self.0.ledger.executor()
    }

    /// Waiting transactions.
    pub fn pool(&self) -> &PoolHandle {
        &self.0.pool
    }

    /// What its engine says of itself.
    pub fn engine(&self) -> Info {
        self.0.engine
    }

    /// The newest committed block.
    pub fn head(&self) -> SealedHeader {
        self.0.ledger.head()
    }

    /// Height that the tag `finalized` names.
    pub fn finalized(&self) -> u64 {
        self.0.finality.finalized()
    }

    /// Height that the tag `safe` names: under every engine here what is safe is final.
    pub fn safe(&self) -> u64 {
        self.finalized()
    }

    /// Listens to the chain from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<ChainEvent> {
        self.0.events.subscribe()
    }

    /// Takes a client's transaction: recovers its sender, checks it against the newest state, and wakes the engine.
    ///
    /// # Errors
    /// [`SubmitError`], with the reason in the field's words.
    pub fn submit(&self, tx: Transaction, local: bool) -> Result<B256, SubmitError> {
        let waker = self.0.waker.as_ref().ok_or(SubmitError::ReadOnly)?;
        let hash = *tx.tx_hash();
        if self.0.pool.lock().contains(hash) {
            return Err(Rejected::AlreadyKnown.into());
        }
        let sender =
            recover_sender(&tx).map_err(|error| SubmitError::Signature(error.to_string()))?;
        let added = self.0.pool.add(&self.0.ledger, tx, sender, local, &self.0.events)?;
        if added.pending {
            waker.transactions_waiting();
        }
        Ok(hash)
    }

    /// Hands a block from elsewhere, with its seals verified, to the engine's thread.
    pub fn feed(&self, block: Arc<RecoveredBlock>) -> Result<(), NodeError> {
        self.0.waker.as_ref().ok_or(NodeError::Stopping)?.send(crate::Input::Block(block))
    }

    /// The block that would be made of the waiting transactions now, executed on the head but never committed. Kept until the head moves, and for
    /// at most a second.
    pub fn pending_block(&self) -> Result<Arc<Layer>, NodeError> {
        let head = self.head();
        let now = crate::wall_clock();
        let mut cached = self.0.pending.lock();
        if let Some(layer) = cached.as_ref()
            && layer.block().header.parent_hash == head.hash
            && layer.block().header.timestamp >= now.seconds()
        {
            return Ok(layer.clone());
        }
        let timestamp = now.seconds().max(head.timestamp.saturating_add(1));
        let template = BlockTemplate {
            parent: head.hash,
            timestamp,
            beneficiary: head.beneficiary,
            extra_data: self.0.build.extra_data.clone(),
            mix_hash: head.mix_hash,
            difficulty: head.difficulty.saturating_to(),
            gas_limit_target: self.0.build.gas_limit_target,
        };
        let mut source =
            Undisturbed(self.0.pool.source(self.spec().next_base_fee(&head, timestamp), 250));
        let layer = self.0.ledger.build_detached(&template, &mut source)?;
        *cached = Some(layer.clone());
        Ok(layer)
    }
}

/// A source that leaves the pool as it is, whatever is found of its transactions.
struct Undisturbed<'a>(crate::pool_handle::PoolSource<'a>);

impl TransactionSource for Undisturbed<'_> {
    fn next(&mut self) -> Option<(Transaction, Address)> {
        self.0.next()
    }

    fn skip_sender(&mut self) {
        self.0.skip_sender();
    }

    fn reject(&mut self, _: B256, _: &str) {
        self.0.skip_sender();
    }

    fn out_of_time(&self) -> bool {
        self.0.out_of_time()
    }
}

/// Puts the journal's transactions back into the pool; those that were mined meanwhile fall out by their nonce.
fn reload(
    ledger: &Ledger,
    pool: &PoolHandle,
    transactions: Vec<Transaction>,
    events: &EventSender,
) {
    let (mut back, mut gone) = (0u64, 0u64);
    for tx in transactions {
        let added = recover_sender(&tx)
            .ok()
            .and_then(|sender| pool.add(ledger, tx, sender, true, events).ok());
        *(if added.is_some() { &mut back } else { &mut gone }) += 1;
    }
    if back + gone > 0 {
        tracing::info!(target: "entente::pool", back, gone, "reloaded local transactions from the journal");
    }
}
