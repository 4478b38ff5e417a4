//! A transaction as the pool keeps it.

use alloy_consensus::Transaction as _;
use alloy_eips::{eip2718::Encodable2718, eip2930::AccessListItem, eip7702::SignedAuthorization};
use alloy_primitives::{Address, B256, U256};
use entente_chain::Transaction;

/// What the indexes take for one transaction, in bytes, rounded up: its slot in the sender's queue, and its entries by hash and age.
const INDEX_BYTES: usize = 384;

/// What a sender with transactions in the pool takes besides them, in bytes, rounded up: a tree of its own that has room for the first
/// eleven, and its entries by price.
pub const SENDER_BYTES: usize = 1_600;

/// A transaction on its way into the pool, its sender recovered.
#[derive(Clone, Debug)]
pub struct NewTransaction {
    /// The signed transaction.
    pub tx: Transaction,
    /// Who signed it.
    pub sender: Address,
    /// Whether it was handed in at this node, not by a peer.
    pub local: bool,
}

/// What a transaction offers for a unit of gas, in wei. A legacy transaction's gas price is both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// Most in all (`maxFeePerGas`).
    pub fee: u128,
    /// Most for the block's producer (`maxPriorityFeePerGas`).
    pub tip: u128,
}

impl Price {
    pub(crate) const MAX: Self = Self { fee: u128::MAX, tip: u128::MAX };

    /// What the producer of a block with this base fee would earn a gas (EIP-1559). None when the fee is below the base fee.
    pub fn tip_at(self, base_fee: u64) -> Option<u128> {
        self.fee.checked_sub(u128::from(base_fee)).map(|left| left.min(self.tip))
    }

    /// The lower of both in each part.
    pub(crate) fn floor(self, other: Self) -> Self {
        Self { fee: self.fee.min(other.fee), tip: self.tip.min(other.tip) }
    }
}

/// A transaction in the pool. Shared behind an `Arc`, never changed.
#[derive(Clone, Debug)]
pub struct PoolTransaction {
    /// The signed transaction.
    pub tx: Transaction,
    /// Who signed it.
    pub sender: Address,
    /// Its hash.
    pub hash: B256,
    /// Bytes of its EIP-2718 encoding.
    pub size: usize,
    /// When it came, in milliseconds of the caller's clock.
    pub received: u64,
    /// Whether it was handed in at this node.
    pub local: bool,
    /// Its place in the order of arrival, without two alike.
    pub arrival: u64,
    /// The most it can cost its sender: gas limit times max fee, and the value, in wei.
    pub cost: U256,
}

impl PoolTransaction {
    pub(crate) fn new(new: NewTransaction, received: u64, arrival: u64) -> Self {
        let NewTransaction { tx, sender, local } = new;
        // 64 by 128 bits cannot overflow; a sum that does is more than any balance.
        let gas = U256::from(tx.gas_limit()) * U256::from(tx.max_fee_per_gas());
        let cost = gas.saturating_add(tx.value());
        Self {
            sender,
            hash: *tx.tx_hash(),
            size: tx.encode_2718_len(),
            received,
            local,
            arrival,
            cost,
            tx,
        }
    }

    /// The sender's transaction count that it asks for.
    pub fn nonce(&self) -> u64 {
        self.tx.nonce()
    }

    /// What it offers for gas.
    pub fn price(&self) -> Price {
        Price { fee: self.tx.max_fee_per_gas(), tip: self.tx.priority_fee_or_price() }
    }

    /// Bytes of memory that it takes: itself, what it points to, and its entries in the pool's indexes. This is what the limits count,
    /// and [`SENDER_BYTES`] for each sender.
    pub fn footprint(&self) -> usize {
        let access_list = self.tx.access_list().map_or(0, |list| {
            list.iter().map(|item| size_of::<AccessListItem>() + 32 * item.storage_keys.len()).sum()
        });
        let authorizations =
            self.tx.authorization_list().map_or(0, <[_]>::len) * size_of::<SignedAuthorization>();
        size_of::<Self>() + INDEX_BYTES + self.tx.input().len() + access_list + authorizations
    }
}
