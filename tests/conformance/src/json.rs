//! How the fixtures write numbers, accounts and forks.

use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, hex, keccak256};
use alloy_trie::{
    TrieAccount,
    root::{state_root_unhashed, storage_root_unhashed},
};
use entente_chain::{Fork, spec::GenesisAccount};
use serde::Deserialize;
use std::{collections::BTreeMap, fs, path::Path};

/// Reads a JSON file.
pub(crate) fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T, String> {
    let text = fs::read(path).map_err(|error| error.to_string())?;
    serde_json::from_slice(&text)
        .map_err(|error| format!("cannot be read as a case of this suite: {error}"))
}

/// A number that must fit into 64 bits.
pub(crate) fn u64_of(value: U256) -> Result<u64, String> {
    u64::try_from(value).map_err(|_| format!("{value:#x} does not fit into 64 bits"))
}

/// Bytes in hex, with or without `0x`.
pub(crate) fn bytes_of(text: &str) -> Result<Vec<u8>, String> {
    hex::decode(text).map_err(|error| format!("{text:?} is not hex: {error}"))
}

/// An account as the fixtures write it before and after a test.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct FixtureAccount {
    balance: U256,
    code: Bytes,
    nonce: U256,
    storage: BTreeMap<U256, U256>,
}

/// Accounts in the form in which a store takes them. Zero-valued slots are no part of a state.
pub(crate) fn alloc(
    accounts: &BTreeMap<Address, FixtureAccount>,
) -> Result<BTreeMap<Address, GenesisAccount>, String> {
    let account = |(address, account): (&Address, &FixtureAccount)| {
        let slots = account.storage.iter().filter(|(_, value)| !value.is_zero());
        let account = GenesisAccount {
            nonce: u64_of(account.nonce)?,
            balance: account.balance,
            code: account.code.clone(),
            storage: slots.map(|(slot, value)| (B256::from(*slot), *value)).collect(),
        };
        Ok((*address, account))
    };
    accounts.iter().map(account).collect()
}

/// The state root of accounts, by a trie that is not ours.
pub(crate) fn root_of(alloc: &BTreeMap<Address, GenesisAccount>) -> B256 {
    state_root_unhashed(alloc.iter().map(|(address, account)| {
        let storage_root =
            storage_root_unhashed(account.storage.iter().map(|(slot, value)| (*slot, *value)));
        let code_hash =
            if account.code.is_empty() { KECCAK256_EMPTY } else { keccak256(&account.code) };
        let account =
            TrieAccount { nonce: account.nonce, balance: account.balance, storage_root, code_hash };
        (*address, account)
    }))
}

/// A fork by the name that the suites give it.
pub(crate) fn fork(name: &str) -> Option<Fork> {
    Some(match name {
        "Frontier" => Fork::Frontier,
        "Homestead" => Fork::Homestead,
        "EIP150" => Fork::TangerineWhistle,
        "EIP158" => Fork::SpuriousDragon,
        "Byzantium" => Fork::Byzantium,
        "Constantinople" => Fork::Constantinople,
        "ConstantinopleFix" => Fork::Petersburg,
        "Istanbul" => Fork::Istanbul,
        "Berlin" => Fork::Berlin,
        "London" => Fork::London,
        "Merge" | "Paris" => Fork::Paris,
        "Shanghai" => Fork::Shanghai,
        "Cancun" => Fork::Cancun,
        "Prague" => Fork::Prague,
        "Osaka" => Fork::Osaka,
        _ => return None,
    })
}
