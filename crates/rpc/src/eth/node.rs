//! What the node says of itself and its chain.

use crate::{Api, args::Args, error::RpcResult, types::hexa::Quantity};
use alloy_primitives::Address;

pub(super) fn accounts(_: &Api, _: &Args<'_>) -> RpcResult<Vec<Address>> {
    Ok(Vec::new())
}

pub(super) fn block_number(api: &Api, _: &Args<'_>) -> RpcResult<Quantity> {
    Ok(Quantity(api.chain.head().number))
}

pub(super) fn chain_id(api: &Api, _: &Args<'_>) -> RpcResult<Quantity> {
    Ok(Quantity(api.chain.spec().chain_id))
}

pub(super) fn coinbase(api: &Api, _: &Args<'_>) -> RpcResult<Address> {
    Ok(api.chain.head().beneficiary)
}

/// The newest version of the eth protocol that Besu 26 speaks (eth/71).
pub(super) fn protocol_version(_: &Api, _: &Args<'_>) -> RpcResult<Quantity> {
    Ok(Quantity(71))
}

/// A block is served once it is committed, and nothing else is ever behind.
pub(super) fn syncing(_: &Api, _: &Args<'_>) -> RpcResult<bool> {
    Ok(false)
}
