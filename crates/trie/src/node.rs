//! Reading a node: a view over its RLP that copies nothing.

use alloy_primitives::B256;
use alloy_rlp::Header;
use nybbles::Nibbles;

use crate::{MAX_NIBBLES, TrieError};

/// The RLP of the empty string, which stands for "no child".
pub(crate) const EMPTY_ITEM: &[u8] = &[0x80];

/// A decoded node. Slices point into the RLP from which it was decoded.
pub(crate) enum Node<'a> {
    /// The rest of one key, and its value.
    Leaf { key: Nibbles, value: &'a [u8] },
    /// Nibbles that all keys below share (at least one), and the reference to the branch below.
    Extension { key: Nibbles, child: &'a [u8] },
    /// A fork.
    Branch(Branch<'a>),
}

/// A branch: sixteen child references (RLP items: empty, 32-byte hash, or an embedded node) and the value of the key that ends here.
pub(crate) struct Branch<'a> {
    rlp: &'a [u8],
    /// Child `n` is `rlp[at[n]..at[n + 1]]`.
    at: [u16; 17],
    /// Bit `n` is set when there is a child `n`.
    pub(crate) occupied: u16,
    /// Empty when no key ends here.
    pub(crate) value: &'a [u8],
}

impl<'a> Branch<'a> {
    /// The reference to child `n` (below 16) as an RLP item, [`EMPTY_ITEM`] when there is none.
    pub(crate) fn child(&self, n: usize) -> &'a [u8] {
        &self.rlp[usize::from(self.at[n])..usize::from(self.at[n + 1])]
    }

    /// Takes sixteen references and a value from `payload`, the last `payload.len()` bytes of `rlp`.
    fn decode(rlp: &'a [u8], mut payload: &'a [u8]) -> Result<Self, &'static str> {
        let mut branch = Self { rlp, at: [0; 17], occupied: 0, value: &[] };
        for n in 0..16 {
            branch.at[n] = offset(rlp, payload);
            let length = reference_length(payload)?;
            branch.occupied |= u16::from(length > 1) << n;
            payload = &payload[length..];
        }
        branch.at[16] = offset(rlp, payload);
        branch.value = string(&mut payload)?;
        if !payload.is_empty() {
            return Err("a branch has 17 items");
        }
        if branch.occupied.count_ones() + u32::from(!branch.value.is_empty()) < 2 {
            return Err("a branch leads to fewer than two keys");
        }
        Ok(branch)
    }
}

/// Where `rest`, a suffix of `rlp`, begins. Sixteen references and two headers stay far below 64 KiB.
fn offset(rlp: &[u8], rest: &[u8]) -> u16 {
    u16::try_from(rlp.len() - rest.len()).unwrap_or(u16::MAX)
}

/// Whether an item that was taken for a child reference is that of no child: the only one of a single byte.
pub(crate) fn is_empty(item: &[u8]) -> bool {
    item.len() <= 1
}

/// The length of the child reference at the start of `rest`: 1 when empty, 33 for a hash, and that of the embedded node otherwise.
fn reference_length(rest: &[u8]) -> Result<usize, &'static str> {
    let length = match rest.first() {
        Some(0x80) => 1,
        Some(0xa0) => 33,
        // An embedded node is a list of less than 32 bytes, its header included.
        Some(head @ 0xc1..=0xde) => usize::from(head - 0xc0) + 1,
        Some(_) => {
            return Err(
                "a child reference is neither empty, nor a hash, nor a node of less than 32 bytes",
            );
        }
        None => return Err("a branch has 17 items"),
    };
    if length > rest.len() { Err("a child reference is cut short") } else { Ok(length) }
}

/// Takes one RLP string.
fn string<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], &'static str> {
    Header::decode_bytes(rest, false).map_err(|_| "an item is not a canonical RLP string")
}

/// The length of the RLP item at the start of `rest`, header included.
fn item_length(rest: &[u8]) -> Result<usize, &'static str> {
    let mut cursor = rest;
    let header = Header::decode(&mut cursor).map_err(|_| "an item is not canonical RLP")?;
    Ok(rest.len() - cursor.len() + header.payload_length)
}

/// The hash that a child reference names, or `None` when the reference is empty or an embedded node.
pub(crate) fn reference_hash(item: &[u8]) -> Option<B256> {
    match item {
        [0xa0, hash @ ..] if hash.len() == 32 => Some(B256::from_slice(hash)),
        _ => None,
    }
}

/// Decodes the node that stands at `path`. Total: whatever the bytes, the answer is a node that fits below `path` or an error.
pub(crate) fn decode<'a>(path: &Nibbles, rlp: &'a [u8]) -> Result<Node<'a>, TrieError> {
    let malformed = |reason| TrieError::Malformed { path: *path, reason };
    let node = parse(rlp).map_err(malformed)?;
    let below = match &node {
        Node::Leaf { key, .. } => key.len(),
        // An extension leads to a branch, a branch to children: each takes a nibble more.
        Node::Extension { key, .. } => key.len() + 1,
        Node::Branch(_) => 1,
    };
    if path.len() + below > MAX_NIBBLES {
        return Err(malformed("the path is longer than 64 nibbles"));
    }
    Ok(node)
}

fn parse(rlp: &[u8]) -> Result<Node<'_>, &'static str> {
    let mut payload = rlp;
    let header = Header::decode(&mut payload).map_err(|_| "not canonical RLP")?;
    if !header.list {
        return Err("a node is a list");
    }
    if payload.len() != header.payload_length {
        return Err("bytes follow the node");
    }
    // The key of a leaf or an extension is a string, not empty.
    let short = !matches!(payload.first(), Some(0x80 | 0xc0..)) && {
        let first = item_length(payload)?;
        first + item_length(&payload[first..])? == payload.len()
    };
    if !short {
        return Branch::decode(rlp, payload).map(Node::Branch);
    }
    let (key, leaf) = compact(string(&mut payload)?)?;
    if leaf {
        let value = string(&mut payload)?;
        return if value.is_empty() {
            Err("a leaf has no value")
        } else {
            Ok(Node::Leaf { key, value })
        };
    }
    if key.is_empty() {
        return Err("an extension has no nibbles");
    }
    if payload == EMPTY_ITEM || reference_length(payload)? != payload.len() {
        return Err("an extension does not lead to a node");
    }
    Ok(Node::Extension { key, child: payload })
}

/// Reads the hex-prefix encoding (Yellow Paper, appendix C): the nibbles, and whether they are a leaf's.
fn compact(bytes: &[u8]) -> Result<(Nibbles, bool), &'static str> {
    let (&head, tail) = bytes.split_first().ok_or("a node's key is empty")?;
    if tail.len() > MAX_NIBBLES / 2 {
        return Err("a node's key is longer than 64 nibbles");
    }
    let leaf = head & 0x20 != 0;
    let odd = head & 0x10 != 0;
    if head & 0xc0 != 0 || (!odd && head & 0x0f != 0) {
        return Err("a node's key has an unknown hex prefix");
    }
    if !odd {
        return Ok((Nibbles::unpack(tail), leaf));
    }
    if tail.len() == MAX_NIBBLES / 2 {
        return Err("a node's key is longer than 64 nibbles");
    }
    let mut key = Nibbles::new();
    key.push_unchecked(head & 0x0f);
    key.extend_from_slice_unchecked(tail);
    Ok((key, leaf))
}
