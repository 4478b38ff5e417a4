//! What can be wrong with a chain's description, its blocks or their signatures.

use alloy_primitives::B256;

/// Why something could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// A genesis file is not JSON.
    #[error("{source_name}: not valid JSON: {reason}")]
    Json {
        /// The file.
        source_name: String,
        /// What the parser said, with line and column.
        reason: String,
    },
    /// A field of a genesis file holds something else than it should.
    #[error("{source_name}: `{path}`: found {found}, expected {expected}")]
    Field {
        /// The file.
        source_name: String,
        /// Where in the file, as a dotted path.
        path: String,
        /// What stands there, shortened.
        found: String,
        /// What should.
        expected: String,
    },
    /// A field that must be there is not.
    #[error("{source_name}: `{path}` is missing; expected {expected}")]
    Missing {
        /// The file.
        source_name: String,
        /// Where it should be.
        path: String,
        /// What should be there.
        expected: String,
    },
    /// Fields that are fine alone and wrong together.
    #[error("{source_name}: `{path}`: {reason}")]
    Contradiction {
        /// The file.
        source_name: String,
        /// The field that shows it.
        path: String,
        /// What contradicts what, and what to do.
        reason: String,
    },
    /// A block could not be decoded.
    #[error("block at byte {position}: {reason}")]
    Block {
        /// Where it begins in its file or message.
        position: u64,
        /// What is wrong with its bytes.
        reason: String,
    },
    /// A file of blocks could not be read.
    #[error("reading blocks stopped at byte {position}: {reason}")]
    Read {
        /// How far reading came.
        position: u64,
        /// What the system said.
        reason: String,
    },
    /// A transaction's signature is not one.
    #[error("transaction {hash}: {reason}")]
    Signature {
        /// The transaction.
        hash: B256,
        /// What is wrong with its signature.
        reason: SignatureFault,
    },
}

/// What can be wrong with a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFault {
    /// s is above half the curve's order (EIP-2).
    #[error("the signature's s is in the upper half of the curve order (EIP-2)")]
    HighS,
    /// No public key could have made it.
    #[error("the signature is invalid: no public key can be recovered from it")]
    NoKey,
}
