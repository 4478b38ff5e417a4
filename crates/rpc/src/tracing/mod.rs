//! What did a transaction do? Traces of transactions, blocks and calls, in geth's formats (`debug_trace*`) and in OpenEthereum's (`trace_*`).
//!
//! A committed block is run again on the state that its parent left, for as long as that state is kept: transactions before the traced one
//! at full speed, the traced one under a recorder of revm-inspectors ([`replay`]). Calls run where `eth_call` would run them. Recorders are on a
//! budget of bytes ([`budget`]), runs on the time of all dear calls, and calls on their gas cap.
//!
//! # Where clients differ
//!
//! The struct logger follows the execution API's schema of 2026, which geth does too: memory and return data are left out unless `enableMemory` and `enableReturnData` ask for them, and
//! `disableMemory: false`, which tools for Besu send, asks for memory too. `reexec` and `timeout` are accepted and mean nothing here: state is at hand, and the
//! node's own time limit holds. In `trace_*`, root traces count gas as OpenEthereum and Besu do: without what a transaction costs before it runs.

mod budget;
mod debug;
mod faults;
mod filter;
mod geth;
mod parity;
mod prestate;
mod replay;
mod shape;
mod slots;
#[cfg(test)]
mod tests;
mod trace;

use crate::method::{Method, method};

pub(crate) const METHODS: &[Method] = &[
    method!("debug_traceBlock", "rlp, [options]", "list of traces", "Traces the transactions of a block that is given in RLP and whose parent is on the chain.", dear debug::trace_block),
    method!("debug_traceBlockByHash", "hash, [options]", "list of traces", "Traces a block's transactions.", dear debug::trace_block_by_id),
    method!("debug_traceBlockByNumber", "block, [options]", "list of traces", "Traces a block's transactions.", dear debug::trace_block_by_id),
    method!("debug_traceCall", "call, [block], [options]", "trace", "Traces a call; options hold stateOverrides, blockOverrides and txIndex too.", dear debug::trace_call),
    method!("debug_traceTransaction", "hash, [options]", "trace", "Traces a committed transaction: by struct logger, callTracer, flatCallTracer, prestateTracer, 4byteTracer, muxTracer, noopTracer or erc7562Tracer.", dear debug::trace_transaction),
    method!("trace_block", "block", "list of calls", "All calls of a block's transactions, and what was paid for the block.", dear trace::block),
    method!("trace_call", "call, types, [block], [stateOverrides], [blockOverrides]", "traces", "Runs a call and gives what `types` lists of `trace`, `vmTrace` and `stateDiff`.", dear trace::call),
    method!("trace_callMany", "[[call, types], ...], [block]", "list of traces", "Runs calls one on the other.", dear trace::call_many),
    method!("trace_filter", "filter", "list of calls", "The calls in a range of blocks by caller and callee, `count` of them after the first `after`.", dear filter::filter),
    method!("trace_get", "hash, path", "call or null", "One call of a transaction, by its place in the tree.", dear trace::get),
    method!("trace_rawTransaction", "bytes, types, [block]", "traces", "Runs a signed transaction on the state of a block without keeping its effects.", dear trace::raw_transaction),
    method!("trace_replayBlockTransactions", "block, types", "list of traces", "Runs a block's transactions again.", dear trace::replay_block_transactions),
    method!("trace_replayTransaction", "hash, types", "traces", "Runs a committed transaction again.", dear trace::replay_transaction),
    method!("trace_transaction", "hash", "list of calls or null", "All calls of a committed transaction.", dear trace::transaction),
];
