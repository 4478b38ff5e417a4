//! Blocks, their uncles and their receipts.

use crate::{
    Api, BlockId,
    api::BlockAt,
    args::Args,
    block_id::BlockTag,
    error::RpcResult,
    types::{
        block::RpcBlock,
        hexa::Quantity,
        receipt::{Receipts, RpcReceipt},
    },
};
use entente_chain::{Block, Body, RecoveredBlock, SealedBlock};
use entente_evm::Interrupt;

/// The block that the first parameter names by hash.
pub(super) fn named_by_hash(api: &Api, args: &Args<'_>) -> RpcResult<Option<BlockAt>> {
    let hash = args.hash(0)?;
    api.block(BlockId::Hash { hash, require_canonical: false })
}

/// The block that the first parameter names by number or tag.
pub(super) fn named_by_number(api: &Api, args: &Args<'_>) -> RpcResult<Option<BlockAt>> {
    match args.required(0, "block")? {
        BlockTag::Some(id) => api.block(id),
        BlockTag::None => Ok(None),
    }
}

pub(super) fn block_by_hash(api: &Api, args: &Args<'_>) -> RpcResult<Option<RpcBlock>> {
    let full = args.or_default(1, "full")?;
    named_by_hash(api, args)?.map(|at| shown(api, &at, full)).transpose()
}

pub(super) fn block_by_number(api: &Api, args: &Args<'_>) -> RpcResult<Option<RpcBlock>> {
    let full = args.or_default(1, "full")?;
    named_by_number(api, args)?.map(|at| shown(api, &at, full)).transpose()
}

fn shown(api: &Api, at: &BlockAt, full: bool) -> RpcResult<RpcBlock> {
    let block = RpcBlock::new(&at.block, full, api.total_difficulty(at)?, api.dialect);
    Ok(if at.is_pending() { block.into_pending() } else { block })
}

pub(super) fn transaction_count_by_hash(api: &Api, args: &Args<'_>) -> RpcResult<Option<Quantity>> {
    Ok(named_by_hash(api, args)?.map(|at| Quantity(at.block.body.transactions.len() as u64)))
}

pub(super) fn transaction_count_by_number(
    api: &Api,
    args: &Args<'_>,
) -> RpcResult<Option<Quantity>> {
    Ok(named_by_number(api, args)?.map(|at| Quantity(at.block.body.transactions.len() as u64)))
}

pub(super) fn uncle_count_by_hash(api: &Api, args: &Args<'_>) -> RpcResult<Option<Quantity>> {
    Ok(named_by_hash(api, args)?.map(|at| Quantity(at.block.body.ommers.len() as u64)))
}

pub(super) fn uncle_count_by_number(api: &Api, args: &Args<'_>) -> RpcResult<Option<Quantity>> {
    Ok(named_by_number(api, args)?.map(|at| Quantity(at.block.body.ommers.len() as u64)))
}

pub(super) fn uncle_by_hash(api: &Api, args: &Args<'_>) -> RpcResult<Option<RpcBlock>> {
    let index = args.required::<Quantity>(1, "index")?;
    Ok(named_by_hash(api, args)?.and_then(|at| uncle(api, &at, index)))
}

pub(super) fn uncle_by_number(api: &Api, args: &Args<'_>) -> RpcResult<Option<RpcBlock>> {
    let index = args.required::<Quantity>(1, "index")?;
    Ok(named_by_number(api, args)?.and_then(|at| uncle(api, &at, index)))
}

/// An uncle is shown as a block without a body.
fn uncle(api: &Api, at: &BlockAt, index: Quantity) -> Option<RpcBlock> {
    let header = at.block.body.ommers.get(usize::try_from(index.0).ok()?)?.clone();
    let sealed =
        SealedBlock { hash: header.hash_slow(), block: Block { header, body: Body::default() } };
    let block = RecoveredBlock::new(sealed, Vec::new())?;
    Some(RpcBlock::new(&block, false, None, api.dialect))
}

pub(super) fn block_receipts(
    api: &Api,
    args: &Args<'_>,
    _: &Interrupt,
) -> RpcResult<Option<Vec<RpcReceipt>>> {
    let Some(at) = api.block(args.block(0)?)? else { return Ok(None) };
    let receipts = api.receipts(&at)?;
    let blob_price = api.blob_base_fee(&at.block.header);
    Ok(Some(Receipts::new(&at.block, &receipts, blob_price, api.dialect).collect()))
}
