//! Writing a node.

use alloy_primitives::B256;
use alloy_rlp::{Encodable, Header};
use nybbles::Nibbles;

/// How a parent names a child: the RLP item that it holds, which is empty, a 32-byte hash, or a node of less than 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChildRef {
    length: u8,
    item: [u8; 33],
}

impl ChildRef {
    /// No child.
    pub(crate) const EMPTY: Self = {
        let mut item = [0; 33];
        item[0] = 0x80;
        Self { length: 1, item }
    };

    /// A child that is stored at its own path.
    pub(crate) fn hash(hash: &B256) -> Self {
        let mut item = [0xa0; 33];
        item[1..].copy_from_slice(hash.as_slice());
        Self { length: 33, item }
    }

    /// An item as it stands in a node: a reference that was decoded, or the RLP of a node of less than 32 bytes.
    pub(crate) fn item(bytes: &[u8]) -> Self {
        let mut item = [0; 33];
        item[..bytes.len()].copy_from_slice(bytes);
        Self { length: bytes.len() as u8, item }
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.item[..usize::from(self.length)]
    }
}

/// Writes the RLP of a leaf.
pub(crate) fn leaf(key: &Nibbles, value: &[u8], out: &mut Vec<u8>) {
    let (compact, length) = compact(key, 0x20);
    let key = &compact[..length];
    out.clear();
    Header { list: true, payload_length: key.length() + value.length() }.encode(out);
    key.encode(out);
    value.encode(out);
}

/// Writes the RLP of an extension.
pub(crate) fn extension(key: &Nibbles, child: &ChildRef, out: &mut Vec<u8>) {
    let (compact, length) = compact(key, 0);
    let key = &compact[..length];
    out.clear();
    Header { list: true, payload_length: key.length() + child.as_slice().len() }.encode(out);
    key.encode(out);
    out.extend_from_slice(child.as_slice());
}

/// Writes the RLP of a branch whose child `n` is the item `child(n)`. An empty value is none.
pub(crate) fn branch<'a>(child: impl Fn(usize) -> &'a [u8], value: &[u8], out: &mut Vec<u8>) {
    let children: usize = (0..16).map(|n| child(n).len()).sum();
    out.clear();
    Header { list: true, payload_length: children + value.length() }.encode(out);
    for n in 0..16 {
        out.extend_from_slice(child(n));
    }
    value.encode(out);
}

/// The hex-prefix encoding (Yellow Paper, appendix C): the bytes and how many of them count. `flag` is 0x20 for a leaf.
fn compact(key: &Nibbles, flag: u8) -> ([u8; 33], usize) {
    let mut bytes = [0; 33];
    if key.len().is_multiple_of(2) {
        bytes[0] = flag;
        key.pack_to(&mut bytes[1..]);
    } else {
        bytes[0] = flag | 0x10 | key.get_unchecked(0);
        key.slice(1..).pack_to(&mut bytes[1..]);
    }
    (bytes, key.len() / 2 + 1)
}
