//! `trace_*`: what the chain has, and calls, in OpenEthereum's formats.

use super::{
    budget::{Bounded, Budget},
    debug::inspect,
    parity::{self, Wanted},
    replay::{Replay, state_before},
    shape::{Call, Results},
};
use crate::{
    Api,
    api::{StateAt, block_not_found},
    args::Args,
    call_site::{CallSite, state_of},
    error::{RpcError, RpcResult, check},
    eth::send::decode,
    types::{
        call::CallRequest,
        hexa::Quantity,
        overrides::{BlockOverrides, StateOverrides},
    },
};
use alloy_primitives::Bytes;
use alloy_rpc_types_trace::parity::TraceType;
use entente_chain::{RecoveredBlock, recover_sender};
use entente_evm::{
    BlockEvm, Interrupt, Outcome,
    revm::{DatabaseCommit as _, context::TxEnv},
    tx_env,
};
use revm_inspectors::tracing::TracingInspector;
use std::{ops::RangeInclusive, rc::Rc};

/// Most calls of one `trace_callMany`.
const MAX_CALLS: usize = 1024;

fn wanted(args: &Args<'_>, index: usize) -> RpcResult<Wanted> {
    Ok(Wanted::new(args.required::<Vec<TraceType>>(index, "types")?))
}

pub(super) fn block(api: &Api, args: &Args<'_>, interrupt: &Interrupt) -> RpcResult<Vec<Call>> {
    let id = args.block(0)?;
    let at = api.block(id)?.ok_or_else(|| block_not_found(id))?;
    let mut traces =
        calls(api, &at.block, 0..=usize::MAX, interrupt, &Budget::new(api.limits.trace_bytes))?;
    traces.extend(parity::rewards(api.chain.spec(), &at.block));
    Ok(traces)
}

pub(super) fn transaction(
    api: &Api,
    args: &Args<'_>,
    interrupt: &Interrupt,
) -> RpcResult<Option<Vec<Call>>> {
    let hash = args.hash(0)?;
    let Some((block, index)) = api.transaction(hash)? else { return Ok(None) };
    calls(api, &block, index..=index, interrupt, &Budget::new(api.limits.trace_bytes)).map(Some)
}

pub(super) fn get(api: &Api, args: &Args<'_>, interrupt: &Interrupt) -> RpcResult<Option<Call>> {
    let path: Vec<Quantity> = args.required(1, "path")?;
    let traces = transaction(api, args, interrupt)?.unwrap_or_default();
    let is_at = |call: &Call| {
        call.trace_address.iter().map(|index| *index as u64).eq(path.iter().map(|index| index.0))
    };
    Ok(traces.into_iter().find(is_at))
}

/// All calls of a block's transactions. The genesis block has none.
pub(super) fn calls(
    api: &Api,
    block: &RecoveredBlock,
    traced: RangeInclusive<usize>,
    interrupt: &Interrupt,
    budget: &Rc<Budget>,
) -> RpcResult<Vec<Call>> {
    if block.body.transactions.is_empty() {
        return Ok(Vec::new());
    }
    let before = state_before(api, block)?;
    let replay = Replay { executor: api.chain.executor(), before: &before, block, interrupt };
    let wanted = Wanted::calls();
    let traces = replay.trace(
        traced,
        budget,
        || Ok(wanted.recorder(budget)),
        |index, _, evm| parity::localized(block, index, evm, budget),
    )?;
    Ok(traces.into_iter().flatten().collect())
}

pub(super) fn replay_transaction(
    api: &Api,
    args: &Args<'_>,
    interrupt: &Interrupt,
) -> RpcResult<Option<Results>> {
    let hash = args.hash(0)?;
    let wanted = wanted(args, 1)?;
    let Some((block, index)) = api.transaction(hash)? else { return Ok(None) };
    Ok(replayed(api, &block, index..=index, &wanted, false, interrupt)?.into_iter().next())
}

pub(super) fn replay_block_transactions(
    api: &Api,
    args: &Args<'_>,
    interrupt: &Interrupt,
) -> RpcResult<Vec<Results>> {
    let id = args.block(0)?;
    let wanted = wanted(args, 1)?;
    let block = api.block(id)?.ok_or_else(|| block_not_found(id))?.block;
    replayed(api, &block, 0..=usize::MAX, &wanted, true, interrupt)
}

fn replayed(
    api: &Api,
    block: &RecoveredBlock,
    traced: RangeInclusive<usize>,
    wanted: &Wanted,
    hashes: bool,
    interrupt: &Interrupt,
) -> RpcResult<Vec<Results>> {
    if block.body.transactions.is_empty() {
        return Ok(Vec::new());
    }
    let before = state_before(api, block)?;
    let budget = Budget::new(api.limits.trace_bytes);
    let replay = Replay { executor: api.chain.executor(), before: &before, block, interrupt };
    replay.trace(
        traced,
        &budget,
        || Ok(wanted.recorder(&budget)),
        |index, outcome, evm| {
            let hash = block.body.transactions.get(index).map(|tx| *tx.tx_hash());
            wanted.results(outcome, evm, &budget, hash.filter(|_| hashes))
        },
    )
}

pub(super) fn call(api: &Api, args: &Args<'_>, interrupt: &Interrupt) -> RpcResult<Results> {
    let call: CallRequest = args.required(0, "call")?;
    let wanted = wanted(args, 1)?;
    let at = api.state_at(args.block_or_latest(2)?)?;
    let overrides = args.optional::<StateOverrides>(3, "stateOverrides")?;
    let block_overrides = args.optional::<BlockOverrides>(4, "blockOverrides")?;
    let site = CallSite::new(api, at, overrides, block_overrides)?;
    let budget = Budget::new(api.limits.trace_bytes);
    let mut evm = site.evm(api, wanted.recorder(&budget), interrupt.clone())?;
    let tx = site.prepare(api, &mut evm, &call)?;
    Ok(run(&mut evm, tx, &wanted, &budget)?.1)
}

pub(super) fn call_many(
    api: &Api,
    args: &Args<'_>,
    interrupt: &Interrupt,
) -> RpcResult<Vec<Results>> {
    let calls: Vec<(CallRequest, Vec<TraceType>)> = args.required(0, "calls")?;
    if calls.len() > MAX_CALLS {
        return Err(RpcError::limit(format!(
            "{} calls; one request may trace {MAX_CALLS}",
            calls.len()
        )));
    }
    let site = CallSite::new(api, api.state_at(args.block_or_latest(1)?)?, None, None)?;
    let budget = Budget::new(api.limits.trace_bytes);
    let mut evm = site.evm(api, Wanted::calls().recorder(&budget), interrupt.clone())?;
    let mut traces = Vec::with_capacity(calls.len());
    for (call, types) in calls {
        check(interrupt)?;
        let wanted = Wanted::new(types);
        evm.inspector = wanted.recorder(&budget);
        let tx = site.prepare(api, &mut evm, &call)?;
        let (outcome, results) = run(&mut evm, tx, &wanted, &budget)?;
        state_of(&mut evm).commit(outcome.state);
        traces.push(results);
    }
    Ok(traces)
}

pub(super) fn raw_transaction(
    api: &Api,
    args: &Args<'_>,
    interrupt: &Interrupt,
) -> RpcResult<Results> {
    let tx = decode(&args.required::<Bytes>(0, "bytes")?)?;
    let wanted = wanted(args, 1)?;
    let sender = recover_sender(&tx).map_err(|error| RpcError::params(error.to_string()))?;
    let StateAt { header, state, .. } = api.state_at(args.block_or_latest(2)?)?;
    let executor = api.chain.executor();
    let budget = Budget::new(api.limits.trace_bytes);
    let mut evm =
        executor.evm(&header, executor.state(&state), wanted.recorder(&budget), interrupt.clone());
    Ok(run(&mut evm, tx_env(&tx, sender), &wanted, &budget)?.1)
}

fn run(
    evm: &mut BlockEvm<'_, Bounded<TracingInspector>>,
    tx: TxEnv,
    wanted: &Wanted,
    budget: &Budget,
) -> RpcResult<(Outcome, Results)> {
    let outcome = inspect(evm, tx, budget)?;
    let results = wanted.results(&outcome, evm, budget, None)?;
    Ok((outcome, results))
}
