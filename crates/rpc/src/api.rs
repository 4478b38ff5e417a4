//! What every method has at hand: the chain, the limits, and the way from a block's name to its contents and state.

use crate::{
    BlockId, Dialect, Limits,
    dear::DearCalls,
    error::{RpcError, RpcResult},
    eth::filters::Filters,
};
use alloy_primitives::{B256, U256};
use entente_chain::{Header, Receipt, RecoveredBlock, SealedHeader};
use entente_node::Chain;
use entente_store::{Layer, Snapshot, Store};
use std::sync::Arc;

/// One chain behind its methods.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) chain: Chain,
    pub(crate) limits: Limits,
    pub(crate) dialect: Dialect,
    pub(crate) client_version: String,
    pub(crate) filters: Filters,
    pub(crate) dear: DearCalls,
}

/// A state and the header of the block that left it.
#[derive(Debug)]
pub(crate) struct StateAt {
    pub(crate) header: SealedHeader,
    pub(crate) state: Snapshot,
}

/// A block with what belongs to it.
#[derive(Clone, Debug)]
pub(crate) struct BlockAt {
    pub(crate) block: Arc<RecoveredBlock>,
    /// The executed block, where it is not committed.
    pending: Option<Arc<Layer>>,
}

impl BlockAt {
    /// A block of the chain.
    pub(crate) const fn committed(block: Arc<RecoveredBlock>) -> Self {
        Self { block, pending: None }
    }

    /// Whether this is the block that waiting transactions would make.
    pub(crate) const fn is_pending(&self) -> bool {
        self.pending.is_some()
    }
}

/// A block's receipts, wherever they lie.
#[derive(Debug)]
pub(crate) enum ReceiptsAt {
    Committed(Arc<Vec<Receipt>>),
    Pending(Arc<Layer>),
}

impl std::ops::Deref for ReceiptsAt {
    type Target = [Receipt];

    fn deref(&self) -> &[Receipt] {
        match self {
            Self::Committed(receipts) => receipts,
            Self::Pending(layer) => layer.receipts(),
        }
    }
}

impl Api {
    pub(crate) fn new(
        chain: Chain,
        limits: Limits,
        dialect: Dialect,
        client_version: String,
    ) -> Self {
        Self {
            filters: Filters::new(&limits),
            dear: DearCalls::new(&limits),
            chain,
            limits,
            dialect,
            client_version,
        }
    }

    pub(crate) fn store(&self) -> &Store {
        self.chain.store()
    }

    /// The height that a name stands for, None for a block that is not here. `pending` counts as the block after the head.
    pub(crate) fn height(&self, id: BlockId) -> RpcResult<Option<u64>> {
        Ok(match id {
            BlockId::Number(number) => Some(number),
            BlockId::Latest => Some(self.chain.head().number),
            BlockId::Safe => Some(self.chain.safe()),
            BlockId::Finalized => Some(self.chain.finalized()),
            BlockId::Earliest => Some(0),
            BlockId::Pending => Some(self.chain.head().number + 1),
            BlockId::Hash { hash, .. } => self.store().height_of(hash)?,
        })
    }

    /// A committed block's header, None when there is no such block. `pending` is answered with the newest.
    pub(crate) fn header(&self, id: BlockId) -> RpcResult<Option<SealedHeader>> {
        match id {
            BlockId::Latest | BlockId::Pending => Ok(Some(self.chain.head())),
            BlockId::Hash { hash, .. } => Ok(self.store().header_by_hash(hash)?),
            id => match self.height(id)? {
                Some(height) => Ok(self.store().header(height)?),
                None => Ok(None),
            },
        }
    }

    /// A block, None when there is no such block.
    pub(crate) fn block(&self, id: BlockId) -> RpcResult<Option<BlockAt>> {
        let block = match id {
            BlockId::Pending => {
                let layer = self.chain.pending_block()?;
                return Ok(Some(BlockAt { block: layer.block().clone(), pending: Some(layer) }));
            }
            BlockId::Hash { hash, .. } => self.store().block_by_hash(hash)?,
            id => match self.height(id)? {
                Some(height) => self.store().block(height)?,
                None => None,
            },
        };
        Ok(block.map(BlockAt::committed))
    }

    /// A block's receipts.
    pub(crate) fn receipts(&self, at: &BlockAt) -> RpcResult<ReceiptsAt> {
        match &at.pending {
            Some(layer) => Ok(ReceiptsAt::Pending(layer.clone())),
            None => self.committed_receipts(at.block.number()).map(ReceiptsAt::Committed),
        }
    }

    /// The receipts of a committed block.
    pub(crate) fn committed_receipts(&self, height: u64) -> RpcResult<Arc<Vec<Receipt>>> {
        self.store().receipts(height)?.ok_or_else(|| {
            RpcError::not_found(format!("receipts of block {height} are not kept here"))
        })
    }

    /// A block's total difficulty.
    pub(crate) fn total_difficulty(&self, at: &BlockAt) -> RpcResult<Option<U256>> {
        match &at.pending {
            Some(layer) => Ok(Some(layer.total_difficulty())),
            None => Ok(self.store().total_difficulty(at.block.number())?),
        }
    }

    /// The state after a block.
    ///
    /// # Errors
    /// -32000 when there is no such block or its state is no longer kept.
    pub(crate) fn state(&self, id: BlockId) -> RpcResult<Snapshot> {
        match id {
            BlockId::Latest => Ok(self.store().snapshot()),
            BlockId::Pending => Ok(self.state_at(id)?.state),
            id => {
                let height = self.height(id)?.ok_or_else(|| block_not_found(id))?;
                if height > self.chain.head().number {
                    return Err(block_not_found(id));
                }
                Ok(self.store().snapshot_at(height)?)
            }
        }
    }

    /// The state after a block together with the block's header.
    pub(crate) fn state_at(&self, id: BlockId) -> RpcResult<StateAt> {
        if id == BlockId::Pending {
            let layer = self.chain.pending_block()?;
            let header = layer.block().sealed_header();
            let parent = header.number.saturating_sub(1);
            let state = self.store().snapshot_at(parent)?.over(layer);
            return Ok(StateAt { header, state });
        }
        let state = self.state(id)?;
        let header = self.store().header(state.height())?.ok_or_else(|| block_not_found(id))?;
        Ok(StateAt { header, state })
    }

    /// A committed transaction's block and its index there.
    pub(crate) fn transaction(
        &self,
        hash: B256,
    ) -> RpcResult<Option<(Arc<RecoveredBlock>, usize)>> {
        let Some((height, index)) = self.store().transaction(hash)? else { return Ok(None) };
        let block = self.store().block(height)?;
        Ok(block.map(|block| (block, index as usize)))
    }

    /// The blob base fee in force in a block, in wei; None before Cancun.
    pub(crate) fn blob_base_fee(&self, header: &Header) -> Option<u128> {
        self.chain.spec().blob_fee(header)
    }
}

/// The error for a block that is not here (geth and Besu agree on the code).
pub(crate) fn block_not_found(id: BlockId) -> RpcError {
    match id {
        BlockId::Number(number) => {
            RpcError::server(format!("header not found: block {number} is not known here"))
        }
        BlockId::Hash { hash, .. } => {
            RpcError::server(format!("header not found: block {hash} is not known here"))
        }
        _ => RpcError::server("header not found"),
    }
}
