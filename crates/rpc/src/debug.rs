//! `debug`: raw data. Traces are in their own module.

use crate::{
    Api, BlockId,
    api::BlockAt,
    args::Args,
    error::{RpcError, RpcResult},
    method::{Method, method},
};
use alloy_eips::Encodable2718 as _;
use alloy_primitives::Bytes;
use entente_evm::Interrupt;

pub(crate) const METHODS: &[Method] = &[
    method!("debug_getBadBlocks", "", "blocks", "Blocks that were refused: none is kept.", quick bad_blocks),
    method!("debug_getRawBlock", "block", "bytes", "A block's RLP.", dear raw_block),
    method!("debug_getRawHeader", "block", "bytes", "A header's RLP.", dear raw_header),
    method!("debug_getRawReceipts", "block", "list of bytes", "A block's receipts, each in its EIP-2718 encoding.", dear raw_receipts),
    method!("debug_getRawTransaction", "hash", "bytes", "A transaction's EIP-2718 encoding, committed or waiting.", quick raw_transaction),
];

/// A block that breaks a rule is refused with the reason in the log, and nothing of it is kept.
fn bad_blocks(_: &Api, _: &Args<'_>) -> RpcResult<Vec<()>> {
    Ok(Vec::new())
}

fn named(api: &Api, args: &Args<'_>) -> RpcResult<BlockAt> {
    let id: BlockId = args.block(0)?;
    api.block(id)?.ok_or_else(|| crate::api::block_not_found(id))
}

fn raw_block(api: &Api, args: &Args<'_>, _: &Interrupt) -> RpcResult<Bytes> {
    Ok(alloy_rlp::encode(&named(api, args)?.block.sealed().block).into())
}

fn raw_header(api: &Api, args: &Args<'_>, _: &Interrupt) -> RpcResult<Bytes> {
    Ok(alloy_rlp::encode(&named(api, args)?.block.header).into())
}

fn raw_receipts(api: &Api, args: &Args<'_>, _: &Interrupt) -> RpcResult<Vec<Bytes>> {
    let at = named(api, args)?;
    Ok(api.receipts(&at)?.iter().map(|receipt| receipt.encoded_2718().into()).collect())
}

fn raw_transaction(api: &Api, args: &Args<'_>) -> RpcResult<Bytes> {
    let hash = args.hash(0)?;
    if let Some((block, index)) = api.transaction(hash)? {
        let tx = block.body.transactions.get(index);
        let tx = tx.ok_or_else(|| {
            RpcError::not_found(format!("transaction {hash} is not in its block"))
        })?;
        return Ok(tx.encoded_2718().into());
    }
    let waiting = api.chain.pool().lock().get(hash).cloned();
    // geth answers an unknown hash with no bytes rather than with an error.
    Ok(waiting.map_or_else(Bytes::new, |waiting| waiting.tx.encoded_2718().into()))
}
