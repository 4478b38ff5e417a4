//! `eth_simulateV1`: calls in blocks that are pretended on top of a block.
//!
//! All blocks share one state: what a call leaves, the next one finds, and nothing of it is kept. Without `validation` a call needs no nonce and pays no fee,
//! as in `eth_call`; with it, one that could not stand in a real block fails the request with the standard's code. The state root of a block
//! whose base is too old for proofs is zero.

mod block;
mod plan;
mod transfers;

use crate::{
    Api,
    args::Args,
    error::{RpcError, RpcResult, check},
    types::{
        block::RpcBlock,
        call::CallRequest,
        hexa::Quantity,
        log::RpcLog,
        overrides::{BlockOverrides, StateOverrides},
    },
};
use alloy_primitives::{B256, Bytes};
use block::Simulation;
use entente_evm::Interrupt;
use serde::{Deserialize, Serialize};

/// The standard's error codes.
mod code {
    pub(super) const NONCE_TOO_LOW: i32 = -38010;
    pub(super) const NONCE_TOO_HIGH: i32 = -38011;
    pub(super) const BASE_FEE: i32 = -38012;
    pub(super) const INTRINSIC_GAS: i32 = -38013;
    pub(super) const FUNDS: i32 = -38014;
    pub(super) const BLOCK_GAS: i32 = -38015;
    pub(super) const BLOCK_NUMBERS: i32 = -38020;
    pub(super) const TIMESTAMPS: i32 = -38021;
    pub(super) const MOVE_TO_SELF: i32 = -38022;
    pub(super) const MOVE_TWICE: i32 = -38023;
    pub(super) const NOT_AN_EOA: i32 = -38024;
    pub(super) const INIT_CODE: i32 = -38025;
    pub(super) const TOO_MANY: i32 = -38026;
    pub(super) const VM: i32 = -32015;
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    #[serde(default)]
    block_state_calls: Vec<BlockCalls>,
    #[serde(default)]
    trace_transfers: bool,
    #[serde(default)]
    validation: bool,
    #[serde(default)]
    return_full_transactions: bool,
}

/// One block of a request.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct BlockCalls {
    block_overrides: Option<BlockOverrides>,
    state_overrides: Option<StateOverrides>,
    #[serde(default)]
    calls: Vec<CallRequest>,
}

/// A block of the answer.
#[derive(Clone, Debug, Serialize)]
pub(super) struct SimulatedBlock {
    #[serde(flatten)]
    block: RpcBlock,
    calls: Vec<SimulatedCall>,
}

/// What came of a call.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SimulatedCall {
    return_data: Bytes,
    logs: Vec<RpcLog>,
    gas_used: Quantity,
    max_used_gas: Quantity,
    status: Quantity,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<CallError>,
}

#[derive(Clone, Debug, Serialize)]
struct CallError {
    code: i32,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Bytes>,
}

pub(super) fn simulate(
    api: &Api,
    args: &Args<'_>,
    interrupt: &Interrupt,
) -> RpcResult<Vec<SimulatedBlock>> {
    let payload: Payload = args.required(0, "payload")?;
    if payload.block_state_calls.is_empty() {
        return Err(RpcError::params("empty input: blockStateCalls names no block"));
    }
    let base = api.state_at(args.block_or_latest(1)?)?;
    let Payload { block_state_calls, trace_transfers, validation, return_full_transactions } =
        payload;
    let blocks = plan::fill_gaps(block_state_calls, &base.header, api.limits.simulated_blocks)?;
    let options = block::Options { trace_transfers, validation, full: return_full_transactions };
    let ground = block::Ground::new(base);
    let mut simulation = Simulation::new(api, &ground, options, interrupt);
    blocks
        .into_iter()
        .map(|block| {
            check(interrupt)?;
            simulation.run(block)
        })
        .collect()
}

/// The hash that stands for a transaction without a signature is that of its envelope with a signature of zeros.
const fn no_signature() -> alloy_primitives::Signature {
    alloy_primitives::Signature::new(
        alloy_primitives::U256::ZERO,
        alloy_primitives::U256::ZERO,
        false,
    )
}

/// The root of no beacon block.
const NO_BEACON_ROOT: B256 = B256::ZERO;
