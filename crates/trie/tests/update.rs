//! Sequences of updates give the root and the stored nodes that alloy-trie's builder gives for the resulting map.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, reason = "tests")]

mod model;

use alloy_primitives::{B256, Bytes};
use entente_trie::*;
use model::*;
use proptest::prelude::*;

/// Applies each batch in all ways and compares after each.
fn run(batches: &[Changes]) {
    let (mut leaves, mut nodes, mut root) = (Leaves::new(), Nodes::new(), EMPTY_ROOT);
    for changes in batches {
        let update = update(&nodes, root, changes).unwrap();
        assert_eq!(update, update_with(&nodes, root, changes, Verify::Check).unwrap());
        assert_eq!(update, update_parallel(&nodes, root, changes).unwrap());
        apply_to(&mut leaves, changes);
        carry_out(&mut nodes, &update.nodes);
        root = update.root;
        let (expected_root, expected_nodes) = expected(&leaves);
        assert_eq!(root, expected_root);
        assert_eq!(nodes, expected_nodes);
    }
    compare_build(&leaves, root, &nodes);
    let gone = leaves.keys().map(|key| (*key, None)).collect::<Vec<_>>();
    let update = update_parallel(&nodes, root, &gone).unwrap();
    carry_out(&mut nodes, &update.nodes);
    assert_eq!((update.root, nodes.len()), (EMPTY_ROOT, 0));
}

/// Building from scratch and walking give the same trie.
fn compare_build(leaves: &Leaves, root: B256, nodes: &Nodes) {
    let mut built = Nodes::new();
    let sink = |path, node: Bytes| assert!(built.insert(path, node).is_none());
    assert_eq!(build(leaves.iter().map(|(key, value)| (*key, value)), sink), root);
    assert_eq!(&built, nodes);
    assert_eq!(root_of_sorted(leaves.iter().map(|(key, value)| (*key, value))), root);
    let mut walked = Vec::new();
    let stored =
        walk(nodes, root, Verify::Check, |key, value| walked.push((*key, value.to_vec()))).unwrap();
    assert_eq!(stored, nodes.len() as u64);
    assert_eq!(
        walked,
        leaves.iter().map(|(key, value)| (Nibbles::unpack(key), value.clone())).collect::<Vec<_>>()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn small_batches(batches in prop::collection::vec(changes(6), 1..30)) {
        run(&batches);
    }

    #[test]
    fn large_batches(batches in prop::collection::vec(changes(250), 1..6)) {
        run(&batches);
    }

    /// A batch that takes away nearly all keys makes branches collapse over several levels at once.
    #[test]
    fn thinned_out(first in changes(120), keep in prop::collection::vec(prop::num::u8::ANY, 120), then in changes(8)) {
        let thinned = first.iter().zip(&keep).filter(|(_, keep)| **keep > 25).map(|((key, _), _)| (*key, None)).collect();
        run(&[first, thinned, then]);
    }
}

#[test]
fn ordered_roots_are_those_of_alloy() {
    for count in (0..20).chain(120..140).chain([255, 256, 257, 300, 1000]) {
        let items = (0..count).map(|n: usize| vec![n as u8 | 1; 1 + n % 70]).collect::<Vec<_>>();
        assert_eq!(
            ordered_root(&items),
            alloy_trie::root::ordered_trie_root_encoded(&items),
            "{count} items"
        );
    }
}

#[test]
fn changes_that_change_nothing_cost_no_write() {
    let leaves =
        (0u8..200).map(|n| (alloy_primitives::keccak256([n]), vec![n; 40])).collect::<Leaves>();
    let (root, nodes) = expected(&leaves);
    let mut same =
        leaves.iter().map(|(key, value)| (*key, Some(value.clone()))).collect::<Changes>();
    same.push((B256::repeat_byte(0xff), None));
    same.sort();
    for update in
        [update(&nodes, root, &same).unwrap(), update_parallel(&nodes, root, &same).unwrap()]
    {
        assert_eq!(update, TrieUpdate { root, nodes: Vec::new() });
    }
}

#[test]
fn changes_out_of_order_are_refused() {
    let a = (B256::with_last_byte(1), Some(vec![1]));
    let b = (B256::with_last_byte(2), Some(vec![2]));
    for changes in [vec![b.clone(), a.clone()], vec![a.clone(), a.clone()]] {
        assert!(matches!(
            update(&Nodes::new(), EMPTY_ROOT, &changes),
            Err(TrieError::Unsorted { index: 1 })
        ));
    }
    update(&Nodes::new(), EMPTY_ROOT, &[a, b]).unwrap();
}

#[test]
#[should_panic(expected = "leaves come in key order")]
fn leaves_out_of_order_are_not_built() {
    root_of_sorted([(B256::with_last_byte(2), [1]), (B256::with_last_byte(1), [1])]);
}
