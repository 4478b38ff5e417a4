//! What is the root? Merkle Patricia roots and proofs over sorted changes.
//!
//! The crate is pure: it reads nodes through [`NodeSource`], takes sorted changes, and gives back a root with the nodes to write and to
//! remove. It knows nothing of accounts, disks or clocks; the account trie and each storage trie are tries like any other, and a source
//! serves one of them. The structure is that of the Yellow Paper, appendix D ("Modified Merkle Patricia Tree").
//!
//! # What is stored
//!
//! Nodes are stored by *path*, the nibbles that lead to them from the root, not by hash: an update overwrites what it replaces, so there
//! is one version of the trie and no garbage to collect. A node has an entry exactly when it is the root or its RLP takes 32 bytes or
//! more; a smaller node lives inside its parent. A branch never moves, since its path is the prefix that its keys share; a leaf or an
//! extension starts right below its parent and therefore moves when a branch is put above it or taken away. [`TrieUpdate::nodes`] names
//! every path that has to be written or removed, so that after each update the store holds the nodes of the new trie and no others.
//!
//! # How an update goes
//!
//! [`update`] walks the old trie and the changes together, once. At a branch the changes, being sorted, fall into sixteen consecutive
//! runs, and only children with a run are visited. A visited node is read once, and its new form is encoded and hashed once, on the way
//! back. A branch is finished where it stands. A leaf or an extension is handed to the parent unfinished, because the parent may have to
//! merge with it when it is left with a single child; so no node is hashed that does not stay. Entries are reserved on the way down and
//! filled on the way up, which leaves them sorted by path at no cost. A subtree in which nothing changed is reported as such and costs no
//! hash at all.
//!
//! [`update_parallel`] does the same with the children of the root spread over rayon's threads.
//!
//! # Trust
//!
//! The root node is always compared with the root that the caller expects. Whether the hashes of the nodes below are compared with what
//! their parents say is the caller's choice ([`Verify`]): it doubles the hashing, and the store keeps a checksum on each record. Proofs
//! and [`walk`] are for reading with suspicion. Whatever a source gives, the answer is a [`TrieError`] at worst, never a panic; recursion
//! ends at 64 nibbles.

mod branch;
mod build;
mod changes;
mod encode;
mod error;
mod fresh;
mod node;
mod parallel;
mod proof;
mod source;
mod update;
mod walk;

#[cfg(test)]
mod fixtures;

pub use build::{TrieBuilder, build, ordered_root, root_of_sorted};
pub use error::TrieError;
pub use nybbles::Nibbles;
pub use parallel::{PARALLEL_THRESHOLD, update_parallel};
pub use proof::{prove, verify_proof};
pub use source::{NodeSource, Verify};
pub use update::{TrieUpdate, update, update_with};
pub use walk::walk;

use alloy_primitives::{B256, b256};

/// The root of the trie that holds nothing: keccak-256 of the RLP of the empty string, `0x80` (Yellow Paper, appendix D).
pub const EMPTY_ROOT: B256 =
    b256!("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");

/// The longest path, in nibbles: keys are 32-byte hashes.
pub(crate) const MAX_NIBBLES: usize = 64;
