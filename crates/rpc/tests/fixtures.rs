//! Published request and response pairs, replayed over HTTP: the execution API's of 2023 and Besu's. Results, error codes and HTTP statuses must be
//! equal; error texts need not.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

mod support;

use entente_chain::{Block, BlockFile, Genesis};
use entente_rpc::{Dialect, RpcConfig};
use serde_json::Value;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};
use support::{Node, everything};

/// The folder of an unpacked archive; None, with a line that says so, where it is absent.
fn unpacked(archive: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures");
    let folder = env::var_os("ENTENTE_FIXTURES").map_or_else(beside, PathBuf::from);
    let file = folder.join(format!("{archive}.tar.xz"));
    let Ok(found) = fs::metadata(&file) else {
        eprintln!("skipped: needs {archive}.tar.xz in ../shared/fixtures or $ENTENTE_FIXTURES");
        return None;
    };
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{archive}-{}", found.len()));
    if !root.is_dir() {
        // Tests run side by side: each unpacks aside, the first to finish wins the name.
        let id = (std::process::id(), std::thread::current().id());
        let aside = root.with_extension(format!("{}-{:?}", id.0, id.1));
        fs::create_dir_all(&aside).unwrap();
        let status = Command::new("tar").arg("xJf").arg(&file).arg("-C").arg(&aside).status();
        assert!(status.unwrap().success(), "tar could not unpack {}", file.display());
        if fs::rename(&aside, &root).is_err() {
            fs::remove_dir_all(&aside).unwrap();
        }
    }
    Some(root)
}

fn genesis(path: &Path) -> Genesis {
    Genesis::from_json(&fs::read_to_string(path).unwrap(), "genesis.json").unwrap()
}

fn blocks(path: &Path) -> Vec<Block> {
    BlockFile::new(fs::File::open(path).unwrap()).collect::<Result<_, _>>().unwrap()
}

/// Files under a folder with an ending, those that change the chain last.
fn cases(root: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == ending) {
                found.push(path);
            }
        }
    }
    found.sort_by_key(|path| (path.to_string_lossy().contains("send"), path.clone()));
    found
}

/// Whether an answer is the one expected: results equal, error codes equal. `comment`s in the expectation are for people.
fn differs(expected: &Value, actual: &Value) -> Option<String> {
    if let (Value::Array(expected), Value::Array(actual)) = (expected, actual) {
        if expected.len() != actual.len() {
            return Some("another number of answers".into());
        }
        return expected
            .iter()
            .zip(actual)
            .find_map(|(expected, actual)| differs(expected, actual));
    }
    if expected["id"] != actual["id"] || expected["error"]["code"] != actual["error"]["code"] {
        return Some(format!("expected {expected}\n  answered {actual}"));
    }
    difference("result", &expected["result"], &actual["result"])
}

fn difference(at: &str, expected: &Value, actual: &Value) -> Option<String> {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => {
            let names: std::collections::BTreeSet<_> =
                expected.keys().chain(actual.keys()).collect();
            names.into_iter().find_map(|name| match (expected.get(name), actual.get(name)) {
                (Some(one), Some(other)) => difference(&format!("{at}.{name}"), one, other),
                (Some(one), None) => Some(format!("{at}.{name}: expected {one}, which is missing")),
                (None, other) => Some(format!("{at}.{name}: not expected, but there: {other:?}")),
            })
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => one
            .iter()
            .zip(other)
            .enumerate()
            .find_map(|(index, (one, other))| difference(&format!("{at}[{index}]"), one, other)),
        (one, other) => (one != other).then(|| format!("{at}: expected {one}, answered {other}")),
    }
}

async fn replay_standard(set: &str) {
    let Some(root) = unpacked("rpc-compat") else { return };
    let root = root.join(set);
    let chain =
        support::chain(&genesis(&root.join("genesis.json")), blocks(&root.join("chain.rlp")));
    let config = RpcConfig {
        http: Some(everything()),
        dialect: Dialect::Before2024,
        ..RpcConfig::default()
    };
    let node = Node::start(chain, config).await;
    let (mut failed, mut count) = (Vec::new(), 0);
    for case in cases(&root, "io") {
        let text = fs::read_to_string(&case).unwrap();
        let mut request = None;
        for line in text.lines() {
            if let Some(asked) = line.strip_prefix(">> ") {
                request = Some(asked.to_owned());
            } else if let Some(expected) = line.strip_prefix("<< ") {
                count += 1;
                let answer = node.post(&request.take().unwrap()).await;
                assert_eq!(answer.status, 200);
                let expected = serde_json::from_str(expected).unwrap();
                if let Some(why) = differs(&expected, &answer.json()) {
                    failed.push(format!("{}: {why}", case.strip_prefix(&root).unwrap().display()));
                }
            }
        }
    }
    node.stop().await;
    assert!(failed.is_empty(), "{} of {count} failed:\n{}", failed.len(), failed.join("\n"));
    assert!(count > 30, "only {count} cases were found");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_execution_apis_cases_of_shanghai() {
    replay_standard("shanghai-2023-07").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_execution_apis_cases_of_cancun() {
    replay_standard("cancun-2023-10").await;
}

/// Answers that Besu's tests get from something other than the chain: a pool that takes anything (the sender of that transaction has nothing), and a
/// fork id of the genesis file without the forks by which the blocks were made.
const MOCKED: &[&str] = &["eth_sendRawTransaction_transferEther", "eth_config"];

#[tokio::test(flavor = "multi_thread")]
async fn besus_cases() {
    let Some(root) = unpacked("besu") else { return };
    let file = blocks(&root.join("blocks/testBlockchain.blocks"));
    let (genesis, blocks) = support::besu::chain(&root, file);
    let chain = support::chain(&genesis, blocks);
    let (mut failed, mut count) = (Vec::new(), 0);
    for case in cases(&root.join("jsonrpc"), "json") {
        let name = case.file_stem().unwrap().to_string_lossy().into_owned();
        if MOCKED.contains(&name.as_str()) {
            continue;
        }
        count += 1;
        // A server of its own, as Besu's tests have one for each case.
        let config = RpcConfig { http: Some(everything()), ..RpcConfig::default() };
        let node = Node::start(chain.clone(), config).await;
        let spec: Value = serde_json::from_str(&fs::read_to_string(&case).unwrap()).unwrap();
        let answer = node.post(&spec["request"].to_string()).await;
        if spec["statusCode"] != answer.status {
            failed.push(format!("{name}: status {}", answer.status));
        }
        if let Some(why) = differs(&spec["response"], &answer.json()) {
            failed.push(format!("{name}: {why}"));
        }
        node.server.stop().await;
    }
    chain.stop().unwrap();
    assert!(failed.is_empty(), "{} of {count} failed:\n{}", failed.len(), failed.join("\n"));
    assert!(count > 60, "only {count} cases were found");
}
