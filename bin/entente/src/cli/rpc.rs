//! Endpoints of `entente node`.

use clap::{ArgAction, Args};
use entente_rpc::Dialect;
use std::{net::IpAddr, path::PathBuf};

/// Shape of a few answers on which the field has changed its mind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum RpcDialect {
    /// The execution API as it is now
    #[default]
    Current,
    /// As it was before 2024, for old tools: totalDifficulty in blocks, no blockTimestamp
    #[value(name = "before-2024")]
    Before2024,
}

impl From<RpcDialect> for Dialect {
    fn from(dialect: RpcDialect) -> Self {
        match dialect {
            RpcDialect::Current => Self::Current,
            RpcDialect::Before2024 => Self::Before2024,
        }
    }
}

/// Where clients connect, and what they may call.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "JSON-RPC")]
pub(crate) struct RpcArgs {
    /// Serve JSON-RPC over HTTP
    #[arg(long, env = "ENTENTE_RPC_HTTP_ENABLED", default_value_t = true, action = ArgAction::Set, num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    pub(crate) rpc_http_enabled: bool,
    /// Address to listen on for HTTP
    #[arg(
        long,
        alias = "http-host",
        env = "ENTENTE_RPC_HTTP_HOST",
        default_value = "127.0.0.1",
        value_name = "ADDRESS"
    )]
    pub(crate) rpc_http_host: IpAddr,
    /// Port for HTTP
    #[arg(
        long,
        alias = "http-port",
        env = "ENTENTE_RPC_HTTP_PORT",
        default_value_t = 8545,
        value_name = "PORT"
    )]
    pub(crate) rpc_http_port: u16,
    /// Namespaces served over HTTP: ETH, NET, WEB3, TXPOOL, DEBUG, TRACE, ADMIN
    #[arg(
        long,
        alias = "http-api",
        env = "ENTENTE_RPC_HTTP_API",
        value_delimiter = ',',
        default_value = "ETH,NET,WEB3",
        value_name = "LIST"
    )]
    pub(crate) rpc_http_api: Vec<String>,
    /// Web origins that may call from a browser; "*" or "all" for any
    #[arg(long, env = "ENTENTE_RPC_HTTP_CORS_ORIGINS", value_delimiter = ',', value_name = "LIST")]
    pub(crate) rpc_http_cors_origins: Vec<String>,
    /// Host names by which HTTP and WebSocket may be reached; "*" for any
    #[arg(
        long,
        env = "ENTENTE_HOST_ALLOWLIST",
        value_delimiter = ',',
        default_value = "localhost,127.0.0.1",
        value_name = "LIST"
    )]
    pub(crate) host_allowlist: Vec<String>,
    /// Serve JSON-RPC over WebSocket
    #[arg(long, env = "ENTENTE_RPC_WS_ENABLED", default_value_t = true, action = ArgAction::Set, num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    pub(crate) rpc_ws_enabled: bool,
    /// Address to listen on for WebSocket
    #[arg(
        long,
        alias = "ws-host",
        env = "ENTENTE_RPC_WS_HOST",
        default_value = "127.0.0.1",
        value_name = "ADDRESS"
    )]
    pub(crate) rpc_ws_host: IpAddr,
    /// Port for WebSocket
    #[arg(
        long,
        alias = "ws-port",
        env = "ENTENTE_RPC_WS_PORT",
        default_value_t = 8546,
        value_name = "PORT"
    )]
    pub(crate) rpc_ws_port: u16,
    /// Namespaces served over WebSocket
    #[arg(
        long,
        alias = "ws-api",
        env = "ENTENTE_RPC_WS_API",
        value_delimiter = ',',
        default_value = "ETH,NET,WEB3",
        value_name = "LIST"
    )]
    pub(crate) rpc_ws_api: Vec<String>,
    /// Socket file for IPC with every namespace; entente.ipc in the data directory when given without a value
    #[arg(long, alias = "ipc-path", env = "ENTENTE_RPC_IPC_PATH", num_args = 0..=1, default_missing_value = "", value_name = "FILE")]
    pub(crate) rpc_ipc_path: Option<PathBuf>,
    /// Shape of answers on which the field has changed its mind
    #[arg(long, env = "ENTENTE_RPC_DIALECT", value_enum, default_value_t)]
    pub(crate) rpc_dialect: RpcDialect,
}
