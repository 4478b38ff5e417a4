//! State as the executor sees it, and the changes that it leaves behind.

use crate::EvmError;
use alloy_primitives::{Address, B256, BlockNumber, Bytes, KECCAK256_EMPTY, U256};

/// An account without its storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// Number of transactions sent (or of contracts created, for a contract).
    pub nonce: u64,
    /// Wei.
    pub balance: U256,
    /// keccak256 of the code; [`KECCAK256_EMPTY`] without code.
    pub code_hash: B256,
}

impl Default for Account {
    fn default() -> Self {
        Self { nonce: 0, balance: U256::ZERO, code_hash: KECCAK256_EMPTY }
    }
}

impl Account {
    /// Whether the account is empty in the sense of EIP-161.
    pub fn is_empty(&self) -> bool {
        self.nonce == 0 && self.balance.is_zero() && self.code_hash == KECCAK256_EMPTY
    }
}

/// The state that a block or a call starts from. Implemented by the store (newest, historic, or over blocks not yet committed) and by tests.
pub trait StateView: Send + Sync {
    /// The account at an address, None if there is none.
    fn account(&self, address: Address) -> Result<Option<Account>, EvmError>;

    /// The value of a storage slot; zero when unset.
    fn storage(&self, address: Address, slot: U256) -> Result<U256, EvmError>;

    /// Whether the account has a storage slot that is not zero. Asked of accounts without code and nonce alone: a contract cannot be created where there is
    /// storage (EIP-7610). A view that cannot tell says no, as if its chain began after Spurious Dragon, from which on only a genesis file makes such accounts.
    fn has_storage(&self, address: Address) -> Result<bool, EvmError> {
        let _ = address;
        Ok(false)
    }

    /// The code with this hash.
    fn code(&self, hash: B256) -> Result<Bytes, EvmError>;

    /// The hash of the block at this height on the chain that the view stands on; zero when it is not known (BLOCKHASH asks for the last 256).
    fn block_hash(&self, number: BlockNumber) -> Result<B256, EvmError>;
}

/// A slot that a block changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotChange {
    /// keccak256 of the slot's index as 32 bytes.
    pub hashed: B256,
    /// The slot's index.
    pub slot: U256,
    /// Value before the block.
    pub before: U256,
    /// Value after the block; zero removes the slot.
    pub after: U256,
}

/// An account that a block changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountChange {
    /// keccak256 of the address.
    pub hashed: B256,
    /// The address.
    pub address: Address,
    /// The account before the block.
    pub before: Option<Account>,
    /// The account after the block; None removes it.
    pub after: Option<Account>,
    /// The storage as it was before the block is gone entirely (SELFDESTRUCT before EIP-6780, or re-creation after it). `slots` then holds what was
    /// written afterwards, with `before` values still those before the block where they were read; slots never touched are dropped by the store.
    pub wiped: bool,
    /// Changed slots, sorted by `hashed`, each once, `before != after` unless `wiped`.
    pub slots: Vec<SlotChange>,
}

/// What a block changed: accounts sorted by hashed address, each once, and code that is new.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StateChanges {
    /// Changed accounts, sorted by `hashed`.
    pub accounts: Vec<AccountChange>,
    /// Code deployed by the block, by hash, sorted, each once. May hold code that is stored already.
    pub codes: Vec<(B256, Bytes)>,
}
