//! `eth_call`.

use crate::{
    Api,
    args::Args,
    call_site::{CallSite, run},
    error::{RpcError, RpcResult},
    types::{
        call::CallRequest,
        overrides::{BlockOverrides, StateOverrides},
    },
};
use alloy_primitives::Bytes;
use entente_evm::{Interrupt, revm::inspector::NoOpInspector};

/// The place that a request names with its block and its overrides, by position.
pub(crate) fn site(api: &Api, args: &Args<'_>) -> RpcResult<CallSite> {
    let block = args.block_or_latest(1)?;
    let overrides = args.optional::<StateOverrides>(2, "stateOverrides")?;
    let block_overrides = args.optional::<BlockOverrides>(3, "blockOverrides")?;
    CallSite::new(api, api.state_at(block)?, overrides, block_overrides)
}

pub(super) fn call(api: &Api, args: &Args<'_>, interrupt: &Interrupt) -> RpcResult<Bytes> {
    let call: CallRequest = args.required(0, "call")?;
    let site = site(api, args)?;
    let mut evm = site.evm(api, NoOpInspector, interrupt.clone())?;
    let tx = site.prepare(api, &mut evm, &call)?;
    RpcError::from_result(run(&mut evm, tx)?.result)
}
