//! Transactions and what came of them.

use super::blocks::{named_by_hash, named_by_number};
use crate::{
    Api,
    args::Args,
    error::RpcResult,
    types::{
        block::transaction_at,
        hexa::Quantity,
        receipt::{Receipts, RpcReceipt},
        transaction::RpcTransaction,
    },
};
use alloy_consensus::Transaction as _;
use alloy_primitives::{Address, B256};
use entente_evm::{Interrupt, StateView as _};

pub(super) fn by_block_hash_and_index(
    api: &Api,
    args: &Args<'_>,
) -> RpcResult<Option<RpcTransaction>> {
    let index = args.required::<Quantity>(1, "index");
    let at = named_by_hash(api, args)?;
    let index = usize::try_from(index?.0).unwrap_or(usize::MAX);
    Ok(at.and_then(|at| transaction_at(&at.block, index, api.dialect)))
}

pub(super) fn by_block_number_and_index(
    api: &Api,
    args: &Args<'_>,
) -> RpcResult<Option<RpcTransaction>> {
    let index = args.required::<Quantity>(1, "index");
    let at = named_by_number(api, args)?;
    let index = usize::try_from(index?.0).unwrap_or(usize::MAX);
    Ok(at.and_then(|at| transaction_at(&at.block, index, api.dialect)))
}

pub(super) fn by_hash(api: &Api, args: &Args<'_>) -> RpcResult<Option<RpcTransaction>> {
    let hash = args.hash(0)?;
    if let Some((block, index)) = api.transaction(hash)? {
        return Ok(transaction_at(&block, index, api.dialect));
    }
    Ok(waiting(api, hash))
}

/// A transaction of the pool.
pub(crate) fn waiting(api: &Api, hash: B256) -> Option<RpcTransaction> {
    let waiting = api.chain.pool().lock().get(hash).cloned()?;
    Some(RpcTransaction::new(&waiting.tx, waiting.sender, None, api.dialect))
}

/// Looks in the pool, then finds the block in which the sender's nonce passed the one asked for by bisecting over past states.
pub(super) fn by_sender_and_nonce(
    api: &Api,
    args: &Args<'_>,
    interrupt: &Interrupt,
) -> RpcResult<Option<RpcTransaction>> {
    let sender: Address = args.required(0, "address")?;
    let Quantity(nonce) = args.required(1, "nonce")?;
    let waiting = {
        let pool = api.chain.pool().lock();
        let content = pool.by_sender(sender);
        content.pending.iter().chain(&content.queued).find(|tx| tx.tx.nonce() == nonce).cloned()
    };
    if let Some(waiting) = waiting {
        return Ok(Some(RpcTransaction::new(&waiting.tx, sender, None, api.dialect)));
    }
    let nonce_at = |height: u64| -> RpcResult<u64> {
        let state = api.store().snapshot_at(height)?;
        Ok(state.account(sender)?.map_or(0, |account| account.nonce))
    };
    let head = api.chain.head().number;
    if nonce_at(head)? <= nonce {
        return Ok(None);
    }
    // The nonce at `low` is not beyond the one wanted, that at `high` is.
    let (mut low, mut high) = (0, head);
    while high - low > 1 {
        crate::error::check(interrupt)?;
        let middle = low + (high - low) / 2;
        if nonce_at(middle)? > nonce {
            high = middle;
        } else {
            low = middle;
        }
    }
    let Some(block) = api.store().block(high)? else { return Ok(None) };
    let index = block
        .transactions_with_sender()
        .position(|(tx, from)| from == sender && tx.nonce() == nonce);
    Ok(index.and_then(|index| transaction_at(&block, index, api.dialect)))
}

pub(super) fn receipt(api: &Api, args: &Args<'_>) -> RpcResult<Option<RpcReceipt>> {
    receipt_of(api, args.hash(0)?)
}

/// The receipt of a committed transaction, None when there is none.
pub(super) fn receipt_of(api: &Api, hash: B256) -> RpcResult<Option<RpcReceipt>> {
    let Some((block, index)) = api.transaction(hash)? else { return Ok(None) };
    let receipts = api.committed_receipts(block.number())?;
    let blob_price = api.blob_base_fee(&block.header);
    Ok(Receipts::new(&block, &receipts, blob_price, api.dialect).at(index))
}
