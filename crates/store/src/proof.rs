//! Merkle proofs (`eth_getProof`, EIP-1186).

use crate::{StoreError, record::AccountRecord, snapshot::Snapshot};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use entente_trie::{EMPTY_ROOT, prove};

/// A slot's value, proved against its account's storage root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageProof {
    /// The slot's index.
    pub slot: U256,
    /// Its value; zero when unset.
    pub value: U256,
    /// RLP of the nodes from the root to the value, or to where it would be.
    pub proof: Vec<Bytes>,
}

/// An account proved against a state root, with some of its slots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountProof {
    /// The address.
    pub address: Address,
    /// The account; None is proved too.
    pub account: Option<AccountRecord>,
    /// RLP of the nodes from the root to the account, or to where it would be.
    pub proof: Vec<Bytes>,
    /// One for each slot asked for, in that order.
    pub storage: Vec<StorageProof>,
}

impl Snapshot {
    /// Proves an account and slots of it against the state root. Possible for the newest [`PROOF_BLOCKS`](crate::PROOF_BLOCKS) blocks, as long as no more than
    /// [`PROOF_KEYS`](crate::PROOF_KEYS) accounts and slots have changed since.
    ///
    /// # Errors
    /// [`StoreError::ProofTooOld`] beyond that.
    pub fn proof(&self, address: Address, slots: &[U256]) -> Result<AccountProof, StoreError> {
        let state = self.with_tries()?;
        let hashed = keccak256(address);
        let account = state.account_by_hash(&hashed)?;
        let proof = prove(&state.trie(None), state.state_root()?, hashed)?;
        let root = account.map_or(EMPTY_ROOT, |account| account.storage_root);
        let prove_slot = |slot: &U256| {
            let key: B256 = keccak256(slot.to_be_bytes::<32>());
            let value = state.slot_by_hash(&hashed, &key)?;
            Ok(StorageProof {
                slot: *slot,
                value,
                proof: prove(&state.trie(Some(hashed)), root, key)?,
            })
        };
        let storage = slots.iter().map(prove_slot).collect::<Result<_, StoreError>>()?;
        Ok(AccountProof { address, account, proof, storage })
    }
}
