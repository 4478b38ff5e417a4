//! What is waiting? Pending transactions by sender and price, bounded in bytes.
//!
//! A [`Pool`] keeps signed transactions until a block takes them. It is a pure core: it reads no clock, disk or network. The caller
//! says what time it is (milliseconds), what the newest block is ([`HeadInfo`]) and what accounts hold ([`AccountSource`]); the same calls
//! in the same order give the same pool.
//!
//! # Executable and queued
//!
//! The transactions of a sender stand in one queue by nonce. Its longest prefix that starts at the account's nonce, has no gap, is paid for
//! by the balance and fits the block gas limit is *executable* (`pending` in the words of `txpool_status`); the rest is *queued* and
//! [`Pool::standing`] says what each waits for. Where the prefix ends is settled again whenever something of the sender changes, so a
//! transaction whose funds went elsewhere is queued until they come back, not lost. Nothing about an account is remembered beyond the
//! newest state: a nonce cannot be stuck in a cache.
//!
//! # Bounds
//!
//! Memory is bounded by [`PoolConfig::max_bytes`], counted as [`PoolTransaction::footprint`]: the transaction as it lies in memory with its
//! entries in the indexes, not just its encoding, and [`SENDER_BYTES`] for each sender. Each sender has a share of it. A full pool makes room by
//! dropping what is worth least: queued before executable, local last, then by the effective tip of the dearest block that could take
//! it; always the highest nonce of a sender, so that no gap is torn. It never drops anything for a transaction that is worth less. Every
//! drop has a [`DropReason`] that [`Pool::why`] tells for as long as the log of drops reaches back.
//!
//! # Replacement
//!
//! A transaction replaces that of the same sender and nonce when it pays [`PoolConfig::price_bump_percent`] more in both fee and tip. Where
//! there is no base fee, or it is zero, everybody pays the same and nobody can pay more: there, the same price replaces too once the older
//! has waited for [`PoolConfig::replace_after_ms`].
//!
//! # Delegated accounts
//!
//! An account with an EIP-7702 delegation may have as many transactions here as any other. (geth allows it one, since anybody's
//! transaction may run its code and spend what the rest would need; here that is seen at the next block, which demotes what is no longer
//! covered. On a network whose members know each other that beats refusing a wallet's second transaction.) The same goes for pending
//! authorizations, which may use up an authority's nonce.

mod admission;
mod best;
mod config;
mod dropped;
mod error;
mod eviction;
pub mod journal;
mod pool;
pub mod rules;
mod sender;
mod transaction;
mod upkeep;

pub use best::BestTransactions;
pub use config::PoolConfig;
pub use dropped::{DropReason, Dropped};
pub use error::Rejected;
pub use pool::{AccountSource, AccountState, Added, HeadInfo, Pool, SenderContent, Status};
pub use sender::Standing;
pub use transaction::{NewTransaction, PoolTransaction, Price, SENDER_BYTES};
