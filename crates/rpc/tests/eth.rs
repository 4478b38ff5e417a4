//! What `eth`, `txpool` and `debug` answer on a development chain. Contracts are a few bytes of code, written out by hand.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use alloy_primitives::{Address, Bytes, TxKind, U256, hex};
use entente_rpc::Limits;
use serde_json::{Value, json};
use std::time::Duration;
use support::{Node, rich, signed, transfer};

/// CALLDATASIZE PUSH1 0 PUSH1 0 CALLDATACOPY CALLDATASIZE PUSH1 0 REVERT: reverts with what it was called with.
const REVERTS: &str = "0x366000600037366000fd";
/// JUMPDEST PUSH1 0 JUMP: never ends.
const LOOPS: &str = "0x5b600056";
/// PUSH1 0 SLOAD PUSH1 0 MSTORE PUSH1 32 PUSH1 0 RETURN: gives slot 0.
const READS: &str = "0x60005460005260206000f3";
/// Init code of PUSH1 1 PUSH1 0 PUSH1 0 LOG1 STOP: an empty log under topic 1.
const LOGS: [u8; 17] = hex!("67600160006000a10060005260086018f3");
const BOB: Address = Address::repeat_byte(0xb0);

fn word(number: u64) -> String {
    format!("0x{number:064x}")
}

/// Sends a transaction and waits for its receipt.
async fn commit(node: &Node, bytes: String) -> Value {
    node.result("eth_sendRawTransactionSync", json!([bytes, "0x7530"])).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_from_submission_to_receipt() {
    let node = Node::dev(|_| ()).await;
    assert_eq!(node.result("eth_getTransactionCount", json!([rich(), "pending"])).await, "0x0");
    let receipt = commit(&node, transfer(0, BOB, 5)).await;
    assert_eq!((&receipt["status"], &receipt["gasUsed"]), (&json!("0x1"), &json!("0x5208")));
    let hash = &receipt["transactionHash"];
    assert_eq!(node.result("eth_getBalance", json!([BOB])).await, "0x5");
    assert_eq!(node.result("eth_getBalance", json!([BOB, "earliest"])).await, "0x0");
    let tx = node.result("eth_getTransactionByHash", json!([hash])).await;
    assert_eq!(
        (&tx["blockNumber"], &tx["type"], &tx["from"]),
        (&json!("0x1"), &json!("0x2"), &json!(rich()))
    );
    let mine = node.result("eth_getTransactionBySenderAndNonce", json!([rich(), "0x0"])).await;
    assert_eq!(mine["hash"], *hash);
    assert_eq!(node.result("txpool_why", json!([hash])).await["state"], "committed");
    let raw = node.result("debug_getRawTransaction", json!([hash])).await;
    assert_eq!(raw, transfer(0, BOB, 5));
    // What the field's clients tell failures by.
    let (code, message) = node.error("eth_sendRawTransaction", json!([transfer(0, BOB, 6)])).await;
    assert!(code == -32001 && message.starts_with("nonce too low"), "{code} {message}");
    let (code, message) = node.error("eth_sendRawTransaction", json!(["0x02"])).await;
    assert!(code == -32602 && message.starts_with("invalid transaction"), "{code} {message}");
    let (code, message) = node.error("eth_sendTransaction", json!([{}])).await;
    assert!(code == -32604 && message.contains("no keys"), "{code} {message}");
    // A gap in the nonces is queued, and told.
    let queued = node.result("eth_sendRawTransaction", json!([transfer(7, BOB, 1)])).await;
    let (_, message) = node.error("eth_sendRawTransaction", json!([transfer(7, BOB, 1)])).await;
    assert_eq!(message, "already known");
    let why = node.result("txpool_why", json!([queued])).await;
    assert_eq!(
        (&why["state"], why["reason"].as_str().unwrap().contains("nonce 1")),
        (&json!("queued"), true),
        "{why}"
    );
    assert_eq!(
        node.result("txpool_status", json!([])).await,
        json!({"pending": "0x0", "queued": "0x1"})
    );
    let content = node.result("txpool_content", json!([])).await;
    assert_eq!(
        content["queued"][rich().to_string().to_lowercase()]["7"]["hash"],
        queued,
        "{content}"
    );
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_see_overrides_and_revert_with_their_data() {
    let node = Node::dev(|_| ()).await;
    let with =
        |code: &str| json!({BOB.to_string(): {"code": code, "stateDiff": {word(0): word(42)}}});
    let call = json!({"to": BOB});
    assert_eq!(node.result("eth_call", json!([call, "latest", with(READS)])).await, word(42));
    assert_eq!(node.result("eth_call", json!([call, "latest"])).await, "0x");
    // Error("no"): selector, offset, length, text.
    let reason = format!("0x08c379a0{:064x}{:064x}{:0<64}", 0x20, 2, "6e6f");
    let answer =
        node.call("eth_call", json!([{"to": BOB, "data": reason}, "latest", with(REVERTS)])).await;
    assert_eq!(
        answer["error"],
        json!({"code": 3, "message": "execution reverted: no", "data": reason})
    );
    let answer = node
        .call("eth_estimateGas", json!([{"to": BOB, "data": reason}, "latest", with(REVERTS)]))
        .await;
    assert_eq!(answer["error"]["code"], 3);
    // TIMESTAMP PUSH1 0 MSTORE PUSH1 32 PUSH1 0 RETURN
    let clock = with("0x4260005260206000f3");
    assert_eq!(
        node.result("eth_call", json!([call, "latest", clock, {"time": "0x7b"}])).await,
        word(123)
    );
    let (code, _) = node.error("eth_call", json!([call, "0x99"])).await;
    assert_eq!(code, -32000);
    let both = json!({BOB.to_string(): {"state": {}, "stateDiff": {}}});
    assert_eq!(node.error("eth_call", json!([call, "latest", both])).await.0, -32602);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_bounded_in_gas_and_in_time() {
    let node = Node::dev(|config| {
        config.limits.gas_cap = 1_000_000;
        config.limits.call_timeout = Duration::from_secs(3600);
    })
    .await;
    let loops = json!({BOB.to_string(): {"code": LOOPS}});
    let (code, message) = node.error("eth_call", json!([{"to": BOB}, "latest", loops])).await;
    assert_eq!((code, message.as_str()), (-32000, "out of gas"));
    node.stop().await;
    let node = Node::dev(|config| {
        config.limits =
            Limits { gas_cap: 0, call_timeout: Duration::from_millis(20), ..Limits::default() };
    })
    .await;
    let (code, message) = node.error("eth_call", json!([{"to": BOB}, "latest", loops])).await;
    assert!(code == -32005 && message.contains("longer than"), "{code} {message}");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_strict_call_must_be_able_to_pay() {
    let node = Node::dev(|_| ()).await;
    let blob = format!("0x01{}", "00".repeat(31));
    let blobs = |more: Value| {
        let mut call = json!({"from": rich(), "to": BOB, "blobVersionedHashes": [blob], "maxFeePerBlobGas": "0x0"});
        call.as_object_mut().unwrap().append(&mut more.as_object().unwrap().clone());
        json!([call])
    };
    assert_eq!(node.result("eth_call", blobs(json!({}))).await, "0x");
    let strict = json!({"gasPrice": "0x4a817c800", "gas": "0x5208", "strict": true});
    assert_eq!(node.error("eth_call", blobs(strict)).await.0, -32009);
    let gift =
        |strict: bool| json!([{"from": BOB, "to": rich(), "value": "0x1", "strict": strict}]);
    assert_eq!(node.result("eth_call", gift(false)).await, "0x");
    let (code, message) = node.error("eth_call", gift(true)).await;
    assert!(
        code == -32004 && message.starts_with("insufficient funds for gas * price + value"),
        "{code} {message}"
    );
    let dear = json!([{"to": BOB, "gas": "0x1"}]);
    assert_eq!(node.error("eth_call", dear).await.0, -32003);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn estimates_are_enough_and_say_why_there_are_none() {
    let node = Node::dev(|_| ()).await;
    assert_eq!(
        node.result("eth_estimateGas", json!([{"from": rich(), "to": BOB, "value": "0x1"}])).await,
        "0x5208"
    );
    let deploy = json!({"from": rich(), "data": hex::encode_prefixed(LOGS)});
    let gas = node.result("eth_estimateGas", json!([deploy])).await;
    let gas = u64::from_str_radix(gas.as_str().unwrap().trim_start_matches("0x"), 16).unwrap();
    let receipt = commit(&node, signed(0, TxKind::Create, 0, LOGS.into(), gas)).await;
    assert_eq!(receipt["status"], "0x1");
    let poor = json!([{"from": BOB, "to": rich(), "value": "0x1"}]);
    let (code, message) = node.error("eth_estimateGas", poor).await;
    assert!(
        code == -32004 && message.starts_with("insufficient funds for gas * price + value"),
        "{code} {message}"
    );
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_are_found_by_range_hash_and_filter() {
    let node = Node::dev(|_| ()).await;
    let deployed = commit(&node, signed(0, TxKind::Create, 0, LOGS.into(), 200_000)).await;
    let contract: Address = serde_json::from_value(deployed["contractAddress"].clone()).unwrap();
    let filter = json!({"address": contract, "topics": [word(1)]});
    let id = node.result("eth_newFilter", json!([filter])).await;
    let blocks = node.result("eth_newBlockFilter", json!([])).await;
    let pending = node.result("eth_newPendingTransactionFilter", json!([])).await;
    assert_eq!((&id, &blocks), (&json!("0x1"), &json!("0x2")));
    let receipt = commit(&node, signed(1, TxKind::Call(contract), 0, Bytes::new(), 100_000)).await;
    let log = &receipt["logs"][0];
    assert_eq!(
        (&log["address"], &log["topics"], &log["data"]),
        (&json!(contract), &json!([word(1)]), &json!("0x"))
    );
    let all = json!([{"fromBlock": "0x0", "toBlock": "latest", "address": contract, "topics": [word(1)]}]);
    assert_eq!(node.result("eth_getLogs", all).await, json!([log]));
    let by_hash = json!([{"blockHash": receipt["blockHash"]}]);
    assert_eq!(node.result("eth_getLogs", by_hash).await, json!([log]));
    let other = json!([{"fromBlock": "0x0", "topics": [word(2)]}]);
    assert_eq!(node.result("eth_getLogs", other).await, json!([]));
    assert_eq!(
        node.error("eth_getLogs", json!([{"fromBlock": "0x2", "toBlock": "0x1"}])).await.0,
        -32602
    );

    assert_eq!(node.result("eth_getFilterChanges", json!([id])).await, json!([log]));
    assert_eq!(node.result("eth_getFilterChanges", json!([id])).await, json!([]));
    assert_eq!(node.result("eth_getFilterLogs", json!([id])).await, json!([log]));
    assert_eq!(
        node.result("eth_getFilterChanges", json!([blocks])).await,
        json!([receipt["blockHash"]])
    );
    assert_eq!(
        node.result("eth_getFilterChanges", json!([pending])).await,
        json!([receipt["transactionHash"]])
    );
    assert_eq!(node.result("eth_uninstallFilter", json!([id])).await, true);
    assert_eq!(node.error("eth_getFilterChanges", json!([id])).await.0, -32000);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn simulated_blocks_stand_on_one_another_and_leave_nothing() {
    let node = Node::dev(|_| ()).await;
    let ada = Address::repeat_byte(0xad);
    let payload = json!({
        "traceTransfers": true,
        "returnFullTransactions": true,
        "blockStateCalls": [
            {"stateOverrides": {ada.to_string(): {"balance": "0x64"}}, "calls": [{"from": ada, "to": BOB, "value": "0x28"}]},
            {"blockOverrides": {"number": "0x4"}, "calls": [{"from": BOB, "to": ada, "value": "0x28"}, {"from": ada, "to": BOB, "value": "0x64"}]},
        ],
    });
    let blocks = node.result("eth_simulateV1", json!([payload, "latest"])).await;
    let numbers: Vec<_> =
        blocks.as_array().unwrap().iter().map(|block| block["number"].clone()).collect();
    assert_eq!(numbers, ["0x1", "0x2", "0x3", "0x4"], "{blocks}");
    let call = &blocks[0]["calls"][0];
    assert_eq!((&call["status"], &call["gasUsed"]), (&json!("0x1"), &json!("0x5208")));
    let log = &call["logs"][0];
    assert_eq!(log["address"], json!(Address::repeat_byte(0xee)));
    assert_eq!((&log["data"], &log["blockHash"]), (&json!(word(0x28)), &blocks[0]["hash"]));
    assert_eq!(blocks[0]["transactions"][0]["from"], json!(ada));
    assert_eq!(blocks[3]["gasUsed"], "0xa410");
    assert_eq!(blocks[3]["calls"][1]["status"], "0x1", "what the call before it sent is there");
    assert_eq!(blocks[1]["parentHash"], blocks[0]["hash"]);
    assert_ne!(blocks[0]["stateRoot"], blocks[3]["stateRoot"]);
    // Without any calls the state is that of the base, but for what system contracts note.
    assert_eq!(node.result("eth_getBalance", json!([ada])).await, "0x0");
    assert_eq!(node.result("eth_blockNumber", json!([])).await, "0x0");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_simulation_fails_with_the_standards_codes() {
    let node = Node::dev(|_| ()).await;
    let codes = [
        (
            json!({"validation": true, "blockStateCalls": [{"calls": [{"from": rich(), "to": BOB, "nonce": "0x5", "maxFeePerGas": "0xffffffffff"}]}]}),
            -38011,
        ),
        (
            json!({"validation": true, "blockStateCalls": [{"calls": [{"from": rich(), "to": BOB}]}]}),
            -38012,
        ),
        (
            json!({"blockStateCalls": [{"calls": [{"from": rich(), "to": BOB, "gas": "0x1"}]}]}),
            -38013,
        ),
        (
            json!({"blockStateCalls": [{"calls": [{"from": BOB, "to": rich(), "value": "0x1"}]}]}),
            -38014,
        ),
        (
            json!({"blockStateCalls": [{"blockOverrides": {"gasLimit": "0x5208"}, "calls": [{"from": BOB, "to": rich(), "gas": "0x5209"}]}]}),
            -38015,
        ),
        (json!({"blockStateCalls": [{"blockOverrides": {"number": "0x0"}}]}), -38020),
        (json!({"blockStateCalls": [{"blockOverrides": {"time": "0x0"}}]}), -38021),
        (
            json!({"blockStateCalls": [{"stateOverrides": {"0x0000000000000000000000000000000000000001": {"movePrecompileToAddress": "0x0000000000000000000000000000000000000001"}}}]}),
            -38022,
        ),
        (json!({"blockStateCalls": [{"blockOverrides": {"number": "0xffff"}}]}), -38026),
        (json!({"blockStateCalls": []}), -32602),
    ];
    for (payload, code) in codes {
        assert_eq!(node.error("eth_simulateV1", json!([payload])).await.0, code, "{payload}");
    }
    // A revert is the call's own affair.
    let reverts = json!({"blockStateCalls": [{"stateOverrides": {BOB.to_string(): {"code": REVERTS}}, "calls": [{"to": BOB, "data": "0x1234"}]}]});
    let call = node.result("eth_simulateV1", json!([reverts])).await[0]["calls"][0].clone();
    assert_eq!(
        (&call["status"], &call["error"]["code"], &call["returnData"]),
        (&json!("0x0"), &json!(3), &json!("0x1234"))
    );
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fees_and_pending_blocks_are_told() {
    let node = Node::dev(|_| ()).await;
    commit(&node, transfer(0, BOB, 5)).await;
    let history = node.result("eth_feeHistory", json!(["0x400", "latest", [0, 50, 100]])).await;
    assert_eq!(history["oldestBlock"], "0x0");
    assert_eq!(history["baseFeePerGas"].as_array().unwrap().len(), 3);
    assert_eq!(history["reward"][1], json!(["0x1", "0x1", "0x1"]));
    let base_fee = node.result("eth_baseFee", json!([])).await;
    assert_eq!(history["baseFeePerGas"][2], base_fee);
    assert_eq!(node.error("eth_feeHistory", json!(["0x1", "latest", [101]])).await.0, -32602);
    let pending = node.result("eth_getBlockByNumber", json!(["pending", false])).await;
    assert_eq!((&pending["number"], &pending["hash"]), (&json!("0x2"), &Value::Null));
    assert_eq!(node.result("eth_getBlockByNumber", json!(["-0x1", false])).await, Value::Null);
    let proof = node.result("eth_getProof", json!([BOB, ["0x0"], "latest"])).await;
    assert_eq!(proof["balance"], "0x5");
    assert!(!proof["accountProof"].as_array().unwrap().is_empty());
    let balance: U256 =
        serde_json::from_value(node.result("eth_getBalance", json!([BOB, "pending"])).await)
            .unwrap();
    assert_eq!(balance, U256::from(5));
    node.stop().await;
}
