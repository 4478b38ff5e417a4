//! Traces in geth's formats: the struct logger and its named tracers.

use super::{
    budget::{Bounded, Budget, Steps},
    prestate,
};
use crate::error::{RpcError, RpcResult};
use alloy_rpc_types_trace::geth::{
    GethDebugBuiltInTracerType as BuiltIn, GethDebugTracerType, GethDebugTracingOptions,
    GethDefaultTracingOptions, GethTrace,
};
use entente_evm::{BlockEvm, BlockState, Outcome};
use revm_inspectors::tracing::{DebugInspector, DebugInspectorError, TransactionContext};
use std::rc::Rc;

/// A tracer as a client ordered it.
#[derive(Debug)]
pub(super) struct Tracer {
    blank: DebugInspector,
    steps: Option<Steps>,
}

impl Tracer {
    /// # Errors
    /// -32602 for tracers that are not known here, scripts among them, and for settings that a tracer does not have.
    pub(super) fn new(mut options: GethDebugTracingOptions) -> RpcResult<Self> {
        if let Some(GethDebugTracerType::JsTracer(name)) = &options.tracer
            && !name.is_empty()
        {
            let name: String = name.chars().take(40).collect();
            return Err(RpcError::params(format!(
                "tracer {name:?} is not known here: this node runs no JavaScript tracers; it has callTracer, flatCallTracer, \
                 prestateTracer, 4byteTracer, muxTracer, noopTracer and erc7562Tracer, and the struct logger when none is named"
            )));
        }
        let steps = match &options.tracer {
            Some(GethDebugTracerType::BuiltInTracer(BuiltIn::Erc7562Tracer)) => {
                Some(Steps { stack: true, memory: true, ..Steps::default() })
            }
            Some(GethDebugTracerType::BuiltInTracer(_)) => None,
            Some(GethDebugTracerType::JsTracer(_)) | None => Some(logged(&options.config)),
        };
        // Slots are noted beside the recorder.
        options.config.disable_storage = Some(true);
        let blank = DebugInspector::new(options).map_err(|error| refused(&error))?;
        Ok(Self { blank, steps })
    }

    /// A recorder for one transaction.
    pub(super) fn recorder(&self, budget: &Rc<Budget>) -> RpcResult<Bounded<DebugInspector>> {
        let inspector = self.blank.try_clone().map_err(|error| refused(&error))?;
        Ok(Bounded::new(inspector, budget.clone(), self.steps))
    }
}

/// What the struct logger records of each step.
fn logged(config: &GethDefaultTracingOptions) -> Steps {
    Steps {
        stack: config.is_stack_enabled(),
        memory: config.is_memory_enabled(),
        storage: config.is_storage_enabled(),
        return_data: config.is_return_data_enabled(),
        writes: false,
        limit: config.limit.filter(|limit| *limit != 0),
    }
}

fn refused(error: &DebugInspectorError) -> RpcError {
    RpcError::params(format!("tracer: {error}"))
}

/// The trace of the transaction that an EVM has just run and not kept.
pub(super) fn trace(
    context: TransactionContext,
    outcome: &Outcome,
    evm: &mut BlockEvm<'_, Bounded<DebugInspector>>,
    budget: &Budget,
) -> RpcResult<GethTrace> {
    budget.check()?;
    let tracer = &mut evm.inspector.inspector;
    if matches!(tracer, DebugInspector::PreStateTracer(..) | DebugInspector::Mux(..)) {
        budget.charge_state(outcome);
        budget.check()?;
    }
    let ctx = &mut evm.ctx;
    let before = &mut ctx.journaled_state.database;
    let trace = tracer.get_result(Some(context), &ctx.tx, &ctx.block, outcome, before);
    let trace = trace.map_err(|error| match error {
        DebugInspectorError::Database(error) => RpcError::from(error.0),
        other => RpcError::server(format!("tracer: {other}")),
    })?;
    finish(trace, &evm.inspector, outcome, before)
}

/// Says what the recorder could not.
fn finish(
    trace: GethTrace,
    recorder: &Bounded<DebugInspector>,
    outcome: &Outcome,
    before: &BlockState<'_>,
) -> RpcResult<GethTrace> {
    Ok(match trace {
        GethTrace::Default(mut frame) => {
            recorder.faults.tell_steps(&mut frame);
            recorder.slots.tell(&mut frame);
            GethTrace::Default(frame)
        }
        GethTrace::CallTracer(mut root) => {
            recorder.faults.tell_calls(&mut root);
            GethTrace::CallTracer(root)
        }
        GethTrace::PreStateTracer(frame) => prestate::finish(frame, outcome, before)?,
        GethTrace::MuxTracer(mut frames) => {
            for frame in frames.0.values_mut() {
                *frame = finish(std::mem::take(frame), recorder, outcome, before)?;
            }
            GethTrace::MuxTracer(frames)
        }
        other => other,
    })
}
