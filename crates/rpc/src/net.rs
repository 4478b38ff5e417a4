//! `net`: the network.

use crate::{
    Api,
    args::Args,
    error::RpcResult,
    method::{Method, method},
    types::hexa::Quantity,
};
use std::collections::BTreeMap;

pub(crate) const METHODS: &[Method] = &[
    method!("net_listening", "", "bool", "Whether the node takes connections from peers.", quick listening),
    method!("net_peerCount", "", "count", "Connected peers.", quick peer_count),
    method!("net_services", "", "services", "The network services that run, and where.", quick services),
    method!("net_version", "", "id", "The network's id, in decimal: the chain id.", quick version),
];

/// The chain is decided by this node alone until it has peers.
fn listening(_: &Api, _: &Args<'_>) -> RpcResult<bool> {
    Ok(false)
}

fn peer_count(_: &Api, _: &Args<'_>) -> RpcResult<Quantity> {
    Ok(Quantity(0))
}

fn services(_: &Api, _: &Args<'_>) -> RpcResult<BTreeMap<String, BTreeMap<String, String>>> {
    Ok(BTreeMap::new())
}

fn version(api: &Api, _: &Args<'_>) -> RpcResult<String> {
    Ok(api.chain.spec().chain_id.to_string())
}
