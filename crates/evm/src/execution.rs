//! A block, executed transaction by transaction.
//!
//! Building a block and checking one take the same steps: [`Executor::begin`], [`BlockExecution::transact`] for each transaction, [`BlockExecution::finish`].

use crate::{
    BlockState, EvmError, StateChanges, StateView,
    block_state::ViewError,
    codes::CodeCache,
    collision::extcodehash,
    env::{blob_params, block_env, cfg_env, check_supported, tx_env},
    interrupt::{Interrupt, interruptible_jumpdest},
    precompiles::Precompiles,
    system,
};
use alloy_consensus::{Eip658Value, Receipt as BareReceipt, ReceiptWithBloom, Transaction as _};
use alloy_eips::{eip4895::Withdrawal, eip7685::Requests};
use alloy_primitives::{Address, B256, Bloom, Bytes, U256};
use entente_chain::{ChainSpec, Fork, Header, Receipt, Transaction};
use revm::{
    Context, DatabaseCommit, ExecuteEvm, InspectEvm, Inspector, Journal,
    bytecode::opcode::{EXTCODEHASH, JUMPDEST},
    context::{
        BlockEnv, CfgEnv, Evm, TxEnv,
        result::{EVMError, ExecutionResult, InvalidTransaction, ResultAndState},
    },
    handler::{EthFrame, instructions::EthInstructions},
    inspector::NoOpInspector,
    interpreter::{Instruction, interpreter::EthInterpreter},
};
use std::sync::Arc;

/// The context in which contracts run: our block state under revm's journal.
pub type EvmContext<'a> =
    Context<BlockEnv, TxEnv, CfgEnv, BlockState<'a>, Journal<BlockState<'a>>, Interrupt>;

/// revm, put together for this house, with an inspector `I` for those who trace.
pub type BlockEvm<'a, I = NoOpInspector> = Evm<
    EvmContext<'a>,
    I,
    EthInstructions<EthInterpreter, EvmContext<'a>>,
    Precompiles,
    EthFrame<EthInterpreter>,
>;

/// What revm returns for a transaction: its result and the accounts that it touched.
pub type Outcome = ResultAndState;

/// Executes the blocks and calls of one chain. Cheap to share; holds the chain's rules and a cache of prepared code.
pub struct Executor {
    spec: Arc<ChainSpec>,
    codes: CodeCache,
}

impl std::fmt::Debug for Executor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Executor").field("chain_id", &self.spec.chain_id).finish_non_exhaustive()
    }
}

/// Why a transaction cannot stand where it was put. Whoever builds a block skips it; whoever checks one rejects the block.
#[derive(Debug, thiserror::Error)]
pub enum TransactionError {
    /// It asks for more gas than the block has left.
    #[error("gas limit {wanted} exceeds the {left} gas left in the block")]
    BlockGas {
        /// Gas limit of the transaction.
        wanted: u64,
        /// Gas left in the block.
        left: u64,
    },
    /// It carries more blobs than the block has room for (EIP-4844).
    #[error("{wanted} blob gas exceeds the {left} left in the block")]
    BlockBlobGas {
        /// Blob gas of the transaction.
        wanted: u64,
        /// Blob gas left in the block.
        left: u64,
    },
    /// It is not valid on this state: nonce, funds, fee, size, type.
    #[error("{0}")]
    Invalid(InvalidTransaction),
    /// Execution itself failed: the state could not be read, or the run was interrupted.
    #[error(transparent)]
    Evm(#[from] EvmError),
}

/// A block's results: everything that its header commits to but the roots, and what it changes.
#[derive(Clone, Debug)]
pub struct Executed {
    /// One receipt a transaction, with cumulative gas and blooms.
    pub receipts: Vec<Receipt>,
    /// Gas used by all transactions.
    pub gas_used: u64,
    /// Blob gas used by all transactions.
    pub blob_gas_used: u64,
    /// Bloom of all logs.
    pub logs_bloom: Bloom,
    /// Execution layer requests (EIP-7685), from Prague on.
    pub requests: Option<Requests>,
    /// What the block changes.
    pub changes: StateChanges,
}

/// Computes the state root after some changes: receipts before Byzantium (EIP-658) carry one a transaction.
pub type IntermediateRoot<'a> = dyn Fn(&StateChanges) -> Result<B256, EvmError> + 'a;

impl Executor {
    /// An executor for a chain, with a cache for prepared code of at most `code_cache_bytes`.
    ///
    /// # Errors
    /// [`EvmError::Unsupported`] when the chain asks for rules that this executor does not have.
    pub fn new(spec: Arc<ChainSpec>, code_cache_bytes: u64) -> Result<Self, EvmError> {
        check_supported(&spec)?;
        Ok(Self { spec, codes: CodeCache::new(code_cache_bytes) })
    }

    /// The rules it executes by.
    pub const fn spec(&self) -> &Arc<ChainSpec> {
        &self.spec
    }

    /// A state to execute on, over a view.
    pub fn state<'a>(&'a self, view: &'a dyn StateView) -> BlockState<'a> {
        BlockState::new(view, &self.codes)
    }

    /// An EVM for the block that `header` describes, over a state, with an inspector (revm's `NoOpInspector` for none). Runs that may be interrupted take the flag.
    pub fn evm<'a, I>(
        &self,
        header: &Header,
        state: BlockState<'a>,
        inspector: I,
        interrupt: Interrupt,
    ) -> BlockEvm<'a, I> {
        let cfg = cfg_env(&self.spec, header);
        let spec_id = cfg.spec;
        let stoppable = interrupt.is_armed();
        let mut context: EvmContext<'a> = Context::new(state, spec_id);
        context = context.with_cfg(cfg).with_block(block_env(&self.spec, header));
        context.chain = interrupt;
        let mut instructions = EthInstructions::new_mainnet_with_spec(spec_id);
        let gas = instructions.gas_table()[usize::from(EXTCODEHASH)];
        instructions.insert_instruction(EXTCODEHASH, Instruction::new(extcodehash), gas);
        if stoppable {
            instructions.insert_instruction(JUMPDEST, Instruction::new(interruptible_jumpdest), 1);
        }
        Evm::new_with_inspector(context, inspector, instructions, Precompiles::new(spec_id))
    }

    /// Starts a block: the header says number, time, beneficiary, gas limit, fees; its results are not looked at. Runs the calls that
    /// come before the transactions (EIP-4788, EIP-2935).
    pub fn begin<'a>(
        &'a self,
        header: &Header,
        view: &'a dyn StateView,
    ) -> Result<BlockExecution<'a>, EvmError> {
        self.begin_inspected(header, view, NoOpInspector, Interrupt::default())
    }

    /// The same, for those who trace.
    pub fn begin_inspected<'a, I: Inspector<EvmContext<'a>, EthInterpreter>>(
        &'a self,
        header: &Header,
        view: &'a dyn StateView,
        inspector: I,
        interrupt: Interrupt,
    ) -> Result<BlockExecution<'a, I>, EvmError> {
        let fork = self.spec.fork(header);
        let mut execution = BlockExecution {
            evm: self.evm(header, self.state(view), inspector, interrupt),
            spec: self.spec.clone(),
            fork,
            header: header.clone(),
            blob_gas_limit: blob_params(&self.spec, header)
                .map_or(0, |params| params.max_blob_gas_per_block()),
            gas_used: 0,
            blob_gas_used: 0,
            receipts: Vec::new(),
            intermediate_root: None,
        };
        system::before_transactions(&mut execution.evm, fork, header)?;
        Ok(execution)
    }
}

/// A block on its way: begun, not finished.
pub struct BlockExecution<'a, I = NoOpInspector> {
    evm: BlockEvm<'a, I>,
    spec: Arc<ChainSpec>,
    fork: Fork,
    header: Header,
    blob_gas_limit: u64,
    gas_used: u64,
    blob_gas_used: u64,
    receipts: Vec<Receipt>,
    intermediate_root: Option<&'a IntermediateRoot<'a>>,
}

impl<I> std::fmt::Debug for BlockExecution<'_, I> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlockExecution")
            .field("number", &self.header.number)
            .field("transactions", &self.receipts.len())
            .field("gas_used", &self.gas_used)
            .finish_non_exhaustive()
    }
}

impl<'a, I: Inspector<EvmContext<'a>, EthInterpreter>> BlockExecution<'a, I> {
    /// Gives the root computer that receipts before Byzantium need.
    pub const fn with_intermediate_root(mut self, root: &'a IntermediateRoot<'a>) -> Self {
        self.intermediate_root = Some(root);
        self
    }

    /// Gas left for transactions.
    pub const fn gas_left(&self) -> u64 {
        self.header.gas_limit.saturating_sub(self.gas_used)
    }

    /// Receipts so far.
    pub fn receipts(&self) -> &[Receipt] {
        &self.receipts
    }

    /// The state as it stands now.
    pub fn state(&mut self) -> &mut BlockState<'a> {
        &mut self.evm.ctx.journaled_state.database
    }

    fn check_room(&self, tx: &Transaction) -> Result<u64, TransactionError> {
        let (wanted, left) = (tx.gas_limit(), self.gas_left());
        if wanted > left {
            return Err(TransactionError::BlockGas { wanted, left });
        }
        let blob_gas = tx.blob_gas_used().unwrap_or(0);
        let left = self.blob_gas_limit.saturating_sub(self.blob_gas_used);
        if blob_gas > left {
            return Err(TransactionError::BlockBlobGas { wanted: blob_gas, left });
        }
        Ok(blob_gas)
    }

    /// Executes the next transaction and keeps its effects and receipt. On error the block stands as it did before.
    pub fn transact(
        &mut self,
        tx: &Transaction,
        sender: Address,
    ) -> Result<&Receipt, TransactionError> {
        let blob_gas = self.check_room(tx)?;
        let outcome = self.evm.transact(tx_env(tx, sender)).map_err(transaction_error)?;
        self.settle(tx, outcome, blob_gas)
    }

    /// Executes the next transaction under an inspector. `look` sees the outcome and the EVM while its state is still that before the
    /// transaction, which is what the builders of traces want; then the effects are kept. On error the block stands as it did before.
    pub fn inspect<R>(
        &mut self,
        tx: &Transaction,
        sender: Address,
        inspector: I,
        look: impl FnOnce(&Outcome, &mut BlockEvm<'a, I>) -> R,
    ) -> Result<R, TransactionError> {
        let blob_gas = self.check_room(tx)?;
        let outcome = self.evm.inspect(tx_env(tx, sender), inspector).map_err(transaction_error)?;
        let seen = look(&outcome, &mut self.evm);
        self.settle(tx, outcome, blob_gas)?;
        Ok(seen)
    }

    fn settle(
        &mut self,
        tx: &Transaction,
        outcome: Outcome,
        blob_gas: u64,
    ) -> Result<&Receipt, TransactionError> {
        self.evm.ctx.journaled_state.database.commit(outcome.state);
        self.gas_used = self.gas_used.saturating_add(outcome.result.tx_gas_used());
        self.blob_gas_used = self.blob_gas_used.saturating_add(blob_gas);
        let status = self.receipt_status(outcome.result.is_success())?;
        self.receipts.push(receipt(tx, status, self.gas_used, outcome.result));
        Ok(self.receipts.last().expect("a receipt was just pushed"))
    }

    fn receipt_status(&mut self, success: bool) -> Result<Eip658Value, EvmError> {
        if self.fork >= Fork::Byzantium {
            return Ok(Eip658Value::Eip658(success));
        }
        let changes = self.state().changes()?;
        let root = self.intermediate_root.ok_or_else(|| {
            EvmError::Unsupported(
                "receipts before Byzantium need a state root a transaction; start the chain at Byzantium or later to build blocks".into(),
            )
        })?;
        Ok(Eip658Value::PostState(root(&changes)?))
    }

    /// Ends the block: withdrawals (EIP-4895), rewards (wei by address, ommers' included), requests (EIP-7685).
    pub fn finish(
        mut self,
        withdrawals: Option<&[Withdrawal]>,
        rewards: &[(Address, U256)],
    ) -> Result<Executed, EvmError> {
        let requests = (self.fork >= Fork::Prague)
            .then(|| {
                system::collect_requests(&mut self.evm, &self.spec, &self.header, &self.receipts)
            })
            .transpose()?;
        let keep_empty = self.fork < Fork::SpuriousDragon;
        for withdrawal in withdrawals.unwrap_or_default() {
            let wei = U256::from(withdrawal.amount) * U256::from(1_000_000_000u64);
            self.state().credit(withdrawal.address, wei, keep_empty)?;
        }
        for (address, wei) in rewards {
            self.state().credit(*address, *wei, keep_empty)?;
        }
        let changes = self.state().changes()?;
        let mut logs_bloom = Bloom::ZERO;
        for receipt in &self.receipts {
            logs_bloom |= *receipt.logs_bloom();
        }
        Ok(Executed {
            receipts: self.receipts,
            gas_used: self.gas_used,
            blob_gas_used: self.blob_gas_used,
            logs_bloom,
            requests,
            changes,
        })
    }
}

fn receipt(
    tx: &Transaction,
    status: Eip658Value,
    cumulative: u64,
    result: ExecutionResult,
) -> Receipt {
    let logs = if result.is_success() { result.into_logs() } else { Vec::new() };
    let bare = BareReceipt { status, cumulative_gas_used: cumulative, logs };
    let with_bloom: ReceiptWithBloom<BareReceipt> = bare.into();
    Receipt::from_typed(tx.tx_type(), with_bloom)
}

/// Sorts revm's errors into those of the transaction and those of the run.
pub fn transaction_error(error: EVMError<ViewError>) -> TransactionError {
    match error {
        EVMError::Transaction(invalid) => TransactionError::Invalid(invalid),
        EVMError::Database(ViewError(error)) => TransactionError::Evm(error),
        EVMError::Header(error) => TransactionError::Evm(EvmError::Environment(error.to_string())),
        EVMError::Custom(text) if text == crate::interrupt::INTERRUPTED => {
            TransactionError::Evm(EvmError::Interrupted)
        }
        other => TransactionError::Evm(EvmError::Environment(other.to_string())),
    }
}

/// Return data of a run, if it produced any: output of a success, or the reason of a revert.
pub fn return_data(result: &ExecutionResult) -> Bytes {
    result.output().cloned().unwrap_or_default()
}
