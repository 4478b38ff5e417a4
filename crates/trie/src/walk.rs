//! Going through a whole trie.

use alloy_primitives::B256;
use nybbles::Nibbles;

use crate::node::{self, Node};
use crate::source::{self, NodeSource, Verify};
use crate::{EMPTY_ROOT, TrieError};

/// Goes through the trie with this root in key order and gives each key (in nibbles, 64 of them where keys are hashes) and its value to
/// `leaf`. Gives the number of stored nodes: a store that holds more entries for this trie than that holds garbage.
///
/// With [`Verify::Check`] the hash of each node is checked, so that what is given to `leaf` is what the root stands for; with
/// [`Verify::Trust`] the root's only.
///
/// # Errors
/// [`TrieError::Missing`], [`TrieError::Malformed`] and [`TrieError::HashMismatch`] when the stored trie is not the one with this root;
/// [`TrieError::Source`] when reading fails. What was given to `leaf` before is then part of the trie, but not all of it.
pub fn walk<S: NodeSource + ?Sized>(
    source: &S,
    root: B256,
    verify: Verify,
    leaf: impl FnMut(&Nibbles, &[u8]),
) -> Result<u64, TrieError> {
    if root == EMPTY_ROOT {
        return Ok(0);
    }
    let node = source::load_root(source, &root)?;
    let mut walker = Walker { source, verify, leaf, stored: 1 };
    walker.node(&Nibbles::new(), &node)?;
    Ok(walker.stored)
}

struct Walker<'s, S: ?Sized, F> {
    source: &'s S,
    verify: Verify,
    leaf: F,
    stored: u64,
}

impl<S: NodeSource + ?Sized, F: FnMut(&Nibbles, &[u8])> Walker<'_, S, F> {
    fn node(&mut self, path: &Nibbles, rlp: &[u8]) -> Result<(), TrieError> {
        match node::decode(path, rlp)? {
            Node::Leaf { key, value } => (self.leaf)(&path.join(&key), value),
            Node::Extension { key, child } => self.child(&path.join(&key), child)?,
            Node::Branch(branch) => {
                if !branch.value.is_empty() {
                    (self.leaf)(path, branch.value);
                }
                for n in 0..16 {
                    let mut below = *path;
                    below.push_unchecked(n as u8);
                    self.child(&below, branch.child(n))?;
                }
            }
        }
        Ok(())
    }

    fn child(&mut self, path: &Nibbles, item: &[u8]) -> Result<(), TrieError> {
        if node::is_empty(item) {
            return Ok(());
        }
        let Some(hash) = node::reference_hash(item) else { return self.node(path, item) };
        self.stored += 1;
        let node = source::load(self.source, path, &hash, self.verify)?;
        self.node(path, &node)
    }
}
