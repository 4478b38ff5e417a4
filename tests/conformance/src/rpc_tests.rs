//! Requests and the answers that they must get, replayed over HTTP against our server: the execution API's of 2023 and Besu's.
//!
//! Results, error codes and HTTP statuses must be equal; error texts need not.

use crate::{
    chains::{Source, import_all, open},
    fixtures::Fixtures,
    json,
    report::Outcome,
};
use alloy_primitives::Bytes;
use entente_consensus::{Solo, SoloConfig};
use entente_node::{BuildConfig, Chain, ChainConfig, Pruning};
use entente_pool::PoolConfig;
use entente_rpc::{Dialect, Endpoint, Namespace, RpcConfig, RpcServer};
use serde::Deserialize;
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::runtime::Runtime;

/// The execution API's cases on a chain of Shanghai.
pub(crate) fn shanghai(fixtures: &Fixtures) -> Result<Vec<Outcome>, String> {
    standard(fixtures, "rpc-compat/shanghai-2023-07")
}

/// The execution API's cases on a chain of Cancun.
pub(crate) fn cancun(fixtures: &Fixtures) -> Result<Vec<Outcome>, String> {
    standard(fixtures, "rpc-compat/cancun-2023-10")
}

fn standard(fixtures: &Fixtures, folder: &str) -> Result<Vec<Outcome>, String> {
    let source =
        Source::new(fixtures, &format!("{folder}/genesis.json"), &format!("{folder}/chain.rlp"));
    let runtime = Runtime::new().map_err(|error| error.to_string())?;
    let chain = start(&source)?;
    let server = Server::start(&runtime, &chain, Dialect::Before2024)?;
    let outcomes = sends_last(fixtures.files(folder, "io")?)
        .iter()
        .map(|file| Outcome::of(fixtures.name(folder, file), || replay(&server, file)))
        .collect();
    server.stop(&runtime);
    chain.stop().map_err(|error| error.to_string())?;
    Ok(outcomes)
}

/// What sends a transaction changes the pool for those that come after.
fn sends_last(mut files: Vec<PathBuf>) -> Vec<PathBuf> {
    files.sort_by_key(|file| (file.to_string_lossy().contains("send"), file.clone()));
    files
}

/// A file of `>> request` and `<< response` lines.
fn replay(server: &Server, file: &Path) -> Result<(), String> {
    let text = fs::read_to_string(file).map_err(|error| error.to_string())?;
    let mut request = None;
    for line in text.lines() {
        if let Some(asked) = line.strip_prefix(">> ") {
            request = Some(asked);
        } else if let Some(expected) = line.strip_prefix("<< ") {
            let asked = request.take().ok_or("a response without its request")?;
            let (status, answer) = server.post(asked)?;
            if status != 200 {
                return Err(format!("HTTP status {status}, expected 200"));
            }
            let expected = serde_json::from_str(expected).map_err(|error| error.to_string())?;
            differs(&expected, &answer).map_or(Ok(()), Err)?;
        }
    }
    if request.is_some() { Err("a request without its response".into()) } else { Ok(()) }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct BesuCase {
    request: Value,
    response: Value,
    status_code: u16,
}

/// Besu's cases, each with a server of its own on one chain, as Besu's tests have it.
pub(crate) fn besu(fixtures: &Fixtures) -> Result<Vec<Outcome>, String> {
    const FOLDER: &str = "besu/jsonrpc";
    let source =
        Source::new(fixtures, "besu/blocks/testGenesis.json", "besu/blocks/testBlockchain.blocks");
    let runtime = Runtime::new().map_err(|error| error.to_string())?;
    let chain = start(&source)?;
    let mut outcomes = Vec::new();
    for file in sends_last(fixtures.files(FOLDER, "json")?) {
        let server = Server::start(&runtime, &chain, Dialect::Current)?;
        let case = || {
            let case: BesuCase = json::read(&file)?;
            let (status, answer) = server.post(&case.request.to_string())?;
            if status != case.status_code {
                return Err(format!("HTTP status {status}, expected {}", case.status_code));
            }
            differs(&case.response, &answer).map_or(Ok(()), Err)
        };
        outcomes.push(Outcome::of(fixtures.name(FOLDER, &file), case));
        server.stop(&runtime);
    }
    chain.stop().map_err(|error| error.to_string())?;
    Ok(outcomes)
}

/// A chain with the blocks of a file, ready for requests.
fn start(source: &Source) -> Result<Chain, String> {
    let genesis = source.genesis()?;
    let ledger = open(&genesis)?;
    import_all(&ledger, source)?;
    let store = ledger.store().clone();
    let config = ChainConfig {
        build: BuildConfig { extra_data: Bytes::new(), gas_limit_target: genesis.header.gas_limit },
        pool: PoolConfig::default(),
        pool_journal: None,
        pruning: Pruning::Archive,
        code_cache_bytes: 1 << 20,
    };
    let engine = Box::new(Solo::new(SoloConfig::default()));
    Chain::start(store, ledger.spec().clone(), engine, config, |_| {})
        .map_err(|error| error.to_string())
}

/// Our HTTP endpoint, every namespace open.
struct Server {
    server: RpcServer,
    address: SocketAddr,
}

impl Server {
    fn start(runtime: &Runtime, chain: &Chain, dialect: Dialect) -> Result<Self, String> {
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let endpoint = Endpoint { namespaces: Namespace::ALL.into(), ..Endpoint::at(anywhere) };
        let config = RpcConfig { http: Some(endpoint), dialect, ..RpcConfig::default() };
        let server = runtime
            .block_on(RpcServer::start(chain.clone(), config, "entente/conformance".into()))
            .map_err(|error| error.to_string())?;
        let address = server.http_address().ok_or("the server does not listen")?;
        Ok(Self { server, address })
    }

    fn stop(self, runtime: &Runtime) {
        runtime.block_on(self.server.stop());
    }

    /// Posts a body; gives the HTTP status and the parsed answer.
    fn post(&self, body: &str) -> Result<(u16, Value), String> {
        let text = exchange(self.address, body).map_err(|error| format!("the server: {error}"))?;
        let (head, body) =
            text.split_once("\r\n\r\n").ok_or_else(|| format!("no HTTP answer: {text}"))?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| format!("no HTTP status: {head}"))?;
        let answer = serde_json::from_str(body)
            .map_err(|error| format!("the answer is not JSON ({error}): {body}"))?;
        Ok((status, answer))
    }
}

fn exchange(address: SocketAddr, body: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    // A server that never answers is a failure of one case, not of the run.
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    write!(
        stream,
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}

/// How an answer differs from the one expected, if it does. Batches are compared answer by answer.
fn differs(expected: &Value, answer: &Value) -> Option<String> {
    if let (Value::Array(expected), Value::Array(answer)) = (expected, answer) {
        if expected.len() != answer.len() {
            return Some(format!("{} answers, expected {}", answer.len(), expected.len()));
        }
        return expected
            .iter()
            .zip(answer)
            .find_map(|(expected, answer)| differs(expected, answer));
    }
    if expected["id"] != answer["id"] || expected["error"]["code"] != answer["error"]["code"] {
        return Some(format!("the answer is {answer}, expected {expected}"));
    }
    difference("result", &expected["result"], &answer["result"])
}

fn difference(at: &str, expected: &Value, found: &Value) -> Option<String> {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            let names: BTreeSet<_> = expected.keys().chain(found.keys()).collect();
            names.into_iter().find_map(|name| match (expected.get(name), found.get(name)) {
                (Some(expected), Some(found)) => {
                    difference(&format!("{at}.{name}"), expected, found)
                }
                (Some(expected), None) => {
                    Some(format!("{at}.{name} is missing, expected {expected}"))
                }
                (None, _) => Some(format!("{at}.{name} is there, but not expected")),
            })
        }
        (Value::Array(expected), Value::Array(found)) if expected.len() == found.len() => {
            expected.iter().zip(found).enumerate().find_map(|(index, (expected, found))| {
                difference(&format!("{at}[{index}]"), expected, found)
            })
        }
        (expected, found) => {
            (expected != found).then(|| format!("{at} is {found}, expected {expected}"))
        }
    }
}
