//! What can go wrong in execution.

use alloy_primitives::B256;

/// Why a block or a call could not be executed. That a transaction reverts is no error: its receipt says so.
#[derive(Clone, Debug, thiserror::Error)]
pub enum EvmError {
    /// The state could not be read.
    #[error("state could not be read: {0}")]
    State(String),
    /// A transaction of the block is not valid where it stands.
    #[error("transaction {index} ({hash}) is invalid: {reason}")]
    InvalidTransaction {
        /// Position in the block.
        index: usize,
        /// Transaction hash.
        hash: B256,
        /// Why, in words.
        reason: String,
    },
    /// The block breaks a rule that only its execution shows.
    #[error("block {number} ({hash}) is invalid: {reason}")]
    InvalidBlock {
        /// Height.
        number: u64,
        /// Block hash; zero while the block is being built.
        hash: B256,
        /// What was found and what was expected.
        reason: String,
    },
    /// The chain asks for something that this executor does not do.
    #[error("not supported: {0}")]
    Unsupported(String),
    /// The interpreter refused its environment.
    #[error("execution environment: {0}")]
    Environment(String),
    /// The run was stopped by its [`Interrupt`](crate::Interrupt).
    #[error("execution was stopped: it ran longer than allowed")]
    Interrupted,
}
