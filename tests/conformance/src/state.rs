//! A state in our store, to run a transaction on.

use crate::json::root_of;
use alloy_primitives::{Address, B256, BlockNumber, Bytes, U256, keccak256};
use entente_chain::{GenesisAccount, Header, SealedHeader};
use entente_evm::{Account, EvmError, StateChanges, StateView};
use entente_store::{FlushMode, GenesisState, Snapshot, Store, StoreOptions};
use std::collections::BTreeMap;

/// A store in memory that begins with these accounts. Small caches: there are thousands of them.
pub(crate) fn store_with(
    header: &SealedHeader,
    alloc: &BTreeMap<Address, GenesisAccount>,
) -> Result<Store, String> {
    let options = StoreOptions {
        flush: FlushMode::Manual,
        cache_bytes: 1 << 20,
        block_cache_bytes: 1 << 20,
        page_cache_bytes: 1 << 20,
        ..StoreOptions::default()
    };
    let genesis = GenesisState { header, alloc };
    let (store, _) = Store::open_in_memory(options, genesis).map_err(|error| error.to_string())?;
    Ok(store)
}

/// Accounts to run a transaction on, as block 0 of a chain of their own.
pub(crate) struct State {
    // Keeps the tables alive that the snapshot reads.
    _store: Store,
    snapshot: Snapshot,
}

impl State {
    /// Puts accounts into a store. Its root is checked against that of a trie that is not ours.
    pub(crate) fn new(alloc: &BTreeMap<Address, GenesisAccount>) -> Result<Self, String> {
        let header = Header { state_root: root_of(alloc), ..Header::default() };
        let store = store_with(&SealedHeader { hash: header.hash_slow(), header }, alloc)?;
        let snapshot = store.snapshot();
        Ok(Self { _store: store, snapshot })
    }

    pub(crate) const fn view(&self) -> View<'_> {
        View(&self.snapshot)
    }

    /// The state root after some changes, by our trie.
    pub(crate) fn root_after(&self, changes: &StateChanges) -> Result<B256, String> {
        let prepared = self.snapshot.prepare(1, changes).map_err(|error| error.to_string())?;
        Ok(prepared.state_root())
    }
}

/// The store's state as the executor sees it, with the block hashes that state tests have: keccak256 of the number in decimal.
pub(crate) struct View<'a>(&'a Snapshot);

impl StateView for View<'_> {
    fn account(&self, address: Address) -> Result<Option<Account>, EvmError> {
        self.0.account(address)
    }

    fn storage(&self, address: Address, slot: U256) -> Result<U256, EvmError> {
        self.0.storage(address, slot)
    }

    fn has_storage(&self, address: Address) -> Result<bool, EvmError> {
        self.0.has_storage(address)
    }

    fn code(&self, hash: B256) -> Result<Bytes, EvmError> {
        self.0.code(hash)
    }

    fn block_hash(&self, number: BlockNumber) -> Result<B256, EvmError> {
        Ok(keccak256(number.to_string()))
    }
}
