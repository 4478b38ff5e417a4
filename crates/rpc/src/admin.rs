//! `admin`: the node's operator.

use crate::{
    Api,
    args::Args,
    error::{RpcError, RpcResult},
    method::{Method, method},
};
use alloy_primitives::B256;
use serde::Serialize;
use std::sync::OnceLock;

pub(crate) const METHODS: &[Method] = &[
    method!("admin_changeLogLevel", "level, [targets]", "Success", "Changes what is logged: OFF, ERROR, WARN, INFO, DEBUG or TRACE, for everything or for some targets.", quick change_log_level),
    method!("admin_nodeInfo", "", "node", "The node's name, chain and newest block.", quick node_info),
];

/// Sets the level of some log targets, or of all when there are none. The binary that set up logging knows how.
pub type LogLevelHook = fn(level: &str, targets: &[String]) -> Result<(), String>;

static LOG_LEVEL: OnceLock<LogLevelHook> = OnceLock::new();

/// Tells `admin_changeLogLevel` how to change the level. The first hook stays; a process has one log.
pub fn set_log_level_hook(hook: LogLevelHook) {
    // A second chain in the process brings the same one.
    let _ = LOG_LEVEL.set(hook);
}

fn change_log_level(_: &Api, args: &Args<'_>) -> RpcResult<&'static str> {
    let level: String = args.required(0, "level")?;
    let targets: Vec<String> = args.or_default(1, "targets")?;
    let level = level.to_ascii_uppercase();
    if !["OFF", "ERROR", "WARN", "INFO", "DEBUG", "TRACE", "ALL"].contains(&level.as_str()) {
        return Err(RpcError::params(
            "invalid argument 0 (level): expected OFF, ERROR, WARN, INFO, DEBUG, TRACE or ALL",
        ));
    }
    let hook = LOG_LEVEL
        .get()
        .ok_or_else(|| RpcError::server("this process has no log whose level could be changed"))?;
    hook(&level, &targets).map_err(RpcError::server)?;
    Ok("Success")
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct NodeInfo {
    name: String,
    protocols: Protocols,
    active_fork: &'static str,
    consensus: &'static str,
}

#[derive(Clone, Debug, Serialize)]
struct Protocols {
    eth: Eth,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Eth {
    network: u64,
    genesis: B256,
    head: B256,
    number: u64,
    chain_id: u64,
}

fn node_info(api: &Api, _: &Args<'_>) -> RpcResult<NodeInfo> {
    let spec = api.chain.spec();
    let head = api.chain.head();
    Ok(NodeInfo {
        name: api.client_version.clone(),
        active_fork: spec.fork(&head).name(),
        consensus: api.chain.engine().name,
        protocols: Protocols {
            eth: Eth {
                network: spec.chain_id,
                genesis: spec.genesis_hash,
                head: head.hash,
                number: head.number,
                chain_id: spec.chain_id,
            },
        },
    })
}
