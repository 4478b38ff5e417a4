//! A map beside the trie, peers' code to tell what the trie of that map is, and keys that make tries of all shapes.

use std::collections::BTreeMap;

use alloy_primitives::{B256, Bytes};
use alloy_trie::HashBuilder;
use alloy_trie::proof::ProofRetainer;
use entente_trie::{EMPTY_ROOT, Nibbles};
use proptest::prelude::*;

pub type Leaves = BTreeMap<B256, Vec<u8>>;
pub type Nodes = BTreeMap<Nibbles, Bytes>;
pub type Changes = Vec<(B256, Option<Vec<u8>>)>;

/// Root and stored nodes of the trie with these leaves, as alloy-trie makes them.
pub fn expected(leaves: &Leaves) -> (B256, Nodes) {
    if leaves.is_empty() {
        return (EMPTY_ROOT, Nodes::new());
    }
    let keys = leaves.keys().map(Nibbles::unpack).collect();
    let mut builder = HashBuilder::default().with_proof_retainer(ProofRetainer::new(keys));
    for (key, value) in leaves {
        builder.add_leaf(Nibbles::unpack(key), value);
    }
    let root = builder.root();
    let all = builder.take_proof_nodes().into_inner();
    (root, all.into_iter().filter(|(path, rlp)| path.is_empty() || rlp.len() >= 32).collect())
}

/// Carries out what an update says, and checks that it says no more than it should.
pub fn carry_out(nodes: &mut Nodes, changed: &[(Nibbles, Option<Bytes>)]) {
    assert!(
        changed.windows(2).all(|pair| pair[0].0 < pair[1].0),
        "entries are sorted strictly by path"
    );
    for (path, node) in changed {
        let before = nodes.get(path).cloned();
        match node {
            Some(node) => {
                assert!(
                    before.as_ref() != Some(node),
                    "a node that stays is not written: {path:?}"
                );
                nodes.insert(*path, node.clone());
            }
            None => {
                assert!(before.is_some(), "nothing is removed where nothing is: {path:?}");
                nodes.remove(path);
            }
        }
    }
}

pub fn apply_to(leaves: &mut Leaves, changes: &Changes) {
    for (key, value) in changes {
        match value.as_ref().filter(|value| !value.is_empty()) {
            Some(value) => leaves.insert(*key, value.clone()),
            None => leaves.remove(key),
        };
    }
}

/// Keys that share long prefixes, part late, or spread, so that extensions, embedded nodes and deep branches all come about.
pub fn key() -> impl Strategy<Value = B256> {
    prop_oneof![
        // Few keys over the first two nibbles: branches at the top, and keys that come again.
        (0u8..=0x33)
            .prop_map(|top| { B256::with_last_byte(0x11) | B256::right_padding_from(&[top]) }),
        // Forks at the very end: embedded leaves and branches.
        (0u8..4, any::<u8>(), 0u8..4).prop_map(|(top, a, b)| {
            let mut key = B256::repeat_byte(top * 0x11);
            key[30] = b;
            key[31] = a;
            key
        }),
        // Forks in the middle of long shared stretches.
        (0usize..64, 0u8..3).prop_map(|(at, nibble)| {
            let mut key = B256::ZERO;
            key[at / 2] = if at % 2 == 0 { nibble << 4 } else { nibble };
            key
        }),
        any::<[u8; 32]>().prop_map(B256::from),
    ]
}

/// Values on both sides of each length that RLP treats apart.
pub fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => (0u8..=0xff).prop_map(|byte| vec![byte]),
        2 => prop::collection::vec(any::<u8>(), 1..8),
        2 => prop::collection::vec(any::<u8>(), 26..36),
        1 => prop::collection::vec(any::<u8>(), 52..60),
        1 => prop::collection::vec(any::<u8>(), 100..300),
    ]
}

/// Changes in key order: new values, deletes, now and then an empty value, which deletes too.
pub fn changes(most: usize) -> impl Strategy<Value = Changes> {
    let change =
        prop_oneof![5 => value().prop_map(Some), 4 => Just(None), 1 => Just(Some(Vec::new()))];
    prop::collection::btree_map(key(), change, 0..most).prop_map(|map| map.into_iter().collect())
}
