//! How much one request's traces may hold, and the inspector that keeps to it.
//!
//! Gas does not bound a trace: a step costs three gas and is remembered with its whole stack, a call of a hundred gas with as much input as its
//! caller has memory. So whatever is about to be recorded is charged before it is, by what it takes in memory while the answer is made; when
//! the budget is spent the run stops and the request ends with an error that names the limit.

use super::{faults::Faults, slots::Slots};
use crate::error::{RpcError, RpcResult};
use alloy_primitives::{Address, B256, Log, U256};
use entente_evm::{
    Outcome,
    revm::{
        Inspector,
        bytecode::opcode,
        context::JournalTr,
        context_interface::{ContextError, ContextTr},
        handler::FrameResult,
        inspector::JournalExt,
        interpreter::{
            CallInputs, CallOutcome, CreateInputs, CreateOutcome, FrameInput, InstructionResult,
            Interpreter,
            interpreter_types::{InputsTr, Jumps, LoopControl, MemoryTr, ReturnData},
        },
    },
};
use std::{cell::Cell, rc::Rc};

/// A step while it is recorded and while it is turned into its JSON form, without what it holds.
const STEP: usize = 512;
/// A word of the stack, in both forms.
const STACK_WORD: usize = 64;
/// A byte of memory as it is written out: its hex digits, and its share of the string around every 32.
const MEMORY_BYTE: usize = 3;
/// A slot in the storage that a step shows.
const SLOT: usize = 192;
/// A call, in both forms.
const CALL: usize = 1024;
/// What a call's place in the tree takes for each level above it.
const LEVEL: usize = 24;
/// A log without its data.
const LOG: usize = 512;
/// A byte that is kept and written out as two hex digits.
const BYTE: usize = 3;
/// An account in a state or a difference of states.
const ACCOUNT: usize = 512;

/// The bytes that a request's traces may take, and have taken.
#[derive(Debug)]
pub(super) struct Budget {
    limit: usize,
    spent: Cell<usize>,
    exceeded: Cell<bool>,
}

impl Budget {
    pub(super) fn new(limit: usize) -> Rc<Self> {
        Rc::new(Self { limit, spent: Cell::new(0), exceeded: Cell::new(false) })
    }

    fn charge(&self, bytes: usize) {
        let spent = self.spent.get().saturating_add(bytes);
        self.spent.set(spent);
        if spent > self.limit {
            self.exceeded.set(true);
        }
    }

    fn is_exceeded(&self) -> bool {
        self.exceeded.get()
    }

    /// What has been spent so far.
    pub(super) const fn spent(&self) -> usize {
        self.spent.get()
    }

    /// Gives back what was recorded since `mark` and keeps the charge for the `traces` that are kept of it, with `bytes` in all.
    pub(super) fn keep(&self, mark: usize, traces: usize, bytes: usize) {
        self.spent.set(mark);
        self.charge(traces.saturating_mul(CALL).saturating_add(bytes.saturating_mul(BYTE)));
    }

    /// Charges the accounts that a transaction touched: those of them that an answer lists are listed with code and slots.
    pub(super) fn charge_state(&self, outcome: &Outcome) {
        for account in outcome.state.values() {
            let code =
                account.info.code.as_ref().map_or(0, |code| code.original_byte_slice().len());
            self.charge(ACCOUNT + account.storage.len() * SLOT + code * BYTE);
        }
    }

    /// # Errors
    /// -32005 when more was asked for than there is.
    pub(super) fn check(&self) -> RpcResult<()> {
        if !self.is_exceeded() {
            return Ok(());
        }
        Err(RpcError::limit(format!(
            "the trace is larger than the {} MiB that one request may record; trace fewer transactions, or ask for less of each: \
             a limit, disableStack, disableStorage, no enableMemory, or a tracer of calls instead of steps",
            self.limit >> 20
        )))
    }
}

/// What is recorded of each step; nothing is where no steps are.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Steps {
    pub(super) stack: bool,
    pub(super) memory: bool,
    pub(super) storage: bool,
    pub(super) return_data: bool,
    /// What the step wrote to memory, as `vmTrace` shows it.
    pub(super) writes: bool,
    /// Steps after which no more are recorded.
    pub(super) limit: Option<u64>,
}

/// An inspector on a budget. When that is spent nothing more reaches it and the run stops.
#[derive(Debug)]
pub(super) struct Bounded<I> {
    pub(super) inspector: I,
    budget: Rc<Budget>,
    steps: Option<Steps>,
    recorded: u64,
    /// Whether the step under way is among them.
    recording: bool,
    pub(super) slots: Slots,
    pub(super) faults: Faults,
    /// Who a SELFDESTRUCT under way destroys, for whom, and what is handed over; None once the inspector knows.
    destroyed: Option<(Address, Address, U256)>,
}

impl<I> Bounded<I> {
    pub(super) fn new(inspector: I, budget: Rc<Budget>, steps: Option<Steps>) -> Self {
        Self {
            inspector,
            budget,
            steps,
            recorded: 0,
            recording: false,
            slots: Slots::default(),
            faults: Faults::default(),
            destroyed: None,
        }
    }

    fn is_spent(&self) -> bool {
        self.budget.is_exceeded()
    }

    /// Whether the step recorder sees the next step.
    fn records_step(&self) -> bool {
        self.steps.is_some_and(|steps| steps.limit.is_none_or(|limit| self.recorded < limit))
    }

    fn charge_step(&mut self, interp: &mut Interpreter, op: u8) {
        let Some(steps) = self.steps else { return };
        self.recorded += 1;
        let mut bytes = STEP;
        if steps.stack {
            bytes += interp.stack.len() * STACK_WORD;
        }
        if steps.memory {
            bytes += interp.memory.size() * MEMORY_BYTE;
        }
        if steps.return_data {
            bytes += interp.return_data.buffer().len() * BYTE;
        }
        if steps.writes {
            bytes = bytes.saturating_add(written(op, interp.stack.data()).saturating_mul(BYTE));
        }
        if steps.storage {
            let shown = self.slots.begin(op, interp.input.target_address(), interp.stack.data());
            bytes += shown * SLOT;
        }
        self.budget.charge(bytes);
    }

    /// A contract that destroys itself for its own benefit moves nothing, and the inspector is not told.
    fn note_destroyed<CTX: ContextTr<Journal: JournalExt>>(
        &mut self,
        interp: &Interpreter,
        context: &CTX,
    ) {
        let contract = interp.input.target_address();
        let balance =
            context.journal_ref().evm_state().get(&contract).map(|account| account.info.balance);
        let target = interp.stack.data().last().map(|word| Address::from_word(B256::from(*word)));
        self.destroyed = target.map(|target| (contract, target, balance.unwrap_or_default()));
    }

    fn leave<CTX: ContextTr<Journal: JournalExt>>(&mut self, result: InstructionResult)
    where
        I: Inspector<CTX>,
    {
        self.faults.leave(result);
        if let Some((contract, target, value)) = self.destroyed.take()
            && result == InstructionResult::SelfDestruct
        {
            <I as Inspector<CTX>>::selfdestruct(&mut self.inspector, contract, target, value);
        }
    }

    fn charge_call<CTX: ContextTr>(&self, context: &CTX, input: usize) {
        let place = context.journal_ref().depth() * LEVEL;
        self.budget.charge(input.saturating_mul(BYTE).saturating_add(CALL + place));
    }

    /// Lets the run end in an error once the budget is spent.
    fn fail<CTX: ContextTr>(&self, context: &mut CTX) -> bool {
        if self.is_spent() && context.error().is_ok() {
            *context.error() = Err(ContextError::Custom("the trace's budget is spent".into()));
        }
        self.is_spent()
    }

    fn stop<CTX: ContextTr>(&self, interp: &mut Interpreter, context: &mut CTX) -> bool {
        if !self.fail(context) {
            return false;
        }
        // A call or return that waits to be carried out gives way.
        interp.bytecode.action().take();
        interp.bytecode.reset_action();
        interp.halt_fatal();
        true
    }
}

/// Most bytes of memory that an operation's delta shows.
fn written(op: u8, stack: &[U256]) -> usize {
    let from_top = |index: usize| {
        let word = stack.len().checked_sub(index + 1).and_then(|at| stack.get(at));
        word.map_or(0, |word| usize::try_from(*word).unwrap_or(0))
    };
    match op {
        opcode::CALLDATACOPY | opcode::CODECOPY | opcode::RETURNDATACOPY | opcode::MCOPY => {
            from_top(2)
        }
        opcode::EXTCODECOPY => from_top(3),
        opcode::CALL | opcode::CALLCODE => from_top(6),
        opcode::DELEGATECALL | opcode::STATICCALL => from_top(5),
        _ => 32,
    }
}

impl<CTX: ContextTr<Journal: JournalExt>, I: Inspector<CTX>> Inspector<CTX> for Bounded<I> {
    fn initialize_interp(&mut self, interp: &mut Interpreter, context: &mut CTX) {
        if !self.stop(interp, context) {
            self.inspector.initialize_interp(interp, context);
        }
    }

    fn step(&mut self, interp: &mut Interpreter, context: &mut CTX) {
        let op = interp.bytecode.opcode();
        let recorded = self.records_step();
        self.faults.step(op, interp.stack.len(), recorded);
        if recorded {
            self.charge_step(interp, op);
        }
        self.recording = recorded;
        if op == opcode::SELFDESTRUCT {
            self.note_destroyed(interp, context);
        }
        if !self.stop(interp, context) {
            self.inspector.step(interp, context);
        }
    }

    fn step_end(&mut self, interp: &mut Interpreter, context: &mut CTX) {
        match interp.bytecode.instruction_result() {
            Some(result) => self.faults.end(result, self.recording),
            None if self.recording => self.slots.end(interp.stack.data()),
            None => {}
        }
        if !self.is_spent() {
            self.inspector.step_end(interp, context);
        }
    }

    fn log(&mut self, context: &mut CTX, log: Log) {
        self.budget.charge(log.data.data.len() * BYTE + LOG);
        if !self.is_spent() {
            self.inspector.log(context, log);
        }
    }

    fn log_full(&mut self, interp: &mut Interpreter, context: &mut CTX, log: Log) {
        self.budget.charge(log.data.data.len() * BYTE + LOG);
        if !self.is_spent() {
            self.inspector.log_full(interp, context, log);
        }
    }

    fn frame_start(&mut self, context: &mut CTX, input: &mut FrameInput) -> Option<FrameResult> {
        if self.is_spent() { None } else { self.inspector.frame_start(context, input) }
    }

    fn frame_end(&mut self, context: &mut CTX, input: &FrameInput, result: &mut FrameResult) {
        if !self.is_spent() {
            self.inspector.frame_end(context, input, result);
        }
    }

    fn call(&mut self, context: &mut CTX, inputs: &mut CallInputs) -> Option<CallOutcome> {
        self.faults.enter();
        self.charge_call(context, inputs.input.len());
        if self.fail(context) { None } else { self.inspector.call(context, inputs) }
    }

    fn call_end(&mut self, context: &mut CTX, inputs: &CallInputs, outcome: &mut CallOutcome) {
        self.budget.charge(outcome.result.output.len().saturating_mul(BYTE));
        if !self.fail(context) {
            self.leave::<CTX>(outcome.result.result);
            self.inspector.call_end(context, inputs, outcome);
        }
    }

    fn create(&mut self, context: &mut CTX, inputs: &mut CreateInputs) -> Option<CreateOutcome> {
        self.faults.enter();
        self.charge_call(context, inputs.init_code().len());
        if self.fail(context) { None } else { self.inspector.create(context, inputs) }
    }

    fn create_end(
        &mut self,
        context: &mut CTX,
        inputs: &CreateInputs,
        outcome: &mut CreateOutcome,
    ) {
        self.budget.charge(outcome.result.output.len().saturating_mul(BYTE));
        if !self.fail(context) {
            self.leave::<CTX>(outcome.result.result);
            self.inspector.create_end(context, inputs, outcome);
        }
    }

    fn selfdestruct(&mut self, contract: Address, target: Address, value: U256) {
        self.destroyed = None;
        if !self.is_spent() {
            <I as Inspector<CTX>>::selfdestruct(&mut self.inspector, contract, target, value);
        }
    }
}
