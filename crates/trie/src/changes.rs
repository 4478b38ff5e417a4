//! Sorted changes, and how they fall on the children of a branch.

use alloy_primitives::B256;
use nybbles::Nibbles;

use crate::{MAX_NIBBLES, TrieError};

/// A change of one key. Keys are whole bytes; those of the public functions are always 32, the core takes any length up to that.
pub(crate) trait Change: Sync {
    fn key(&self) -> &[u8];

    /// The new value; `None` deletes. Never empty: a trie has no way to tell an empty value from none.
    fn value(&self) -> Option<&[u8]>;

    /// The key in nibbles.
    fn path(&self) -> Nibbles;

    fn is_delete(&self) -> bool {
        self.value().is_none()
    }
}

impl Change for (B256, Option<Vec<u8>>) {
    fn key(&self) -> &[u8] {
        self.0.as_slice()
    }

    fn value(&self) -> Option<&[u8]> {
        self.1.as_deref().filter(|value| !value.is_empty())
    }

    fn path(&self) -> Nibbles {
        Nibbles::unpack_array(&self.0.0)
    }
}

/// Refuses changes that are not strictly sorted or whose keys do not fit.
pub(crate) fn check<C: Change>(changes: &[C]) -> Result<(), TrieError> {
    if let Some(index) = changes.iter().position(|change| change.key().len() > MAX_NIBBLES / 2) {
        return Err(TrieError::KeyTooLong { index });
    }
    match changes.windows(2).position(|pair| pair[0].key() >= pair[1].key()) {
        Some(before) => Err(TrieError::Unsorted { index: before + 1 }),
        None => Ok(()),
    }
}

/// Nibble number `depth` of `key`, which is longer than that.
pub(crate) fn nibble(key: &[u8], depth: usize) -> usize {
    let byte = key[depth / 2];
    usize::from(if depth.is_multiple_of(2) { byte >> 4 } else { byte & 0x0f })
}

/// Changes that share a prefix of `depth` nibbles, split at that depth.
pub(crate) struct Runs<'c, C> {
    /// The change of the very key that ends at this depth.
    pub(crate) here: Option<&'c C>,
    changes: &'c [C],
    /// Run `n` is `changes[at[n]..at[n + 1]]`.
    at: [usize; 17],
    /// Bit `n` is set when run `n` is not empty.
    pub(crate) occupied: u16,
}

impl<'c, C: Change> Runs<'c, C> {
    pub(crate) fn split(changes: &'c [C], depth: usize) -> Self {
        let (here, changes) = match changes.split_first() {
            Some((first, rest)) if first.key().len() * 2 == depth => (Some(first), rest),
            _ => (None, changes),
        };
        let mut runs = Self { here, changes, at: [0; 17], occupied: 0 };
        let mut start = 0;
        let mut filled = 0;
        while let Some(first) = changes.get(start) {
            let n = nibble(first.key(), depth);
            let length =
                changes[start..].partition_point(|change| nibble(change.key(), depth) == n);
            runs.at[filled..=n].fill(start);
            filled = n + 1;
            start += length;
            runs.occupied |= 1 << n;
        }
        runs.at[filled..].fill(start);
        runs
    }

    /// The changes below child `n`.
    pub(crate) fn run(&self, n: usize) -> &'c [C] {
        &self.changes[self.at[n]..self.at[n + 1]]
    }
}
