//! Blocks, headers, receipts and transactions by height and hash.

use crate::{
    Store, StoreError,
    kv::Table,
    log::{Record, segment_file},
    record,
    view::View,
};
use alloy_primitives::{B256, U256};
use entente_chain::{Receipt, RecoveredBlock, SealedHeader};
use quick_cache::{Weighter, sync::Cache};
use std::{mem::size_of, sync::Arc};

#[derive(Clone, Debug)]
struct Weight;

impl Weighter<B256, Arc<RecoveredBlock>> for Weight {
    fn weight(&self, _: &B256, block: &Arc<RecoveredBlock>) -> u64 {
        let tx = |tx: &entente_chain::Transaction| {
            size_of::<entente_chain::Transaction>() + alloy_consensus::Transaction::input(tx).len()
        };
        (1024 + block.body.transactions.iter().map(tx).sum::<usize>()) as u64
    }
}

impl Weighter<B256, Arc<Vec<Receipt>>> for Weight {
    fn weight(&self, _: &B256, receipts: &Arc<Vec<Receipt>>) -> u64 {
        let log = |log: &alloy_primitives::Log| 120 + 32 * log.topics().len() + log.data.data.len();
        let receipt = |receipt: &Receipt| {
            size_of::<Receipt>() + receipt.logs().iter().map(log).sum::<usize>()
        };
        (128 + receipts.iter().map(receipt).sum::<usize>()) as u64
    }
}

/// Flushed blocks and receipts read lately, by block hash.
#[derive(Debug)]
pub(crate) struct BlockCache {
    blocks: Cache<B256, Arc<RecoveredBlock>, Weight>,
    receipts: Cache<B256, Arc<Vec<Receipt>>, Weight>,
}

impl BlockCache {
    pub(crate) fn new(bytes: u64) -> Self {
        let half = (bytes / 2).max(1 << 20);
        Self {
            blocks: Cache::with_weighter(256, half, Weight),
            receipts: Cache::with_weighter(256, half, Weight),
        }
    }
}

impl View {
    fn height_of(&self, hash: &B256) -> Result<Option<u64>, StoreError> {
        if *hash == self.head.header.hash {
            return Ok(Some(self.height()));
        }
        if let Some(height) = self.index.height_of(hash, self.height()) {
            return Ok(Some(height));
        }
        self.base.tables.get(Table::Hashes, hash.as_slice(), record::take_height)
    }

    pub(crate) fn header(&self, height: u64) -> Result<Option<(SealedHeader, U256)>, StoreError> {
        if height == self.height() {
            return Ok(Some((self.head.header.clone(), self.head.total_difficulty)));
        }
        if let Some(committed) = self.layer(height) {
            let layer = &committed.layer;
            return Ok(Some((layer.block().sealed_header(), layer.total_difficulty())));
        }
        self.base.header(height)
    }
}

impl Store {
    /// The header of the chain's block at a height.
    pub fn header(&self, height: u64) -> Result<Option<SealedHeader>, StoreError> {
        Ok(self.shared().view().header(height)?.map(|(header, _)| header))
    }

    /// The header of a block of the chain.
    pub fn header_by_hash(&self, hash: B256) -> Result<Option<SealedHeader>, StoreError> {
        let view = self.shared().view();
        let Some(height) = view.height_of(&hash)? else { return Ok(None) };
        Ok(view.header(height)?.map(|(header, _)| header).filter(|header| header.hash == hash))
    }

    /// The hash of the chain's block at a height.
    pub fn canonical_hash(&self, height: u64) -> Result<Option<B256>, StoreError> {
        Ok(self.header(height)?.map(|header| header.hash))
    }

    /// The height of a block of the chain.
    pub fn height_of(&self, hash: B256) -> Result<Option<u64>, StoreError> {
        self.shared().view().height_of(&hash)
    }

    /// The sum of the difficulties up to the block at a height, its own included.
    pub fn total_difficulty(&self, height: u64) -> Result<Option<U256>, StoreError> {
        Ok(self.shared().view().header(height)?.map(|(_, total)| total))
    }

    /// The chain's block at a height.
    pub fn block(&self, height: u64) -> Result<Option<Arc<RecoveredBlock>>, StoreError> {
        self.block_in(&self.shared().view(), height)
    }

    /// A block of the chain by its hash.
    pub fn block_by_hash(&self, hash: B256) -> Result<Option<Arc<RecoveredBlock>>, StoreError> {
        let view = self.shared().view();
        let Some(height) = view.height_of(&hash)? else { return Ok(None) };
        Ok(self.block_in(&view, height)?.filter(|block| block.hash == hash))
    }

    fn block_in(
        &self,
        view: &View,
        height: u64,
    ) -> Result<Option<Arc<RecoveredBlock>>, StoreError> {
        if let Some(committed) = view.layer(height) {
            return Ok(Some(committed.layer.block().clone()));
        }
        let Some((header, _)) = view.base.header(height)? else { return Ok(None) };
        let cache = &self.shared().blocks.blocks;
        if let Some(block) = cache.get(&header.hash) {
            return Ok(Some(block));
        }
        let key = height.to_be_bytes();
        let at = view.base.tables.get(Table::Places, &key, record::take_location)?;
        let at = at.ok_or_else(|| StoreError::missing(Table::Places, &key))?;
        match self.shared().log.read(at)? {
            Record::Block(block) if block.hash == header.hash => {
                cache.insert(block.hash, block.clone());
                Ok(Some(block))
            }
            _ => {
                let what = format!("block {height} should be here, with hash {}", header.hash);
                Err(StoreError::log(segment_file(at.segment), at.offset, what))
            }
        }
    }

    /// The receipts of the chain's block at a height, one a transaction.
    pub fn receipts(&self, height: u64) -> Result<Option<Arc<Vec<Receipt>>>, StoreError> {
        let view = self.shared().view();
        if let Some(committed) = view.layer(height) {
            return Ok(Some(committed.layer.shared_receipts().clone()));
        }
        let Some((header, _)) = view.base.header(height)? else { return Ok(None) };
        let cache = &self.shared().blocks.receipts;
        if let Some(receipts) = cache.get(&header.hash) {
            return Ok(Some(receipts));
        }
        let key = height.to_be_bytes();
        let receipts = view.base.tables.get(Table::Receipts, &key, record::take_receipts)?;
        let receipts = receipts.ok_or_else(|| StoreError::missing(Table::Receipts, &key))?;
        let receipts = Arc::new(receipts);
        cache.insert(header.hash, receipts.clone());
        Ok(Some(receipts))
    }

    /// Where a transaction stands on the chain: height and index.
    pub fn transaction(&self, hash: B256) -> Result<Option<(u64, u32)>, StoreError> {
        let view = self.shared().view();
        if let Some(place) = view.index.transaction(&hash, view.height()) {
            return Ok(Some(place));
        }
        view.base.tables.get(Table::Transactions, hash.as_slice(), record::take_transaction_place)
    }
}
