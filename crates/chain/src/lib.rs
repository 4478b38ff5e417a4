//! What is this chain?
//!
//! A chain is said by its genesis file and by the rules that hold at each of its blocks. This crate reads the genesis files that Besu, geth
//! and GoQuorum write ([`Genesis`]), knows which fork is active at a block ([`ChainSpec::fork`]), how a block is hashed and which
//! header may follow which ([`header_rules`]), and names the types in which the rest of the house speaks of blocks ([`block`]).
//!
//! It knows nothing of disks, networks or the EVM: everything here is a pure function of its arguments.

pub mod block;
pub mod fork;
pub mod spec;

pub use block::{Block, Body, Header, Receipt, RecoveredBlock, SealedBlock, SealedHeader, Transaction};
pub use fork::{Fork, ForkCondition, ForkSchedule};
pub use spec::{BaseFeeRule, BlobParams, BlobSchedule, ChainSpec, EngineConfig, HeaderProfile};
