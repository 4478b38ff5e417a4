//! The pieces of RLP that the codecs share. Nothing is allocated beyond the length of the input.

use super::{ExtraDataError, Seal};
use alloy_primitives::Address;
use alloy_rlp::{Encodable, Header};

/// Reads one string.
pub(super) fn string<'a>(
    buf: &mut &'a [u8],
    part: &'static str,
) -> Result<&'a [u8], ExtraDataError> {
    Header::decode_bytes(buf, false).map_err(|reason| ExtraDataError::Rlp { part, reason })
}

/// Reads one list and gives its payload.
pub(super) fn list<'a>(buf: &mut &'a [u8], part: &'static str) -> Result<&'a [u8], ExtraDataError> {
    Header::decode_bytes(buf, true).map_err(|reason| ExtraDataError::Rlp { part, reason })
}

/// Reads the outermost list, after which nothing may follow.
pub(super) fn whole(mut buf: &[u8]) -> Result<&[u8], ExtraDataError> {
    let payload = list(&mut buf, "the outer list")?;
    if buf.is_empty() { Ok(payload) } else { Err(ExtraDataError::Trailing(buf.len())) }
}

/// Whether the next item is a list.
pub(super) fn is_list(buf: &[u8]) -> bool {
    buf.first().is_some_and(|byte| *byte >= 0xc0)
}

pub(super) fn address(buf: &mut &[u8], part: &'static str) -> Result<Address, ExtraDataError> {
    let bytes = string(buf, part)?;
    Address::try_from(bytes).map_err(|_| ExtraDataError::Length {
        part,
        found: bytes.len(),
        expected: "20",
    })
}

pub(super) fn validators(buf: &mut &[u8]) -> Result<Vec<Address>, ExtraDataError> {
    let mut payload = list(buf, "the validators")?;
    let mut validators = Vec::with_capacity(payload.len() / 21);
    while !payload.is_empty() {
        validators.push(address(&mut payload, "a validator")?);
    }
    Ok(validators)
}

pub(super) fn seals(buf: &mut &[u8]) -> Result<Vec<Seal>, ExtraDataError> {
    let mut payload = list(buf, "the seals")?;
    let mut seals = Vec::with_capacity(payload.len() / 67);
    while !payload.is_empty() {
        let bytes = string(&mut payload, "a seal")?;
        let seal = Seal::try_from(bytes).map_err(|_| ExtraDataError::Length {
            part: "a seal",
            found: bytes.len(),
            expected: "65",
        })?;
        seals.push(seal);
    }
    Ok(seals)
}

/// Wraps a payload into a list.
pub(super) fn wrap(payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len() + 9);
    Header { list: true, payload_length: payload.len() }.encode(&mut out);
    out.extend_from_slice(payload);
    out
}

/// Writes a list.
pub(super) fn put_list<T: Encodable>(items: &[T], out: &mut Vec<u8>) {
    alloy_rlp::encode_list::<T, T>(items, out);
}
