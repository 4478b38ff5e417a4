//! The accounts of the genesis state and its root.

use super::json::{Field, address, word};
use crate::{ChainError, GenesisAccount};
use alloy_consensus::proofs::{state_root_unhashed, storage_root_unhashed};
use alloy_primitives::{Address, B256, KECCAK256_EMPTY, U256, keccak256};
use alloy_trie::TrieAccount;
use std::collections::BTreeMap;

/// Members of an account that tools write for people, or that say what is known anyway.
const IGNORED: [&str; 4] = ["privateKey", "secretKey", "comment", "version"];

/// Reads `alloc`.
pub(super) fn read(
    field: &Field<'_>,
    notices: &mut Vec<String>,
) -> Result<BTreeMap<Address, GenesisAccount>, ChainError> {
    let mut accounts = BTreeMap::new();
    for (key, entry) in field.entries()? {
        let at = address(&key).ok_or_else(|| {
            field.contradiction(format!(
                "the key {key:?} is not an address: 40 hex digits, with or without 0x"
            ))
        })?;
        if accounts.insert(at, account(&entry, notices)?).is_some() {
            return Err(entry.contradiction(format!(
                "the account {at} stands twice (0x and case do not count); keep one"
            )));
        }
    }
    Ok(accounts)
}

fn account(field: &Field<'_>, notices: &mut Vec<String>) -> Result<GenesisAccount, ChainError> {
    let mut members = field.object()?;
    let account = GenesisAccount {
        nonce: members.read("nonce", Field::u64)?.unwrap_or_default(),
        balance: members.read("balance", Field::u256)?.unwrap_or_default(),
        code: members.read("code", Field::bytes)?.unwrap_or_default(),
        storage: members.read("storage", storage)?.unwrap_or_default(),
    };
    for key in IGNORED {
        members.get(key);
    }
    for (_, path) in members.unused() {
        notices.push(format!("`{path}` is not a member of a genesis account and is ignored"));
    }
    Ok(account)
}

fn storage(field: &Field<'_>) -> Result<BTreeMap<B256, U256>, ChainError> {
    let mut seen = BTreeMap::new();
    for (key, value) in field.entries()? {
        let slot = word(&key).ok_or_else(|| {
            field.contradiction(format!(
                "the key {key:?} is not a slot: up to 64 hex digits, with or without 0x"
            ))
        })?;
        if seen.insert(slot, U256::from_be_bytes(value.word()?.0)).is_some() {
            return Err(value.contradiction(format!("the slot {slot} stands twice; keep one")));
        }
    }
    // A slot of value zero is no part of the trie.
    seen.retain(|_, value| !value.is_zero());
    Ok(seen)
}

/// The root of the state that holds these accounts and nothing else (Yellow Paper, appendix D).
pub fn state_root(accounts: &BTreeMap<Address, GenesisAccount>) -> B256 {
    state_root_unhashed(accounts.iter().map(|(address, account)| (*address, trie_account(account))))
}

fn trie_account(account: &GenesisAccount) -> TrieAccount {
    let live = account.storage.iter().filter(|(_, value)| !value.is_zero());
    let storage_root = storage_root_unhashed(live.map(|(slot, value)| (*slot, *value)));
    let code_hash =
        if account.code.is_empty() { KECCAK256_EMPTY } else { keccak256(&account.code) };
    TrieAccount::new(account.nonce, account.balance, storage_root, code_hash)
}
