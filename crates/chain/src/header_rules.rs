//! Which header may follow which, and which body belongs to a header.
//!
//! Everything here is a pure function of headers and bodies: what a block's execution must yield (gas used, receipts, state) is compared by whoever
//! executes it, seals and validator sets by the engines. The difficulty of proof of work is not computed again: who imports such a chain trusts its
//! seals or checks them elsewhere.

mod body;
mod error;
mod header;

pub use body::MAX_BLOCK_RLP_BYTES;
pub use error::HeaderError;
