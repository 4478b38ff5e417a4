//! The update on several cores.

use alloy_primitives::B256;
use nybbles::Nibbles;
use rayon::prelude::*;

use crate::branch::Ready;
use crate::changes::{self, Runs};
use crate::node::{self, Node};
use crate::source::{self, NodeSource, Verify};
use crate::update::{Raw, TrieUpdate, Updater, apply};
use crate::{EMPTY_ROOT, TrieError};

/// From this many changes on, spreading them over threads costs less than it saves.
pub const PARALLEL_THRESHOLD: usize = 64;

/// [`update`](crate::update) with the children of the root spread over the threads of the current rayon pool. The result is the same.
///
/// With fewer than [`PARALLEL_THRESHOLD`] changes, or when the root is not a branch, the work is done on the calling thread. Where many
/// small tries change, as the storage tries of a block do, it pays more to update each serially and several of them at once.
///
/// # Errors
/// As [`update`](crate::update); where several nodes are bad, any of them may be named.
pub fn update_parallel<S: NodeSource + Sync + ?Sized>(
    source: &S,
    root: B256,
    changes: &[(B256, Option<Vec<u8>>)],
) -> Result<TrieUpdate, TrieError> {
    if changes.len() < PARALLEL_THRESHOLD || root == EMPTY_ROOT {
        return apply(source, root, changes, Verify::Trust);
    }
    changes::check(changes)?;
    let path = Nibbles::new();
    let node = source::load_root(source, &root)?;
    let mut ready: Ready<'_> = Default::default();
    if let Node::Branch(branch) = node::decode(&path, &node)? {
        let runs = Runs::split(changes, 0);
        ready
            .par_iter_mut()
            .enumerate()
            .filter(|(n, _)| runs.occupied & 1 << n != 0)
            .try_for_each(|(n, ready)| {
                let mut updater = Updater::new(source, Verify::Trust, runs.run(n).len());
                let below = Nibbles::from_nibbles_unchecked([n as u8]);
                let outcome = updater.visit(
                    &below,
                    Raw { item: branch.child(n), owner: &node },
                    runs.run(n),
                )?;
                *ready = Some((outcome, updater.nodes));
                Ok::<_, TrieError>(())
            })?;
    }
    let mut updater = Updater::new(source, Verify::Trust, changes.len());
    let slot = updater.reserve(&path, true);
    let outcome = updater.change(&path, slot, &node, &node, changes, Some(&mut ready))?;
    Ok(updater.finish_root(root, outcome))
}
