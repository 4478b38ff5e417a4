//! Roots from scratch, in one pass over sorted leaves.

use alloy_primitives::{B256, Bytes, keccak256};
use alloy_rlp::Encodable;
use nybbles::Nibbles;

use crate::EMPTY_ROOT;
use crate::encode::{self, ChildRef};

/// Builds a trie from its leaves as they come, in key order, and hands out each node that is stored.
///
/// Memory is bounded by the depth of the trie. A node is handed out after the nodes below it; the root's comes last. See the crate's
/// documentation for which nodes are stored.
#[derive(Debug)]
pub struct TrieBuilder<F> {
    sink: F,
    /// The branches on the way to the pending leaf, from the root down.
    open: Vec<Open>,
    /// The last leaf: where it hangs depends on the one that follows.
    pending: Option<Nibbles>,
    value: Vec<u8>,
    scratch: Vec<u8>,
}

/// A branch that may still get children.
struct Open {
    depth: usize,
    children: [ChildRef; 16],
    value: Vec<u8>,
}

impl std::fmt::Debug for Open {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Open").field("depth", &self.depth).finish_non_exhaustive()
    }
}

impl<F: FnMut(&Nibbles, &[u8])> TrieBuilder<F> {
    /// A builder of a trie with no leaves yet, which gives path and RLP of each stored node to `sink`.
    pub fn new(sink: F) -> Self {
        Self { sink, open: Vec::new(), pending: None, value: Vec::new(), scratch: Vec::new() }
    }

    /// Adds a leaf. An empty value is no value: the leaf is passed over.
    ///
    /// # Panics
    /// When `key` is not greater than that of the leaf before: the caller reads leaves in key order.
    pub fn leaf(&mut self, key: B256, value: &[u8]) {
        self.push(Nibbles::unpack_array(&key.0), value);
    }

    /// Adds a leaf with a key of any length.
    pub(crate) fn push(&mut self, path: Nibbles, value: &[u8]) {
        if value.is_empty() {
            return;
        }
        if let Some(last) = self.pending {
            assert!(last < path, "leaves come in key order, each key once");
            self.close(&last, last.common_prefix_length(&path));
        }
        self.pending = Some(path);
        self.value.clear();
        self.value.extend_from_slice(value);
    }

    /// The root of the trie of all leaves.
    pub fn finish(mut self) -> B256 {
        let Some(last) = self.pending else { return EMPTY_ROOT };
        let mut top = None;
        if !self.open.is_empty() {
            // Everything below the uppermost branch hangs below it.
            let depth = self.open[0].depth;
            self.close(&last, depth);
            top = self.open.pop();
        }
        match top {
            None => encode::leaf(&last, &self.value, &mut self.scratch),
            Some(branch) => {
                encode::branch(|n| branch.children[n].as_slice(), &branch.value, &mut self.scratch);
                if branch.depth > 0 {
                    let child = self.write(&last.slice(..branch.depth));
                    encode::extension(&last.slice(..branch.depth), &child, &mut self.scratch);
                }
            }
        }
        (self.sink)(&Nibbles::new(), &self.scratch);
        keccak256(&self.scratch)
    }

    /// Hangs the pending leaf, at `path`, and closes the branches that the next leaf, which shares `shared` nibbles with it, is not
    /// below. Afterwards the lowest open branch is at that depth.
    fn close(&mut self, path: &Nibbles, shared: usize) {
        let depth = self.open_down_to(shared);
        if path.len() == depth {
            if let Some(top) = self.open.last_mut() {
                top.value = std::mem::take(&mut self.value);
            }
        } else {
            encode::leaf(&path.slice(depth + 1..), &self.value, &mut self.scratch);
            let child = self.write(&path.slice(..=depth));
            self.hang(path, depth, child);
        }
        while let Some(branch) = self.open.pop_if(|top| top.depth > shared) {
            encode::branch(|n| branch.children[n].as_slice(), &branch.value, &mut self.scratch);
            let mut child = self.write(&path.slice(..branch.depth));
            let depth = self.open_down_to(shared);
            if branch.depth > depth + 1 {
                encode::extension(&path.slice(depth + 1..branch.depth), &child, &mut self.scratch);
                child = self.write(&path.slice(..=depth));
            }
            self.hang(path, depth, child);
        }
    }

    /// Opens a branch at depth `shared` unless the lowest one is as deep. Gives the depth of the lowest.
    fn open_down_to(&mut self, shared: usize) -> usize {
        match self.open.last() {
            Some(top) if top.depth >= shared => top.depth,
            _ => {
                self.open.push(Open {
                    depth: shared,
                    children: [ChildRef::EMPTY; 16],
                    value: Vec::new(),
                });
                shared
            }
        }
    }

    /// Makes `child` the child on the way to `path` of the lowest branch, which is at `depth`.
    fn hang(&mut self, path: &Nibbles, depth: usize, child: ChildRef) {
        if let Some(top) = self.open.last_mut() {
            top.children[usize::from(path.get_unchecked(depth))] = child;
        }
    }

    /// Hands out the node in `scratch`, which stands at `path` and is not the root, unless it is small enough to be embedded.
    fn write(&mut self, path: &Nibbles) -> ChildRef {
        if self.scratch.len() < 32 {
            return ChildRef::item(&self.scratch);
        }
        (self.sink)(path, &self.scratch);
        ChildRef::hash(&keccak256(&self.scratch))
    }
}

/// The root of the trie with these leaves, in key order, each key once. Leaves with an empty value are passed over.
///
/// # Panics
/// When the leaves are not sorted strictly by key. [`TrieBuilder`] serves where reading the leaves may fail.
pub fn root_of_sorted<I, V>(leaves: I) -> B256
where
    I: IntoIterator<Item = (B256, V)>,
    V: AsRef<[u8]>,
{
    let mut builder = TrieBuilder::new(|_: &Nibbles, _: &[u8]| ());
    for (key, value) in leaves {
        builder.leaf(key, value.as_ref());
    }
    builder.finish()
}

/// [`root_of_sorted`] that gives each stored node to `sink`: children before parents, the root last, nothing for the empty trie.
///
/// # Panics
/// As [`root_of_sorted`].
pub fn build<I, V, F>(leaves: I, mut sink: F) -> B256
where
    I: IntoIterator<Item = (B256, V)>,
    V: AsRef<[u8]>,
    F: FnMut(Nibbles, Bytes),
{
    let mut builder =
        TrieBuilder::new(|path: &Nibbles, node: &[u8]| sink(*path, Bytes::copy_from_slice(node)));
    for (key, value) in leaves {
        builder.leaf(key, value.as_ref());
    }
    builder.finish()
}

/// The root over a list: the trie of the items, none of them empty, each under the RLP of its index. It is that of the transactions
/// (in their EIP-2718 envelope), receipts and withdrawals of a block (Yellow Paper, section 4.3; EIP-4895).
pub fn ordered_root(items: &[impl AsRef<[u8]>]) -> B256 {
    let mut builder = TrieBuilder::new(|_: &Nibbles, _: &[u8]| ());
    let mut key = Vec::with_capacity(9);
    // The RLP of 0 is 0x80: it comes after those of 1 to 0x7f, which stand for themselves, and before all others.
    let single = items.len().min(0x80);
    let order = (1..single).chain((single > 0).then_some(0)).chain(0x80..items.len());
    for index in order {
        key.clear();
        index.encode(&mut key);
        builder.push(Nibbles::unpack(&key), items[index].as_ref());
    }
    builder.finish()
}
