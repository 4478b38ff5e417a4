//! What can be said on the command line: one struct a command, one a concern.

mod limits;
mod node;
mod rpc;

pub(crate) use limits::LimitArgs;
pub(crate) use node::{BlockArgs, NodeArgs, PoolArgs, StorageArgs};
pub(crate) use rpc::RpcArgs;

use crate::logging::LogFormat;
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  entente quickstart                              a chain with a letter of credit played on it, left running
  entente node --dev                              an empty development chain on http://127.0.0.1:8545
  entente node --genesis-file genesis.json --data-path /var/lib/entente
  entente genesis check genesis.json              what a genesis file says
  entente chain import --genesis-file genesis.json --data-path DIR blocks.rlp

Every flag of `entente node` can stand in entente.toml under its own name, and in the environment as ENTENTE_ and its name in capitals with
underscores; flags win over the environment, the environment over the file.

Exit codes: 0 done, 1 failed, 2 wrong command line, 3 wrong configuration or genesis, 4 data directory or port in use, 5 damaged data, 6 invalid block.";

/// The enterprise ledger in one binary: runs Ethereum applications for companies that share a record without trusting one operator.
#[derive(Debug, Parser)]
#[command(name = "entente", version, after_help = EXAMPLES, max_term_width = 120)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) logging: LoggingArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Logs go to standard error.
#[derive(Clone, Debug, Args)]
pub(crate) struct LoggingArgs {
    /// Level (off, error, warn, info, debug, trace), or directives by target: info,entente::pool=debug
    #[arg(
        long,
        short = 'l',
        global = true,
        env = "ENTENTE_LOGGING",
        value_name = "LEVEL",
        help_heading = "Logging"
    )]
    pub(crate) logging: Option<String>,
    /// How log lines look
    #[arg(
        long,
        global = true,
        env = "ENTENTE_LOG_FORMAT",
        value_enum,
        default_value_t,
        help_heading = "Logging"
    )]
    pub(crate) log_format: LogFormat,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start a chain, play a letter of credit between nine parties on it, and leave the node running
    Quickstart(QuickstartArgs),
    /// Run a node
    Node(Box<NodeArgs>),
    /// Look at genesis files
    #[command(subcommand)]
    Genesis(GenesisCommand),
    /// Move blocks in and out of a data directory (its node must not be running)
    #[command(subcommand)]
    Chain(ChainCommand),
    /// Look after a data directory (its node must not be running)
    #[command(subcommand)]
    Db(DbCommand),
    /// Make and look at node keys
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Print a completion script for a shell
    Completions {
        /// Which shell
        shell: Shell,
    },
    /// Print the reference pages of the book
    #[command(hide = true)]
    Reference {
        /// Which page: cli, config or rpc
        page: String,
    },
}

impl Command {
    /// Commands that talk to a person keep their logs to what goes wrong.
    pub(crate) const fn default_level(&self) -> &'static str {
        match self {
            Self::Node(_) => "info",
            _ => "warn",
        }
    }
}

/// `entente quickstart`
#[derive(Clone, Debug, Args)]
pub(crate) struct QuickstartArgs {
    /// Where to keep the chain; a temporary directory, removed at the end, when not given
    #[arg(long, value_name = "DIR")]
    pub(crate) data_path: Option<PathBuf>,
    /// Port for JSON-RPC over HTTP; WebSocket takes the next. Another is taken when it is in use
    #[arg(long, default_value_t = 8545, value_name = "PORT")]
    pub(crate) rpc_http_port: u16,
    /// End after the letter of credit instead of leaving the node running
    #[arg(long)]
    pub(crate) exit: bool,
}

/// `entente genesis …`
#[derive(Debug, Subcommand)]
pub(crate) enum GenesisCommand {
    /// Explain a genesis file: forks, engine, validators, hash; say what is wrong with it
    Check {
        /// The genesis file, as Besu, geth or GoQuorum write it
        file: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// Which chain a maintenance command works on.
#[derive(Clone, Debug, Args)]
pub(crate) struct ChainArgs {
    /// The chain's genesis file
    #[arg(
        long,
        env = "ENTENTE_GENESIS_FILE",
        value_name = "FILE",
        required_unless_present = "dev"
    )]
    pub(crate) genesis_file: Option<PathBuf>,
    /// The development chain of `entente node --dev`
    #[arg(long, conflicts_with = "genesis_file")]
    pub(crate) dev: bool,
    /// The data directory
    #[arg(long, env = "ENTENTE_DATA_PATH", default_value = "entente-data", value_name = "DIR")]
    pub(crate) data_path: PathBuf,
}

/// `entente chain …`
#[derive(Debug, Subcommand)]
pub(crate) enum ChainCommand {
    /// Import blocks from an RLP file (blocks one after another); resumes where an earlier import ended
    Import {
        #[command(flatten)]
        chain: ChainArgs,
        /// Take blocks without checking the seals of their consensus engine; everything else is checked
        #[arg(long)]
        no_seals: bool,
        /// Keep state history of this many blocks only
        #[arg(long, value_name = "BLOCKS")]
        history_blocks: Option<u64>,
        /// The files, in order
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Export blocks to an RLP file
    Export {
        #[command(flatten)]
        chain: ChainArgs,
        /// First block
        #[arg(long, default_value_t = 0)]
        from: u64,
        /// Last block; the head when not given
        #[arg(long)]
        to: Option<u64>,
        /// The file to write; must not exist
        file: PathBuf,
    },
    /// Check an RLP file of blocks against a genesis file by executing them in memory; nothing is kept
    Verify {
        /// The chain's genesis file
        #[arg(long, value_name = "FILE")]
        genesis_file: PathBuf,
        /// Do not check the seals of the consensus engine
        #[arg(long)]
        no_seals: bool,
        /// The file
        file: PathBuf,
    },
}

/// `entente db …`
#[derive(Debug, Subcommand)]
pub(crate) enum DbCommand {
    /// Verify a data directory: checksums, links between blocks, state roots; say what is wrong and where
    Check {
        #[command(flatten)]
        chain: ChainArgs,
    },
    /// Say what a data directory holds
    Stats {
        #[command(flatten)]
        chain: ChainArgs,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// `entente keys …`
#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a node key: 32 random bytes in hex, readable by its owner only (Besu's `key` file)
    New {
        /// The file to write; must not exist
        #[arg(default_value = "key")]
        file: PathBuf,
    },
    /// Show public key, address and enode id of a key file
    Inspect {
        /// The file
        #[arg(default_value = "key")]
        file: PathBuf,
    },
}
