//! Clique (EIP-225): 32 bytes of vanity, the signers at epoch blocks, 65 bytes of seal.

use super::{ExtraDataError, Seal, VANITY};
use crate::{Header, hash::hash_with};
use alloy_primitives::{Address, B256, Bytes};

/// The extra data of a clique header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CliqueExtraData {
    /// 32 bytes of the signer's choice.
    pub vanity: B256,
    /// All signers, ascending, in the genesis block and at every epoch's first block; elsewhere empty.
    pub signers: Vec<Address>,
    /// The signature of the block's signer; zeros in the genesis block.
    pub seal: Seal,
}

impl CliqueExtraData {
    /// Reads the extra data of a header.
    ///
    /// # Errors
    /// [`ExtraDataError::Length`] names the part that does not fit.
    pub fn decode(bytes: &[u8]) -> Result<Self, ExtraDataError> {
        let too_short = ExtraDataError::Length {
            part: "clique's extra data",
            found: bytes.len(),
            expected: "32 of vanity, 20 a signer and 65 of seal",
        };
        let (vanity, rest) =
            bytes.split_first_chunk::<VANITY>().ok_or_else(|| too_short.clone())?;
        let (signers, seal) = rest.split_last_chunk::<65>().ok_or_else(|| too_short.clone())?;
        let (signers, partial) = signers.as_chunks::<20>();
        if !partial.is_empty() {
            return Err(too_short);
        }
        Ok(Self {
            vanity: B256::new(*vanity),
            signers: signers.iter().copied().map(Address::new).collect(),
            seal: Seal::new(*seal),
        })
    }

    /// The extra data as a header carries it.
    pub fn encode(&self) -> Bytes {
        let mut out = self.unsealed();
        out.extend_from_slice(self.seal.as_slice());
        out.into()
    }

    /// What the signer signs: the hash of the header without the seal.
    pub fn seal_hash(&self, header: &Header) -> B256 {
        hash_with(header, self.unsealed().into())
    }

    fn unsealed(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(VANITY + self.signers.len() * 20 + 65);
        out.extend_from_slice(self.vanity.as_slice());
        out.extend(self.signers.iter().flat_map(|signer| signer.0));
        out
    }
}
