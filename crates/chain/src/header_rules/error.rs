//! Why a header or a body was refused.

use crate::Fork;
use alloy_primitives::{B64, B256, U256};

/// The rule that a block broke, with what was found and what was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(
    missing_docs,
    reason = "the messages say what each is, and found and expected are found and expected"
)]
pub enum HeaderError {
    #[error("parent hash is {found}, expected {expected}")]
    ParentHash { found: B256, expected: B256 },
    #[error("number is {found}, expected {expected}, one more than the parent's")]
    Number { found: u64, expected: u64 },
    #[error("timestamp is {found}, expected at least {least}")]
    Timestamp { found: u64, least: u64 },
    #[error(
        "gas limit is {found}, expected {least} to {most}: within a {}th of {base}",
        crate::fees::GAS_LIMIT_BOUND_DIVISOR
    )]
    GasLimit { found: u64, least: u64, most: u64, base: u64 },
    #[error("gas used is {used}, more than the gas limit of {limit}")]
    GasUsed { used: u64, limit: u64 },
    #[error("extra data has {found} bytes, expected at most {most}")]
    ExtraDataLength { found: usize, most: usize },
    #[error("{0}")]
    ExtraData(#[from] crate::extra_data::ExtraDataError),
    #[error("base fee is {}, expected {}", shown(found.as_ref()), shown(expected.as_ref()))]
    BaseFee { found: Option<u64>, expected: Option<u64> },
    #[error("difficulty is {found}, expected {expected}")]
    Difficulty { found: U256, expected: U256 },
    #[error("difficulty is 0 before the chain's merge (Paris), expected a proof of work")]
    NoDifficulty,
    #[error(
        "difficulty is {found} after the parent's 0: proof of work does not return after Paris"
    )]
    DifficultyReturned { found: U256 },
    #[error("nonce is {found}, expected {expected}")]
    Nonce { found: B64, expected: B64 },
    #[error("mix hash is {found}, expected {expected}, the mark of Istanbul BFT")]
    MixHash { found: B256, expected: B256 },
    #[error("ommers hash is {found}, expected {expected}, that of no ommers")]
    OmmersForbidden { found: B256, expected: B256 },
    #[error("{field} is missing; {fork:?} headers have it")]
    FieldMissing { field: &'static str, fork: Fork },
    #[error("{field} is there, but {fork:?} headers do not have it")]
    FieldUnexpected { field: &'static str, fork: Fork },
    #[error("{field} is there, but {before}, which is written before it, is missing")]
    FieldGap { field: &'static str, before: &'static str },
    #[error("excess blob gas is {found}, expected {expected}")]
    ExcessBlobGas { found: u64, expected: u64 },
    #[error("blob gas used is {found}, more than the {most} that a block may use")]
    BlobGasLimit { found: u64, most: u64 },
    #[error("blob gas used is {found}, not a multiple of the {step} of a blob")]
    BlobGasStep { found: u64, step: u64 },
    #[error("transactions root is {found}, the body's is {expected}")]
    TransactionsRoot { found: B256, expected: B256 },
    #[error("ommers hash is {found}, the body's is {expected}")]
    OmmersHash { found: B256, expected: B256 },
    #[error("withdrawals root is {}, the body's is {}", shown(found.as_ref()), shown(expected.as_ref()))]
    WithdrawalsRoot { found: Option<B256>, expected: Option<B256> },
    #[error("blob gas used is {found}, the body's blobs take {expected}")]
    BlobGasUsed { found: u64, expected: u64 },
    #[error("the block has {found} bytes, expected at most {most} (EIP-7934)")]
    BlockSize { found: usize, most: usize },
    #[error(
        "transaction {index} is of type {kind}, which begins with {begins:?}; the block is under {fork:?}"
    )]
    TransactionType { index: usize, kind: u8, begins: Fork, fork: Fork },
    #[error("transaction {index} carries {found} blobs, expected 1 to {most}")]
    BlobCount { index: usize, found: usize, most: u64 },
    #[error("transaction {index} has chain id {found}, expected {expected}")]
    ChainId { index: usize, found: u64, expected: u64 },
    #[error("transaction {index} names a chain id; {fork:?} does not know EIP-155")]
    ChainIdTooEarly { index: usize, fork: Fork },
    #[error("transaction {index} asks for {found} gas, expected at most {most} (EIP-7825)")]
    TransactionGas { index: usize, found: u64, most: u64 },
    #[error("{found} ommers, expected at most {most}")]
    OmmerCount { found: usize, most: usize },
    #[error("ommer {index} has number {found}, expected {least} to {most}")]
    OmmerNumber { index: usize, found: u64, least: u64, most: u64 },
    #[error("ommer {index} ({hash}) is this block's parent or another of its ommers")]
    OmmerRepeated { index: usize, hash: B256 },
}

fn shown(value: Option<&impl ToString>) -> String {
    value.map_or_else(|| "missing".into(), ToString::to_string)
}
