//! A block's transactions, run again as far as needed, some of them under an inspector.
//!
//! They start from the state that the block's parent left; [`Executor::begin`] makes the calls that come before them. Only what is
//! traced is inspected: the rest runs at full speed.

use super::budget::{Bounded, Budget};
use crate::{
    Api,
    error::{RpcError, RpcResult, check},
};
use alloy_primitives::B256;
use entente_chain::{RecoveredBlock, Transaction};
use entente_evm::{
    BlockEvm, BlockExecution, BlockState, EvmContext, EvmError, Executor, IntermediateRoot,
    Interrupt, Outcome, StateChanges, StateView, TransactionError,
    revm::{Inspector, inspector::NoOpInspector},
};
use entente_store::Snapshot;
use std::ops::RangeInclusive;

/// Receipts before Byzantium hold a state root each, which no trace shows.
const NO_ROOT: &IntermediateRoot<'static> =
    &|_: &StateChanges| -> Result<B256, EvmError> { Ok(B256::ZERO) };

/// The state in which a block begins.
///
/// # Errors
/// -32000 for the genesis block, and when that state is no longer kept.
pub(super) fn state_before(api: &Api, block: &RecoveredBlock) -> RpcResult<Snapshot> {
    let parent = block.number().checked_sub(1);
    let parent = parent
        .ok_or_else(|| RpcError::server("genesis is not traceable: no block comes before it"))?;
    Ok(api.store().snapshot_at(parent)?)
}

/// A block and the state in which it begins.
#[derive(Clone, Copy)]
pub(super) struct Replay<'a> {
    pub(super) executor: &'a Executor,
    pub(super) before: &'a dyn StateView,
    pub(super) block: &'a RecoveredBlock,
    pub(super) interrupt: &'a Interrupt,
}

impl<'a> Replay<'a> {
    /// Runs the block up to the last transaction of `traced`. Those in it run under a recorder of their own each, and `look` makes of each
    /// what is wanted, while the EVM's state is that before the transaction.
    ///
    /// # Errors
    /// When a transaction can't stand where it is, the time is up, or the budget is spent.
    pub(super) fn trace<I: Inspector<EvmContext<'a>>, R>(
        &self,
        traced: RangeInclusive<usize>,
        budget: &Budget,
        recorder: impl Fn() -> RpcResult<Bounded<I>>,
        mut look: impl FnMut(usize, &Outcome, &mut BlockEvm<'a, Bounded<I>>) -> RpcResult<R>,
    ) -> RpcResult<Vec<R>> {
        let mut seen = Vec::new();
        if self.block.body.transactions.is_empty() {
            return Ok(seen);
        }
        let mut execution = self
            .executor
            .begin_inspected(&self.block.header, self.before, recorder()?, self.interrupt.clone())?
            .with_intermediate_root(NO_ROOT);
        self.skip(&mut execution, *traced.start())?;
        for (index, (tx, sender)) in self.block.transactions_with_sender().enumerate() {
            if !traced.contains(&index) {
                continue;
            }
            check(self.interrupt)?;
            let looked = execution
                .inspect(tx, sender, recorder()?, |outcome, evm| look(index, outcome, evm));
            budget.check()?;
            seen.push(looked.map_err(|error| misplaced(index, tx, error))??);
            budget.check()?;
        }
        Ok(seen)
    }

    /// The state in which the transaction at `index` begins, or which the block leaves before it is finished.
    pub(super) fn state_before(&self, index: usize) -> RpcResult<BlockState<'a>> {
        let mut execution = self
            .executor
            .begin_inspected(
                &self.block.header,
                self.before,
                NoOpInspector,
                self.interrupt.clone(),
            )?
            .with_intermediate_root(NO_ROOT);
        self.skip(&mut execution, index)?;
        Ok(execution.state().clone())
    }

    fn skip<I: Inspector<EvmContext<'a>>>(
        &self,
        execution: &mut BlockExecution<'a, I>,
        transactions: usize,
    ) -> RpcResult<()> {
        for (index, (tx, sender)) in
            self.block.transactions_with_sender().enumerate().take(transactions)
        {
            check(self.interrupt)?;
            execution.transact(tx, sender).map_err(|error| misplaced(index, tx, error))?;
        }
        Ok(())
    }
}

fn misplaced(index: usize, tx: &Transaction, error: TransactionError) -> RpcError {
    let mut error = RpcError::from(error);
    error.message = format!("transaction {index} ({}): {}", tx.tx_hash(), error.message).into();
    error
}
