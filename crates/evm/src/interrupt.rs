//! Stopping a call that runs too long, without a clock in here.
//!
//! Gas bounds a call's work but not its time. Whoever keeps the time raises the flag; code looks at it at every JUMPDEST, and no loop is without one.

use crate::execution::EvmContext;
use revm::{
    context_interface::context::ContextError,
    interpreter::{
        InstructionContext, InstructionExecResult, InstructionResult, interpreter::EthInterpreter,
    },
};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

pub(crate) const INTERRUPTED: &str = "execution interrupted";

/// A flag that stops a run when it is raised. The default can't be raised and costs nothing.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Option<Arc<AtomicBool>>);

impl Interrupt {
    /// A flag that can be raised.
    pub fn armed() -> Self {
        Self(Some(Arc::default()))
    }

    /// Stops every run that holds a clone of this flag at its next JUMPDEST.
    pub fn raise(&self) {
        if let Some(flag) = &self.0 {
            flag.store(true, Ordering::Relaxed);
        }
    }

    /// Whether runs with this flag look at it.
    pub const fn is_armed(&self) -> bool {
        self.0.is_some()
    }

    /// Whether it was raised.
    pub fn is_raised(&self) -> bool {
        self.0.as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the signature is revm's")]
pub(crate) fn interruptible_jumpdest(
    context: InstructionContext<'_, EvmContext<'_>, EthInterpreter>,
) -> InstructionExecResult {
    if context.host.chain.is_raised() {
        context.host.error = Err(ContextError::Custom(INTERRUPTED.into()));
        return Err(InstructionResult::FatalExternalError);
    }
    Ok(())
}
