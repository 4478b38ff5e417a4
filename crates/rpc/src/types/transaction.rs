//! Transactions in answers.

use super::{
    hexa::{Quantity, Quantity128},
    log::Position,
};
use crate::Dialect;
use alloy_consensus::{Transaction as _, Typed2718};
use alloy_eips::{eip2930::AccessList, eip7702::SignedAuthorization};
use alloy_primitives::{Address, B256, Bytes, U256};
use entente_chain::Transaction;
use serde::Serialize;

/// A transaction with its sender and, once it is in a block, its place there.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RpcTransaction {
    pub(crate) block_hash: Option<B256>,
    pub(crate) block_number: Option<Quantity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) block_timestamp: Option<Quantity>,
    pub(crate) transaction_index: Option<Quantity>,
    pub(crate) hash: B256,
    #[serde(rename = "type")]
    kind: Quantity,
    #[serde(skip_serializing_if = "Option::is_none")]
    chain_id: Option<Quantity>,
    pub(crate) from: Address,
    to: Option<Address>,
    nonce: Quantity,
    gas: Quantity,
    gas_price: Quantity128,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_fee_per_gas: Option<Quantity128>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_priority_fee_per_gas: Option<Quantity128>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_fee_per_blob_gas: Option<Quantity128>,
    value: U256,
    input: Bytes,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_list: Option<AccessList>,
    #[serde(skip_serializing_if = "Option::is_none")]
    blob_versioned_hashes: Option<Vec<B256>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_list: Option<Vec<SignedAuthorization>>,
    v: Quantity128,
    r: U256,
    s: U256,
    #[serde(skip_serializing_if = "Option::is_none")]
    y_parity: Option<Quantity>,
}

/// Where a transaction stands: its block, its index there, and the block's base fee.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mined {
    pub(crate) block: Position,
    pub(crate) index: usize,
    pub(crate) base_fee: Option<u64>,
}

impl RpcTransaction {
    /// A transaction of a block, or (None) one that waits.
    pub(crate) fn new(
        tx: &Transaction,
        from: Address,
        mined: Option<Mined>,
        dialect: Dialect,
    ) -> Self {
        let dynamic = tx.is_dynamic_fee();
        let signature = tx.signature();
        let parity = u64::from(signature.v());
        let legacy = tx.is_legacy();
        let v = match tx.chain_id() {
            _ if !legacy => u128::from(parity),
            Some(chain_id) => u128::from(chain_id) * 2 + 35 + u128::from(parity),
            None => 27 + u128::from(parity),
        };
        Self {
            block_hash: mined.map(|mined| mined.block.hash),
            block_number: mined.map(|mined| Quantity(mined.block.number)),
            block_timestamp: mined.and_then(|mined| mined.block.timestamp(dialect)),
            transaction_index: mined.map(|mined| Quantity(mined.index as u64)),
            hash: *tx.tx_hash(),
            kind: Quantity(tx.ty().into()),
            chain_id: tx.chain_id().map(Quantity),
            from,
            to: tx.to(),
            nonce: Quantity(tx.nonce()),
            gas: Quantity(tx.gas_limit()),
            gas_price: Quantity128(match mined {
                Some(mined) => tx.effective_gas_price(mined.base_fee),
                None => tx.max_fee_per_gas(),
            }),
            max_fee_per_gas: dynamic.then(|| Quantity128(tx.max_fee_per_gas())),
            max_priority_fee_per_gas: tx.max_priority_fee_per_gas().map(Quantity128),
            max_fee_per_blob_gas: tx.max_fee_per_blob_gas().map(Quantity128),
            value: tx.value(),
            input: tx.input().clone(),
            access_list: tx.access_list().cloned(),
            blob_versioned_hashes: tx.blob_versioned_hashes().map(<[_]>::to_vec),
            authorization_list: tx.authorization_list().map(<[_]>::to_vec),
            v: Quantity128(v),
            r: signature.r(),
            s: signature.s(),
            y_parity: (!legacy).then_some(Quantity(parity)),
        }
    }
}
