//! `entente node`

use crate::{
    cli::{Cli, NodeArgs},
    data_dir::read_genesis,
    exit::Failure,
    node_start::{RunningNode, client_version, data_dir},
};
use clap::{CommandFactory, error::ErrorKind};
use entente_chain::Genesis;
use std::time::Duration;

/// How long a clean end may take before it is said that it still goes on.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) fn run(args: &NodeArgs) -> Result<(), Failure> {
    let genesis = genesis(args)?;
    let dir = data_dir(&args.storage)?;
    runtime()?.block_on(async move {
        let node = RunningNode::start(&genesis, dir.as_ref(), args).await?;
        announce(&node, &genesis);
        // The first state of a large network takes more memory than the node itself.
        drop(genesis);
        until_stopped().await;
        tracing::info!(target: "entente", "stopping; press Ctrl-C again to stop at once");
        stop_with_patience(node).await
    })
}

/// The chain that was asked for. That one is asked for is checked here and not by clap: the configuration file may name it.
fn genesis(args: &NodeArgs) -> Result<Genesis, Failure> {
    let wrong = |kind, text: &str| -> ! { Cli::command().error(kind, text).exit() };
    match (&args.genesis_file, args.dev) {
        (Some(path), false) => read_genesis(path),
        (None, true) => Ok(Genesis::dev()),
        (Some(path), true) => wrong(
            ErrorKind::ArgumentConflict,
            &format!(
                "both --dev and the genesis file {} are asked for (look into environment and configuration file, too): give one",
                path.display()
            ),
        ),
        (None, false) => wrong(
            ErrorKind::MissingRequiredArgument,
            "no chain is asked for: give its genesis file with --genesis-file, or --dev for a development chain",
        ),
    }
}

/// The runtime of everything asynchronous: endpoints and signals.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("io")
        .build()
        .map_err(|error| Failure::other(format!("threads could not be started: {error}")))
}

fn announce(node: &RunningNode, genesis: &Genesis) {
    let head = node.chain.head();
    tracing::info!(
        target: "entente",
        version = client_version(),
        chain_id = genesis.spec.chain_id,
        genesis = %genesis.header.hash,
        engine = node.chain.engine().name,
        head = head.number,
        "node started"
    );
    if let Some(address) = node.rpc.http_address() {
        tracing::info!(target: "entente", "listening on http://{address}");
    }
    if let Some(address) = node.rpc.ws_address() {
        tracing::info!(target: "entente", "listening on ws://{address}");
    }
    if let Some(path) = node.rpc.ipc_path() {
        tracing::info!(target: "entente", "listening on {}", path.display());
    }
}

/// Waits for Ctrl-C or SIGTERM. A second one ends the process at once, with 130 as shells expect.
pub(crate) async fn until_stopped() {
    stop_signal().await;
    tokio::spawn(async {
        stop_signal().await;
        std::process::exit(130);
    });
}

async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    // Without handlers the system's own (end at once) holds.
    let _ = tokio::signal::ctrl_c().await;
}

async fn stop_with_patience(node: RunningNode) -> Result<(), Failure> {
    let stop = node.stop();
    tokio::pin!(stop);
    loop {
        tokio::select! {
            result = &mut stop => return result,
            () = tokio::time::sleep(PATIENCE) => {
                tracing::info!(target: "entente", "still writing state to disk");
            }
        }
    }
}
