//! Traces in OpenEthereum's formats, which Besu, Erigon, Nethermind and reth give too: `trace`, `vmTrace` and `stateDiff`.

use super::{
    budget::{Bounded, Budget, Steps},
    shape::{Call, Place, Results},
};
use crate::error::{RpcError, RpcResult};
use alloy_primitives::{B256, map::HashSet};
use alloy_rpc_types_trace::parity::{
    Action, RewardAction, RewardType, TraceType, TransactionTrace,
};
use entente_chain::{ChainSpec, RecoveredBlock};
use entente_evm::{BlockEvm, Outcome, ViewError, revm::context_interface::result::ExecutionResult};
use revm_inspectors::tracing::{TracingInspector, TracingInspectorConfig};
use std::rc::Rc;

/// What a client wants of each transaction.
#[derive(Clone, Debug)]
pub(super) struct Wanted(HashSet<TraceType>);

impl Wanted {
    pub(super) fn new(types: Vec<TraceType>) -> Self {
        Self(types.into_iter().collect())
    }

    /// Calls alone.
    pub(super) fn calls() -> Self {
        Self::new(vec![TraceType::Trace])
    }

    /// A recorder for one transaction.
    pub(super) fn recorder(&self, budget: &Rc<Budget>) -> Bounded<TracingInspector> {
        let steps = self
            .0
            .contains(&TraceType::VmTrace)
            .then(|| Steps { writes: true, ..Steps::default() });
        let inspector = TracingInspector::new(TracingInspectorConfig::from_parity_config(&self.0));
        Bounded::new(inspector, budget.clone(), steps)
    }

    /// The traces of the transaction that an EVM has just run and not kept.
    pub(super) fn results(
        &self,
        outcome: &Outcome,
        evm: &mut BlockEvm<'_, Bounded<TracingInspector>>,
        budget: &Budget,
        transaction: Option<B256>,
    ) -> RpcResult<Results> {
        budget.check()?;
        if self.0.contains(&TraceType::StateDiff) {
            budget.charge_state(outcome);
            budget.check()?;
        }
        let recorded = std::mem::take(&mut evm.inspector.inspector);
        let results = recorded
            .into_parity_builder()
            .into_trace_results_with_state(outcome, &self.0, &evm.ctx.journaled_state.database)
            .map_err(|ViewError(error)| RpcError::from(error))?;
        let reverted = matches!(outcome.result, ExecutionResult::Revert { .. });
        Ok(Results::new(results, reverted, transaction))
    }
}

/// The calls of a transaction, each with its place in the chain.
pub(super) fn localized(
    block: &RecoveredBlock,
    index: usize,
    evm: &mut BlockEvm<'_, Bounded<TracingInspector>>,
    budget: &Budget,
) -> RpcResult<Vec<Call>> {
    budget.check()?;
    let recorded = std::mem::take(&mut evm.inspector.inspector);
    let place = Place {
        block_hash: block.hash,
        block_number: block.number(),
        transaction_hash: block.body.transactions.get(index).map(|tx| *tx.tx_hash()),
        transaction_position: Some(index),
    };
    let traces = recorded.into_parity_builder().into_transaction_traces_iter();
    Ok(traces.map(|trace| Call::new(trace, Some(place))).collect())
}

/// What is paid for a block, as traces: the block's reward first, then its ommers'.
pub(super) fn rewards(spec: &ChainSpec, block: &RecoveredBlock) -> Vec<Call> {
    if block.number() == 0 {
        return Vec::new();
    }
    let kinds = std::iter::once(RewardType::Block).chain(std::iter::repeat(RewardType::Uncle));
    let place = Place {
        block_hash: block.hash,
        block_number: block.number(),
        transaction_hash: None,
        transaction_position: None,
    };
    let reward = |((author, value), reward_type)| {
        let action = Action::Reward(RewardAction { author, reward_type, value });
        Call::new(TransactionTrace { action, ..TransactionTrace::default() }, Some(place))
    };
    spec.block_rewards(&block.header, &block.body.ommers)
        .into_iter()
        .zip(kinds)
        .map(reward)
        .collect()
}
