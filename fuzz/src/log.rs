//! The block log's format, written down a second time from its description, to judge what the store makes of a file.

use alloy_primitives::{Address, B256};
use entente_chain::RecoveredBlock;
use std::collections::HashSet;
use twox_hash::XxHash3_64;

/// The first segment's file.
pub const SEGMENT: &str = "blocks-00000000.log";
/// Bytes of a record before its payload.
pub const HEADER: usize = 36;
/// A record that holds a block.
pub const BLOCK: u8 = 1;
/// A record that takes the head back.
pub const REWIND: u8 = 2;

/// Appends a record with a checksum that holds, at the end of the first segment.
pub fn put(segment: &mut Vec<u8>, kind: u8, height: u64, batch: u64, payload: &[u8]) {
    let offset = segment.len();
    segment.extend_from_slice(b"ENTL");
    segment.extend_from_slice(&[kind, 1, 0, 0]);
    segment.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    segment.extend_from_slice(&height.to_le_bytes());
    segment.extend_from_slice(&batch.to_le_bytes());
    let sum = checksum(&segment[offset..], offset as u64, payload);
    segment.extend_from_slice(&sum.to_le_bytes());
    segment.extend_from_slice(payload);
}

fn checksum(header: &[u8], offset: u64, payload: &[u8]) -> u64 {
    let place = XxHash3_64::oneshot_with_seed(offset.wrapping_mul(0x1_0000_0001), header);
    XxHash3_64::oneshot_with_seed(place, payload)
}

/// A block's payload: hash, senders and RLP.
pub fn block_payload(hash: B256, senders: &[Address], rlp: &[u8]) -> Vec<u8> {
    let mut payload = hash.to_vec();
    payload.extend_from_slice(&(senders.len() as u32).to_le_bytes());
    payload.extend(senders.iter().flat_map(|sender| sender.0));
    payload.extend_from_slice(rlp);
    payload
}

/// The payload that a block would have been written with.
pub fn payload_of(block: &RecoveredBlock) -> Vec<u8> {
    block_payload(block.hash, block.senders(), &alloy_rlp::encode(&block.sealed().block))
}

/// The payloads of all block records in a segment whose checksum holds, wherever they begin.
pub fn sound_blocks(segment: &[u8]) -> HashSet<&[u8]> {
    let starts = segment.windows(4).enumerate().filter(|(_, window)| window == b"ENTL");
    starts.filter_map(|(offset, _)| sound_block(segment, offset)).collect()
}

fn sound_block(segment: &[u8], offset: usize) -> Option<&[u8]> {
    let (header, rest) = segment[offset..].split_first_chunk::<HEADER>()?;
    let length = u32::from_le_bytes(header[8..12].try_into().ok()?) as usize;
    let payload = rest.get(..length)?;
    let sum = u64::from_le_bytes(header[28..].try_into().ok()?);
    (header[4] == BLOCK && checksum(&header[..28], offset as u64, payload) == sum)
        .then_some(payload)
}
