//! QBFT: `[vanity, [validators…], vote, round, [seals…]]`.

use super::{ExtraDataError, Seal, Vote, VoteKind, rlp};
use alloy_primitives::{Address, Bytes};
use alloy_rlp::Encodable;

const ADD: u8 = 0xff;

/// The extra data of a QBFT header, as Besu and GoQuorum write it: no vote is an empty list, a vote to drop has the empty string for its type,
/// the round is a scalar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QbftExtraData {
    /// 32 bytes of the proposer's choice.
    pub vanity: Bytes,
    /// Who may propose and seal, ascending; empty where a contract says it.
    pub validators: Vec<Address>,
    /// The proposer's vote.
    pub vote: Option<Vote>,
    /// The round in which the block was agreed on.
    pub round: u32,
    /// Commit seals.
    pub seals: Vec<Seal>,
}

impl QbftExtraData {
    /// Reads the extra data of a live header. Items after the seals are passed over, as Besu does.
    ///
    /// # Errors
    /// [`ExtraDataError`] names the part that is wrong.
    pub fn decode(bytes: &[u8]) -> Result<Self, ExtraDataError> {
        Self::read(bytes, false)
    }

    /// Reads the forms of the published test vectors too, which no live network writes: an empty string for no vote, 0x00 for a vote to drop, a
    /// round padded to four bytes.
    ///
    /// # Errors
    /// As [`QbftExtraData::decode`].
    pub fn decode_published(bytes: &[u8]) -> Result<Self, ExtraDataError> {
        Self::read(bytes, true)
    }

    fn read(bytes: &[u8], published: bool) -> Result<Self, ExtraDataError> {
        let mut items = rlp::whole(bytes)?;
        let vanity = Bytes::copy_from_slice(rlp::string(&mut items, "the vanity")?);
        let validators = rlp::validators(&mut items)?;
        let vote = vote(&mut items, published)?;
        let round = round(&mut items, published)?;
        let seals = rlp::seals(&mut items)?;
        Ok(Self { vanity, validators, vote, round, seals })
    }

    /// The extra data as a header carries it.
    pub fn encode(&self) -> Bytes {
        self.write(self.round, &self.seals)
    }

    /// The form under the commit seals: without seals, with the round.
    pub fn encode_for_commit_seal(&self) -> Bytes {
        self.write(self.round, &[])
    }

    /// The form under the block hash: without seals, in round zero.
    pub fn encode_for_block_hash(&self) -> Bytes {
        self.write(0, &[])
    }

    fn write(&self, round: u32, seals: &[Seal]) -> Bytes {
        let mut payload = Vec::with_capacity(64 + self.validators.len() * 21 + seals.len() * 67);
        self.vanity.encode(&mut payload);
        rlp::put_list(&self.validators, &mut payload);
        let mut item = Vec::new();
        if let Some(vote) = self.vote {
            vote.recipient.encode(&mut item);
            match vote.kind {
                VoteKind::Add => ADD.encode(&mut item),
                VoteKind::Drop => item.push(alloy_rlp::EMPTY_STRING_CODE),
            }
        }
        payload.extend_from_slice(&rlp::wrap(&item));
        round.encode(&mut payload);
        rlp::put_list(seals, &mut payload);
        rlp::wrap(&payload).into()
    }
}

fn vote(items: &mut &[u8], published: bool) -> Result<Option<Vote>, ExtraDataError> {
    if published && !rlp::is_list(items) {
        let bytes = rlp::string(items, "the vote")?;
        return match bytes.first() {
            None => Ok(None),
            Some(_) => Err(ExtraDataError::Length {
                part: "the vote",
                found: bytes.len(),
                expected: "a list",
            }),
        };
    }
    let mut parts = rlp::list(items, "the vote")?;
    if parts.is_empty() {
        return Ok(None);
    }
    let recipient = rlp::address(&mut parts, "the vote's recipient")?;
    let kind = match rlp::string(&mut parts, "the vote's type")? {
        [ADD] => VoteKind::Add,
        [] => VoteKind::Drop,
        [0] if published => VoteKind::Drop,
        [other] => return Err(ExtraDataError::VoteType(*other)),
        long => {
            return Err(ExtraDataError::Length {
                part: "the vote's type",
                found: long.len(),
                expected: "at most 1",
            });
        }
    };
    if parts.is_empty() {
        Ok(Some(Vote { recipient, kind }))
    } else {
        Err(ExtraDataError::Trailing(parts.len()))
    }
}

fn round(items: &mut &[u8], published: bool) -> Result<u32, ExtraDataError> {
    let bytes = rlp::string(items, "the round")?;
    if bytes.len() > 4 {
        return Err(ExtraDataError::Length {
            part: "the round",
            found: bytes.len(),
            expected: "at most 4",
        });
    }
    if bytes.first() == Some(&0) && !published {
        return Err(ExtraDataError::Rlp {
            part: "the round",
            reason: alloy_rlp::Error::LeadingZero,
        });
    }
    Ok(bytes.iter().fold(0, |round, byte| (round << 8) | u32::from(*byte)))
}
