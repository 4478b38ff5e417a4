//! Drives an engine: carries its effects out on the ledger and the pool, and tells it what came of them.
//!
//! The driver does not wait, sleep or look at a clock: whoever runs it (the [`runtime`](crate::runtime), or the simulator) hands it the time with every
//! input and takes timers and messages from it.

use crate::{BlockTemplate, ChainEvent, EventSender, Ledger, NodeError, PoolHandle};
use alloy_primitives::{B256, Bytes};
use entente_chain::RecoveredBlock;
use entente_consensus::{
    Audience, BlockRequest, Effect, Engine, Event, Finality, Info, Outbox, RequestId, Tick,
    TimerId, Verdict,
};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// What the node itself puts into the blocks that it builds.
#[derive(Clone, Debug)]
pub struct BuildConfig {
    /// Extra data of engines that leave it to the operator.
    pub extra_data: Bytes,
    /// Gas limit that blocks move towards.
    pub gas_limit_target: u64,
}

/// Something for the driver to react to.
#[derive(Debug)]
pub enum Input {
    /// Transactions wait.
    TransactionsWaiting,
    /// A timer's time has come.
    Timer(TimerId),
    /// A peer's consensus message.
    Message {
        /// Who sent it.
        from: entente_consensus::PeerId,
        /// The payload.
        bytes: Bytes,
    },
    /// A peer came or went.
    Peer {
        /// Which.
        id: entente_consensus::PeerId,
        /// Whether it is there now.
        up: bool,
    },
    /// A block from elsewhere whose seals were verified.
    Block(Arc<RecoveredBlock>),
    /// The operator's wish.
    Admin(Bytes),
}

/// What the driver wants of the world.
#[derive(Debug)]
pub enum Output {
    /// Send a consensus message.
    Send {
        /// To whom.
        to: Audience,
        /// The payload.
        bytes: Bytes,
    },
    /// Fetch a block.
    Fetch(B256),
}

/// Heights that the tags `safe` and `finalized` name.
#[derive(Debug, Default)]
pub struct FinalityMark {
    finalized: AtomicU64,
}

impl FinalityMark {
    /// Height of the newest final block.
    pub fn finalized(&self) -> u64 {
        self.finalized.load(Ordering::Acquire)
    }

    fn advance(&self, height: u64) {
        self.finalized.fetch_max(height, Ordering::AcqRel);
    }
}

/// An engine on its chain.
pub struct Driver {
    engine: Box<dyn Engine>,
    ledger: Arc<Ledger>,
    pool: PoolHandle,
    events: EventSender,
    finality: Arc<FinalityMark>,
    config: BuildConfig,
    timers: BTreeMap<TimerId, Tick>,
    requests: VecDeque<Event>,
}

impl std::fmt::Debug for Driver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Driver").field("engine", &self.engine.info()).finish_non_exhaustive()
    }
}

impl Driver {
    /// An engine on a ledger, with the pool that its blocks are filled from.
    pub fn new(
        engine: Box<dyn Engine>,
        ledger: Arc<Ledger>,
        pool: PoolHandle,
        events: EventSender,
        finality: Arc<FinalityMark>,
        config: BuildConfig,
    ) -> Self {
        let driver = Self {
            engine,
            ledger,
            pool,
            events,
            finality,
            config,
            timers: BTreeMap::new(),
            requests: VecDeque::new(),
        };
        driver.mark_final(driver.ledger.head().number);
        driver
    }

    /// What the engine says of itself.
    pub fn info(&self) -> Info {
        self.engine.info()
    }

    /// The engine's state, for operators.
    pub fn dump(&self) -> entente_consensus::Snapshot {
        self.engine.dump()
    }

    /// When the next timer is due.
    pub fn next_timer(&self) -> Option<Tick> {
        self.timers.values().min().copied()
    }

    /// Starts the engine on the chain's head.
    pub fn start(&mut self, now: Tick) -> Result<Vec<Output>, NodeError> {
        let event = Event::Start {
            head: self.ledger.head(),
            transactions_waiting: self.transactions_waiting(now),
            records: Vec::new(),
        };
        self.run(now, event)
    }

    /// Fires the timers that are due.
    pub fn tick(&mut self, now: Tick) -> Result<Vec<Output>, NodeError> {
        let mut outputs = Vec::new();
        while let Some((id, _)) =
            self.timers.iter().find(|(_, at)| **at <= now).map(|(id, at)| (*id, *at))
        {
            self.timers.remove(&id);
            outputs.extend(self.run(now, Event::Timer(id))?);
        }
        Ok(outputs)
    }

    /// Takes one input.
    pub fn handle(&mut self, now: Tick, input: Input) -> Result<Vec<Output>, NodeError> {
        let event = match input {
            Input::TransactionsWaiting => Event::TransactionsWaiting,
            Input::Timer(id) => Event::Timer(id),
            Input::Message { from, bytes } => Event::Message { from, bytes },
            Input::Peer { id, up } => Event::Peer { id, up },
            Input::Admin(bytes) => Event::Admin(bytes),
            Input::Block(block) => {
                let layer = self.ledger.check(&block)?;
                let hash = layer.block().hash;
                self.commit(now, hash)?;
                return self.drain(now);
            }
        };
        self.run(now, event)
    }

    fn run(&mut self, now: Tick, event: Event) -> Result<Vec<Output>, NodeError> {
        self.requests.push_back(event);
        self.drain(now)
    }

    fn drain(&mut self, now: Tick) -> Result<Vec<Output>, NodeError> {
        let mut outputs = Vec::new();
        while let Some(event) = self.requests.pop_front() {
            let mut effects = Outbox::new();
            self.engine.step(now, event, &mut effects);
            for effect in effects {
                self.carry_out(now, effect, &mut outputs)?;
            }
        }
        Ok(outputs)
    }

    fn carry_out(
        &mut self,
        now: Tick,
        effect: Effect,
        outputs: &mut Vec<Output>,
    ) -> Result<(), NodeError> {
        match effect {
            Effect::Timer { id, at: Some(at) } => {
                self.timers.insert(id, at);
            }
            Effect::Timer { id, at: None } => {
                self.timers.remove(&id);
            }
            Effect::Send { to, bytes } => outputs.push(Output::Send { to, bytes }),
            Effect::Fetch { hash } => outputs.push(Output::Fetch(hash)),
            Effect::Build { request, block } => self.build(now, request, &block),
            Effect::Check(hash) => {
                let verdict = if self.ledger.executed(hash).is_some() {
                    Verdict::Valid
                } else {
                    Verdict::Later
                };
                self.requests.push_back(Event::Checked { hash, verdict });
            }
            Effect::Seal { hash, extra_data } => self.ledger.reseal(hash, extra_data)?,
            Effect::Head { hash } => self.commit(now, hash)?,
            Effect::Final { hash } => {
                let head = self.ledger.head();
                if head.hash == hash {
                    self.finality.advance(head.number);
                }
            }
            Effect::Evidence { against, what } => {
                tracing::error!(target: "entente::consensus", %against, what, "evidence of misbehaviour");
            }
            Effect::Observe(metric, value) => {
                tracing::trace!(target: "entente::consensus", metric, value);
            }
            // Records, signatures and their checks belong to engines with keys; their host comes with the first of them.
            Effect::Persist(..) | Effect::Sign { .. } | Effect::Verify { .. } => {
                return Err(NodeError::UnsupportedEffect(self.engine.info().name));
            }
        }
        Ok(())
    }

    fn build(&mut self, now: Tick, request: RequestId, block: &BlockRequest) {
        let template = BlockTemplate {
            parent: block.parent,
            timestamp: block.timestamp,
            beneficiary: block.beneficiary,
            extra_data: block.extra_data.clone().unwrap_or_else(|| self.config.extra_data.clone()),
            mix_hash: block.mix_hash,
            difficulty: block.difficulty,
            gas_limit_target: self.config.gas_limit_target,
        };
        let parent = self.ledger.head();
        let base_fee = self.ledger.spec().next_base_fee(&parent, block.timestamp);
        let budget = block.until.0.saturating_sub(now.0);
        let mut source = self.pool.source(base_fee, budget);
        let built = self.ledger.build(&template, &mut source);
        source.finish(now, &self.events);
        self.requests.push_back(match built {
            Ok(layer) => Event::Built {
                request,
                header: layer.block().sealed_header(),
                transactions: layer.block().body.transactions.len(),
            },
            Err(error) => {
                tracing::warn!(target: "entente::node", %error, "a block could not be built");
                Event::BuildFailed { request, reason: error.to_string() }
            }
        });
    }

    fn commit(&mut self, now: Tick, hash: B256) -> Result<(), NodeError> {
        let layer = self.ledger.commit(hash)?;
        let header = layer.block().sealed_header();
        self.pool.on_block(now, &self.ledger, &layer, &self.events);
        self.mark_final(header.number);
        self.events.send(ChainEvent::Committed(layer));
        self.requests.push_back(Event::Applied {
            header,
            transactions_waiting: self.transactions_waiting(now),
        });
        Ok(())
    }

    fn transactions_waiting(&self, now: Tick) -> bool {
        let head = self.ledger.head();
        let timestamp = now.seconds().max(head.timestamp.saturating_add(1));
        self.pool.has_pending(self.ledger.spec().next_base_fee(&head, timestamp))
    }

    fn mark_final(&self, head: u64) {
        match self.engine.info().finality {
            Finality::Instant => self.finality.advance(head),
            Finality::Depth(depth) => self.finality.advance(head.saturating_sub(depth)),
            Finality::Gadget => {}
        }
    }
}
