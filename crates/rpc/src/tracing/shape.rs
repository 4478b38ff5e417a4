//! How OpenEthereum's traces are written out.
//!
//! Clients agree on the fields but for two: a call that failed has no `result` in OpenEthereum and Besu (reth writes null), and Besu gives what a
//! reverted call returned as `revertReason` beside reth's and Erigon's `result` with gas and output. Here a failed call has no `result`, a
//! reverted one has both.

use alloy_primitives::{Address, B256, Bytes};
use alloy_rpc_types_trace::parity::{
    Action, StateDiff, TraceOutput, TraceResults, TransactionTrace, VmTrace,
};
use serde::Serialize;

/// A call, creation, destruction or reward.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Call {
    #[serde(flatten)]
    pub(super) action: Action,
    #[serde(flatten)]
    pub(super) place: Option<Place>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// Missing where the call failed, null where there can be none.
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Option<TraceOutput>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revert_reason: Option<Bytes>,
    subtraces: usize,
    pub(super) trace_address: Vec<usize>,
}

/// Where in the chain it happened. A reward belongs to no transaction.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Place {
    pub(super) block_hash: B256,
    pub(super) block_number: u64,
    pub(super) transaction_hash: Option<B256>,
    pub(super) transaction_position: Option<usize>,
}

impl Call {
    pub(super) fn new(trace: TransactionTrace, place: Option<Place>) -> Self {
        let TransactionTrace { action, error, result, subtraces, trace_address } = trace;
        let reverted = error.as_deref() == Some("Reverted");
        let revert_reason = result
            .as_ref()
            .map(TraceOutput::output)
            .filter(|output| reverted && !output.is_empty());
        let revert_reason = revert_reason.cloned();
        let result = (error.is_none() || result.is_some()).then_some(result);
        Self { action, place, error, result, revert_reason, subtraces, trace_address }
    }

    /// The contract that it created, if it did.
    pub(super) fn created(&self) -> Option<Address> {
        self.result.as_ref()?.as_ref()?.created_contract()
    }

    /// Bytes of what went in and came out.
    pub(super) fn bytes(&self) -> usize {
        let input = match &self.action {
            Action::Call(call) => call.input.len(),
            Action::Create(create) => create.init.len(),
            Action::Selfdestruct(_) | Action::Reward(_) => 0,
        };
        input + self.result.iter().flatten().map(|output| output.output().len()).sum::<usize>()
    }
}

/// What was wanted of a transaction.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Results {
    output: Bytes,
    #[serde(skip_serializing_if = "Option::is_none")]
    revert_reason: Option<Bytes>,
    state_diff: Option<StateDiff>,
    trace: Vec<Call>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_hash: Option<B256>,
    vm_trace: Option<VmTrace>,
}

impl Results {
    pub(super) fn new(
        results: TraceResults,
        reverted: bool,
        transaction_hash: Option<B256>,
    ) -> Self {
        let TraceResults { output, state_diff, trace, vm_trace } = results;
        Self {
            revert_reason: (reverted && !output.is_empty()).then(|| output.clone()),
            output,
            state_diff,
            trace: trace.into_iter().map(|trace| Call::new(trace, None)).collect(),
            transaction_hash,
            vm_trace,
        }
    }
}
