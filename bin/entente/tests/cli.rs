//! The command line as a person meets it: what it prints, what it refuses, and with which exit code.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod node;

use alloy_primitives::{Address, B256, U64};
use entente_chain::NodeKey;
use jsonrpsee_core::rpc_params;
use node::{KEYS, TestNode, entente, transfer};
use std::{fs, path::Path, process::Output};

const GENESIS: &str = r#"{
  "config": {"chainId": 77, "londonBlock": 0, "shanghaiTime": 0, "terminalTotalDifficulty": 0, "entente": {"engine": "solo"}},
  "gasLimit": "0x1c9c380", "difficulty": "0x0",
  "alloc": {"f39Fd6e51aad88F6F4ce6aB8827279cffFb92266": {"balance": "1000"}}
}"#;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[track_caller]
fn ends_with(output: &Output, code: i32, said: &str) {
    let all = format!("{}{}", text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{all}");
    assert!(all.contains(said), "expected {said:?} in:\n{all}");
}

fn str(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn quickstart_plays_the_letter_to_its_end() {
    let output = entente(&["quickstart", "--exit", "--rpc-http-port=0"]);
    ends_with(&output, 0, "passes the funds on to the exporter");
    let said = text(&output.stdout);
    assert!(said.contains("WrongState: the letter is ready for shipment"), "{said}");
    assert!(said.contains("Exporter holds 250000.00"), "{said}");
    // One line of the audit trail for each of the twelve steps.
    assert_eq!(said.lines().filter(|line| line.starts_with("  block ")).count(), 12, "{said}");
}

#[test]
fn a_genesis_file_is_explained_and_a_wrong_one_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("genesis.json");
    fs::write(&file, GENESIS).unwrap();
    let output = entente(&["genesis", "check", str(&file)]);
    ends_with(&output, 0, "chain id      77");
    ends_with(&output, 0, "Shanghai");
    let output = entente(&["genesis", "check", "--json", str(&file)]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(json.is_object());
    fs::write(&file, GENESIS.replace("\"1000\"", "\"a lot\"")).unwrap();
    let output = entente(&["genesis", "check", str(&file)]);
    ends_with(&output, 3, "genesis.json");
    ends_with(&output, 3, "balance");
    ends_with(&entente(&["genesis", "check", "nowhere.json"]), 3, "nowhere.json");
}

#[test]
fn configuration_names_the_key_that_was_meant() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("entente.toml");
    let config = format!("--config-file={}", str(&file));
    fs::write(&file, "rpc-http-prot = 1234\n").unwrap();
    ends_with(&entente(&["node", "--dev", &config]), 3, "did you mean `rpc-http-port`?");
    fs::write(&file, "dev = \"perhaps\"\n").unwrap();
    ends_with(&entente(&["node", &config]), 3, "expected true or false");
    fs::write(&file, "genesis-file = \"nowhere.json\"\n").unwrap();
    // The file names the genesis, so the command line need not.
    ends_with(&entente(&["node", &config]), 3, "nowhere.json");
    ends_with(&entente(&["node"]), 2, "--genesis-file");
    ends_with(&entente(&["node", "--dev", "--logging=loud=very"]), 3, "loud=very");
}

#[test]
fn keys_are_made_once_and_shown() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("key");
    let made = entente(&["keys", "new", str(&file)]);
    ends_with(&made, 0, "enode://");
    let shown = entente(&["keys", "inspect", str(&file)]);
    assert_eq!(text(&made.stdout), text(&shown.stdout));
    let key = NodeKey::from_hex(fs::read_to_string(&file).unwrap().trim()).unwrap();
    ends_with(&shown, 0, &key.address().to_string());
    ends_with(&entente(&["keys", "new", str(&file)]), 1, "exists");
    fs::write(&file, "no key").unwrap();
    ends_with(&entente(&["keys", "inspect", str(&file)]), 3, "64 hex digits");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chain_goes_out_and_comes_in_again() {
    let dir = tempfile::tempdir().unwrap();
    let (data, other, file) =
        (dir.path().join("data"), dir.path().join("other"), dir.path().join("chain.rlp"));
    let node = TestNode::start(&data, &[]).await;
    let key = NodeKey::from_hex(KEYS[0]).unwrap();
    for nonce in 0..5 {
        let (_, raw) = transfer(&key, nonce, Address::repeat_byte(0xee));
        let _: B256 = node.call("eth_sendRawTransaction", rpc_params![raw]).await;
    }
    let mut mined = 0;
    while mined < 5 {
        mined = node
            .call::<U64>("eth_getTransactionCount", rpc_params![key.address(), "latest"])
            .await
            .to::<u64>();
    }
    // One process holds the directory, and the second is told which.
    let second = entente(&["db", "stats", "--dev", "--data-path", str(&data)]);
    ends_with(&second, 4, &node.pid().to_string());
    node.terminate();

    ends_with(&entente(&["db", "check", "--dev", "--data-path", str(&data)]), 0, "");
    ends_with(
        &entente(&["chain", "export", "--dev", "--data-path", str(&data), "--from=1", str(&file)]),
        0,
        "wrote blocks 1 to",
    );
    ends_with(
        &entente(&["chain", "import", "--dev", "--data-path", str(&other), str(&file)]),
        0,
        "5 transactions",
    );
    ends_with(
        &entente(&["chain", "import", "--dev", "--data-path", str(&other), str(&file)]),
        0,
        "were here already",
    );

    // A byte changed in the middle: the import stops there and says so.
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let damaged = dir.path().join("damaged.rlp");
    fs::write(&damaged, bytes).unwrap();
    let third = dir.path().join("third");
    let output = entente(&["chain", "import", "--dev", "--data-path", str(&third), str(&damaged)]);
    assert!(!output.status.success(), "{}", text(&output.stdout));
    ends_with(&output, output.status.code().unwrap(), "error:");
    // Another chain's directory is refused by name.
    let genesis = dir.path().join("genesis.json");
    fs::write(&genesis, GENESIS).unwrap();
    let output =
        entente(&["db", "stats", "--genesis-file", str(&genesis), "--data-path", str(&data)]);
    ends_with(&output, 1, "genesis");
}
