//! Changes below a branch, and what is left of it.

use alloy_primitives::Bytes;
use nybbles::Nibbles;

use crate::TrieError;
use crate::changes::{Change, Runs};
use crate::encode::{self, ChildRef};
use crate::node::{self, Branch, EMPTY_ITEM, Node};
use crate::source::NodeSource;
use crate::update::{Outcome, Raw, Slot, Updater, Value};

/// The branch before the changes.
pub(crate) enum Base<'a> {
    /// One of the old trie.
    Branch(Branch<'a>),
    /// One that a change puts into the middle of an extension: its only child is what follows in the extension, `key`, down to the
    /// old branch `child`.
    Split { nibble: usize, key: Nibbles, child: &'a [u8] },
}

impl<'a> Base<'a> {
    fn occupied(&self) -> u16 {
        match self {
            Self::Branch(branch) => branch.occupied,
            Self::Split { nibble, .. } => 1 << nibble,
        }
    }

    fn value(&self) -> &'a [u8] {
        match self {
            Self::Branch(branch) => branch.value,
            Self::Split { .. } => &[],
        }
    }

    /// The reference to child `n`. That of a split is only right once the extension that is left above it has no nibbles.
    fn child(&self, n: usize) -> &'a [u8] {
        match self {
            Self::Branch(branch) => branch.child(n),
            Self::Split { nibble, child, .. } if *nibble == n => child,
            Self::Split { .. } => EMPTY_ITEM,
        }
    }
}

/// What was worked out already for the children of a branch: the outcome and the entries.
pub(crate) type Ready<'c> = [Option<(Outcome<'c>, Vec<(Nibbles, Option<Bytes>)>)>; 16];

/// A branch while its children are gone through.
struct Survey<'c> {
    /// The references that replace those of the base, where `replaced` has the bit set.
    children: [ChildRef; 16],
    replaced: u16,
    /// Children known to stay, and the value.
    alive: u32,
    /// The first changed child as long as it is the only thing alive: written only when another one is found.
    lone: Option<(usize, Slot, Outcome<'c>)>,
    /// The entry of the last unchanged child, reserved where that child may turn out to be the only one left and move.
    spare: Slot,
}

impl<S: NodeSource + ?Sized> Updater<'_, S> {
    /// Applies changes, which all start with `path`, to a branch at `path` whose RLP is a part of `owner`.
    pub(crate) fn branch<'c, C: Change>(
        &mut self,
        path: &Nibbles,
        slot: Slot,
        base: &Base<'_>,
        owner: &Bytes,
        changes: &'c [C],
        mut ready: Option<&mut Ready<'c>>,
    ) -> Result<Outcome<'c>, TrieError> {
        let runs = Runs::split(changes, path.len());
        let value = match runs.here {
            Some(change) => change.value().map(Value::New),
            None => Some(base.value())
                .filter(|value| !value.is_empty())
                .map(|value| Value::Old(owner.slice_ref(value))),
        };
        let value_changed = value.as_ref().map_or(&[][..], Value::as_slice) != base.value();
        let occupied = base.occupied();
        let touched = runs.occupied | if matches!(base, Base::Split { .. }) { occupied } else { 0 };
        let alive = (occupied & !touched).count_ones() + u32::from(value.is_some());
        // Only then can a single child be left that is not changed itself.
        let may_collapse = alive <= 1 && changes.iter().any(Change::is_delete);
        let mut survey =
            Survey { children: [ChildRef::EMPTY; 16], replaced: 0, alive, lone: None, spare: slot };

        for n in 0..16 {
            let bit = 1 << n;
            if (occupied | touched) & bit == 0 || (touched & bit == 0 && !may_collapse) {
                continue;
            }
            let mut below = *path;
            below.push_unchecked(n as u8);
            let below_slot = self.nodes.len();
            let outcome = match ready.as_deref_mut().and_then(|ready| ready[n].take()) {
                Some((outcome, nodes)) => {
                    self.nodes.extend(nodes);
                    outcome
                }
                None if touched & bit == 0 => Outcome::Unchanged,
                None => self.child(base, n, &below, owner, runs.run(n))?,
            };
            if !matches!(outcome, Outcome::Unchanged) {
                self.changed(&mut survey, n, below_slot, outcome);
            } else if occupied & bit != 0 {
                if touched & bit != 0 {
                    survey.alive += 1;
                    self.release(&mut survey);
                }
                if may_collapse {
                    survey.spare = self.reserve(&below, false);
                }
            }
        }

        if survey.replaced == 0 && !value_changed {
            return Ok(Outcome::Unchanged);
        }
        if survey.alive <= 1 {
            return self.collapse(path, base, owner, survey, value);
        }
        let child = |n: usize| {
            if survey.replaced & 1 << n == 0 {
                base.child(n)
            } else {
                survey.children[n].as_slice()
            }
        };
        encode::branch(child, value.as_ref().map_or(&[], Value::as_slice), &mut self.scratch);
        Ok(Outcome::Branch(self.write(slot)))
    }

    /// Applies changes to child `n`, at the path `below`.
    fn child<'c, C: Change>(
        &mut self,
        base: &Base<'_>,
        n: usize,
        below: &Nibbles,
        owner: &Bytes,
        changes: &'c [C],
    ) -> Result<Outcome<'c>, TrieError> {
        let raw = Raw { item: base.child(n), owner };
        match base {
            Base::Split { nibble, key, .. } if *nibble == n => {
                if key.is_empty() {
                    return if changes.is_empty() {
                        Ok(Outcome::Unchanged)
                    } else {
                        self.visit(below, raw, changes)
                    };
                }
                let slot = self.reserve(below, false);
                match self.extension(below, slot, key, raw, changes)? {
                    // It is a new node even so: it starts further down than the one that was split.
                    Outcome::Unchanged => {
                        Ok(Outcome::Extension { key: *key, child: ChildRef::item(raw.item) })
                    }
                    outcome => Ok(outcome),
                }
            }
            _ => self.visit(below, raw, changes),
        }
    }

    /// Notes what has become of child `n`, whose entry is `slot`.
    fn changed<'c>(&mut self, survey: &mut Survey<'c>, n: usize, slot: Slot, outcome: Outcome<'c>) {
        survey.replaced |= 1 << n;
        if matches!(outcome, Outcome::Empty) {
            return;
        }
        survey.alive += 1;
        if survey.alive == 1 {
            survey.lone = Some((n, slot, outcome));
        } else {
            self.release(survey);
            survey.children[n] = self.settle(slot, &outcome);
        }
    }

    /// Writes the child that was held back, since it is not alone.
    fn release(&mut self, survey: &mut Survey<'_>) {
        if let Some((n, slot, outcome)) = survey.lone.take() {
            survey.children[n] = self.settle(slot, &outcome);
        }
    }

    /// Replaces a branch that has one child left, or a value only, or nothing.
    fn collapse<'c>(
        &mut self,
        path: &Nibbles,
        base: &Base<'_>,
        owner: &Bytes,
        survey: Survey<'c>,
        value: Option<Value<'c>>,
    ) -> Result<Outcome<'c>, TrieError> {
        if let Some((n, _, outcome)) = survey.lone {
            return Ok(outcome.under(&step(n)));
        }
        if let Some(value) = value {
            return Ok(Outcome::Leaf { key: Nibbles::new(), value });
        }
        let Some(n) = (0..16).find(|n| base.occupied() & !survey.replaced & 1 << n != 0) else {
            return Ok(Outcome::Empty);
        };
        let raw = Raw { item: base.child(n), owner };
        let mut below = *path;
        below.push_unchecked(n as u8);
        let loaded;
        let (rlp, owner) = match node::reference_hash(raw.item) {
            Some(hash) => {
                loaded = self.load(&below, &hash)?;
                (&loaded[..], &loaded)
            }
            None => (raw.item, owner),
        };
        let outcome = match node::decode(&below, rlp)? {
            Node::Branch(_) => {
                return Ok(Outcome::Extension { key: step(n), child: ChildRef::item(raw.item) });
            }
            Node::Leaf { key, value } => {
                Outcome::Leaf { key, value: Value::Old(owner.slice_ref(value)) }
            }
            Node::Extension { key, child } => {
                Outcome::Extension { key, child: ChildRef::item(child) }
            }
        };
        // It moves up, so what is stored for it goes.
        if node::reference_hash(raw.item).is_some() {
            self.nodes[survey.spare].1 = None;
        }
        Ok(outcome.under(&step(n)))
    }
}

/// The path from a branch to its child `n`.
fn step(n: usize) -> Nibbles {
    let mut step = Nibbles::new();
    step.push_unchecked(n as u8);
    step
}
