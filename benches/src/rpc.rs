//! A node asked over HTTP on the loopback interface, by a client in the same process: both share the machine's cores, and both are counted.

use crate::workload;
use alloy_primitives::{Bytes, hex};
use alloy_sol_types::SolCall;
use clap::Args;
use cpu_time::ProcessTime;
use entente_consensus::{Solo, SoloConfig};
use entente_node::{BuildConfig, Chain, ChainConfig, Pruning};
use entente_pool::PoolConfig;
use entente_rpc::{Endpoint, Limits, RpcConfig, RpcServer, parse_namespaces};
use entente_store::{Store, StoreOptions};
use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

type Anyhow = Box<dyn std::error::Error>;

/// Largest answer that the client takes.
const MAX_ANSWER: usize = 1 << 20;

#[derive(Args)]
pub(crate) struct RpcArgs {
    /// Connections of the client
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// Seconds for each figure
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Calls in a batch, for the batched figures
    #[arg(long, default_value_t = 100)]
    batch: usize,
    /// Holders in the state
    #[arg(long, default_value_t = 10_000)]
    holders: u64,
}

pub(crate) fn run(args: &RpcArgs) -> Result<(), Anyhow> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(measure(args))
}

async fn measure(args: &RpcArgs) -> Result<(), Anyhow> {
    let holders: Vec<_> = (0..args.holders).map(|index| workload::key(index).address()).collect();
    let genesis = workload::genesis(&holders, 0)?;
    let (store, _) = Store::open_in_memory(StoreOptions::default(), &genesis)?;
    let config = ChainConfig {
        build: BuildConfig { extra_data: Bytes::new(), gas_limit_target: genesis.header.gas_limit },
        pool: PoolConfig::default(),
        pool_journal: None,
        pruning: Pruning::Archive,
        code_cache_bytes: 64 << 20,
    };
    let engine = Box::new(Solo::new(SoloConfig::default()));
    let chain = Chain::start(store, Arc::new(genesis.spec.clone()), engine, config, |_| {})?;
    let endpoint = Endpoint {
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        namespaces: parse_namespaces(&["ETH".to_owned()])?,
        cors_origins: Vec::new(),
        allowed_hosts: vec!["*".into()],
    };
    let config =
        RpcConfig { http: Some(endpoint), limits: Limits::default(), ..RpcConfig::default() };
    let server = RpcServer::start(chain.clone(), config, "bench".into()).await?;
    let address = server.http_address().ok_or("the server has no HTTP endpoint")?;
    let balance = |index: usize| {
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":["{}","latest"]}}"#,
            holders[index % holders.len()]
        )
    };
    let call = |index: usize| {
        let data = workload::balanceOfCall { account: holders[index % holders.len()] }.abi_encode();
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{{"to":"{}","data":"{}"}},"latest"]}}"#,
            workload::TOKEN,
            hex::encode_prefixed(data)
        )
    };
    println!(
        "JSON-RPC over HTTP, {} connections, client and node on the same cores (aim 40,000/s)",
        args.connections
    );
    for (name, request) in
        [("eth_getBalance", &balance as &dyn Fn(usize) -> String), ("eth_call", &call)]
    {
        figure(args, address, name, 1, request).await?;
        figure(args, address, name, args.batch, request).await?;
    }
    server.stop().await;
    chain.stop()?;
    Ok(())
}

async fn figure(
    args: &RpcArgs,
    address: SocketAddr,
    name: &str,
    batch: usize,
    request: &dyn Fn(usize) -> String,
) -> Result<(), Anyhow> {
    let bodies: Vec<Vec<u8>> = (0..256)
        .map(|index| {
            let calls: Vec<_> = (0..batch).map(|offset| request(index * batch + offset)).collect();
            let body = if batch == 1 { calls.concat() } else { format!("[{}]", calls.join(",")) };
            format!("POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len())
                .into_bytes()
        })
        .collect();
    let bodies = Arc::new(bodies);
    let until = Instant::now() + Duration::from_secs(args.seconds);
    let (cpu, wall) = (ProcessTime::now(), Instant::now());
    let mut clients = Vec::new();
    for index in 0..args.connections {
        clients.push(tokio::spawn(client(address, bodies.clone(), index * 17, until)));
    }
    let mut answers = 0u64;
    for client in clients {
        answers += client.await??;
    }
    let (cpu, wall) = (cpu.elapsed(), wall.elapsed());
    let calls = answers * batch as u64;
    println!(
        "  {name:<16} {:<14} {:>8.0} calls/s   {:>5.1} us CPU a call, client included",
        if batch == 1 { "one by one".to_owned() } else { format!("batches of {batch}") },
        calls as f64 / wall.as_secs_f64(),
        cpu.as_secs_f64() * 1e6 / calls.max(1) as f64
    );
    Ok(())
}

async fn client(
    address: SocketAddr,
    bodies: Arc<Vec<Vec<u8>>>,
    offset: usize,
    until: Instant,
) -> Result<u64, std::io::Error> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut buffer = vec![0; 64 * 1024];
    let mut answers = 0;
    while Instant::now() < until {
        stream.write_all(&bodies[(offset + answers as usize) % bodies.len()]).await?;
        read_answer(&mut stream, &mut buffer).await?;
        answers += 1;
    }
    Ok(answers)
}

/// Reads one HTTP answer with a content-length; fails on anything that is not a result.
async fn read_answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<(), std::io::Error> {
    let bad = |what: &str| std::io::Error::other(what.to_owned());
    let mut filled = 0;
    loop {
        let read = stream.read(&mut buffer[filled..]).await?;
        if read == 0 {
            return Err(bad("the node closed the connection"));
        }
        filled += read;
        let answer = &buffer[..filled];
        if let Some(end) = find(answer, b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length:"))
                .and_then(|length| length.trim().parse::<usize>().ok())
                .ok_or_else(|| bad("an answer without content-length"))?;
            let whole = end + 4 + length;
            if whole > MAX_ANSWER {
                return Err(bad("an answer larger than the client takes"));
            }
            if filled >= whole {
                return if find(&answer[end..], b"\"result\"").is_some() {
                    Ok(())
                } else {
                    Err(bad("an answer without a result"))
                };
            }
            if buffer.len() < whole {
                buffer.resize(whole, 0);
            }
        }
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}
