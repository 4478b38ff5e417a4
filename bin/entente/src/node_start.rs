//! From arguments to a running node.

use crate::{
    cli::{BlockArgs, LimitArgs, NodeArgs, PoolArgs, RpcArgs, StorageArgs},
    data_dir::DataDir,
    exit::{Code, Failure},
};
use entente_chain::{BaseFeeRule, ChainSpec, EngineConfig, Genesis};
use entente_consensus::{Engine, Follower, Solo, SoloConfig};
use entente_node::{BuildConfig, Chain, ChainConfig, Pruning};
use entente_pool::PoolConfig;
use entente_rpc::{Endpoint, Limits, RpcConfig, RpcServer};
use entente_store::{Store, StoreOptions};
use std::{net::SocketAddr, path::Path, sync::Arc};

/// Bytes for code prepared for the interpreter.
const CODE_CACHE: u64 = 64 * 1024 * 1024;

/// What web3_clientVersion says.
pub(crate) fn client_version() -> String {
    format!(
        "entente/v{}/{}-{}/rust",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH
    )
}

/// Opens a chain's store, in its data directory or in memory.
pub(crate) fn open_store(
    dir: Option<&DataDir>,
    cache_mb: u64,
    genesis: &Genesis,
) -> Result<Store, Failure> {
    let options = StoreOptions {
        cache_bytes: cache_mb.saturating_mul(1024 * 1024),
        ..StoreOptions::default()
    };
    let (store, recovery) = match dir {
        Some(dir) => Store::open(dir.chain(), options, genesis)?,
        None => Store::open_in_memory(options, genesis)?,
    };
    if recovery.to_replay > 0 {
        tracing::info!(
            target: "entente::store",
            flushed = recovery.flushed,
            blocks = recovery.to_replay,
            "the log holds blocks beyond the written state; they are executed again"
        );
    }
    Ok(store)
}

/// The engine that a chain's genesis file and the arguments ask for.
pub(crate) fn engine(spec: &ChainSpec, args: &BlockArgs) -> Result<Box<dyn Engine>, Failure> {
    if args.follow {
        return Ok(Box::new(Follower::new()));
    }
    match &spec.engine {
        EngineConfig::Solo => Ok(Box::new(Solo::new(SoloConfig {
            period_ms: args
                .block_period_ms
                .or(spec.solo.block_period_ms)
                .filter(|period| *period > 0),
            empty_blocks: args.empty_blocks || spec.solo.empty_blocks.unwrap_or(false),
            beneficiary: args.miner_coinbase,
            ..SoloConfig::default()
        }))),
        EngineConfig::Ethash { .. } => Err(Failure::configuration(
            "this is a proof-of-work chain: it can be followed and served, not extended; start with --follow",
        )),
        EngineConfig::Section { key, .. } => Err(Failure::configuration(format!(
            "the genesis file asks for the engine `{key}`, which this version does not run yet; start with --follow to serve the chain's imported blocks"
        ))),
    }
}

pub(crate) const fn pruning(history_blocks: Option<u64>) -> Pruning {
    match history_blocks {
        Some(blocks) => Pruning::Blocks(blocks),
        None => Pruning::Archive,
    }
}

fn pool_config(args: &PoolArgs, spec: &ChainSpec) -> PoolConfig {
    let defaults = PoolConfig::default();
    PoolConfig {
        max_initcode_bytes: spec
            .contract_size_limit
            .map_or(defaults.max_initcode_bytes, |limit| limit.saturating_mul(2)),
        // Where the fee is fixed no cheaper block will come, and waiting for one would be waiting for ever.
        refuse_below_base_fee: matches!(spec.base_fee, BaseFeeRule::Fixed(_)),
        max_bytes: usize::try_from(args.tx_pool_mb.saturating_mul(1024 * 1024))
            .unwrap_or(usize::MAX),
        max_transactions_per_sender: args.tx_pool_limit_by_sender,
        price_bump_percent: args.tx_pool_price_bump,
        queued_lifetime_ms: args.tx_pool_queued_minutes.saturating_mul(60_000),
        min_gas_price: args.min_gas_price,
        ..defaults
    }
}

/// Starts a chain on its store.
pub(crate) fn start_chain(
    genesis: &Genesis,
    dir: Option<&DataDir>,
    storage: &StorageArgs,
    blocks: &BlockArgs,
    pool: &PoolArgs,
) -> Result<Chain, Failure> {
    if blocks.miner_extra_data.len() > 32 {
        return Err(Failure::configuration(format!(
            "--miner-extra-data: found {} bytes, expected at most 32",
            blocks.miner_extra_data.len()
        )));
    }
    let spec = Arc::new(genesis.spec.clone());
    let engine = engine(&spec, blocks)?;
    let store = open_store(dir, storage.cache_mb, genesis)?;
    let config = ChainConfig {
        build: BuildConfig {
            extra_data: blocks.miner_extra_data.clone(),
            gas_limit_target: blocks.target_gas_limit.unwrap_or(genesis.header.gas_limit),
        },
        pool: pool_config(pool, &genesis.spec),
        pool_journal: dir.map(DataDir::pool_journal),
        pruning: pruning(storage.history_blocks),
        code_cache_bytes: CODE_CACHE,
    };
    // Nobody to send to: engines that speak to peers come with the network.
    Ok(Chain::start(store, spec, engine, config, |_| {})?)
}

fn limits(args: &LimitArgs) -> Limits {
    Limits {
        connections: args.rpc_max_active_connections,
        request_bytes: args.rpc_max_request_bytes,
        response_bytes: args.rpc_max_response_bytes,
        batch: args.rpc_max_batch_size,
        logs_range: args.rpc_max_logs_range,
        gas_cap: args.rpc_gas_cap,
        call_timeout: std::time::Duration::from_millis(args.rpc_call_timeout_ms),
        subscriptions: args.rpc_max_subscriptions,
        trace_filter_blocks: args.rpc_max_trace_filter_range,
        trace_bytes: args.rpc_max_trace_mb.saturating_mul(1024 * 1024),
        ..Limits::default()
    }
}

/// The endpoints that the arguments ask for.
pub(crate) fn rpc_config(
    args: &RpcArgs,
    limit_args: &LimitArgs,
    dir: Option<&DataDir>,
) -> Result<RpcConfig, Failure> {
    let endpoint = |host, port, api: &[String]| -> Result<Endpoint, Failure> {
        Ok(Endpoint {
            address: SocketAddr::new(host, port),
            namespaces: entente_rpc::parse_namespaces(api).map_err(Failure::configuration)?,
            cors_origins: args.rpc_http_cors_origins.clone(),
            allowed_hosts: args.host_allowlist.clone(),
        })
    };
    let ipc = match &args.rpc_ipc_path {
        Some(path) if path.as_os_str().is_empty() => dir.map(DataDir::ipc),
        other => other.clone(),
    };
    Ok(RpcConfig {
        http: args
            .rpc_http_enabled
            .then(|| endpoint(args.rpc_http_host, args.rpc_http_port, &args.rpc_http_api))
            .transpose()?,
        ws: args
            .rpc_ws_enabled
            .then(|| endpoint(args.rpc_ws_host, args.rpc_ws_port, &args.rpc_ws_api))
            .transpose()?,
        ipc,
        limits: limits(limit_args),
        dialect: args.rpc_dialect.into(),
    })
}

/// A node with its chain and its endpoints.
pub(crate) struct RunningNode {
    pub(crate) chain: Chain,
    pub(crate) rpc: RpcServer,
}

impl RunningNode {
    /// Starts everything. Must be called within a tokio runtime.
    pub(crate) async fn start(
        genesis: &Genesis,
        dir: Option<&DataDir>,
        args: &NodeArgs,
    ) -> Result<Self, Failure> {
        let rpc_config = rpc_config(&args.rpc, &args.limits, dir)?;
        let chain = start_chain(genesis, dir, &args.storage, &args.blocks, &args.pool)?;
        match RpcServer::start(chain.clone(), rpc_config, client_version()).await {
            Ok(rpc) => Ok(Self { chain, rpc }),
            Err(error) => {
                chain.stop()?;
                Err(Failure::new(Code::Busy, error.to_string()))
            }
        }
    }

    /// Stops taking requests, then the chain; what was acknowledged is on disk.
    pub(crate) async fn stop(self) -> Result<(), Failure> {
        self.rpc.stop().await;
        Ok(self.chain.stop()?)
    }
}

/// The data directory of a node, None when it lives in memory.
pub(crate) fn data_dir(storage: &StorageArgs) -> Result<Option<DataDir>, Failure> {
    (!storage.in_memory).then(|| DataDir::create(Path::new(&storage.data_path))).transpose()
}
