//! `debug_trace*`: what the chain has, and calls, under geth's tracers.

use super::{
    budget::{Bounded, Budget},
    geth::{self, Tracer},
    replay::{Replay, state_before},
};
use crate::{
    Api,
    api::{StateAt, block_not_found},
    args::Args,
    call_site::CallSite,
    error::{RpcError, RpcResult},
    types::{
        call::CallRequest,
        hexa::Quantity,
        overrides::{BlockOverrides, StateOverrides},
    },
};
use alloy_primitives::Bytes;
use alloy_rpc_types_trace::geth::{GethDebugTracingOptions, GethTrace, TraceResult};
use entente_chain::{RecoveredBlock, decode_block, recover_block};
use entente_evm::{
    BlockEvm, EvmContext, Interrupt, Outcome, StateView,
    revm::{InspectEvm, Inspector, context::TxEnv},
    transaction_error,
};
use revm_inspectors::tracing::{DebugInspector, TransactionContext};
use serde::Deserialize;
use std::ops::RangeInclusive;

/// What `debug_traceCall`'s options hold besides the tracer's own.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pretended {
    state_overrides: Option<StateOverrides>,
    block_overrides: Option<BlockOverrides>,
    tx_index: Option<Quantity>,
}

fn tracer(args: &Args<'_>, index: usize) -> RpcResult<Tracer> {
    Tracer::new(args.or_default::<GethDebugTracingOptions>(index, "options")?)
}

pub(super) fn trace_transaction(
    api: &Api,
    args: &Args<'_>,
    interrupt: &Interrupt,
) -> RpcResult<GethTrace> {
    let hash = args.hash(0)?;
    let tracer = tracer(args, 1)?;
    let (block, index) =
        api.transaction(hash)?.ok_or_else(|| RpcError::server("transaction not found"))?;
    let before = state_before(api, &block)?;
    let traces = traces(api, &block, &before, index..=index, &tracer, interrupt)?;
    traces.into_iter().next().ok_or_else(|| RpcError::server("transaction not found"))
}

pub(super) fn trace_block_by_id(
    api: &Api,
    args: &Args<'_>,
    interrupt: &Interrupt,
) -> RpcResult<Vec<TraceResult>> {
    let id = args.block(0)?;
    let tracer = tracer(args, 1)?;
    let block = api.block(id)?.ok_or_else(|| block_not_found(id))?.block;
    let before = state_before(api, &block)?;
    block_traces(api, &block, &before, &tracer, interrupt)
}

pub(super) fn trace_block(
    api: &Api,
    args: &Args<'_>,
    interrupt: &Interrupt,
) -> RpcResult<Vec<TraceResult>> {
    let rlp: Bytes = args.required(0, "rlp")?;
    let tracer = tracer(args, 1)?;
    let (block, length) =
        decode_block(&rlp).map_err(|error| RpcError::params(error.to_string()))?;
    if length != rlp.len() {
        return Err(RpcError::params(format!("{} bytes follow the block", rlp.len() - length)));
    }
    let parent = block.header.parent_hash;
    let height = api.store().height_of(parent)?;
    let height = height.filter(|height| height.checked_add(1) == Some(block.header.number));
    let height = height.ok_or_else(|| {
        RpcError::server(format!(
            "parent {parent} of block {} is not known here",
            block.header.number
        ))
    })?;
    let block = recover_block(api.chain.spec().seal_block(block))
        .map_err(|error| RpcError::params(error.to_string()))?;
    let before = api.store().snapshot_at(height)?;
    block_traces(api, &block, &before, &tracer, interrupt)
}

fn block_traces(
    api: &Api,
    block: &RecoveredBlock,
    before: &dyn StateView,
    tracer: &Tracer,
    interrupt: &Interrupt,
) -> RpcResult<Vec<TraceResult>> {
    let traces = traces(api, block, before, 0..=usize::MAX, tracer, interrupt)?;
    let hashes = block.body.transactions.iter().map(|tx| Some(*tx.tx_hash()));
    Ok(traces
        .into_iter()
        .zip(hashes)
        .map(|(trace, hash)| TraceResult::new_success(trace, hash))
        .collect())
}

fn traces(
    api: &Api,
    block: &RecoveredBlock,
    before: &dyn StateView,
    traced: RangeInclusive<usize>,
    tracer: &Tracer,
    interrupt: &Interrupt,
) -> RpcResult<Vec<GethTrace>> {
    let budget = Budget::new(api.limits.trace_bytes);
    let replay = Replay { executor: api.chain.executor(), before, block, interrupt };
    replay.trace(
        traced,
        &budget,
        || tracer.recorder(&budget),
        |index, outcome, evm| {
            let context = TransactionContext {
                block_hash: Some(block.hash),
                tx_index: Some(index),
                tx_hash: block.body.transactions.get(index).map(|tx| *tx.tx_hash()),
            };
            geth::trace(context, outcome, evm, &budget)
        },
    )
}

pub(super) fn trace_call(
    api: &Api,
    args: &Args<'_>,
    interrupt: &Interrupt,
) -> RpcResult<GethTrace> {
    let call: CallRequest = args.required(0, "call")?;
    let id = args.block_or_latest(1)?;
    let tracer = tracer(args, 2)?;
    let pretended: Pretended = args.or_default(2, "options")?;
    let budget = Budget::new(api.limits.trace_bytes);
    let recorder = tracer.recorder(&budget)?;
    let Some(Quantity(index)) = pretended.tx_index else {
        let site = CallSite::new(
            api,
            api.state_at(id)?,
            pretended.state_overrides,
            pretended.block_overrides,
        )?;
        let evm = site.evm(api, recorder, interrupt.clone())?;
        return called(api, &site, evm, &call, &budget);
    };
    let at = api.block(id)?.ok_or_else(|| block_not_found(id))?;
    let (block, count) = (&at.block, at.block.body.transactions.len());
    let index = usize::try_from(index).ok().filter(|index| *index < count || *index == 0);
    let index = index.ok_or_else(|| {
        RpcError::server(format!(
            "transaction index out of range: block {} has {count} transactions",
            block.hash
        ))
    })?;
    let begun = StateAt { header: block.sealed_header(), state: state_before(api, block)? };
    let site = CallSite::new(api, begun, pretended.state_overrides, pretended.block_overrides)?;
    let replay = Replay { executor: api.chain.executor(), before: site.view(), block, interrupt };
    let evm = site.evm_on(api, replay.state_before(index)?, recorder, interrupt.clone())?;
    called(api, &site, evm, &call, &budget)
}

fn called(
    api: &Api,
    site: &CallSite,
    mut evm: BlockEvm<'_, Bounded<DebugInspector>>,
    call: &CallRequest,
    budget: &Budget,
) -> RpcResult<GethTrace> {
    let tx = site.prepare(api, &mut evm, call)?;
    let outcome = inspect(&mut evm, tx, budget)?;
    geth::trace(TransactionContext::default(), &outcome, &mut evm, budget)
}

/// Runs a call under its recorder without keeping its effects.
pub(super) fn inspect<'a, I: Inspector<EvmContext<'a>>>(
    evm: &mut BlockEvm<'a, Bounded<I>>,
    tx: TxEnv,
    budget: &Budget,
) -> RpcResult<Outcome> {
    let outcome = evm.inspect_tx(tx);
    budget.check()?;
    outcome.map_err(|error| transaction_error(error).into())
}
