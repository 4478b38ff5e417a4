//! A subtree where there was none, or a single leaf.

use alloy_primitives::Bytes;
use nybbles::Nibbles;

use crate::changes::{Change, Runs};
use crate::encode::{self, ChildRef};
use crate::source::NodeSource;
use crate::update::{Outcome, Slot, Updater, Value};

/// A leaf of the old trie that stays: its full path, and its value.
type Kept = (Nibbles, Bytes);

impl<S: NodeSource + ?Sized> Updater<'_, S> {
    /// Makes the subtree at `path` from the changes and the one leaf that was there, if any; no change is of that leaf's key.
    pub(crate) fn fresh<'c, C: Change>(
        &mut self,
        path: &Nibbles,
        slot: Slot,
        mut changes: &'c [C],
        kept: Option<Kept>,
    ) -> Outcome<'c> {
        while let Some((_, rest)) = changes.split_first().filter(|(first, _)| first.is_delete()) {
            changes = rest;
        }
        while let Some((_, rest)) = changes.split_last().filter(|(last, _)| last.is_delete()) {
            changes = rest;
        }
        match (changes, kept) {
            ([], None) => Outcome::Empty,
            ([], Some((full, value))) => {
                Outcome::Leaf { key: full.slice(path.len()..), value: Value::Old(value) }
            }
            ([one], None) => {
                let value = Value::New(one.value().unwrap_or_default());
                Outcome::Leaf { key: one.path().slice(path.len()..), value }
            }
            ([first, .., last], None) => {
                self.fork(path, slot, changes, None, &first.path(), &last.path())
            }
            ([first, ..], Some(kept)) => {
                let first = first.path().min(kept.0);
                let last = changes.last().map_or(kept.0, Change::path).max(kept.0);
                self.fork(path, slot, changes, Some(kept), &first, &last)
            }
        }
    }

    /// Makes the branch where the keys from `first` to `last`, two at least, part.
    fn fork<'c, C: Change>(
        &mut self,
        path: &Nibbles,
        slot: Slot,
        changes: &'c [C],
        mut kept: Option<Kept>,
        first: &Nibbles,
        last: &Nibbles,
    ) -> Outcome<'c> {
        let depth = first.common_prefix_length(last);
        let fork = last.slice(..depth);
        let fork_slot = if depth == path.len() { slot } else { self.reserve(&fork, false) };
        let runs = Runs::split(changes, depth);
        let mut value = runs.here.and_then(Change::value).map(Value::New);
        let mut kept_at = None;
        if let Some((full, old)) = kept.take_if(|(full, _)| full.len() == depth) {
            debug_assert_eq!(full, fork);
            value = Some(Value::Old(old));
        } else if let Some((full, _)) = &kept {
            kept_at = Some(usize::from(full.get_unchecked(depth)));
        }
        let mut children = [ChildRef::EMPTY; 16];
        for (n, child) in children.iter_mut().enumerate() {
            let kept = if kept_at == Some(n) { kept.take() } else { None };
            if kept.is_none() && runs.occupied & 1 << n == 0 {
                continue;
            }
            let mut below = fork;
            below.push_unchecked(n as u8);
            let below_slot = self.reserve(&below, false);
            let outcome = self.fresh(&below, below_slot, runs.run(n), kept);
            *child = self.settle(below_slot, &outcome);
        }
        encode::branch(
            |n| children[n].as_slice(),
            value.as_ref().map_or(&[], Value::as_slice),
            &mut self.scratch,
        );
        Outcome::Branch(self.write(fork_slot)).under(&fork.slice(path.len()..))
    }
}
