//! Blocks, headers, transactions and receipts as the whole house passes them around.
//!
//! The wire types are alloy's. A block travels sealed (its hash is known, once) and, when its senders are known, recovered: recovering a
//! signature costs more than executing the transfer it signs, so it happens once on arrival and the result stays beside the block.

use alloy_consensus::{EthereumTxEnvelope, TxEip4844};
use alloy_primitives::{Address, B256, BlockNumber};
use std::ops::Deref;

pub use alloy_consensus::Header;

/// A signed transaction of any type in the form in which blocks carry it: EIP-2718, blob transactions without their sidecar.
pub type Transaction = EthereumTxEnvelope<TxEip4844>;

/// A receipt of any transaction type with its logs bloom (EIP-2718, EIP-658; before Byzantium it carries the intermediate state root).
pub type Receipt = alloy_consensus::ReceiptEnvelope;

/// Transactions, ommers and (since EIP-4895) withdrawals of a block.
pub type Body = alloy_consensus::BlockBody<Transaction>;

/// A whole block: header and body. Its RLP is the field's `[header, transactions, ommers, withdrawals?]`.
pub type Block = alloy_consensus::Block<Transaction>;

/// A header with the hash by which the chain knows it.
///
/// The hash is not always keccak256 of the header's RLP: BFT chains leave seals (and the round) out of it, so it is computed once by
/// [`ChainSpec::hash_header`](crate::ChainSpec::hash_header) and kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedHeader {
    /// The block hash.
    pub hash: B256,
    /// The header itself.
    pub header: Header,
}

impl Deref for SealedHeader {
    type Target = Header;

    fn deref(&self) -> &Header {
        &self.header
    }
}

/// A block with its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedBlock {
    /// The block hash, by the chain's own rule.
    pub hash: B256,
    /// Header and body.
    pub block: Block,
}

impl SealedBlock {
    /// The header with its hash, copied out.
    pub fn sealed_header(&self) -> SealedHeader {
        SealedHeader { hash: self.hash, header: self.block.header.clone() }
    }

    /// The block's height.
    pub fn number(&self) -> BlockNumber {
        self.block.header.number
    }
}

impl Deref for SealedBlock {
    type Target = Block;

    fn deref(&self) -> &Block {
        &self.block
    }
}

/// A sealed block whose senders have been recovered: one address a transaction, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveredBlock {
    sealed: SealedBlock,
    senders: Vec<Address>,
}

impl RecoveredBlock {
    /// Joins a block with its senders. None when their number is not that of the transactions.
    pub fn new(sealed: SealedBlock, senders: Vec<Address>) -> Option<Self> {
        (senders.len() == sealed.block.body.transactions.len()).then_some(Self { sealed, senders })
    }

    /// The senders, one for each transaction.
    pub fn senders(&self) -> &[Address] {
        &self.senders
    }

    /// The transactions with their senders.
    pub fn transactions_with_sender(
        &self,
    ) -> impl ExactSizeIterator<Item = (&Transaction, Address)> {
        self.sealed.block.body.transactions.iter().zip(self.senders.iter().copied())
    }

    /// The block without its senders.
    pub fn sealed(&self) -> &SealedBlock {
        &self.sealed
    }

    /// Takes the parts apart again.
    pub fn into_parts(self) -> (SealedBlock, Vec<Address>) {
        (self.sealed, self.senders)
    }
}

impl Deref for RecoveredBlock {
    type Target = SealedBlock;

    fn deref(&self) -> &SealedBlock {
        &self.sealed
    }
}
