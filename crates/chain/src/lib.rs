//! What is this chain?
//!
//! A chain is said by its genesis file and by the rules that hold at each of its blocks. This crate reads the genesis files that Besu, geth
//! and GoQuorum write ([`Genesis`]), knows which fork is active at a block ([`ChainSpec::fork`]), how a block is hashed
//! ([`ChainSpec::hash_header`]) and which header may follow which ([`header_rules`]), recovers who signed a transaction ([`recover`]), and names the
//! types in which the rest of the house speaks of blocks ([`block`]).
//!
//! It knows nothing of disks, networks or the EVM: everything here is a pure function of its arguments.

pub mod block;
pub mod block_file;
mod error;
pub mod extra_data;
pub mod fees;
pub mod fork;
pub mod fork_id;
pub mod genesis;
pub mod hash;
pub mod header_rules;
pub mod key;
pub mod recover;
pub mod spec;

pub use block::{
    Block, Body, Header, Receipt, RecoveredBlock, SealedBlock, SealedHeader, Transaction,
};
pub use block_file::{BlockFile, decode_block};
pub use error::{ChainError, SignatureFault};
pub use fork::{Fork, ForkCondition, ForkSchedule};
pub use fork_id::ForkPoints;
pub use genesis::{DEV_ACCOUNTS, Dialect, Explanation, Genesis};
pub use hash::ISTANBUL_DIGEST;
pub use header_rules::HeaderError;
pub use key::{KeyError, NodeKey, address_of};
pub use recover::{install_crypto, recover_authority, recover_block, recover_sender};
pub use spec::{
    BaseFeeRule, BlobParams, BlobSchedule, ChainSpec, EngineConfig, GenesisAccount, HeaderProfile,
    SoloSettings,
};
