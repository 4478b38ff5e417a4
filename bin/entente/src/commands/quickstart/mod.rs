//! `entente quickstart`: a chain, a letter of credit played on it by nine parties, and the node left running.

mod client;
mod letter;
mod parties;
mod story;

use crate::{
    cli::{Cli, Command, NodeArgs, QuickstartArgs},
    commands::{node, say},
    data_dir::DataDir,
    exit::Failure,
    node_start::RunningNode,
};
use clap::Parser;
use entente_chain::Genesis;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

pub(super) fn run(args: &QuickstartArgs) -> Result<(), Failure> {
    let dir = args.data_path.as_deref().map(DataDir::create).transpose()?;
    let port = free_port(args.rpc_http_port);
    let ws_port = free_port(port.wrapping_add(1).max(1024));
    let node_args = node_args(port, ws_port)?;
    node::runtime()?.block_on(async {
        let node = RunningNode::start(&Genesis::dev(), dir.as_ref(), &node_args).await?;
        let played = play(&node, args, port, ws_port).await;
        match played {
            Ok(()) if !args.exit => node::until_stopped().await,
            _ => {}
        }
        node.stop().await?;
        played
    })
}

/// The arguments of `entente node --dev`, as its own command line would give them.
fn node_args(port: u16, ws_port: u16) -> Result<NodeArgs, Failure> {
    let line = [
        "entente".to_owned(),
        "node".into(),
        "--dev".into(),
        format!("--rpc-http-port={port}"),
        format!("--rpc-ws-port={ws_port}"),
        "--rpc-http-api=ETH,NET,WEB3,TXPOOL,DEBUG,TRACE".into(),
        "--rpc-ws-api=ETH,NET,WEB3,TXPOOL,DEBUG,TRACE".into(),
        // A wallet in the browser calls from any page.
        "--rpc-http-cors-origins=*".into(),
    ];
    match Cli::try_parse_from(line).map_err(Failure::other)?.command {
        Command::Node(args) => Ok(*args),
        _ => Err(Failure::other("the node's arguments could not be put together")),
    }
}

/// The wanted port, or a free one when somebody listens there.
fn free_port(wanted: u16) -> u16 {
    let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpListener::bind(local(wanted))
        .or_else(|_| TcpListener::bind(local(0)))
        .and_then(|listener| listener.local_addr())
        .map_or(wanted, |address| address.port())
}

async fn play(
    node: &RunningNode,
    args: &QuickstartArgs,
    port: u16,
    ws_port: u16,
) -> Result<(), Failure> {
    let head = node.chain.head();
    say(format_args!(
        "A chain of your own: id {}, engine {}, block {}",
        node.chain.spec().chain_id,
        node.chain.engine().name,
        head.number
    ));
    say(format_args!("JSON-RPC at http://127.0.0.1:{port} and ws://127.0.0.1:{ws_port}"));
    if port != args.rpc_http_port {
        say(format_args!("(port {} is in use)", args.rpc_http_port));
    }
    story::tell(SocketAddr::from((Ipv4Addr::LOCALHOST, port)), head.timestamp).await?;
    if args.exit {
        return Ok(());
    }
    say("");
    say("The node is running. Try:");
    say(format_args!("  cast block latest --rpc-url http://127.0.0.1:{port}"));
    say(format_args!("  curl -s http://127.0.0.1:{port} -H 'content-type: application/json' \\"));
    say("    -d '{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_blockNumber\",\"params\":[]}'");
    say(format_args!(
        "  a browser wallet: network http://127.0.0.1:{port}, chain id {}, currency ETH; import one of the keys of",
        node.chain.spec().chain_id
    ));
    say(
        "    \"test test test test test test test test test test test junk\" (ten accounts with 10,000 ETH; never use them elsewhere)",
    );
    say(
        "  entente node --help for a chain that stays; contracts/README.md for the letter of credit",
    );
    say("Ctrl-C ends it.");
    Ok(())
}
