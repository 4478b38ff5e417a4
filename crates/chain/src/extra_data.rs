//! What the extra data of headers holds under each profile.
//!
//! QBFT and IBFT 2.0 write one RLP list; GoQuorum's IBFT and clique begin with 32 bytes of vanity. The codecs follow what live networks write:
//! where published vectors show another form (a 4-byte round, 0x00 for a vote to drop) [`QbftExtraData::decode_published`] reads it, and the
//! decoder of live headers does not, for its peers would not either.

mod clique;
mod ibft2;
mod istanbul;
mod qbft;
mod rlp;

pub use clique::CliqueExtraData;
pub use ibft2::Ibft2ExtraData;
pub use istanbul::IstanbulExtraData;
pub use qbft::QbftExtraData;

use alloy_primitives::{Address, FixedBytes};

/// A seal: r, s and the recovery id (0 or 1).
pub type Seal = FixedBytes<65>;

/// Bytes of vanity before the payload of IBFT and clique extra data.
pub const VANITY: usize = 32;

/// A validator's vote, carried by the block that it proposes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vote {
    /// Whom it is about.
    pub recipient: Address,
    /// What is to be done.
    pub kind: VoteKind,
}

/// What a vote is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoteKind {
    /// Make the recipient a validator.
    Add,
    /// Take the recipient out of the validators.
    Drop,
}

/// Why extra data could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExtraDataError {
    /// The RLP is broken.
    #[error("extra data: {part} is not valid RLP: {reason}")]
    Rlp {
        /// Which part.
        part: &'static str,
        /// What the decoder said.
        reason: alloy_rlp::Error,
    },
    /// A part has the wrong length.
    #[error("extra data: {part} has {found} bytes, expected {expected}")]
    Length {
        /// Which part.
        part: &'static str,
        /// Its length.
        found: usize,
        /// What it should be.
        expected: &'static str,
    },
    /// A vote says neither add nor drop.
    #[error(
        "extra data: the vote's type is {0:#04x}, expected 0xff (add) or the drop value of this format"
    )]
    VoteType(u8),
    /// Bytes follow the list.
    #[error("extra data: {0} bytes follow the end of the list")]
    Trailing(usize),
}
