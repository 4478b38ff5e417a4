//! A body against its header.

use super::HeaderError;
use crate::{Block, ChainSpec, EngineConfig, Fork, SealedBlock, Transaction};
use alloy_consensus::{Transaction as _, Typed2718, proofs::calculate_transaction_root};
use alloy_eips::eip4844::DATA_GAS_PER_BLOB;
use alloy_rlp::Encodable;

/// The largest block from Osaka on, in bytes of RLP: 10 MiB less 2 MiB for the beacon block around it (EIP-7934).
pub const MAX_BLOCK_RLP_BYTES: usize = 8 * 1024 * 1024;

/// Ommers that a block may have (Yellow Paper, 4.3.2).
const MAX_OMMERS: usize = 2;

/// Generations that an ommer may be behind (Yellow Paper, 11.1).
const OMMER_DEPTH: u64 = 6;

impl ChainSpec {
    /// Checks that a body is the one that its header commits to, and that its transactions and ommers may stand in it.
    ///
    /// Whether an ommer's parent is an ancestor, and whether an ancestor named it before, needs the chain and is not checked here.
    ///
    /// # Errors
    /// [`HeaderError`] for the first rule that is broken.
    pub fn validate_body(&self, block: &SealedBlock) -> Result<(), HeaderError> {
        let fork = self.fork(&block.block.header);
        if fork >= Fork::Osaka {
            let (found, most) = (block.block.length(), MAX_BLOCK_RLP_BYTES);
            if found > most {
                return Err(HeaderError::BlockSize { found, most });
            }
        }
        roots(&block.block)?;
        self.check_ommers(block, fork)?;
        self.check_transactions(&block.block, fork)
    }

    fn check_transactions(&self, block: &Block, fork: Fork) -> Result<(), HeaderError> {
        let header = &block.header;
        let gas_cap = self
            .transaction_gas_cap(header.number, header.timestamp)
            .filter(|_| fork >= Fork::Osaka);
        let blobs = self.blob_params(header.number, header.timestamp);
        let mut blob_gas = 0u64;
        for (index, tx) in block.body.transactions.iter().enumerate() {
            let begins = begins(tx);
            if fork < begins {
                return Err(HeaderError::TransactionType { index, kind: tx.ty(), begins, fork });
            }
            self.check_chain_id(index, tx, header.number, fork)?;
            if let Some(most) = gas_cap.filter(|most| tx.gas_limit() > *most) {
                return Err(HeaderError::TransactionGas { index, found: tx.gas_limit(), most });
            }
            let Some(hashes) = tx.blob_versioned_hashes() else { continue };
            let most = blobs.map_or(0, |params| params.max_blobs_per_tx.min(params.max_blob_count));
            if hashes.is_empty() || hashes.len() as u64 > most {
                return Err(HeaderError::BlobCount { index, found: hashes.len(), most });
            }
            blob_gas =
                blob_gas.saturating_add((hashes.len() as u64).saturating_mul(DATA_GAS_PER_BLOB));
        }
        // A BFT header that ends before the blob gas stands for none.
        let found = header.blob_gas_used.unwrap_or(0);
        if found != blob_gas {
            return Err(HeaderError::BlobGasUsed { found, expected: blob_gas });
        }
        Ok(())
    }

    fn check_chain_id(
        &self,
        index: usize,
        tx: &Transaction,
        number: u64,
        fork: Fork,
    ) -> Result<(), HeaderError> {
        let known =
            self.eip155_block.map_or(fork >= Fork::SpuriousDragon, |begins| number >= begins);
        match tx.chain_id() {
            Some(_) if !known => Err(HeaderError::ChainIdTooEarly { index, fork }),
            Some(found) if found != self.chain_id => {
                Err(HeaderError::ChainId { index, found, expected: self.chain_id })
            }
            _ => Ok(()),
        }
    }

    fn check_ommers(&self, block: &SealedBlock, fork: Fork) -> Result<(), HeaderError> {
        let ommers = &block.block.body.ommers;
        // Where they are forbidden the header's own rule has said so: its hash of ommers is that of none.
        if ommers.is_empty()
            || fork >= Fork::Paris
            || !matches!(self.engine, EngineConfig::Ethash { .. } | EngineConfig::Solo)
        {
            return Ok(());
        }
        if ommers.len() > MAX_OMMERS {
            return Err(HeaderError::OmmerCount { found: ommers.len(), most: MAX_OMMERS });
        }
        let mut seen = vec![block.block.header.parent_hash];
        for (index, ommer) in ommers.iter().enumerate() {
            let most = block.number().saturating_sub(1);
            let least = block.number().saturating_sub(OMMER_DEPTH).max(1);
            if ommer.number < least || ommer.number > most {
                return Err(HeaderError::OmmerNumber { index, found: ommer.number, least, most });
            }
            let hash = self.hash_header(ommer);
            if seen.contains(&hash) {
                return Err(HeaderError::OmmerRepeated { index, hash });
            }
            seen.push(hash);
        }
        Ok(())
    }
}

fn roots(block: &Block) -> Result<(), HeaderError> {
    let (header, body) = (&block.header, &block.body);
    let expected = calculate_transaction_root(&body.transactions);
    if header.transactions_root != expected {
        return Err(HeaderError::TransactionsRoot { found: header.transactions_root, expected });
    }
    let expected = body.calculate_ommers_root();
    if header.ommers_hash != expected {
        return Err(HeaderError::OmmersHash { found: header.ommers_hash, expected });
    }
    let expected = body.calculate_withdrawals_root();
    if header.withdrawals_root != expected {
        return Err(HeaderError::WithdrawalsRoot { found: header.withdrawals_root, expected });
    }
    Ok(())
}

/// The fork that brought a transaction's type.
const fn begins(tx: &Transaction) -> Fork {
    match tx {
        Transaction::Legacy(_) => Fork::Frontier,
        Transaction::Eip2930(_) => Fork::Berlin,
        Transaction::Eip1559(_) => Fork::London,
        Transaction::Eip4844(_) => Fork::Cancun,
        Transaction::Eip7702(_) => Fork::Prague,
    }
}
