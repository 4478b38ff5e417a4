//! Tries over stored nodes that anything may have happened to.
#![no_main]

use alloy_primitives::{B256, Bytes, keccak256};
use entente_fuzz::Pick;
use entente_trie::{
    EMPTY_ROOT, Nibbles, NodeSource, TrieError, Verify, prove, root_of_sorted, update, update_with,
    verify_proof, walk,
};
use libfuzzer_sys::fuzz_target;
use std::collections::BTreeMap;

type Changes = Vec<(B256, Option<Vec<u8>>)>;
type Nodes = BTreeMap<Nibbles, Bytes>;

fuzz_target!(|bytes: &[u8]| {
    let mut pick = Pick::new(bytes);
    match pick.byte() % 2 {
        0 => made_up(pick),
        _ => damaged(pick),
    }
});

/// A source that answers every path with one of a few nodes.
struct Anywhere(Vec<Bytes>);

impl NodeSource for Anywhere {
    fn node(&self, path: &Nibbles) -> Result<Option<Bytes>, TrieError> {
        Ok(self.0.get(path.len() % self.0.len()).cloned())
    }
}

fn made_up(mut pick: Pick<'_>) {
    let changes = changes(&mut pick);
    let mut nodes = Vec::new();
    while !pick.is_empty() && nodes.len() < 8 {
        nodes.push(Bytes::copy_from_slice(pick.counted()));
    }
    let Some(first) = nodes.first() else { return };
    let root = keccak256(first);
    // One that knows the root alone, and one that has something everywhere.
    exercise(&Nodes::from([(Nibbles::new(), first.clone())]), root, &changes);
    let source = Anywhere(nodes);
    let _ = update(&source, root, &changes);
    for (key, _) in &changes {
        let _ = prove(&source, root, *key);
        let _ = verify_proof(root, *key, &source.0);
    }
}

fn damaged(mut pick: Pick<'_>) {
    let (first, second) = (changes(&mut pick), changes(&mut pick));
    let mut leaves = BTreeMap::new();
    let (mut nodes, mut root) = (Nodes::new(), EMPTY_ROOT);
    for batch in [&first, &second] {
        let updated = update_with(&nodes, root, batch, Verify::Check).expect("the trie is sound");
        root = updated.root;
        for (path, node) in updated.nodes {
            match node {
                Some(node) => drop(nodes.insert(path, node)),
                None => drop(nodes.remove(&path).expect("only what is there is removed")),
            }
        }
        for (key, value) in batch {
            match value.as_ref().filter(|value| !value.is_empty()) {
                Some(value) => drop(leaves.insert(*key, value.clone())),
                None => drop(leaves.remove(key)),
            }
        }
        let expected = root_of_sorted(leaves.iter().map(|(key, value)| (*key, value.as_slice())));
        assert_eq!(root, expected, "an update gives the root of what there is then");
    }
    sound(&nodes, root, &leaves);

    // One node is overwritten, in part or in whole.
    let at = usize::from(pick.byte());
    if let Some((path, node)) = nodes.iter().nth(at).map(|(path, node)| (*path, node.to_vec())) {
        let mut bad = node.clone();
        let offset = usize::from(pick.byte()) % bad.len();
        let patch = pick.rest();
        bad.splice(offset..bad.len().min(offset + patch.len()), patch.iter().copied());
        let same = bad == node;
        nodes.insert(path, bad.into());
        let found = walk(&nodes, root, Verify::Check, |_, _| ());
        assert!(
            same || matches!(found, Err(TrieError::HashMismatch { path: at, .. }) if at == path)
        );
        exercise(&nodes, root, &first);
        exercise(&nodes, root, &second);
    }
}

/// A sound trie holds its leaves and nothing else, and proves them.
fn sound(nodes: &Nodes, root: B256, leaves: &BTreeMap<B256, Vec<u8>>) {
    let mut found = Vec::new();
    let stored = walk(nodes, root, Verify::Check, |key, value| found.push((*key, value.to_vec())));
    assert_eq!(stored.ok(), Some(nodes.len() as u64), "no node is missing, none is left over");
    let expected = leaves.iter().map(|(key, value)| (Nibbles::unpack(key), value.clone()));
    assert!(found.into_iter().eq(expected));
    for (key, value) in leaves.iter().take(8) {
        let proof = prove(nodes, root, *key).expect("the trie is sound");
        assert_eq!(verify_proof(root, *key, &proof).ok(), Some(Some(value.clone())));
        let absent = keccak256(key);
        let proof = prove(nodes, root, absent).expect("the trie is sound");
        assert_eq!(verify_proof(root, absent, &proof).ok(), Some(leaves.get(&absent).cloned()));
    }
}

fn exercise(nodes: &Nodes, root: B256, changes: &Changes) {
    let _ = update(nodes, root, changes);
    let _ = update_with(nodes, root, changes, Verify::Check);
    let _ = walk(nodes, root, Verify::Trust, |_, _| ());
    for (key, _) in changes {
        let _ = prove(nodes, root, *key);
    }
}

/// Changes of keys that share prefixes of any length.
fn changes(pick: &mut Pick<'_>) -> Changes {
    let count = usize::from(pick.byte() % 32);
    let mut changes = BTreeMap::new();
    for _ in 0..count {
        let shape = pick.byte();
        let mut key = B256::repeat_byte(shape & 0x30);
        key[usize::from(shape & 0x1f) % 32] = pick.byte();
        if shape & 0x40 != 0 {
            key[31] = pick.byte();
        }
        let value = match pick.byte() {
            0 => None,
            length => Some(vec![length; usize::from(length % 48)]),
        };
        changes.insert(key, value);
    }
    changes.into_iter().collect()
}
