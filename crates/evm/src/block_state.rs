//! The state of one block while it executes: what the view gave, and what the transactions made of it.
//!
//! revm's own bundle keeps transitions and reverts that a ledger with reverse diffs in its store does not need, and they cost more than
//! the interpreter for a plain transfer. This keeps, for each account and slot, the value before the block and the value now; the difference is
//! the block's [`StateChanges`].

use crate::{
    Account, AccountChange, EvmError, SlotChange, StateChanges, StateView, codes::CodeCache,
    collision,
};
use alloy_primitives::{
    Address, B256, Bytes, KECCAK256_EMPTY, U256, keccak256,
    map::{AddressMap, B256Map, HashMap},
};
use revm::{
    Database, DatabaseCommit, DatabaseRef,
    bytecode::Bytecode,
    database_interface::DBErrorMarker,
    state::{Account as RevmAccount, AccountInfo},
};
use std::collections::hash_map::Entry;

/// [`EvmError`] in the shape that revm wants of its database.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct ViewError(#[from] pub EvmError);

impl DBErrorMarker for ViewError {}

#[derive(Clone, Copy, Debug)]
struct Slot {
    /// Value before the block; None when it was written without being read (storage of a fresh or wiped account).
    before: Option<U256>,
    now: U256,
}

#[derive(Clone, Debug)]
struct Cached {
    before: Option<Account>,
    now: Option<Account>,
    /// Storage that was there before the block is gone; what is not in `slots` is zero.
    wiped: bool,
    changed: bool,
    /// Whether the view knows storage here, once it was asked.
    had_storage: Option<bool>,
    slots: HashMap<U256, Slot>,
}

/// The state of one block under execution, over the view that it started from.
#[derive(Clone)]
pub struct BlockState<'a> {
    view: &'a dyn StateView,
    codes: &'a CodeCache,
    accounts: AddressMap<Cached>,
    new_codes: B256Map<Bytecode>,
}

impl std::fmt::Debug for BlockState<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlockState").field("accounts", &self.accounts.len()).finish_non_exhaustive()
    }
}

impl<'a> BlockState<'a> {
    pub(crate) fn new(view: &'a dyn StateView, codes: &'a CodeCache) -> Self {
        Self { view, codes, accounts: AddressMap::default(), new_codes: B256Map::default() }
    }

    fn cached(&mut self, address: Address) -> Result<&mut Cached, EvmError> {
        match self.accounts.entry(address) {
            Entry::Occupied(entry) => Ok(entry.into_mut()),
            Entry::Vacant(entry) => {
                let before = self.view.account(address)?;
                Ok(entry.insert(Cached {
                    before,
                    now: before,
                    wiped: false,
                    changed: false,
                    had_storage: None,
                    slots: HashMap::default(),
                }))
            }
        }
    }

    /// The account as it stands now.
    pub fn account(&mut self, address: Address) -> Result<Option<Account>, EvmError> {
        Ok(self.cached(address)?.now)
    }

    /// Credits wei outside any transaction (withdrawals, rewards). With `keep_empty` unset an account that stays empty is removed (EIP-161).
    pub fn credit(
        &mut self,
        address: Address,
        wei: U256,
        keep_empty: bool,
    ) -> Result<(), EvmError> {
        let cached = self.cached(address)?;
        let mut account = cached.now.unwrap_or_default();
        account.balance = account.balance.saturating_add(wei);
        let now = (keep_empty || !account.is_empty()).then_some(account);
        cached.changed |= cached.now != now;
        cached.now = now;
        Ok(())
    }

    fn apply(&mut self, address: Address, account: RevmAccount) {
        if !account.is_touched() {
            return;
        }
        let (destroyed, created, empty) =
            (account.is_selfdestructed(), account.is_created(), account.is_empty());
        // Everything touched went through `basic` first; an account that did not was made by the journal out of nothing.
        let cached = self.accounts.entry(address).or_insert_with(|| Cached {
            before: None,
            now: None,
            wiped: false,
            changed: false,
            had_storage: None,
            slots: HashMap::default(),
        });
        if destroyed {
            cached.clear_storage();
            cached.now = None;
            return;
        }
        if created && cached.before.is_some() {
            // Storage under an address without code is possible where a constructor wrote some and returned nothing (before EIP-7610).
            cached.clear_storage();
        } else if empty && !created {
            cached.changed |= cached.now.is_some();
            cached.clear_storage();
            cached.now = None;
            return;
        }
        let now = Account {
            nonce: account.info.nonce,
            balance: account.info.balance,
            code_hash: collision::real_code_hash(account.info.code_hash),
        };
        if cached.now != Some(now) {
            cached.changed = true;
            if cached.now.is_none_or(|was| was.code_hash != now.code_hash)
                && now.code_hash != KECCAK256_EMPTY
                && let Some(code) = account.info.code
            {
                self.new_codes.entry(now.code_hash).or_insert(code);
            }
            cached.now = Some(now);
        }
        for (slot, value) in account.storage {
            if !value.is_changed() {
                continue;
            }
            cached.changed = true;
            match cached.slots.entry(slot) {
                Entry::Occupied(mut entry) => entry.get_mut().now = value.present_value,
                Entry::Vacant(entry) => {
                    entry.insert(Slot { before: None, now: value.present_value });
                }
            }
        }
    }

    /// The difference between the view and now, sorted by hashed key. Hashes every changed key once.
    pub fn changes(&self) -> Result<StateChanges, EvmError> {
        let mut accounts = Vec::with_capacity(self.accounts.len());
        for (address, cached) in &self.accounts {
            if !cached.changed {
                continue;
            }
            let slots = self.slot_changes(*address, cached)?;
            let wiped = cached.wiped && cached.before.is_some();
            if slots.is_empty() && cached.before == cached.now && !wiped {
                continue;
            }
            accounts.push(AccountChange {
                hashed: keccak256(address),
                address: *address,
                before: cached.before,
                after: cached.now,
                wiped,
                slots,
            });
        }
        accounts.sort_unstable_by_key(|account| account.hashed);
        let mut codes: Vec<_> =
            self.new_codes.iter().map(|(hash, code)| (*hash, code.original_bytes())).collect();
        codes.sort_unstable_by_key(|(hash, _)| *hash);
        Ok(StateChanges { accounts, codes })
    }

    fn slot_changes(&self, address: Address, cached: &Cached) -> Result<Vec<SlotChange>, EvmError> {
        let mut slots = Vec::with_capacity(cached.slots.len());
        for (slot, value) in &cached.slots {
            let before = match value.before {
                Some(before) => before,
                None if cached.before.is_none() => U256::ZERO,
                None => self.view.storage(address, *slot)?,
            };
            if before == value.now && !cached.wiped {
                continue;
            }
            let hashed = keccak256(slot.to_be_bytes::<32>());
            slots.push(SlotChange { hashed, slot: *slot, before, after: value.now });
        }
        slots.sort_unstable_by_key(|slot| slot.hashed);
        Ok(slots)
    }

    fn load_code(&self, hash: B256) -> Result<Bytecode, EvmError> {
        if let Some(code) = self.new_codes.get(&hash) {
            return Ok(code.clone());
        }
        self.codes.get(hash, || self.view.code(hash))
    }

    /// Code by its hash, that of this block included.
    pub fn code(&self, hash: B256) -> Result<Bytes, EvmError> {
        Ok(self.load_code(hash)?.original_bytes())
    }

    fn peek_storage(&self, address: Address, slot: U256) -> Result<U256, EvmError> {
        match self.accounts.get(&address) {
            Some(cached) => match cached.slots.get(&slot) {
                Some(value) => Ok(value.now),
                None if cached.wiped || cached.before.is_none() => Ok(U256::ZERO),
                None => self.view.storage(address, slot),
            },
            None => self.view.storage(address, slot),
        }
    }
}

impl Cached {
    /// Whether there is storage under an account without code and nonce. Such storage is older than the block, or a constructor wrote it and left no code
    /// (before Spurious Dragon gave new contracts a nonce).
    fn has_storage(&mut self, view: &dyn StateView, address: Address) -> Result<bool, EvmError> {
        if self.slots.values().any(|slot| !slot.now.is_zero()) {
            return Ok(true);
        }
        if self.wiped || self.before.is_none() {
            return Ok(false);
        }
        match self.had_storage {
            Some(had) => Ok(had),
            None => Ok(*self.had_storage.insert(view.has_storage(address)?)),
        }
    }

    fn clear_storage(&mut self) {
        self.wiped = true;
        self.changed = true;
        for slot in self.slots.values_mut() {
            slot.now = U256::ZERO;
        }
    }
}

fn info(account: Account) -> AccountInfo {
    AccountInfo {
        balance: account.balance,
        nonce: account.nonce,
        code_hash: account.code_hash,
        account_id: None,
        // Without code there is nothing to look up later; with code it is fetched when it runs.
        code: (account.code_hash == KECCAK256_EMPTY).then(Bytecode::default),
    }
}

impl Database for BlockState<'_> {
    type Error = ViewError;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, ViewError> {
        let view = self.view;
        let cached = self.cached(address)?;
        let Some(account) = cached.now else { return Ok(None) };
        let mut info = info(account);
        if account.nonce == 0
            && account.code_hash == KECCAK256_EMPTY
            && cached.has_storage(view, address)?
        {
            info.code_hash = collision::STORAGE_WITHOUT_CODE;
        }
        Ok(Some(info))
    }

    fn code_by_hash(&mut self, hash: B256) -> Result<Bytecode, ViewError> {
        Ok(self.load_code(hash)?)
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, ViewError> {
        let view = self.view;
        let cached = self.cached(address)?;
        if let Some(value) = cached.slots.get(&slot) {
            return Ok(value.now);
        }
        if cached.wiped || cached.before.is_none() {
            return Ok(U256::ZERO);
        }
        let value = view.storage(address, slot)?;
        cached.slots.insert(slot, Slot { before: Some(value), now: value });
        Ok(value)
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, ViewError> {
        Ok(self.view.block_hash(number)?)
    }
}

impl DatabaseRef for BlockState<'_> {
    type Error = ViewError;

    fn basic_ref(&self, address: Address) -> Result<Option<AccountInfo>, ViewError> {
        Ok(match self.accounts.get(&address) {
            Some(cached) => cached.now.map(info),
            None => self.view.account(address)?.map(info),
        })
    }

    fn code_by_hash_ref(&self, hash: B256) -> Result<Bytecode, ViewError> {
        Ok(self.load_code(hash)?)
    }

    fn storage_ref(&self, address: Address, slot: U256) -> Result<U256, ViewError> {
        Ok(self.peek_storage(address, slot)?)
    }

    fn block_hash_ref(&self, number: u64) -> Result<B256, ViewError> {
        Ok(self.view.block_hash(number)?)
    }
}

impl DatabaseCommit for BlockState<'_> {
    fn commit(&mut self, changes: AddressMap<RevmAccount>) {
        for (address, account) in changes {
            self.apply(address, account);
        }
    }
}
