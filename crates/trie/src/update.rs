//! The walk over the old trie and the changes.

use alloy_primitives::{B256, Bytes, keccak256};
use nybbles::Nibbles;

use crate::branch::{Base, Ready};
use crate::changes::{self, Change};
use crate::encode::{self, ChildRef};
use crate::node::{self, EMPTY_ITEM, Node};
use crate::source::{self, NodeSource, Verify};
use crate::{EMPTY_ROOT, TrieError};

/// What an update does to a trie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrieUpdate {
    /// The root after the changes, [`EMPTY_ROOT`] when no key is left.
    pub root: B256,
    /// The nodes to write (their RLP) and to remove (`None`), sorted strictly by path. Empty when the changes change nothing.
    /// A `None` may name a path only when something was stored there.
    pub nodes: Vec<(Nibbles, Option<Bytes>)>,
}

/// Applies `changes` to the trie with the given root, whose nodes `source` gives, trusting the nodes below the root ([`Verify::Trust`]).
///
/// Changes are sorted strictly by key. A value of `None` deletes the key, and so does an empty value, as a trie cannot tell the two
/// apart; deleting an absent key and writing a value that is there already change nothing.
///
/// # Errors
/// [`TrieError::Unsorted`]; [`TrieError::Missing`], [`TrieError::Malformed`] and [`TrieError::HashMismatch`] when the stored trie is not
/// the one with this root, as far as the changes touch it; [`TrieError::Source`] when reading fails.
pub fn update<S: NodeSource + ?Sized>(
    source: &S,
    root: B256,
    changes: &[(B256, Option<Vec<u8>>)],
) -> Result<TrieUpdate, TrieError> {
    update_with(source, root, changes, Verify::Trust)
}

/// [`update`] with the choice to check the hash of each node that is read.
///
/// # Errors
/// As [`update`].
pub fn update_with<S: NodeSource + ?Sized>(
    source: &S,
    root: B256,
    changes: &[(B256, Option<Vec<u8>>)],
    verify: Verify,
) -> Result<TrieUpdate, TrieError> {
    apply(source, root, changes, verify)
}

/// The update for keys of any length up to 32 bytes.
pub(crate) fn apply<S: NodeSource + ?Sized, C: Change>(
    source: &S,
    root: B256,
    changes: &[C],
    verify: Verify,
) -> Result<TrieUpdate, TrieError> {
    changes::check(changes)?;
    if changes.is_empty() {
        return Ok(TrieUpdate { root, nodes: Vec::new() });
    }
    let mut updater = Updater::new(source, verify, changes.len());
    let path = Nibbles::new();
    let outcome = if root == EMPTY_ROOT {
        updater.visit(&path, Raw { item: EMPTY_ITEM, owner: &Bytes::new() }, changes)?
    } else {
        let node = source::load_root(source, &root)?;
        let slot = updater.reserve(&path, true);
        updater.change(&path, slot, &node, &node, changes, None)?
    };
    Ok(updater.finish_root(root, outcome))
}

/// A reference in an old node, with the node's RLP, of which it is a part.
#[derive(Clone, Copy)]
pub(crate) struct Raw<'a> {
    pub(crate) item: &'a [u8],
    pub(crate) owner: &'a Bytes,
}

/// A leaf's value: one that a change brings, or one that an old node holds.
pub(crate) enum Value<'c> {
    New(&'c [u8]),
    Old(Bytes),
}

impl Value<'_> {
    pub(crate) fn as_slice(&self) -> &[u8] {
        match self {
            Self::New(value) => value,
            Self::Old(value) => value,
        }
    }
}

/// What has become of the subtree at a path. A leaf or an extension is not written yet: its parent may merge with it.
pub(crate) enum Outcome<'c> {
    /// As it was, and nothing is to be written.
    Unchanged,
    /// No key is left.
    Empty,
    /// One key is left.
    Leaf { key: Nibbles, value: Value<'c> },
    /// All keys share these nibbles; the branch below is written.
    Extension { key: Nibbles, child: ChildRef },
    /// A branch, written.
    Branch(ChildRef),
}

impl Outcome<'_> {
    /// The same subtree seen from `prefix` nibbles higher up, with no fork in between.
    pub(crate) fn under(self, prefix: &Nibbles) -> Self {
        if prefix.is_empty() {
            return self;
        }
        match self {
            Self::Leaf { key, value } => Self::Leaf { key: prefix.join(&key), value },
            Self::Extension { key, child } => Self::Extension { key: prefix.join(&key), child },
            Self::Branch(child) => Self::Extension { key: *prefix, child },
            other => other,
        }
    }
}

/// The index of an entry in [`Updater::nodes`].
pub(crate) type Slot = usize;

/// One walk: the source, and what is to be written.
pub(crate) struct Updater<'s, S: ?Sized> {
    source: &'s S,
    verify: Verify,
    /// Entries are reserved before those of the paths below, so they are sorted at all times. A reserved entry of a path where
    /// something is stored stands for its removal until a node is written there. Empty bytes, which are no node, mark a hole: an
    /// entry that came to nothing.
    pub(crate) nodes: Vec<(Nibbles, Option<Bytes>)>,
    /// The RLP of the node that is being written.
    pub(crate) scratch: Vec<u8>,
}

impl<'s, S: NodeSource + ?Sized> Updater<'s, S> {
    pub(crate) fn new(source: &'s S, verify: Verify, changes: usize) -> Self {
        // In a large trie a changed leaf touches two or three nodes that no other change touches.
        Self {
            source,
            verify,
            nodes: Vec::with_capacity(3 * changes + 8),
            scratch: Vec::with_capacity(600),
        }
    }

    /// Takes the next entry. `stored` says whether the old trie has a node there.
    pub(crate) fn reserve(&mut self, path: &Nibbles, stored: bool) -> Slot {
        self.nodes.push((*path, if stored { None } else { Some(Bytes::new()) }));
        self.nodes.len() - 1
    }

    pub(crate) fn load(&self, path: &Nibbles, hash: &B256) -> Result<Bytes, TrieError> {
        source::load(self.source, path, hash, self.verify)
    }

    /// Applies changes, one at least and all below `path`, to what stands at `path`.
    pub(crate) fn visit<'c, C: Change>(
        &mut self,
        path: &Nibbles,
        raw: Raw<'_>,
        changes: &'c [C],
    ) -> Result<Outcome<'c>, TrieError> {
        if node::is_empty(raw.item) {
            let slot = self.reserve(path, false);
            return Ok(match self.fresh(path, slot, changes, None) {
                Outcome::Empty => self.unchanged(slot),
                outcome => outcome,
            });
        }
        if let Some(hash) = node::reference_hash(raw.item) {
            let node = self.load(path, &hash)?;
            let slot = self.reserve(path, true);
            return self.change(path, slot, &node, &node, changes, None);
        }
        let slot = self.reserve(path, false);
        self.change(path, slot, raw.item, raw.owner, changes, None)
    }

    /// Applies changes to the node `rlp`, a part of `owner`, at `path`. `ready` holds what was worked out already below a branch.
    pub(crate) fn change<'c, C: Change>(
        &mut self,
        path: &Nibbles,
        slot: Slot,
        rlp: &[u8],
        owner: &Bytes,
        changes: &'c [C],
        ready: Option<&mut Ready<'c>>,
    ) -> Result<Outcome<'c>, TrieError> {
        let outcome = match node::decode(path, rlp)? {
            Node::Leaf { key, value } => {
                self.leaf(path, slot, &key, Raw { item: value, owner }, changes)
            }
            Node::Extension { key, child } => {
                self.extension(path, slot, &key, Raw { item: child, owner }, changes)?
            }
            Node::Branch(branch) => {
                self.branch(path, slot, &Base::Branch(branch), owner, changes, ready)?
            }
        };
        Ok(match outcome {
            Outcome::Unchanged => self.unchanged(slot),
            outcome => outcome,
        })
    }

    /// Forgets the entries from `slot` on.
    fn unchanged<'c>(&mut self, slot: Slot) -> Outcome<'c> {
        self.nodes.truncate(slot);
        Outcome::Unchanged
    }

    fn leaf<'c, C: Change>(
        &mut self,
        path: &Nibbles,
        slot: Slot,
        key: &Nibbles,
        value: Raw<'_>,
        changes: &'c [C],
    ) -> Outcome<'c> {
        let full = path.join(key);
        let outcome = match changes.binary_search_by(|change| change.path().cmp(&full)) {
            Ok(found) if changes.len() == 1 => match changes[found].value() {
                Some(value) => Outcome::Leaf { key: *key, value: Value::New(value) },
                None => Outcome::Empty,
            },
            Ok(_) => self.fresh(path, slot, changes, None),
            Err(_) => {
                self.fresh(path, slot, changes, Some((full, value.owner.slice_ref(value.item))))
            }
        };
        match outcome {
            Outcome::Leaf { key: new_key, value: new }
                if new_key == *key && new.as_slice() == value.item =>
            {
                Outcome::Unchanged
            }
            outcome => outcome,
        }
    }

    /// Applies changes to an extension that stands, or would stand, at `path`.
    pub(crate) fn extension<'c, C: Change>(
        &mut self,
        path: &Nibbles,
        slot: Slot,
        key: &Nibbles,
        child: Raw<'_>,
        mut changes: &'c [C],
    ) -> Result<Outcome<'c>, TrieError> {
        let full = path.join(key);
        // Deleting a key that does not pass through here is nothing. Once such changes are cut off at both ends, either everything
        // goes on to the child, or something is added that forks off before it.
        let idle = |change: &C| change.is_delete() && !change.path().starts_with(&full);
        while let Some((_, rest)) = changes.split_first().filter(|(first, _)| idle(first)) {
            changes = rest;
        }
        while let Some((_, rest)) = changes.split_last().filter(|(last, _)| idle(last)) {
            changes = rest;
        }
        let (Some(first), Some(last)) = (changes.first(), changes.last()) else {
            return Ok(Outcome::Unchanged);
        };
        let shared =
            full.common_prefix_length(&first.path()).min(full.common_prefix_length(&last.path()));
        if shared == full.len() {
            return Ok(self.visit(&full, child, changes)?.under(key));
        }
        let fork = full.slice(..shared);
        let fork_slot = if shared == path.len() { slot } else { self.reserve(&fork, false) };
        let base = Base::Split {
            nibble: usize::from(full.get_unchecked(shared)),
            key: full.slice(shared + 1..),
            child: child.item,
        };
        let outcome = self.branch(&fork, fork_slot, &base, child.owner, changes, None)?;
        Ok(outcome.under(&full.slice(path.len()..shared)))
    }

    /// Writes what was left unwritten, at the path of `slot`, and gives the reference to it.
    pub(crate) fn settle(&mut self, slot: Slot, outcome: &Outcome<'_>) -> ChildRef {
        match outcome {
            Outcome::Leaf { key, value } => encode::leaf(key, value.as_slice(), &mut self.scratch),
            Outcome::Extension { key, child } => encode::extension(key, child, &mut self.scratch),
            Outcome::Branch(child) => return *child,
            Outcome::Unchanged | Outcome::Empty => return ChildRef::EMPTY,
        }
        self.write(slot)
    }

    /// Puts the node in `scratch` at the path of `slot`, unless it is small enough to be embedded, and gives the reference to it.
    pub(crate) fn write(&mut self, slot: Slot) -> ChildRef {
        let (path, entry) = &mut self.nodes[slot];
        if self.scratch.len() < 32 && !path.is_empty() {
            return ChildRef::item(&self.scratch);
        }
        *entry = Some(Bytes::copy_from_slice(&self.scratch));
        ChildRef::hash(&keccak256(&self.scratch))
    }

    /// Writes the root node and gives up the entries.
    pub(crate) fn finish_root(mut self, root: B256, outcome: Outcome<'_>) -> TrieUpdate {
        let root = match outcome {
            Outcome::Unchanged => root,
            Outcome::Empty => EMPTY_ROOT,
            // The root's entry was reserved first, and the root is stored whatever its size.
            outcome => {
                node::reference_hash(self.settle(0, &outcome).as_slice()).unwrap_or(EMPTY_ROOT)
            }
        };
        self.nodes.retain(|(_, node)| node.as_ref().is_none_or(|node| !node.is_empty()));
        TrieUpdate { root, nodes: self.nodes }
    }
}
