//! Receipts in answers.

use super::{
    hexa::{Quantity, Quantity128},
    log::{Position, RpcLog},
};
use crate::Dialect;
use alloy_consensus::{Eip658Value, Transaction as _, TxReceipt as _, Typed2718};
use alloy_primitives::{Address, B256, Bloom};
use entente_chain::{Receipt, RecoveredBlock};
use serde::Serialize;

/// A receipt with what its transaction and block say.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RpcReceipt {
    pub(crate) transaction_hash: B256,
    transaction_index: Quantity,
    pub(crate) block_hash: B256,
    block_number: Quantity,
    from: Address,
    to: Option<Address>,
    cumulative_gas_used: Quantity,
    gas_used: Quantity,
    contract_address: Option<Address>,
    pub(crate) logs: Vec<RpcLog>,
    logs_bloom: Bloom,
    #[serde(rename = "type")]
    kind: Quantity,
    effective_gas_price: Quantity128,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Quantity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    root: Option<B256>,
    #[serde(skip_serializing_if = "Option::is_none")]
    blob_gas_used: Option<Quantity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    blob_gas_price: Option<Quantity128>,
}

/// Walks a block's receipts, counting gas and logs as it goes.
pub(crate) struct Receipts<'a> {
    block: &'a RecoveredBlock,
    receipts: &'a [Receipt],
    blob_price: Option<u128>,
    dialect: Dialect,
    next: usize,
    gas_before: u64,
    logs_before: usize,
}

impl<'a> Receipts<'a> {
    /// The receipts of a block; `blob_price` is the blob base fee in force there, in wei.
    pub(crate) const fn new(
        block: &'a RecoveredBlock,
        receipts: &'a [Receipt],
        blob_price: Option<u128>,
        dialect: Dialect,
    ) -> Self {
        Self { block, receipts, blob_price, dialect, next: 0, gas_before: 0, logs_before: 0 }
    }
}

impl Iterator for Receipts<'_> {
    type Item = RpcReceipt;

    /// Building one costs its logs; skipping one (`nth`) costs as much, so callers that want a single one use [`Receipts::at`].
    fn next(&mut self) -> Option<RpcReceipt> {
        let index = self.next;
        let receipt = self.receipts.get(index)?;
        let tx = self.block.body.transactions.get(index)?;
        let from = *self.block.senders().get(index)?;
        let position = Position {
            hash: self.block.hash,
            number: self.block.number(),
            timestamp: self.block.header.timestamp,
        };
        let hash = *tx.tx_hash();
        let logs: Vec<_> = receipt
            .logs()
            .iter()
            .enumerate()
            .map(|(at, log)| {
                RpcLog::new(log, position, (hash, index), self.logs_before + at, self.dialect)
            })
            .collect();
        let cumulative = receipt.cumulative_gas_used();
        let (status, root) = match receipt.status_or_post_state() {
            Eip658Value::Eip658(success) => (Some(Quantity(success.into())), None),
            Eip658Value::PostState(root) => (None, Some(root)),
        };
        let blobs = tx.blob_gas_used();
        let built = RpcReceipt {
            transaction_hash: hash,
            transaction_index: Quantity(index as u64),
            block_hash: position.hash,
            block_number: Quantity(position.number),
            from,
            to: tx.to(),
            cumulative_gas_used: Quantity(cumulative),
            gas_used: Quantity(cumulative.saturating_sub(self.gas_before)),
            contract_address: tx.kind().is_create().then(|| from.create(tx.nonce())),
            logs,
            logs_bloom: *receipt.logs_bloom(),
            kind: Quantity(tx.ty().into()),
            effective_gas_price: Quantity128(
                tx.effective_gas_price(self.block.header.base_fee_per_gas),
            ),
            status,
            root,
            blob_gas_used: blobs.map(Quantity),
            blob_gas_price: blobs.and(self.blob_price).map(Quantity128),
        };
        self.next += 1;
        self.gas_before = cumulative;
        self.logs_before += built.logs.len();
        Some(built)
    }
}

impl Receipts<'_> {
    /// The receipt of one transaction.
    pub(crate) fn at(mut self, index: usize) -> Option<RpcReceipt> {
        let before = self.receipts.get(..index)?;
        self.logs_before = before.iter().map(|receipt| receipt.logs().len()).sum();
        self.gas_before = before.last().map_or(0, |receipt| receipt.cumulative_gas_used());
        self.next = index;
        self.next()
    }
}
