//! `eth_createAccessList` (EIP-2930).

use crate::{
    Api,
    args::Args,
    call_site::{CallSite, run},
    error::{RpcError, RpcResult, check, code, halt_text},
    types::{call::CallRequest, hexa::Quantity, overrides::StateOverrides},
};
use alloy_eips::eip2930::AccessList;
use entente_evm::{
    Interrupt,
    revm::{InspectEvm as _, context_interface::result::ExecutionResult},
    transaction_error,
};
use revm_inspectors::access_list::AccessListInspector;
use serde::Serialize;

/// How often a list may change the path of the call that it was made for before the last one is given.
const ROUNDS: usize = 16;

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Created {
    access_list: AccessList,
    gas_used: Quantity,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Runs the call, and again with the list that it gave, until the list stays the same: gas decides paths, and a list changes gas.
pub(super) fn create_access_list(
    api: &Api,
    args: &Args<'_>,
    interrupt: &Interrupt,
) -> RpcResult<Created> {
    let mut call: CallRequest = args.required(0, "call")?;
    let block = args.block_or_latest(1)?;
    let overrides = args.optional::<StateOverrides>(2, "stateOverrides")?;
    let site = CallSite::new(api, api.state_at(block)?, overrides, None)?;
    if call.access_list.is_none() {
        // The list makes it a transaction of type 1 at least, and its own gas counts.
        call.access_list = Some(AccessList::default());
    }
    let mut list = call.access_list.clone().unwrap_or_default();
    for _ in 0..ROUNDS {
        check(interrupt)?;
        let mut evm = site.evm(api, AccessListInspector::default(), interrupt.clone())?;
        call.access_list = Some(list.clone());
        let tx = site.prepare(api, &mut evm, &call)?;
        let inspector = AccessListInspector::new(list.clone());
        let result = evm
            .inspect(tx, inspector)
            .map_err(|error| RpcError::from(transaction_error(error)))?
            .result;
        let found = evm.inspector.access_list();
        if found == list {
            return Ok(created(list, result));
        }
        list = found;
    }
    let mut evm = site.evm(api, AccessListInspector::default(), interrupt.clone())?;
    call.access_list = Some(list.clone());
    let tx = site.prepare(api, &mut evm, &call)?;
    let result = run(&mut evm, tx)?.result;
    Ok(created(list, result))
}

fn created(mut access_list: AccessList, result: ExecutionResult) -> Created {
    // Their order means nothing; the standard's case has it this way.
    for item in &mut access_list.0 {
        item.storage_keys.sort_unstable_by(|one, other| other.cmp(one));
    }
    let gas_used = Quantity(result.tx_gas_used());
    let error = match result {
        ExecutionResult::Success { .. } => None,
        ExecutionResult::Halt { reason, .. } => Some(halt_text(&reason)),
        revert => RpcError::from_result(revert).err().map(|error| {
            debug_assert_eq!(error.code, code::REVERTED);
            error.message.into_owned()
        }),
    };
    Created { access_list, gas_used, error }
}
