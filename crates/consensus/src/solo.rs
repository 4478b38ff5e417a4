//! Solo: one node decides alone.
//!
//! | state | event | guard | effects |
//! |---|---|---|---|
//! | idle | `TransactionsWaiting`, or `Applied` with more waiting | no period | `Build` |
//! | idle | `Timer(PERIOD)` | period; transactions wait or empty blocks are on | `Build` |
//! | building | `Built` | not empty, or empty blocks are on | `Head`, `Final` → idle |
//! | building | `Built` | empty, empty blocks off | nothing → idle |
//! | building | `BuildFailed` | | `Timer(RETRY)` → idle |
//!
//! Timestamps rise strictly unless `equal_timestamps` is on: with blocks at once, many fall into one second, and Ethereum's rule (a child is later
//! than its parent) would push the chain's clock ahead of the world's by a second a block. Chains that keep the rule wait for the next second
//! instead when the clock would run ahead by more than [`SoloConfig::max_lead_seconds`].

use crate::{
    BlockRequest, Effect, Engine, Event, FaultModel, Finality, Info, Outbox, RequestId, Snapshot,
    Tick, TimerId,
};
use alloy_primitives::{Address, B256, keccak256};
use entente_chain::SealedHeader;

const PERIOD: TimerId = TimerId(1);
const RETRY: TimerId = TimerId(2);
/// How long to wait after a block could not be built.
const RETRY_AFTER_MS: u64 = 500;

/// How a solo chain makes blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoloConfig {
    /// Milliseconds between blocks; None makes one at once when transactions wait.
    pub period_ms: Option<u64>,
    /// Whether a block without transactions is made when a period has passed (they make no sense without a period).
    pub empty_blocks: bool,
    /// Who is paid.
    pub beneficiary: Address,
    /// Most milliseconds spent on filling one block.
    pub build_ms: u64,
    /// How many seconds block timestamps may run ahead of the clock before the engine waits.
    pub max_lead_seconds: u64,
}

impl Default for SoloConfig {
    fn default() -> Self {
        Self {
            period_ms: None,
            empty_blocks: false,
            beneficiary: Address::ZERO,
            build_ms: 500,
            max_lead_seconds: 900,
        }
    }
}

/// The engine. See the module's table.
#[derive(Debug)]
pub struct Solo {
    config: SoloConfig,
    head: Option<SealedHeader>,
    building: Option<RequestId>,
    waiting: bool,
    next_request: u64,
    next_block_at: Option<Tick>,
}

impl Solo {
    /// An engine that waits for [`Event::Start`].
    pub const fn new(config: SoloConfig) -> Self {
        Self {
            config,
            head: None,
            building: None,
            waiting: false,
            next_request: 0,
            next_block_at: None,
        }
    }

    fn idle(&mut self, now: Tick, out: &mut Outbox) {
        if self.building.is_some() {
            return;
        }
        match self.config.period_ms {
            None if self.waiting => self.build(now, out),
            None => {}
            Some(period) => {
                let at = *self.next_block_at.get_or_insert_with(|| now.after(period));
                if now < at {
                    out.push(Effect::Timer { id: PERIOD, at: Some(at) });
                } else if self.waiting || self.config.empty_blocks {
                    self.build(now, out);
                }
                // Else the next transaction wakes it: the period has passed already.
            }
        }
    }

    fn build(&mut self, now: Tick, out: &mut Outbox) {
        let Some(head) = &self.head else { return };
        let timestamp = now.seconds().max(head.timestamp.saturating_add(1));
        if timestamp > now.seconds().saturating_add(self.config.max_lead_seconds) {
            out.push(Effect::Timer { id: RETRY, at: Some(now.after(1000)) });
            return;
        }
        let request = RequestId(self.next_request);
        self.next_request += 1;
        self.building = Some(request);
        out.push(Effect::Build {
            request,
            block: BlockRequest {
                parent: head.hash,
                timestamp,
                beneficiary: self.config.beneficiary,
                extra_data: None,
                mix_hash: prevrandao(head.hash),
                difficulty: 1,
                until: now.after(self.config.build_ms),
            },
        });
    }

    fn built(&mut self, now: Tick, header: &SealedHeader, transactions: usize, out: &mut Outbox) {
        self.building = None;
        self.waiting = false;
        let wanted =
            transactions > 0 || (self.config.empty_blocks && self.config.period_ms.is_some());
        if !wanted {
            // What waited could not be put into a block; the pool says so again when that changes.
            return;
        }
        if let Some(period) = self.config.period_ms {
            let due = self.next_block_at.unwrap_or(now);
            // Keep the beat; after a pause begin a new one.
            self.next_block_at = Some(due.after(period).max(now));
        }
        out.push(Effect::Head { hash: header.hash });
        out.push(Effect::Final { hash: header.hash });
    }
}

/// A value for PREVRANDAO that differs from block to block. It is no randomness: the one who decides alone knows it beforehand.
fn prevrandao(parent: B256) -> B256 {
    keccak256(parent)
}

impl Engine for Solo {
    fn info(&self) -> Info {
        Info {
            name: "solo",
            faults: FaultModel::None,
            finality: Finality::Instant,
            minimum_nodes: 1,
        }
    }

    fn step(&mut self, now: Tick, event: Event, out: &mut Outbox) {
        match event {
            Event::Start { head, transactions_waiting, .. } => {
                self.head = Some(head);
                self.waiting = transactions_waiting;
                self.idle(now, out);
            }
            Event::TransactionsWaiting => {
                self.waiting = true;
                self.idle(now, out);
            }
            Event::Timer(PERIOD | RETRY) => self.idle(now, out),
            Event::Built { request, header, transactions } if self.building == Some(request) => {
                self.built(now, &header, transactions, out);
            }
            Event::BuildFailed { request, .. } if self.building == Some(request) => {
                self.building = None;
                out.push(Effect::Timer { id: RETRY, at: Some(now.after(RETRY_AFTER_MS)) });
            }
            Event::Applied { header, transactions_waiting } => {
                self.head = Some(header);
                self.waiting |= transactions_waiting;
                self.idle(now, out);
            }
            _ => {}
        }
    }

    fn dump(&self) -> Snapshot {
        Snapshot(vec![
            (
                "head",
                self.head.as_ref().map_or_else(|| "none".into(), |head| head.number.to_string()),
            ),
            ("building", self.building.is_some().to_string()),
            ("waiting", self.waiting.to_string()),
        ])
    }
}
