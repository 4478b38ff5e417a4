//! `trace_filter`: calls by who made them and whom they reached, in a range of blocks.

use super::{budget::Budget, parity, shape::Call, trace::calls};
use crate::{
    Api, BlockId,
    api::block_not_found,
    args::Args,
    error::{RpcError, RpcResult, check},
    types::hexa::Quantity,
};
use alloy_primitives::{Address, map::HashSet};
use alloy_rpc_types_trace::{filter::TraceFilterMode, parity::Action};
use entente_evm::Interrupt;
use serde::Deserialize;

/// A filter as clients write it. Without a range it looks at the newest block, as Besu's does.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filter {
    from_block: Option<BlockId>,
    to_block: Option<BlockId>,
    from_address: Option<OneOrMany>,
    to_address: Option<OneOrMany>,
    #[serde(default)]
    mode: TraceFilterMode,
    after: Option<Quantity>,
    count: Option<Quantity>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    Many(Vec<Address>),
    One(Address),
}

impl OneOrMany {
    fn into_set(this: Option<Self>) -> HashSet<Address> {
        match this {
            None => HashSet::default(),
            Some(Self::One(address)) => std::iter::once(address).collect(),
            Some(Self::Many(addresses)) => addresses.into_iter().collect(),
        }
    }
}

/// Whom a trace has to come from and go to; nobody named means anybody.
#[derive(Debug)]
pub(super) struct Matcher {
    pub(super) from: HashSet<Address>,
    pub(super) to: HashSet<Address>,
    pub(super) mode: TraceFilterMode,
}

impl Matcher {
    pub(super) fn matches(&self, call: &Call) -> bool {
        let (from, to) = match &call.action {
            Action::Call(call) => (Some(call.from), Some(call.to)),
            Action::Create(create) => (Some(create.from), call.created()),
            Action::Selfdestruct(end) => (Some(end.address), Some(end.refund_address)),
            Action::Reward(reward) => (None, Some(reward.author)),
        };
        let is_in = |set: &HashSet<Address>, address: Option<Address>| {
            set.is_empty() || address.is_some_and(|address| set.contains(&address))
        };
        let (from, to) = (is_in(&self.from, from), is_in(&self.to, to));
        match self.mode {
            TraceFilterMode::Union if !self.from.is_empty() && !self.to.is_empty() => from || to,
            TraceFilterMode::Union | TraceFilterMode::Intersection => from && to,
        }
    }
}

pub(super) fn filter(api: &Api, args: &Args<'_>, interrupt: &Interrupt) -> RpcResult<Vec<Call>> {
    let filter: Filter = args.required(0, "filter")?;
    let (first, last) = range(api, &filter)?;
    let count =
        filter.count.map_or(usize::MAX, |count| usize::try_from(count.0).unwrap_or(usize::MAX));
    let mut skip = filter.after.map_or(0, |after| after.0);
    let matcher = Matcher {
        from: OneOrMany::into_set(filter.from_address),
        to: OneOrMany::into_set(filter.to_address),
        mode: filter.mode,
    };
    let budget = Budget::new(api.limits.trace_bytes);
    let mut found = Vec::new();
    for height in first..=last {
        check(interrupt)?;
        if found.len() >= count {
            break;
        }
        let block =
            api.store().block(height)?.ok_or_else(|| block_not_found(BlockId::Number(height)))?;
        let (mark, kept) = (budget.spent(), found.len());
        let mut traces = calls(api, &block, 0..=usize::MAX, interrupt, &budget)?;
        traces.extend(parity::rewards(api.chain.spec(), &block));
        traces.retain(|call| matcher.matches(call));
        let skipped = usize::try_from(skip).unwrap_or(usize::MAX).min(traces.len());
        skip -= skipped as u64;
        found.extend(traces.into_iter().skip(skipped).take(count - kept));
        let bytes = found.iter().skip(kept).map(Call::bytes).sum();
        budget.keep(mark, found.len() - kept, bytes);
        budget.check()?;
    }
    Ok(found)
}

fn range(api: &Api, filter: &Filter) -> RpcResult<(u64, u64)> {
    let height = |id: Option<BlockId>| -> RpcResult<u64> {
        let id = id.unwrap_or(BlockId::Latest);
        let header = api.header(id)?.ok_or_else(|| block_not_found(id))?;
        Ok(header.number)
    };
    let (first, last) = (height(filter.from_block)?, height(filter.to_block)?);
    if first > last {
        return Err(RpcError::params(format!(
            "invalid block range: fromBlock {first} comes after toBlock {last}"
        )));
    }
    let most = api.limits.trace_filter_blocks;
    if last - first >= most {
        return Err(RpcError::limit(format!(
            "requested range exceeds maximum range limit: {} blocks, at most {most}",
            last - first + 1
        )));
    }
    Ok((first, last))
}
