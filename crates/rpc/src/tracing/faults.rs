//! What went wrong where, in geth's words.
//!
//! The recorders keep the interpreter's verdict on a frame alone, while geth's texts name the operation and the height of the stack. So the
//! last step of each frame that ends in a fault is noted here, and its text is put into the finished trace.

use alloy_rpc_types_trace::geth::{CallFrame, DefaultFrame};
use entente_evm::revm::{bytecode::opcode::OpCode, interpreter::InstructionResult};

/// The faults of one run, in the order in which frames ended with them.
#[derive(Debug, Default)]
pub(super) struct Faults {
    /// Operation and height of the stack at the step under way.
    step: (u8, usize),
    /// How many calls have begun, and which of them are still open.
    entered: usize,
    open: Vec<usize>,
    /// The text for the frame that is ending.
    ending: Option<String>,
    /// Texts for faulting steps that were recorded.
    steps: Vec<String>,
    /// Undefined operations that were recorded.
    undefined: Vec<u8>,
    /// Texts for calls, by the order in which they began.
    calls: Vec<(usize, String)>,
}

impl Faults {
    pub(super) fn enter(&mut self) {
        self.open.push(self.entered);
        self.entered += 1;
    }

    /// A step begins; `recorded` says whether a step recorder sees it.
    pub(super) fn step(&mut self, op: u8, stack: usize, recorded: bool) {
        self.step = (op, stack);
        if recorded && OpCode::new(op).is_none() {
            self.undefined.push(op);
        }
    }

    /// A step has ended its frame.
    pub(super) fn end(&mut self, result: InstructionResult, recorded: bool) {
        if !result.is_halt() {
            return;
        }
        let text = text(result, self.step);
        if recorded {
            self.steps.push(text.clone());
        }
        self.ending = Some(text);
    }

    pub(super) fn leave(&mut self, result: InstructionResult) {
        let call = self.open.pop();
        let text = self.ending.take();
        if let (Some(call), Some(text)) = (call, text)
            && result.is_halt()
        {
            self.calls.push((call, text));
        }
    }

    /// Puts the texts into the struct logger's trace.
    pub(super) fn tell_steps(&self, frame: &mut DefaultFrame) {
        let (mut texts, mut undefined) = (self.steps.iter(), self.undefined.iter());
        for log in &mut frame.struct_logs {
            if log.op == "Unknown"
                && let Some(op) = undefined.next()
            {
                log.op = undefined_name(*op).into();
            }
            if log.error.is_some()
                && let Some(text) = texts.next()
            {
                log.error = Some(text.clone());
            }
        }
    }

    /// Puts the texts into a tree of calls, which stands in the order in which the calls began.
    pub(super) fn tell_calls(&self, root: &mut CallFrame) {
        let mut calls = self.calls.clone();
        calls.sort_unstable();
        let mut texts = calls.into_iter().peekable();
        let mut index = 0;
        let mut levels = vec![std::slice::from_mut(root).iter_mut()];
        while let Some(level) = levels.last_mut() {
            let Some(frame) = level.next() else {
                levels.pop();
                continue;
            };
            if frame.typ == "SELFDESTRUCT" {
                continue;
            }
            if let Some((_, text)) = texts.next_if(|(call, _)| *call == index)
                && frame.error.is_some()
            {
                frame.error = Some(text);
            }
            index += 1;
            levels.push(frame.calls.iter_mut());
        }
    }
}

fn undefined_name(op: u8) -> String {
    format!("opcode {op:#x} not defined")
}

fn text(result: InstructionResult, (op, height): (u8, usize)) -> String {
    use InstructionResult as Result;
    let code = OpCode::new(op);
    match result {
        Result::OpcodeNotFound | Result::NotActivated => match code {
            None => format!("invalid opcode: {}", undefined_name(op)),
            Some(code) => format!("invalid opcode: {code}"),
        },
        Result::InvalidFEOpcode => "invalid opcode: INVALID".into(),
        Result::StackUnderflow => {
            format!("stack underflow ({height} <=> {})", code.map_or(0, |code| code.inputs()))
        }
        Result::StackOverflow => {
            // geth names the height at which the operation would still have had room.
            let grows =
                code.map_or(1, |code| usize::from(code.outputs().saturating_sub(code.inputs())));
            format!("stack limit reached {height} ({})", 1024 - grows.min(1024))
        }
        Result::InvalidJump => "invalid jump destination".into(),
        Result::OutOfOffset => "return data out of bounds".into(),
        Result::StateChangeDuringStaticCall | Result::CallNotAllowedInsideStatic => {
            "write protection".into()
        }
        Result::OutOfGas
        | Result::MemoryOOG
        | Result::MemoryLimitOOG
        | Result::PrecompileOOG
        | Result::InvalidOperandOOG
        | Result::ReentrancySentryOOG => "out of gas".into(),
        Result::CallTooDeep => "max call depth exceeded".into(),
        Result::CreateInitCodeSizeLimit => "max initcode size exceeded".into(),
        Result::NonceOverflow => "nonce uint64 overflow".into(),
        other => format!("{other:?}"),
    }
}
