//! What can go wrong.

use alloy_primitives::B256;
use nybbles::Nibbles;

/// Why a root, a proof or a walk could not be given. Paths are in nibbles from the root; the root's own path prints as `(root)`.
#[derive(Debug, thiserror::Error)]
pub enum TrieError {
    /// A parent refers to a node that the source does not have.
    #[error("trie node missing at path {path}: the stored trie is incomplete, rebuild it from the state", path = show(.path))]
    Missing {
        /// Where the node should be.
        path: Nibbles,
    },

    /// A node is not the RLP of a trie node.
    #[error("malformed trie node at path {path}: {reason}", path = show(.path))]
    Malformed {
        /// Where the node is.
        path: Nibbles,
        /// What is wrong with it.
        reason: &'static str,
    },

    /// A node's hash is not the one by which the root or its parent refers to it.
    #[error("trie node at path {path} hashes to {found}, expected {expected}: it is damaged or belongs to another version of the trie", path = show(.path))]
    HashMismatch {
        /// Where the node is.
        path: Nibbles,
        /// The hash that the reference names.
        expected: B256,
        /// The hash of the node as read.
        found: B256,
    },

    /// The changes are not sorted strictly by key.
    #[error(
        "changes are not sorted strictly by key: number {index} (from 0) is not greater than the one before it"
    )]
    Unsorted {
        /// Position of the first change that is out of order.
        index: usize,
    },

    /// The key is longer than 32 bytes. Only variable-length keys can be, and those are internal.
    #[error("change number {index} (from 0) has a key longer than 32 bytes")]
    KeyTooLong {
        /// Position of the change.
        index: usize,
    },

    /// A proof ends before the key is reached.
    #[error("proof is incomplete: the node at path {path} is not in it", path = show(.path))]
    ProofIncomplete {
        /// Path of the node that should come next.
        path: Nibbles,
    },

    /// A proof holds more nodes than lead to the key.
    #[error("proof has {extra} node(s) beyond those that lead to the key")]
    ProofExcess {
        /// How many nodes are left over.
        extra: usize,
    },

    /// The source failed to read.
    #[error("cannot read trie node: {0}")]
    Source(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl TrieError {
    /// Wraps what a [`NodeSource`](crate::NodeSource) met when it read.
    pub fn source(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Source(error.into())
    }
}

/// The path as hex digits, one for each nibble.
fn show(path: &Nibbles) -> String {
    if path.is_empty() {
        return "(root)".to_owned();
    }
    path.iter().map(|nibble| char::from_digit(u32::from(nibble), 16).unwrap_or('?')).collect()
}
