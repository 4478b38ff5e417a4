//! Proofs: given, accepted by alloy-trie's verifier, refused when touched.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, dead_code, reason = "tests")]

mod model;

use alloy_primitives::{B256, Bytes};
use entente_trie::*;
use model::*;
use proptest::prelude::*;

fn alloy_accepts(root: B256, key: B256, value: Option<Vec<u8>>, proof: &[Bytes]) -> bool {
    alloy_trie::proof::verify_proof(root, Nibbles::unpack(key), value, proof).is_ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// For keys that are there and for keys that are not.
    #[test]
    fn proofs_hold(batch in changes(150), others in prop::collection::vec(key(), 20)) {
        let mut leaves = Leaves::new();
        apply_to(&mut leaves, &batch);
        let (root, nodes) = expected(&leaves);
        for key in batch.iter().map(|(key, _)| *key).chain(others) {
            let proof = prove(&nodes, root, key).unwrap();
            let value = leaves.get(&key).cloned();
            prop_assert_eq!(verify_proof(root, key, &proof).unwrap(), value.clone());
            prop_assert!(alloy_accepts(root, key, value.clone(), &proof));
            // Neither verifier takes it for anything else.
            let other = if value.is_none() { Some(vec![1]) } else { None };
            prop_assert!(!alloy_accepts(root, key, other, &proof));
        }
    }

    /// A proof in which a byte is changed, or a node is left out, added or swapped, is refused.
    #[test]
    fn touched_proofs_fail(batch in changes(150), pick in any::<prop::sample::Index>(), node in any::<prop::sample::Index>(),
        byte in any::<prop::sample::Index>(), bit in 0u8..8) {
        let mut leaves = Leaves::new();
        apply_to(&mut leaves, &batch);
        prop_assume!(!leaves.is_empty());
        let (root, nodes) = expected(&leaves);
        let key = batch[pick.index(batch.len())].0;
        let proof = prove(&nodes, root, key).unwrap();
        let at = node.index(proof.len());
        let mut flipped = proof.clone();
        let mut bytes = flipped[at].to_vec();
        let position = byte.index(bytes.len());
        bytes[position] ^= 1 << bit;
        flipped[at] = bytes.into();
        let mut shorter = proof.clone();
        shorter.remove(at);
        let mut longer = proof.clone();
        longer.insert(at, proof[at].clone());
        let mut swapped = proof.clone();
        swapped.reverse();
        let mismatch = matches!(verify_proof(root, key, &flipped), Err(TrieError::HashMismatch { .. }));
        prop_assert!(mismatch);
        prop_assert!(verify_proof(root, key, &shorter).is_err());
        prop_assert!(verify_proof(root, key, &longer).is_err());
        prop_assert!(swapped == proof || verify_proof(root, key, &swapped).is_err());
        prop_assert!(verify_proof(B256::repeat_byte(7), key, &proof).is_err());
    }
}

#[test]
fn the_empty_trie_has_the_empty_proof() {
    let key = B256::repeat_byte(3);
    assert_eq!(prove(&Nodes::new(), EMPTY_ROOT, key).unwrap(), Vec::<Bytes>::new());
    assert_eq!(verify_proof(EMPTY_ROOT, key, &[]).unwrap(), None);
    assert_eq!(verify_proof(EMPTY_ROOT, key, &[Bytes::from_static(&[0x80])]).unwrap(), None);
    assert!(matches!(
        verify_proof(EMPTY_ROOT, key, &[Bytes::from_static(&[0x81])]),
        Err(TrieError::ProofExcess { extra: 1 })
    ));
    assert!(matches!(verify_proof(B256::ZERO, key, &[]), Err(TrieError::ProofIncomplete { .. })));
}
