//! Limits on what clients may ask for.

use clap::Args;

/// What one client or one call may cost.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "JSON-RPC limits")]
pub(crate) struct LimitArgs {
    /// Connections at one time, for each of HTTP and WebSocket
    #[arg(
        long,
        env = "ENTENTE_RPC_MAX_ACTIVE_CONNECTIONS",
        default_value_t = 256,
        value_name = "COUNT"
    )]
    pub(crate) rpc_max_active_connections: u32,
    /// Largest request body, in bytes
    #[arg(long, env = "ENTENTE_RPC_MAX_REQUEST_BYTES", default_value_t = 16 * 1024 * 1024, value_name = "BYTES")]
    pub(crate) rpc_max_request_bytes: u32,
    /// Largest response, in bytes
    #[arg(long, env = "ENTENTE_RPC_MAX_RESPONSE_BYTES", default_value_t = 64 * 1024 * 1024, value_name = "BYTES")]
    pub(crate) rpc_max_response_bytes: u32,
    /// Calls in one batch
    #[arg(long, env = "ENTENTE_RPC_MAX_BATCH_SIZE", default_value_t = 1024, value_name = "COUNT")]
    pub(crate) rpc_max_batch_size: u32,
    /// Blocks that one log query may span
    #[arg(
        long,
        env = "ENTENTE_RPC_MAX_LOGS_RANGE",
        default_value_t = 10_000,
        value_name = "BLOCKS"
    )]
    pub(crate) rpc_max_logs_range: u64,
    /// Most gas that a call or an estimate may use
    #[arg(long, env = "ENTENTE_RPC_GAS_CAP", default_value_t = 50_000_000, value_name = "GAS")]
    pub(crate) rpc_gas_cap: u64,
    /// Milliseconds after which a call is stopped
    #[arg(long, env = "ENTENTE_RPC_CALL_TIMEOUT_MS", default_value_t = 5_000, value_name = "MS")]
    pub(crate) rpc_call_timeout_ms: u64,
    /// Subscriptions and filters that one connection may hold
    #[arg(
        long,
        env = "ENTENTE_RPC_MAX_SUBSCRIPTIONS",
        default_value_t = 1024,
        value_name = "COUNT"
    )]
    pub(crate) rpc_max_subscriptions: u32,
    /// Blocks that one trace_filter may span
    #[arg(
        long,
        env = "ENTENTE_RPC_MAX_TRACE_FILTER_RANGE",
        default_value_t = 1_000,
        value_name = "BLOCKS"
    )]
    pub(crate) rpc_max_trace_filter_range: u64,
    /// Memory that one trace may take, in MiB
    #[arg(long, env = "ENTENTE_RPC_MAX_TRACE_MB", default_value_t = 256, value_name = "MIB")]
    pub(crate) rpc_max_trace_mb: usize,
}
