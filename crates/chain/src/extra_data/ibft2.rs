//! IBFT 2.0: `[vanity, [validators…], vote, round, [seals…]]`, with a round of fixed width.

use super::{ExtraDataError, Seal, Vote, VoteKind, rlp};
use alloy_primitives::{Address, Bytes};
use alloy_rlp::Encodable;

const ADD: u8 = 0xff;
const DROP: u8 = 0;

/// The extra data of an IBFT 2.0 header, as Besu writes it: no vote is the empty string, a vote's type is one byte, the round has four.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ibft2ExtraData {
    /// 32 bytes of the proposer's choice.
    pub vanity: Bytes,
    /// Who may propose and seal, ascending.
    pub validators: Vec<Address>,
    /// The proposer's vote.
    pub vote: Option<Vote>,
    /// The round in which the block was agreed on.
    pub round: u32,
    /// Commit seals.
    pub seals: Vec<Seal>,
}

impl Ibft2ExtraData {
    /// Reads the extra data of a header.
    ///
    /// # Errors
    /// [`ExtraDataError`] names the part that is wrong.
    pub fn decode(bytes: &[u8]) -> Result<Self, ExtraDataError> {
        let mut items = rlp::whole(bytes)?;
        let vanity = Bytes::copy_from_slice(rlp::string(&mut items, "the vanity")?);
        let validators = rlp::validators(&mut items)?;
        let vote = vote(&mut items)?;
        let round = rlp::string(&mut items, "the round")?;
        let round: [u8; 4] = round.try_into().map_err(|_| ExtraDataError::Length {
            part: "the round",
            found: round.len(),
            expected: "4",
        })?;
        let seals = rlp::seals(&mut items)?;
        if !items.is_empty() {
            return Err(ExtraDataError::Trailing(items.len()));
        }
        Ok(Self { vanity, validators, vote, round: u32::from_be_bytes(round), seals })
    }

    /// The extra data as a header carries it.
    pub fn encode(&self) -> Bytes {
        self.write(true, Some(&self.seals))
    }

    /// The form under the commit seals: the list of seals left out.
    pub fn encode_for_commit_seal(&self) -> Bytes {
        self.write(true, None)
    }

    /// The form under the block hash: round and seals left out.
    pub fn encode_for_block_hash(&self) -> Bytes {
        self.write(false, None)
    }

    fn write(&self, round: bool, seals: Option<&[Seal]>) -> Bytes {
        let mut payload =
            Vec::with_capacity(64 + self.validators.len() * 21 + self.seals.len() * 67);
        self.vanity.encode(&mut payload);
        rlp::put_list(&self.validators, &mut payload);
        match self.vote {
            None => payload.push(alloy_rlp::EMPTY_STRING_CODE),
            Some(vote) => {
                let mut item = Vec::new();
                vote.recipient.encode(&mut item);
                match vote.kind {
                    VoteKind::Add => ADD.encode(&mut item),
                    // A byte, not a scalar: zero stands as itself.
                    VoteKind::Drop => item.push(DROP),
                }
                payload.extend_from_slice(&rlp::wrap(&item));
            }
        }
        if round {
            self.round.to_be_bytes().as_slice().encode(&mut payload);
        }
        if let Some(seals) = seals {
            rlp::put_list(seals, &mut payload);
        }
        rlp::wrap(&payload).into()
    }
}

fn vote(items: &mut &[u8]) -> Result<Option<Vote>, ExtraDataError> {
    if !rlp::is_list(items) {
        let bytes = rlp::string(items, "the vote")?;
        return if bytes.is_empty() {
            Ok(None)
        } else {
            Err(ExtraDataError::Length {
                part: "the vote",
                found: bytes.len(),
                expected: "a list or nothing",
            })
        };
    }
    let mut parts = rlp::list(items, "the vote")?;
    let recipient = rlp::address(&mut parts, "the vote's recipient")?;
    let kind = match rlp::string(&mut parts, "the vote's type")? {
        [ADD] => VoteKind::Add,
        [DROP] => VoteKind::Drop,
        [other] => return Err(ExtraDataError::VoteType(*other)),
        other => {
            return Err(ExtraDataError::Length {
                part: "the vote's type",
                found: other.len(),
                expected: "1",
            });
        }
    };
    if parts.is_empty() {
        Ok(Some(Vote { recipient, kind }))
    } else {
        Err(ExtraDataError::Trailing(parts.len()))
    }
}
