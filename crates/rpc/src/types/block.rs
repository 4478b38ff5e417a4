//! Blocks and headers in answers.

use super::{
    hexa::Quantity,
    log::Position,
    transaction::{Mined, RpcTransaction},
};
use crate::Dialect;
use alloy_eips::eip4895::Withdrawal;
use alloy_primitives::{Address, B64, B256, Bloom, Bytes, U256};
use entente_chain::{Header, RecoveredBlock};
use serde::Serialize;

/// A header as blocks, uncles and `newHeads` show it. What a fork added is there only in blocks of that fork.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RpcHeader {
    pub(crate) number: Option<Quantity>,
    pub(crate) hash: Option<B256>,
    parent_hash: B256,
    nonce: Option<B64>,
    mix_hash: B256,
    sha3_uncles: B256,
    logs_bloom: Option<Bloom>,
    transactions_root: B256,
    state_root: B256,
    receipts_root: B256,
    miner: Address,
    difficulty: U256,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_difficulty: Option<U256>,
    extra_data: Bytes,
    gas_limit: Quantity,
    gas_used: Quantity,
    timestamp: Quantity,
    #[serde(skip_serializing_if = "Option::is_none")]
    base_fee_per_gas: Option<Quantity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    withdrawals_root: Option<B256>,
    #[serde(skip_serializing_if = "Option::is_none")]
    blob_gas_used: Option<Quantity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    excess_blob_gas: Option<Quantity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_beacon_block_root: Option<B256>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requests_hash: Option<B256>,
}

impl RpcHeader {
    pub(crate) fn new(header: &Header, hash: B256, total_difficulty: Option<U256>) -> Self {
        Self {
            number: Some(Quantity(header.number)),
            hash: Some(hash),
            parent_hash: header.parent_hash,
            nonce: Some(header.nonce),
            mix_hash: header.mix_hash,
            sha3_uncles: header.ommers_hash,
            logs_bloom: Some(header.logs_bloom),
            transactions_root: header.transactions_root,
            state_root: header.state_root,
            receipts_root: header.receipts_root,
            miner: header.beneficiary,
            difficulty: header.difficulty,
            total_difficulty,
            extra_data: header.extra_data.clone(),
            gas_limit: Quantity(header.gas_limit),
            gas_used: Quantity(header.gas_used),
            timestamp: Quantity(header.timestamp),
            base_fee_per_gas: header.base_fee_per_gas.map(Quantity),
            withdrawals_root: header.withdrawals_root,
            blob_gas_used: header.blob_gas_used.map(Quantity),
            excess_blob_gas: header.excess_blob_gas.map(Quantity),
            parent_beacon_block_root: header.parent_beacon_block_root,
            requests_hash: header.requests_hash,
        }
    }
}

/// A block: its header, and its transactions as hashes or in full.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RpcBlock {
    #[serde(flatten)]
    pub(crate) header: RpcHeader,
    size: Quantity,
    transactions: Transactions,
    uncles: Vec<B256>,
    #[serde(skip_serializing_if = "Option::is_none")]
    withdrawals: Option<Vec<RpcWithdrawal>>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Transactions {
    Hashes(Vec<B256>),
    Full(Vec<RpcTransaction>),
}

/// A withdrawal (EIP-4895); its amount is in gwei.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RpcWithdrawal {
    index: Quantity,
    validator_index: Quantity,
    address: Address,
    amount: Quantity,
}

impl From<&Withdrawal> for RpcWithdrawal {
    fn from(withdrawal: &Withdrawal) -> Self {
        Self {
            index: Quantity(withdrawal.index),
            validator_index: Quantity(withdrawal.validator_index),
            address: withdrawal.address,
            amount: Quantity(withdrawal.amount),
        }
    }
}

impl RpcBlock {
    /// A block with its transactions in full or as hashes. `total_difficulty` is shown where the dialect has it.
    pub(crate) fn new(
        block: &RecoveredBlock,
        full: bool,
        total_difficulty: Option<U256>,
        dialect: Dialect,
    ) -> Self {
        let transactions = if full {
            Transactions::Full(transactions(block, dialect).collect())
        } else {
            Transactions::Hashes(block.body.transactions.iter().map(|tx| *tx.tx_hash()).collect())
        };
        let total_difficulty = total_difficulty.filter(|_| dialect == Dialect::Before2024);
        let uncles = block.body.ommers.iter().map(Header::hash_slow).collect();
        Self {
            header: RpcHeader::new(&block.header, block.hash, total_difficulty),
            size: Quantity(alloy_rlp::Encodable::length(&block.block) as u64),
            transactions,
            uncles,
            withdrawals: block
                .body
                .withdrawals
                .as_ref()
                .map(|list| list.iter().map(RpcWithdrawal::from).collect()),
        }
    }

    /// The block that waiting transactions would make: it has no hash, nonce or bloom yet.
    pub(crate) fn into_pending(mut self) -> Self {
        self.header.hash = None;
        self.header.nonce = None;
        self.header.logs_bloom = None;
        self
    }
}

/// The transactions of a block in full.
pub(crate) fn transactions(
    block: &RecoveredBlock,
    dialect: Dialect,
) -> impl Iterator<Item = RpcTransaction> + '_ {
    let position =
        Position { hash: block.hash, number: block.number(), timestamp: block.header.timestamp };
    let base_fee = block.header.base_fee_per_gas;
    block.transactions_with_sender().enumerate().map(move |(index, (tx, from))| {
        RpcTransaction::new(tx, from, Some(Mined { block: position, index, base_fee }), dialect)
    })
}

/// One transaction of a block, None when it has fewer.
pub(crate) fn transaction_at(
    block: &RecoveredBlock,
    index: usize,
    dialect: Dialect,
) -> Option<RpcTransaction> {
    let tx = block.body.transactions.get(index)?;
    let from = *block.senders().get(index)?;
    let position =
        Position { hash: block.hash, number: block.number(), timestamp: block.header.timestamp };
    let mined = Mined { block: position, index, base_fee: block.header.base_fee_per_gas };
    Some(RpcTransaction::new(tx, from, Some(mined), dialect))
}
