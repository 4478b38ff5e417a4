//! The interface between an engine and its host.

use alloy_primitives::{Address, B256, Bytes};
use entente_chain::SealedHeader;
use std::fmt;

/// Time as the host tells it: milliseconds since the Unix epoch. It never goes back within one run of a host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tick(pub u64);

impl Tick {
    /// This many milliseconds later.
    pub const fn after(self, milliseconds: u64) -> Self {
        Self(self.0.saturating_add(milliseconds))
    }

    /// Whole seconds since the epoch, as headers carry time.
    pub const fn seconds(self) -> u64 {
        self.0 / 1000
    }
}

/// A timer of the engine's own naming. Setting one that is set moves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimerId(pub u64);

/// Joins an answer to the effect that asked for it. Chosen by the engine, unique within its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// Log sequence number of a record that the engine wants on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lsn(pub u64);

/// A peer as consensus knows it: the address of its node key.
pub type PeerId = Address;

/// To whom a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// One peer.
    One(PeerId),
    /// These peers.
    Set(Vec<PeerId>),
    /// Every connected peer that speaks the engine's protocol.
    All,
}

/// What a host found when it checked a block that somebody proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was executed and every rule holds.
    Valid,
    /// A rule is broken: which, with what was found and what was expected.
    Invalid(String),
    /// It can't be said yet (its parent is missing, say): ask again.
    Later,
}

/// What an engine asks to have built: a block on `parent` with these header fields. The host picks transactions, executes and fills in the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockRequest {
    /// Hash of the block to build on; the host has executed it.
    pub parent: B256,
    /// Timestamp of the new block, in seconds.
    pub timestamp: u64,
    /// Who is paid.
    pub beneficiary: Address,
    /// The header's extra data as the engine wants it, without seals. None: the operator's own (`--miner-extra-data`).
    pub extra_data: Option<Bytes>,
    /// The header's mix hash; PREVRANDAO reads it.
    pub mix_hash: B256,
    /// Difficulty that the engine's rules ask for; ignored where the fork wants zero.
    pub difficulty: u64,
    /// When the host should stop adding transactions.
    pub until: Tick,
}

/// What an engine is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The host is up: the newest block committed here, and the engine's records in the order in which they were persisted.
    Start {
        /// Newest committed block.
        head: SealedHeader,
        /// Whether transactions wait already.
        transactions_waiting: bool,
        /// Records that were persisted earlier.
        records: Vec<Bytes>,
    },
    /// A peer's message, as its bytes arrived.
    Message {
        /// Who sent it.
        from: PeerId,
        /// The payload, unparsed.
        bytes: Bytes,
    },
    /// A timer fired.
    Timer(TimerId),
    /// Transactions wait in the pool where none did, or since the last block.
    TransactionsWaiting,
    /// A peer came or went.
    Peer {
        /// Which.
        id: PeerId,
        /// Whether it is there now.
        up: bool,
    },
    /// A block arrived whole from elsewhere (sync, import); its parent is known.
    Block {
        /// Its header.
        header: SealedHeader,
    },
    /// The block asked for by [`Effect::Build`] is built and executed; its results are kept until it is committed or dropped.
    Built {
        /// Whose answer this is.
        request: RequestId,
        /// The header, complete but for seals.
        header: SealedHeader,
        /// Number of transactions in it.
        transactions: usize,
    },
    /// The block could not be built: why.
    BuildFailed {
        /// Whose answer this is.
        request: RequestId,
        /// Why, in words.
        reason: String,
    },
    /// The answer to [`Effect::Check`].
    Checked {
        /// The block.
        hash: B256,
        /// What was found.
        verdict: Verdict,
    },
    /// The answer to [`Effect::Sign`].
    Signed {
        /// Whose answer this is.
        request: RequestId,
        /// 65 bytes r, s, v; None when the host refused, because it signed something else there before.
        signature: Option<Bytes>,
    },
    /// The answer to [`Effect::Verify`]: for each item whether it holds.
    Verified {
        /// Whose answer this is.
        request: RequestId,
        /// One an item, in order: the signer, or None when the signature does not hold.
        signers: Vec<Option<Address>>,
    },
    /// Everything up to this record stands on disk.
    Persisted(Lsn),
    /// A block was committed here, by the engine's own [`Effect::Final`] or by sync.
    Applied {
        /// Its header.
        header: SealedHeader,
        /// Whether more transactions wait.
        transactions_waiting: bool,
    },
    /// The operator's wish, in the engine's own words (votes, drain, transfer of leadership).
    Admin(Bytes),
}

/// What an engine wants done. Effects are carried out in order; everything after [`Effect::Persist`] waits until the record stands on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Put a record on disk before anything that follows.
    Persist(Lsn, Bytes),
    /// Send a message.
    Send {
        /// To whom.
        to: Audience,
        /// The payload.
        bytes: Bytes,
    },
    /// Wake me at a time, or (None) no longer.
    Timer {
        /// Which timer.
        id: TimerId,
        /// When.
        at: Option<Tick>,
    },
    /// Fetch a block from peers.
    Fetch {
        /// Its hash.
        hash: B256,
    },
    /// Build a block and execute it.
    Build {
        /// To be named in the answer.
        request: RequestId,
        /// What to build.
        block: BlockRequest,
    },
    /// Execute and check a block that arrived.
    Check(B256),
    /// Sign a hash with the node's key, unless something else was signed for this height and round.
    Sign {
        /// To be named in the answer.
        request: RequestId,
        /// Height that is signed for.
        height: u64,
        /// Round that is signed for.
        round: u64,
        /// What kind of statement this is: no two different hashes are signed for one height, round and kind.
        kind: u8,
        /// The hash to sign.
        hash: B256,
    },
    /// Recover the signers of these hashes from their 65-byte signatures.
    Verify {
        /// To be named in the answer.
        request: RequestId,
        /// Hash and signature.
        items: Vec<(B256, Bytes)>,
    },
    /// Put seals into a block's header: its extra data becomes this, its hash (by the chain's rule) stays.
    Seal {
        /// The block.
        hash: B256,
        /// The whole extra data, seals included.
        extra_data: Bytes,
    },
    /// Make this block, built or checked here, the head of the chain; undo what is above its parent.
    Head {
        /// The block.
        hash: B256,
    },
    /// This block and all before it will not be undone.
    Final {
        /// The block.
        hash: B256,
    },
    /// Proof that somebody broke the protocol, for the operator.
    Evidence {
        /// Against whom.
        against: PeerId,
        /// What was seen, in words.
        what: String,
    },
    /// Something to count or measure: name and value.
    Observe(&'static str, u64),
}

/// Where an engine puts its effects during one step.
pub type Outbox = Vec<Effect>;

/// What faults an engine withstands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultModel {
    /// None: one node decides.
    None,
    /// Nodes that stop or lose contact.
    Crash,
    /// Nodes that do anything at all, fewer than a third.
    Byzantine,
}

/// What "final" means under an engine, and so what the tags `safe` and `finalized` name (design law 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finality {
    /// A committed block is never undone.
    Instant,
    /// A block this many blocks below the head is treated as final.
    Depth(u64),
    /// A separate vote says.
    Gadget,
}

/// What an engine says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Info {
    /// Its name: `solo`, `qbft`, ...
    pub name: &'static str,
    /// What it withstands.
    pub faults: FaultModel,
    /// What final means.
    pub finality: Finality,
    /// Fewest nodes with which it withstands one fault (1 when it withstands none).
    pub minimum_nodes: usize,
}

/// An engine's state for operators, traces and tests: names and values, in a stable order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot(pub Vec<(&'static str, String)>);

impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, value)) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            write!(f, "{name}={value}")?;
        }
        Ok(())
    }
}

/// A consensus engine. Pure and total: every event has an answer, none panics, and the work of a step is bounded by the event's size.
pub trait Engine: Send {
    /// What it is.
    fn info(&self) -> Info;

    /// Takes one event at a time; what it wants done goes to `out`.
    fn step(&mut self, now: Tick, event: Event, out: &mut Outbox);

    /// Its state, for people and tests.
    fn dump(&self) -> Snapshot;
}
