//! How fast is the whole?
//!
//! `import`: a chain of ERC-20 transfers is made, then imported into a fresh directory, with the CPU time of every part. `rpc`: a node answers
//! `eth_getBalance` and `eth_call` as fast as a client on the same machine can ask. Figures are CPU time where they can be: it does not lie
//! on a shared machine.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod import;
mod memory;
mod rpc;
mod workload;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "entente-bench", about = "Benchmarks of Entente as a whole")]
struct Cli {
    #[command(subcommand)]
    bench: Bench,
}

#[derive(Subcommand)]
enum Bench {
    /// Import a chain of ERC-20 transfers
    Import(import::ImportArgs),
    /// Ask a node over HTTP
    Rpc(rpc::RpcArgs),
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    entente_chain::install_crypto();
    match Cli::parse().bench {
        Bench::Import(args) => import::run(&args),
        Bench::Rpc(args) => rpc::run(&args),
    }
}
