//! Stored nodes that are missing, damaged or made up give errors that name the place, and never a panic.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, dead_code, reason = "tests")]

mod model;

use alloy_primitives::{B256, Bytes, keccak256};
use entente_trie::*;
use model::*;
use proptest::prelude::*;

/// Reads and changes a trie in all ways.
fn exercise(nodes: &Nodes, root: B256, changes: &Changes) {
    let _ = update(nodes, root, changes);
    let _ = update_with(nodes, root, changes, Verify::Check);
    let _ = update_parallel(nodes, root, changes);
    let _ = walk(nodes, root, Verify::Trust, |_, _| ());
    for (key, _) in changes {
        let _ = prove(nodes, root, *key);
    }
}

/// Bytes that look like a node to begin with.
fn near_node() -> impl Strategy<Value = Vec<u8>> {
    let child = prop_oneof![
        4 => Just(vec![0x80]),
        4 => any::<[u8; 32]>().prop_map(|hash| [&[0xa0][..], &hash].concat()),
        1 => Just(vec![0xc2, 0x20, 0x05]),
        1 => Just(vec![0xc2, 0x31, 0x05]),
        1 => Just(vec![0xc3, 0x11, 0xc1, 0x80]),
        1 => Just(vec![0xc4, 0x12, 0xc2, 0x20, 0x07]),
        1 => prop::collection::vec(any::<u8>(), 0..40),
    ];
    let path = prop_oneof![
        Just(vec![0x20]),
        Just(vec![0x31]),
        Just(vec![0x11]),
        Just(vec![0x82, 0x00, 0x11]),
        Just(vec![0x82, 0x20, 0x11]),
        Just([&[0xa1, 0x20][..], &[0x11; 32]].concat()),
        Just([&[0xa1, 0x00][..], &[0x11; 32]].concat()),
        Just([&[0xa1, 0x31][..], &[0x11; 32]].concat()),
        prop::collection::vec(any::<u8>(), 0..40),
    ];
    let list = |payload: Vec<u8>| {
        let mut out = Vec::new();
        alloy_rlp::Header { list: true, payload_length: payload.len() }.encode(&mut out);
        out.extend(payload);
        out
    };
    prop_oneof![
        (path, child.clone()).prop_map(move |(path, child)| list([path, child].concat())),
        prop::collection::vec(child, 15..19).prop_map(move |children| list(children.concat())),
        prop::collection::vec(any::<u8>(), 0..600),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// A source that answers every path with one of a few made-up nodes.
    #[test]
    fn made_up_nodes(made_up in prop::collection::vec(near_node(), 1..6), batch in changes(80)) {
        struct MadeUp(Vec<Bytes>);
        impl NodeSource for MadeUp {
            fn node(&self, path: &Nibbles) -> Result<Option<Bytes>, TrieError> {
                Ok(Some(self.0[path.len() % self.0.len()].clone()))
            }
        }
        let root = keccak256(&made_up[0]);
        let source = MadeUp(made_up.iter().cloned().map(Bytes::from).collect());
        let _ = update(&source, root, &batch);
        let _ = update_parallel(&source, root, &batch);
        for (key, _) in &batch {
            let _ = prove(&source, root, *key);
            let _ = verify_proof(root, *key, &source.0);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Each node of a trie in turn is damaged or taken away.
    #[test]
    fn damaged_nodes(first in changes(80), batch in changes(80), byte in any::<prop::sample::Index>(), to in any::<u8>()) {
        let mut leaves = Leaves::new();
        apply_to(&mut leaves, &first);
        let (root, nodes) = expected(&leaves);
        for path in nodes.keys() {
            let mut damaged = nodes.clone();
            let mut bytes = nodes[path].to_vec();
            let at = byte.index(bytes.len());
            bytes[at] = to;
            let same = bytes == nodes[path];
            damaged.insert(*path, bytes.into());
            exercise(&damaged, root, &batch);
            let found = walk(&damaged, root, Verify::Check, |_, _| ());
            let named = matches!(found, Err(TrieError::HashMismatch { path: at, .. }) if at == *path);
            prop_assert!(same || named);
            damaged.remove(path);
            exercise(&damaged, root, &batch);
            let found = walk(&damaged, root, Verify::Trust, |_, _| ());
            let named = matches!(found, Err(TrieError::Missing { path: at }) if at == *path);
            prop_assert!(named);
        }
    }
}

#[test]
fn the_root_is_always_checked() {
    let leaves = (0u8..40).map(|n| (keccak256([n]), vec![n; 40])).collect::<Leaves>();
    let (_, nodes) = expected(&leaves);
    let changes = (50u8..150)
        .map(|n| (keccak256([n]), Some(vec![n])))
        .collect::<std::collections::BTreeMap<_, _>>();
    let changes = changes.into_iter().collect::<Changes>();
    let wrong = B256::repeat_byte(1);
    for result in [update(&nodes, wrong, &changes), update_parallel(&nodes, wrong, &changes)] {
        let error = result.unwrap_err();
        assert!(matches!(error, TrieError::HashMismatch { expected, .. } if expected == wrong));
        assert!(error.to_string().starts_with("trie node at path (root) hashes to 0x"), "{error}");
    }
}

/// A node that stands for itself in a source that says so for every path must not be followed for ever.
#[test]
fn depth_is_bounded() {
    struct Endless(Bytes);
    impl NodeSource for Endless {
        fn node(&self, _: &Nibbles) -> Result<Option<Bytes>, TrieError> {
            Ok(Some(self.0.clone()))
        }
    }
    let mut rlp = vec![0xf8, 66 + 15];
    rlp.extend([0xa0; 33]);
    rlp.extend([0xa0; 33]);
    rlp.extend([0x80; 15]);
    let root = keccak256(&rlp);
    let source = Endless(rlp.into());
    let key = B256::ZERO;
    for error in [
        update(&source, root, &[(key, Some(vec![1]))]).unwrap_err(),
        update(&source, root, &[(key, None)]).unwrap_err(),
    ] {
        assert!(matches!(error, TrieError::Malformed { path, .. } if path.len() == 64), "{error}");
    }
}

#[test]
fn errors_of_the_source_come_through() {
    struct Broken;
    impl NodeSource for Broken {
        fn node(&self, _: &Nibbles) -> Result<Option<Bytes>, TrieError> {
            Err(TrieError::source("disk on fire"))
        }
    }
    let error = update(&Broken, B256::repeat_byte(1), &[(B256::ZERO, None)]).unwrap_err();
    assert_eq!(error.to_string(), "cannot read trie node: disk on fire");
}
