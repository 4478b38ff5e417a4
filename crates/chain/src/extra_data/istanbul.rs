//! GoQuorum's IBFT: 32 bytes of vanity, then `[[validators…], proposer seal, [committed seals…]]`.

use super::{ExtraDataError, Seal, VANITY, rlp};
use alloy_primitives::{Address, B256, Bytes};
use alloy_rlp::Encodable;

/// The extra data of a GoQuorum IBFT header (EIP-650). Votes are not here: the header's nonce and beneficiary carry them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IstanbulExtraData {
    /// 32 bytes of the proposer's choice.
    pub vanity: B256,
    /// Who may propose and seal.
    pub validators: Vec<Address>,
    /// The proposer's signature; empty in the genesis block.
    pub proposer_seal: Option<Seal>,
    /// Commit seals.
    pub seals: Vec<Seal>,
}

impl IstanbulExtraData {
    /// Reads the extra data of a header.
    ///
    /// # Errors
    /// [`ExtraDataError`] names the part that is wrong.
    pub fn decode(bytes: &[u8]) -> Result<Self, ExtraDataError> {
        let Some((vanity, rest)) = bytes.split_first_chunk::<VANITY>() else {
            return Err(ExtraDataError::Length {
                part: "the vanity",
                found: bytes.len(),
                expected: "32",
            });
        };
        let mut items = rlp::whole(rest)?;
        let validators = rlp::validators(&mut items)?;
        let seal = rlp::string(&mut items, "the proposer's seal")?;
        let proposer_seal = match seal {
            [] => None,
            seal => Some(Seal::try_from(seal).map_err(|_| ExtraDataError::Length {
                part: "the proposer's seal",
                found: seal.len(),
                expected: "65 or none",
            })?),
        };
        let seals = rlp::seals(&mut items)?;
        if !items.is_empty() {
            return Err(ExtraDataError::Trailing(items.len()));
        }
        Ok(Self { vanity: B256::new(*vanity), validators, proposer_seal, seals })
    }

    /// The extra data as a header carries it.
    pub fn encode(&self) -> Bytes {
        self.write(self.proposer_seal, &self.seals)
    }

    /// The form under the block hash: without committed seals.
    pub fn encode_for_block_hash(&self) -> Bytes {
        self.write(self.proposer_seal, &[])
    }

    /// The form under the proposer's seal: without any seal.
    pub fn encode_for_proposer_seal(&self) -> Bytes {
        self.write(None, &[])
    }

    fn write(&self, proposer_seal: Option<Seal>, seals: &[Seal]) -> Bytes {
        let mut payload = Vec::with_capacity(80 + self.validators.len() * 21 + seals.len() * 67);
        rlp::put_list(&self.validators, &mut payload);
        proposer_seal.as_ref().map_or(&[] as &[u8], |seal| seal.as_slice()).encode(&mut payload);
        rlp::put_list(seals, &mut payload);
        let mut out = self.vanity.to_vec();
        out.extend_from_slice(&rlp::wrap(&payload));
        out.into()
    }
}
