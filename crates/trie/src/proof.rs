//! Proofs that a key has a value, or has none.

use alloy_primitives::{B256, Bytes};
use nybbles::Nibbles;

use crate::node::{self, EMPTY_ITEM, Node};
use crate::source::{self, NodeSource, Verify};
use crate::{EMPTY_ROOT, TrieError};

/// The nodes from the root towards `key`, as far as there are any: with the value if the key has one, and otherwise down to where it
/// would have to fork off. Nodes that are embedded in others do not appear on their own. This is the form of `eth_getProof`
/// (EIP-1186); as in geth, the proof for an empty trie is the empty list.
///
/// The hash of each node is checked, so that what is given out is a proof indeed.
///
/// # Errors
/// [`TrieError::Missing`], [`TrieError::Malformed`] and [`TrieError::HashMismatch`] when the stored trie is not the one with this root;
/// [`TrieError::Source`] when reading fails.
pub fn prove<S: NodeSource + ?Sized>(
    source: &S,
    root: B256,
    key: B256,
) -> Result<Vec<Bytes>, TrieError> {
    if root == EMPTY_ROOT {
        return Ok(Vec::new());
    }
    let mut proof = Vec::new();
    descend(&root, &Nibbles::unpack_array(&key.0), |path, hash| {
        let node = source::load(source, path, hash, Verify::Check)?;
        proof.push(node.clone());
        Ok(node)
    })?;
    Ok(proof)
}

/// The value of `key` in the trie with this root, or `None` when it has none, if `proof` proves it.
///
/// The proof is that of [`prove`]; for the empty trie the list of its one node, `0x80`, is accepted too, as some clients give it.
///
/// # Errors
/// [`TrieError::ProofIncomplete`] and [`TrieError::ProofExcess`] when nodes are missing or left over, [`TrieError::HashMismatch`] and
/// [`TrieError::Malformed`] when one is wrong.
pub fn verify_proof(root: B256, key: B256, proof: &[Bytes]) -> Result<Option<Vec<u8>>, TrieError> {
    let mut rest = match proof {
        [node] if root == EMPTY_ROOT && **node == *EMPTY_ITEM => [].iter(),
        proof => proof.iter(),
    };
    let value = if root == EMPTY_ROOT {
        None
    } else {
        descend(&root, &Nibbles::unpack_array(&key.0), |path, hash| {
            let node = rest.next().ok_or(TrieError::ProofIncomplete { path: *path })?;
            source::check(path, hash, node)?;
            Ok(node.clone())
        })?
    };
    match rest.len() {
        0 => Ok(value.map(|value| value.to_vec())),
        extra => Err(TrieError::ProofExcess { extra }),
    }
}

/// Goes from the root towards `key`; `fetch` gives the nodes that are referred to by hash. Each step takes a nibble at least.
fn descend(
    root: &B256,
    key: &Nibbles,
    mut fetch: impl FnMut(&Nibbles, &B256) -> Result<Bytes, TrieError>,
) -> Result<Option<Bytes>, TrieError> {
    let mut path = Nibbles::new();
    let mut rlp = fetch(&path, root)?;
    loop {
        let child = match node::decode(&path, &rlp)? {
            Node::Leaf { key: rest, value } => {
                return Ok((path.join(&rest) == *key).then(|| rlp.slice_ref(value)));
            }
            Node::Extension { key: shared, child } => {
                path = path.join(&shared);
                if !key.starts_with(&path) {
                    return Ok(None);
                }
                child
            }
            Node::Branch(branch) => {
                let Some(nibble) = key.get(path.len()) else {
                    return Ok(Some(branch.value)
                        .filter(|value| !value.is_empty())
                        .map(|value| rlp.slice_ref(value)));
                };
                path.push_unchecked(nibble);
                branch.child(usize::from(nibble))
            }
        };
        if node::is_empty(child) {
            return Ok(None);
        }
        rlp = match node::reference_hash(child) {
            Some(hash) => fetch(&path, &hash)?,
            None => rlp.slice_ref(child),
        };
    }
}
