//! Finding logs.

use crate::{
    Api, BlockId,
    args::Args,
    error::{RpcError, RpcResult, check},
    types::{
        filter::{LogBlocks, LogConditions, LogFilter},
        log::{Position, RpcLog},
    },
};
use entente_chain::{Receipt, RecoveredBlock};
use entente_evm::Interrupt;

pub(super) fn logs(api: &Api, args: &Args<'_>, interrupt: &Interrupt) -> RpcResult<Vec<RpcLog>> {
    let filter: LogFilter = args.required(0, "filter")?;
    find(api, &filter, interrupt)
}

/// The logs that a filter asks for.
pub(super) fn find(api: &Api, filter: &LogFilter, interrupt: &Interrupt) -> RpcResult<Vec<RpcLog>> {
    let (from, to) = match filter.blocks {
        LogBlocks::At(hash) => {
            let height = api.store().height_of(hash)?;
            let height =
                height.ok_or_else(|| RpcError::server(format!("Block not found: {hash}")))?;
            (height, height)
        }
        LogBlocks::Range { from, to } => match range(api, from, to)? {
            Some(range) => range,
            None => return Ok(Vec::new()),
        },
    };
    in_range(api, from, to, &filter.conditions, interrupt)
}

/// A range as heights, cut off at the newest block; None when it lies beyond it.
fn range(api: &Api, from: BlockId, to: BlockId) -> RpcResult<Option<(u64, u64)>> {
    let head = api.chain.head().number;
    let height = |id| match id {
        BlockId::Pending => Ok(head),
        id => api.height(id)?.ok_or_else(|| RpcError::server("Block not found")),
    };
    let (from, to) = (height(from)?, height(to)?);
    if from > to {
        return Err(RpcError::params(format!(
            "invalid block range params: it begins at {from} and ends at {to}"
        )));
    }
    Ok((from <= head).then(|| (from, to.min(head))))
}

/// The logs of some heights that satisfy some conditions. The headers' blooms say which blocks need not be looked into.
pub(super) fn in_range(
    api: &Api,
    from: u64,
    to: u64,
    conditions: &LogConditions,
    interrupt: &Interrupt,
) -> RpcResult<Vec<RpcLog>> {
    let span = to.saturating_sub(from) + 1;
    if span > api.limits.logs_range {
        return Err(RpcError::limit(format!(
            "Requested range exceeds maximum RPC range limit: {span} blocks where {} are allowed; ask in parts",
            api.limits.logs_range
        )));
    }
    let mut found = Vec::new();
    for height in from..=to {
        check(interrupt)?;
        let Some(header) = api.store().header(height)? else { break };
        if !conditions.may_be_in(&header.logs_bloom) {
            continue;
        }
        let Some(block) = api.store().block(height)? else { break };
        let receipts = api.committed_receipts(height)?;
        found.extend(matching(api, &block, &receipts, conditions));
        if found.len() > api.limits.logs {
            return Err(RpcError::limit(format!(
                "query returns more than {} logs: it had them at block {height}; ask for fewer blocks or more specific logs",
                api.limits.logs
            )));
        }
    }
    Ok(found)
}

/// The logs of a block that satisfy some conditions.
pub(super) fn matching<'a>(
    api: &'a Api,
    block: &'a RecoveredBlock,
    receipts: &'a [Receipt],
    conditions: &'a LogConditions,
) -> impl Iterator<Item = RpcLog> + 'a {
    let position =
        Position { hash: block.hash, number: block.number(), timestamp: block.header.timestamp };
    let mut next = 0;
    receipts.iter().zip(&block.body.transactions).enumerate().flat_map(
        move |(index, (receipt, tx))| {
            let first = next;
            next += receipt.logs().len();
            let place = (*tx.tx_hash(), index);
            receipt
                .logs()
                .iter()
                .enumerate()
                .filter(|(_, log)| conditions.matches(log))
                .map(move |(at, log)| RpcLog::new(log, position, place, first + at, api.dialect))
        },
    )
}
