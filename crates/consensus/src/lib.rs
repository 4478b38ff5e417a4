//! Who decides the next block?
//!
//! An [`Engine`] does: a state machine, one an instance of a chain, that is told [`Event`]s and answers with [`Effect`]s. It is pure. It reads
//! no clock, draws no random number, signs nothing, checks no signature, touches neither disk nor network: all of that comes in as events and
//! goes out as effects, so that a whole network of real engines runs in one thread under one seed. The host (`entente-node`)
//! carries effects out in the order in which they come; [`Effect::Persist`] is a barrier.
//!
//! Engines here: [`solo`], one node that decides alone; [`follower`], one that decides nothing.

pub mod engine;
pub mod follower;
pub mod solo;

pub use engine::{
    Audience, BlockRequest, Effect, Engine, Event, FaultModel, Finality, Info, Lsn, Outbox, PeerId,
    RequestId, Snapshot, Tick, TimerId, Verdict,
};
pub use follower::Follower;
pub use solo::{Solo, SoloConfig};
