//! What an operator may set: endpoints, namespaces, limits, dialect.

use std::{
    collections::BTreeSet, fmt, net::SocketAddr, path::PathBuf, str::FromStr, time::Duration,
};

/// A group of methods: the part of a method's name before its underscore. Endpoints serve some and refuse the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Namespace {
    /// Node administration.
    Admin,
    /// Raw data and traces.
    Debug,
    /// Ethereum's execution API.
    Eth,
    /// The network's identity and peers.
    Net,
    /// What this endpoint serves; always on.
    Rpc,
    /// Traces in OpenEthereum's format.
    Trace,
    /// Waiting transactions.
    Txpool,
    /// The client's name, hashing.
    Web3,
}

impl Namespace {
    /// All of them, by name.
    pub const ALL: [Self; 8] = [
        Self::Admin,
        Self::Debug,
        Self::Eth,
        Self::Net,
        Self::Rpc,
        Self::Trace,
        Self::Txpool,
        Self::Web3,
    ];

    /// What Besu serves when nothing is said: ETH, NET, WEB3.
    pub fn defaults() -> BTreeSet<Self> {
        [Self::Eth, Self::Net, Self::Web3].into()
    }

    /// Its name as methods begin with it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Debug => "debug",
            Self::Eth => "eth",
            Self::Net => "net",
            Self::Rpc => "rpc",
            Self::Trace => "trace",
            Self::Txpool => "txpool",
            Self::Web3 => "web3",
        }
    }

    /// The namespace of a method, if its name begins with one of ours.
    pub fn of(method: &str) -> Option<Self> {
        method.split_once('_').and_then(|(prefix, _)| prefix.parse().ok())
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Namespace {
    type Err = String;

    /// Reads a name in either case: Besu's operators write `ETH`, geth's `eth`.
    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|space| space.name().eq_ignore_ascii_case(name)).ok_or_else(
            || {
                let names = Self::ALL.map(Self::name).join(", ");
                format!("unknown API namespace `{name}`; known are {names}")
            },
        )
    }
}

/// Names or `*` for any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AllowList {
    /// Whatever is given.
    Any,
    /// These and no others, compared without regard to case.
    Only(BTreeSet<String>),
}

impl AllowList {
    /// Whether a name is on the list.
    pub(crate) fn allows(&self, name: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Only(names) => names.contains(name) || names.contains(&name.to_ascii_lowercase()),
        }
    }
}

impl<S: Into<String>> FromIterator<S> for AllowList {
    /// Collects names; `*` (Besu also writes `all`) among them allows everything.
    fn from_iter<I: IntoIterator<Item = S>>(names: I) -> Self {
        let names: BTreeSet<String> =
            names.into_iter().map(|name| name.into().to_ascii_lowercase()).collect();
        if names.contains("*") || names.contains("all") { Self::Any } else { Self::Only(names) }
    }
}

/// A list of namespaces as an operator writes them, in either case.
///
/// # Errors
/// Names the first that is not known.
pub fn parse_namespaces(names: &[String]) -> Result<BTreeSet<Namespace>, String> {
    names.iter().map(|name| name.trim()).filter(|name| !name.is_empty()).map(str::parse).collect()
}

/// An HTTP or WebSocket endpoint.
///
/// HTTP answers JSON-RPC by POST and `/liveness` and `/readiness` by GET.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Where to listen; port 0 lets the system choose.
    pub address: SocketAddr,
    /// What is served.
    pub namespaces: BTreeSet<Namespace>,
    /// Web origins whose pages may call (`--rpc-http-cors-origins`); `*` for any. Clients that are no browsers send no origin and are let in.
    pub cors_origins: Vec<String>,
    /// Host names under which the endpoint may be addressed (`--host-allowlist`), against DNS rebinding; `*` for any.
    pub allowed_hosts: Vec<String>,
}

impl Endpoint {
    /// Besu's defaults at an address.
    pub fn at(address: SocketAddr) -> Self {
        Self {
            address,
            namespaces: Namespace::defaults(),
            cors_origins: Vec::new(),
            allowed_hosts: vec!["localhost".into(), "127.0.0.1".into()],
        }
    }
}

/// What a client can ask of the node, and how much of it. Every one has an error that names it.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of a request's body (Besu: 128 MB is its own default).
    pub request_bytes: u32,
    /// Requests in a batch (Besu: 1,024).
    pub batch: u32,
    /// Bytes of a response, a batch's responses taken together.
    pub response_bytes: u32,
    /// Blocks that one log query spans (Besu: 5,000).
    pub logs_range: u64,
    /// Logs that one query answers with.
    pub logs: usize,
    /// Gas of a call or an estimate (Besu's `--rpc-gas-cap`; 0 means no cap but the block's own type).
    pub gas_cap: u64,
    /// Time for a call, an estimate, a simulation or a log query.
    pub call_timeout: Duration,
    /// Calls, traces and log queries that run at a time; the rest wait.
    pub concurrent_calls: usize,
    /// Calls that may wait for their turn before more are refused.
    pub waiting_calls: usize,
    /// Connections an endpoint holds (Besu: 80).
    pub connections: u32,
    /// Subscriptions of one connection.
    pub subscriptions: u32,
    /// Filters in all.
    pub filters: usize,
    /// How long a filter lives without being asked for.
    pub filter_lifetime: Duration,
    /// How deep JSON may be nested in parameters.
    pub json_depth: usize,
    /// Accounts and storage slots that one request may override.
    pub override_entries: usize,
    /// Blocks of one `eth_feeHistory` (Besu: 1,024).
    pub fee_history_blocks: u64,
    /// Storage keys of one `eth_getProof` or `eth_getStorageValues`.
    pub proof_keys: usize,
    /// Blocks of one `eth_simulateV1` (the standard: 256).
    pub simulated_blocks: u64,
    /// Bytes that the traces of one request may take while they are recorded and written out.
    pub trace_bytes: usize,
    /// Blocks that one `trace_filter` looks at (Besu's `--rpc-max-trace-filter-range`: 1,000).
    pub trace_filter_blocks: u64,
    /// How far an estimate may lie above the least gas that works, as a share of itself (Besu's `--estimate-gas-tolerance-ratio`).
    pub estimate_tolerance: f64,
}

impl Default for Limits {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            request_bytes: 16 * 1024 * 1024,
            batch: 1024,
            response_bytes: 128 * 1024 * 1024,
            logs_range: 5_000,
            logs: 20_000,
            gas_cap: 50_000_000,
            call_timeout: Duration::from_secs(5),
            concurrent_calls: cores.max(2),
            waiting_calls: 4096,
            connections: 80,
            subscriptions: 256,
            filters: 10_000,
            filter_lifetime: Duration::from_secs(10 * 60),
            json_depth: 32,
            override_entries: 100_000,
            fee_history_blocks: 1024,
            proof_keys: 1024,
            simulated_blocks: 256,
            trace_bytes: 256 * 1024 * 1024,
            trace_filter_blocks: 1_000,
            estimate_tolerance: 0.015,
        }
    }
}

/// The shape of a few answers on which the field has changed its mind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// The execution API as it is now, and as Besu answers: transactions and logs carry `blockTimestamp`, fee histories blob fees, blocks no
    /// `totalDifficulty`; gas estimates stop within [`Limits::estimate_tolerance`].
    #[default]
    Current,
    /// The execution API before 2024, for old tools: blocks carry `totalDifficulty`, there is no `blockTimestamp`, fee histories have no blob fees, and
    /// gas estimates are exact.
    Before2024,
}

/// Which endpoints to open, and how they behave.
#[derive(Clone, Debug, Default)]
pub struct RpcConfig {
    /// HTTP, if there is to be one.
    pub http: Option<Endpoint>,
    /// WebSocket, if there is to be one.
    pub ws: Option<Endpoint>,
    /// Path of the Unix socket, if there is to be one. Only the node's own user can open it, and it serves every namespace.
    pub ipc: Option<PathBuf>,
    /// Limits that hold on all of them.
    pub limits: Limits,
    /// Shape of answers.
    pub dialect: Dialect,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_are_read_in_either_case_and_unknown_ones_are_named() {
        assert_eq!("ETH".parse(), Ok(Namespace::Eth));
        assert_eq!("txpool".parse(), Ok(Namespace::Txpool));
        assert!("ehh".parse::<Namespace>().unwrap_err().contains("`ehh`"));
        assert_eq!(Namespace::of("debug_traceCall"), Some(Namespace::Debug));
        assert_eq!(Namespace::of("nonsense"), None);
    }

    #[test]
    fn allow_lists_know_any_some_and_none() {
        let local = || AllowList::from_iter(Endpoint::at(([127, 0, 0, 1], 0).into()).allowed_hosts);
        assert!(AllowList::from_iter(["a", "*"]).allows("whatever"));
        assert!(local().allows("LOCALHOST"));
        assert!(!local().allows("example.org"));
        assert!(!AllowList::from_iter([""; 0]).allows("null"));
    }
}
