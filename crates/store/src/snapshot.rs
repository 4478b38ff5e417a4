//! One state, for as long as it is held.

use crate::{
    StoreError,
    hash::hash_address,
    kv::Table,
    layer::Layer,
    overlay::Overlay,
    record::{AccountRecord, NodeKey},
    shared::Shared,
    view::View,
};
use alloy_primitives::{Address, B256, BlockNumber, Bytes, KECCAK256_EMPTY, U256, keccak256};
use entente_evm::{Account, EvmError, StateView};
use entente_trie::{EMPTY_ROOT, Nibbles, NodeSource, TrieError};
use std::{fmt, sync::Arc};

/// The state after a block. Cheap to make and to clone; what is committed, flushed, pruned or undone later does not change it. It pins the tables'
/// version that it was made on, so that the space of what is overwritten meanwhile is not used again before it is dropped: hold it for a request, not for a day.
///
/// A read hashes the slot's index, and the address unless it was asked for lately; the executor keeps what it has read and asks once a block.
#[derive(Clone)]
pub struct Snapshot {
    pub(crate) shared: Arc<Shared>,
    pub(crate) view: Arc<View>,
    /// The committed block that it stands on.
    pub(crate) height: u64,
    /// Executed blocks on top that are not committed, lowest first.
    above: Vec<Arc<Layer>>,
    /// Trie nodes of a height below the tables', once they were asked for.
    pub(crate) overlay: Option<Arc<Overlay>>,
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("height", &self.height)
            .field("above", &self.above.len())
            .finish_non_exhaustive()
    }
}

impl Snapshot {
    pub(crate) const fn new(shared: Arc<Shared>, view: Arc<View>, height: u64) -> Self {
        Self { shared, view, height, above: Vec::new(), overlay: None }
    }

    /// The height of the block whose state this is.
    pub fn height(&self) -> u64 {
        self.above.last().map_or(self.height, |layer| layer.number())
    }

    /// The state after a block that was executed on this one and is not committed. May be repeated, several deep.
    pub fn over(&self, layer: Arc<Layer>) -> Self {
        let mut over = self.clone();
        over.above.push(layer);
        over
    }

    pub(crate) fn above(&self) -> &[Arc<Layer>] {
        &self.above
    }

    /// Whether the tables have moved on from this height, so that values come from their history.
    pub(crate) fn is_past(&self) -> bool {
        self.height < self.view.base.flushed
    }

    /// The root of the state trie.
    pub fn state_root(&self) -> Result<B256, StoreError> {
        if let Some(layer) = self.above.last() {
            return Ok(layer.state_root());
        }
        if self.height == self.view.height() {
            return Ok(self.view.head.header.state_root);
        }
        if let Some(committed) = self.view.layer(self.height) {
            return Ok(committed.layer.state_root());
        }
        let header =
            self.view.base.header(self.height)?.ok_or(StoreError::UnknownBlock(self.height))?;
        Ok(header.0.state_root)
    }

    /// An account with its storage root, by address.
    pub fn account_with_root(&self, address: Address) -> Result<Option<AccountRecord>, StoreError> {
        self.account_by_hash(&hash_address(address))
    }

    /// An account with its storage root, by keccak256 of its address.
    pub fn account_by_hash(&self, hashed: &B256) -> Result<Option<AccountRecord>, StoreError> {
        if let Some(change) = self.above.iter().rev().find_map(|layer| layer.delta.account(hashed))
        {
            return Ok(change.after);
        }
        let base = &self.view.base;
        if self.is_past() {
            if let Some(account) = base.past_account(hashed, self.height)? {
                return Ok(account);
            }
        } else if let Some(account) = self.view.index.account(hashed, self.height) {
            return Ok(account);
        }
        self.shared.cache.account(hashed, base.generation, || base.account(hashed))
    }

    /// A slot by keccak256 of the address and of the slot's index; zero when unset.
    pub fn slot_by_hash(&self, account: &B256, slot: &B256) -> Result<U256, StoreError> {
        if let Some(change) =
            self.above.iter().rev().find_map(|layer| layer.delta.slot(account, slot))
        {
            return Ok(change.after);
        }
        let base = &self.view.base;
        if self.is_past() {
            if let Some(value) = base.past_slot(account, slot, self.height)? {
                return Ok(value);
            }
        } else if let Some(value) = self.view.index.slot(account, slot, self.height) {
            return Ok(value);
        }
        self.shared.cache.slot(&(*account, *slot), base.generation, || base.slot(account, slot))
    }

    /// Code by its hash.
    ///
    /// # Errors
    /// [`StoreError::UnknownCode`] when there is none.
    pub fn code_by_hash(&self, hash: B256) -> Result<Bytes, StoreError> {
        if hash == KECCAK256_EMPTY {
            return Ok(Bytes::new());
        }
        if let Some(code) = self.above.iter().rev().find_map(|layer| layer.delta.code(&hash)) {
            return Ok(code.clone());
        }
        if let Some(code) = self.shared.cache.code(&hash).or_else(|| self.view.index.code(&hash)) {
            return Ok(code);
        }
        let take = |bytes: &[u8]| Some(Bytes::copy_from_slice(bytes));
        let code = self.view.base.tables.get(Table::Codes, hash.as_slice(), take)?;
        let code = code.ok_or(StoreError::UnknownCode(hash))?;
        self.shared.cache.keep_code(hash, code.clone());
        Ok(code)
    }

    /// The hash of the block at a height of the chain that this state stands on; None above it.
    pub fn hash_at(&self, height: u64) -> Result<Option<B256>, StoreError> {
        if height > self.height {
            let above = self.above.iter().find(|layer| layer.number() == height);
            return Ok(above.map(|layer| layer.block().hash));
        }
        if let Some(committed) = self.view.layer(height) {
            return Ok(Some(committed.layer.block().hash));
        }
        if height == self.view.height() {
            return Ok(Some(self.view.head.header.hash));
        }
        Ok(self.view.base.header(height)?.map(|(header, _)| header.hash))
    }

    /// A node of this state's tries.
    pub(crate) fn node(&self, key: &NodeKey) -> Result<Option<Bytes>, StoreError> {
        if let Some(node) = self.above.iter().rev().find_map(|layer| layer.delta.node(key)) {
            return Ok(node.clone());
        }
        if let Some(overlay) = &self.overlay {
            if let Some(node) = overlay.node(&self.shared, key)? {
                return Ok(node);
            }
        } else if let Some(node) = self.view.index.node(key, self.height) {
            return Ok(node);
        }
        let base = &self.view.base;
        self.shared.cache.node(key, base.generation, || {
            let mut bytes = Vec::with_capacity(97);
            key.put(&mut bytes);
            base.tables.get(Table::Nodes, &bytes, |node| Some(Bytes::copy_from_slice(node)))
        })
    }

    /// One of its tries.
    pub(crate) const fn trie(&self, owner: Option<B256>) -> Trie<'_> {
        Trie { snapshot: self, owner }
    }
}

impl StateView for Snapshot {
    fn account(&self, address: Address) -> Result<Option<Account>, EvmError> {
        Ok(self.account_with_root(address)?.map(|record| record.account()))
    }

    fn storage(&self, address: Address, slot: U256) -> Result<U256, EvmError> {
        Ok(self.slot_by_hash(&hash_address(address), &keccak256(slot.to_be_bytes::<32>()))?)
    }

    fn has_storage(&self, address: Address) -> Result<bool, EvmError> {
        let account = self.account_with_root(address)?;
        Ok(account.is_some_and(|account| account.storage_root != EMPTY_ROOT))
    }

    fn code(&self, hash: B256) -> Result<Bytes, EvmError> {
        Ok(self.code_by_hash(hash)?)
    }

    fn block_hash(&self, number: BlockNumber) -> Result<B256, EvmError> {
        Ok(self.hash_at(number)?.unwrap_or_default())
    }
}

/// The account trie of a snapshot, or the storage trie of an account.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trie<'a> {
    snapshot: &'a Snapshot,
    owner: Option<B256>,
}

impl NodeSource for Trie<'_> {
    fn node(&self, path: &Nibbles) -> Result<Option<Bytes>, TrieError> {
        self.snapshot.node(&NodeKey { owner: self.owner, path: *path }).map_err(TrieError::source)
    }
}
