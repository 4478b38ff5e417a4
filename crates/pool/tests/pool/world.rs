//! A pool with a make-believe state around it.

use alloy_consensus::{SignableTransaction, TxEip1559, TxLegacy};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256};
use entente_chain::{Fork, Transaction};
use entente_pool::{
    AccountSource, AccountState, Added, Dropped, HeadInfo, NewTransaction, Pool, PoolConfig,
    Rejected,
};
use std::collections::BTreeMap;

/// Plenty.
pub(crate) const RICH: u128 = 1_000_000_000_000_000_000_000;

#[derive(Debug, Default)]
pub(crate) struct Accounts {
    pub(crate) known: BTreeMap<Address, AccountState>,
    pub(crate) unreadable: bool,
}

impl AccountSource for Accounts {
    fn account(&self, address: Address) -> Result<AccountState, String> {
        if self.unreadable {
            return Err("the disk is on fire".to_owned());
        }
        Ok(self.known.get(&address).cloned().unwrap_or_default())
    }
}

pub(crate) struct World {
    pub(crate) pool: Pool,
    pub(crate) accounts: Accounts,
    pub(crate) head: HeadInfo,
    pub(crate) now: u64,
}

pub(crate) const fn head() -> HeadInfo {
    HeadInfo {
        number: 7,
        timestamp: 1_700_000_000,
        base_fee: Some(0),
        gas_limit: 30_000_000,
        fork: Fork::Osaka,
        chain_id: 1337,
        transaction_gas_limit: Some(1 << 24),
    }
}

pub(crate) fn who(byte: u8) -> Address {
    Address::repeat_byte(byte)
}

impl World {
    /// A pool over a state in which senders 1 to 9 are rich.
    pub(crate) fn new(config: PoolConfig) -> Self {
        let mut accounts = Accounts::default();
        for byte in 1..=9 {
            accounts.known.insert(
                who(byte),
                AccountState { balance: U256::from(RICH), ..AccountState::default() },
            );
        }
        Self { pool: Pool::new(config), accounts, head: head(), now: 1_000 }
    }

    pub(crate) fn account(&mut self, byte: u8) -> &mut AccountState {
        self.accounts.known.entry(who(byte)).or_default()
    }

    pub(crate) fn add(&mut self, byte: u8, tx: Transaction) -> Result<Added, Rejected> {
        self.submit(byte, tx, false)
    }

    pub(crate) fn submit(
        &mut self,
        byte: u8,
        tx: Transaction,
        local: bool,
    ) -> Result<Added, Rejected> {
        let new = NewTransaction { tx, sender: who(byte), local };
        self.pool.add(new, self.now, &self.head, &self.accounts)
    }

    /// A legacy transfer that must be taken.
    pub(crate) fn send(&mut self, byte: u8, nonce: u64, price: u128) -> B256 {
        self.add(byte, transfer(byte, nonce, price)).unwrap().hash
    }

    /// Mines these transactions of the pool, in their order.
    pub(crate) fn mine(&mut self, hashes: &[B256]) -> Vec<Dropped> {
        let mut mined = Vec::new();
        for hash in hashes {
            let tx = self.pool.get(*hash).unwrap();
            mined.push((tx.sender, tx.nonce(), *hash));
            let account = self.accounts.known.get_mut(&tx.sender).unwrap();
            account.nonce = tx.nonce() + 1;
            account.balance -= tx.cost;
        }
        self.block(&mined, &[])
    }

    /// A block with these transactions that changed these accounts besides.
    pub(crate) fn block(&mut self, mined: &[(Address, u64, B256)], changed: &[u8]) -> Vec<Dropped> {
        self.head.number += 1;
        let changed: Vec<_> = changed.iter().map(|byte| who(*byte)).collect();
        self.pool.on_block(&self.head, mined, changed, &self.accounts, self.now)
    }

    /// All that the pool would give a builder, as hashes.
    pub(crate) fn best(&self, base_fee: u64) -> Vec<B256> {
        let mut best = self.pool.best(Some(base_fee));
        std::iter::from_fn(|| best.next(&self.pool)).map(|tx| tx.hash).collect()
    }
}

pub(crate) fn legacy(byte: u8, nonce: u64, price: u128) -> TxLegacy {
    TxLegacy {
        chain_id: Some(1337),
        nonce,
        gas_price: price,
        gas_limit: 21_000,
        // The sender is not part of what is signed: this keeps two senders' transactions apart.
        to: TxKind::Call(Address::left_padding_from(&[byte])),
        value: U256::ZERO,
        input: Bytes::new(),
    }
}

pub(crate) fn signed<T: SignableTransaction<Signature>>(tx: T) -> Transaction
where
    Transaction: From<alloy_consensus::Signed<T>>,
{
    Transaction::from(tx.into_signed(Signature::new(U256::from(1), U256::from(1), false)))
}

/// A transfer of nothing at a legacy price, 21,000 gas.
pub(crate) fn transfer(byte: u8, nonce: u64, price: u128) -> Transaction {
    signed(legacy(byte, nonce, price))
}

/// A transfer with value.
pub(crate) fn payment(byte: u8, nonce: u64, price: u128, value: u128) -> Transaction {
    signed(TxLegacy { value: U256::from(value), ..legacy(byte, nonce, price) })
}

pub(crate) fn dynamic(byte: u8, nonce: u64, fee: u128, tip: u128) -> TxEip1559 {
    TxEip1559 {
        chain_id: 1337,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: fee,
        max_priority_fee_per_gas: tip,
        to: TxKind::Call(Address::left_padding_from(&[byte])),
        ..TxEip1559::default()
    }
}
