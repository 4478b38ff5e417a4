//! Logs in answers.

use super::hexa::Quantity;
use crate::Dialect;
use alloy_primitives::{Address, B256, Bytes, Log};
use serde::Serialize;

/// A log and where it stands.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RpcLog {
    pub(crate) address: Address,
    pub(crate) topics: Vec<B256>,
    pub(crate) data: Bytes,
    pub(crate) block_hash: B256,
    pub(crate) block_number: Quantity,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) block_timestamp: Option<Quantity>,
    pub(crate) transaction_hash: B256,
    pub(crate) transaction_index: Quantity,
    pub(crate) log_index: Quantity,
    pub(crate) removed: bool,
}

/// Where a block stands, as its logs and transactions repeat it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Position {
    pub(crate) hash: B256,
    pub(crate) number: u64,
    pub(crate) timestamp: u64,
}

impl Position {
    /// The timestamp, where the dialect has it.
    pub(crate) fn timestamp(&self, dialect: Dialect) -> Option<Quantity> {
        (dialect == Dialect::Current).then_some(Quantity(self.timestamp))
    }
}

impl RpcLog {
    pub(crate) fn new(
        log: &Log,
        block: Position,
        transaction: (B256, usize),
        index: usize,
        dialect: Dialect,
    ) -> Self {
        Self {
            address: log.address,
            topics: log.topics().to_vec(),
            data: log.data.data.clone(),
            block_hash: block.hash,
            block_number: Quantity(block.number),
            block_timestamp: block.timestamp(dialect),
            transaction_hash: transaction.0,
            transaction_index: Quantity(transaction.1 as u64),
            log_index: Quantity(index as u64),
            removed: false,
        }
    }
}
