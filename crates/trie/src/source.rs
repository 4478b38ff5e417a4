//! Where nodes come from.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;

use alloy_primitives::{B256, Bytes, keccak256};
use nybbles::Nibbles;

use crate::TrieError;

/// The stored nodes of one trie, by path. In a store that keeps many tries, a source is bound to one owner.
pub trait NodeSource {
    /// The RLP of the node at this path (nibbles from the root; the root's path is empty), or `None` when nothing is stored there.
    ///
    /// # Errors
    /// [`TrieError::Source`] when the node cannot be read.
    fn node(&self, path: &Nibbles) -> Result<Option<Bytes>, TrieError>;
}

impl<S: NodeSource + ?Sized> NodeSource for &S {
    fn node(&self, path: &Nibbles) -> Result<Option<Bytes>, TrieError> {
        (**self).node(path)
    }
}

impl<H: BuildHasher> NodeSource for HashMap<Nibbles, Bytes, H> {
    fn node(&self, path: &Nibbles) -> Result<Option<Bytes>, TrieError> {
        Ok(self.get(path).cloned())
    }
}

impl NodeSource for BTreeMap<Nibbles, Bytes> {
    fn node(&self, path: &Nibbles) -> Result<Option<Bytes>, TrieError> {
        Ok(self.get(path).cloned())
    }
}

/// Whether the hashes of the nodes below the root are compared with what their parents say. The root's own hash always is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verify {
    /// Take the nodes as they come: for a source that guards its records itself, with a checksum for instance.
    #[default]
    Trust,
    /// Hash each node that is read. About doubles the cost of an update.
    Check,
}

/// Reads the node at `path`, to which `hash` refers.
pub(crate) fn load<S: NodeSource + ?Sized>(
    source: &S,
    path: &Nibbles,
    hash: &B256,
    verify: Verify,
) -> Result<Bytes, TrieError> {
    let node = source.node(path)?.ok_or(TrieError::Missing { path: *path })?;
    if verify == Verify::Check {
        check(path, hash, &node)?;
    }
    Ok(node)
}

/// Reads the root node and compares its hash with `root`.
pub(crate) fn load_root<S: NodeSource + ?Sized>(
    source: &S,
    root: &B256,
) -> Result<Bytes, TrieError> {
    load(source, &Nibbles::new(), root, Verify::Check)
}

/// Compares the hash of `node` with the one by which it is referred to.
pub(crate) fn check(path: &Nibbles, expected: &B256, node: &[u8]) -> Result<(), TrieError> {
    let found = keccak256(node);
    if found == *expected {
        Ok(())
    } else {
        Err(TrieError::HashMismatch { path: *path, expected: *expected, found })
    }
}
