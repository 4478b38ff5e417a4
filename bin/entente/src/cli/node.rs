//! `entente node`.

use super::{LimitArgs, RpcArgs};
use alloy_primitives::{Address, Bytes};
use clap::Args;
use std::path::PathBuf;

/// `entente node`
#[derive(Clone, Debug, Args)]
pub(crate) struct NodeArgs {
    /// Configuration file; entente.toml in the working directory when it exists
    #[arg(long = "config-file", env = "ENTENTE_CONFIG_FILE", value_name = "FILE")]
    pub(crate) config_file: Option<PathBuf>,
    /// The chain's genesis file
    #[arg(long, env = "ENTENTE_GENESIS_FILE", value_name = "FILE")]
    pub(crate) genesis_file: Option<PathBuf>,
    /// A development chain: id 1337, every fork, ten funded accounts whose keys everybody knows
    #[arg(long, env = "ENTENTE_DEV")]
    pub(crate) dev: bool,
    #[command(flatten)]
    pub(crate) storage: StorageArgs,
    #[command(flatten)]
    pub(crate) blocks: BlockArgs,
    #[command(flatten)]
    pub(crate) pool: PoolArgs,
    #[command(flatten)]
    pub(crate) rpc: RpcArgs,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
}

/// What is kept, and where.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Storage")]
pub(crate) struct StorageArgs {
    /// Data directory
    #[arg(
        long,
        alias = "data-dir",
        env = "ENTENTE_DATA_PATH",
        default_value = "entente-data",
        value_name = "DIR"
    )]
    pub(crate) data_path: PathBuf,
    /// Keep state history of this many blocks; all of it when not given
    #[arg(long, env = "ENTENTE_HISTORY_BLOCKS", value_name = "BLOCKS", value_parser = clap::value_parser!(u64).range(128..))]
    pub(crate) history_blocks: Option<u64>,
    /// Memory for cached state, in MiB
    #[arg(long, env = "ENTENTE_CACHE_MB", default_value_t = 128, value_name = "MIB")]
    pub(crate) cache_mb: u64,
    /// Keep everything in memory; nothing survives the end
    #[arg(long, env = "ENTENTE_IN_MEMORY")]
    pub(crate) in_memory: bool,
}

/// How blocks are made.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Blocks")]
pub(crate) struct BlockArgs {
    /// Milliseconds between blocks of a solo chain; a block at once when transactions wait if not given
    #[arg(long, env = "ENTENTE_BLOCK_PERIOD_MS", value_name = "MS", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) block_period_ms: Option<u64>,
    /// Make blocks without transactions too, when a period is set
    #[arg(long, env = "ENTENTE_EMPTY_BLOCKS", requires = "block_period_ms")]
    pub(crate) empty_blocks: bool,
    /// Who is paid for blocks made here
    #[arg(long, env = "ENTENTE_MINER_COINBASE", default_value_t, value_name = "ADDRESS")]
    pub(crate) miner_coinbase: Address,
    /// Extra data of blocks made here, at most 32 bytes
    #[arg(long, env = "ENTENTE_MINER_EXTRA_DATA", default_value = "0x", value_name = "HEX")]
    pub(crate) miner_extra_data: Bytes,
    /// Gas limit that blocks made here move towards; the genesis block's when not given
    #[arg(long, env = "ENTENTE_TARGET_GAS_LIMIT", value_name = "GAS")]
    pub(crate) target_gas_limit: Option<u64>,
    /// Only follow and serve the chain, make no blocks
    #[arg(long, env = "ENTENTE_FOLLOW")]
    pub(crate) follow: bool,
}

/// Waiting transactions.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Transaction pool")]
pub(crate) struct PoolArgs {
    /// Bytes that all waiting transactions may take, in MiB
    #[arg(long, env = "ENTENTE_TX_POOL_MB", default_value_t = 256, value_name = "MIB")]
    pub(crate) tx_pool_mb: u64,
    /// Transactions of one sender that may wait
    #[arg(
        long,
        env = "ENTENTE_TX_POOL_LIMIT_BY_SENDER",
        default_value_t = 65_536,
        value_name = "COUNT"
    )]
    pub(crate) tx_pool_limit_by_sender: usize,
    /// Percent by which a replacement must pay more
    #[arg(long, env = "ENTENTE_TX_POOL_PRICE_BUMP", default_value_t = 10, value_name = "PERCENT")]
    pub(crate) tx_pool_price_bump: u32,
    /// Minutes after which a transaction that can't be executed yet is dropped
    #[arg(
        long,
        env = "ENTENTE_TX_POOL_QUEUED_MINUTES",
        default_value_t = 180,
        value_name = "MINUTES"
    )]
    pub(crate) tx_pool_queued_minutes: u64,
    /// Lowest price per gas taken into the pool, in wei
    #[arg(long, env = "ENTENTE_MIN_GAS_PRICE", default_value_t = 0, value_name = "WEI")]
    pub(crate) min_gas_price: u128,
}
