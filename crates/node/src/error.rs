//! What can go wrong with a chain.

use alloy_primitives::B256;
use entente_chain::ChainError;
use entente_evm::EvmError;
use entente_store::StoreError;

/// Why a block, or the chain as a whole, could not go on.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// A block broke a rule. Nothing of it was kept.
    #[error("block {number} ({hash}) is invalid: {reason}")]
    InvalidBlock {
        /// Height that the block claims.
        number: u64,
        /// Its hash.
        hash: B256,
        /// Which rule, what was found and what was expected.
        reason: String,
    },
    /// A block's parent is not known here.
    #[error(
        "the parent {parent} of block {number} ({hash}) is not known; import the chain from its genesis in order"
    )]
    UnknownParent {
        /// Height that the block claims.
        number: u64,
        /// Its hash.
        hash: B256,
        /// The missing parent.
        parent: B256,
    },
    /// A block that was to be committed or built on was never built or checked here.
    #[error("block {0} has not been executed here")]
    NotExecuted(B256),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Execution failed for a reason that is not the block's.
    #[error(transparent)]
    Evm(#[from] EvmError),
    /// The chain's rules could not be read or a block could not be decoded.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// A file of the node's own could not be used.
    #[error("{action} {path}: {source}")]
    File {
        /// What was tried.
        action: &'static str,
        /// Which file.
        path: std::path::PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// An engine asked for something that its host can't do.
    #[error("engine {0} asks for keys or records, which this host does not have")]
    UnsupportedEffect(&'static str),
    /// The chain has stopped, or is stopping.
    #[error("the chain is stopping")]
    Stopping,
}
