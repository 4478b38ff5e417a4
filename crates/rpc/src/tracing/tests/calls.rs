//! Trees of calls, in both formats.

use super::world::{ALICE, ROOT, Scene, World};
use crate::tracing::{filter::Matcher, shape::Call};
use alloy_primitives::{Address, address, hex};
use alloy_rpc_types_trace::{
    filter::TraceFilterMode,
    parity::{Action, CallAction, RewardAction, RewardType, TransactionTrace},
};
use entente_chain::Fork;
use serde_json::{Value, json};

const ECHO: Address = address!("000000000000000000000000000000000000ec40");
const NAY: Address = address!("000000000000000000000000000000000000009a");
const HEIR: Address = address!("00000000000000000000000000000000000000fe");

/// Calls ECHO with one wei and four bytes of zeros, lets NAY revert on its own behalf, creates a contract without code.
fn family() -> World {
    let call = hex!("6000 6000 6004 6000 6001 61ec40 61ffff f1 50");
    let delegate = hex!("6000 6000 6000 6000 609a 61ffff f4 50");
    let create = hex!("6000 6000 6000 f0 50 00");
    let root = [&call[..], &delegate[..], &create[..]].concat();
    // LOG1(memory 0..0, topic 7); MSTORE(0, 42); RETURN 0..32.
    let echo = hex!("6007 6000 6000 a1 602a 6000 52 6020 6000 f3");
    World::new().with_code(ROOT, &root, 10).with_code(ECHO, &echo, 0).with_code(NAY, &nay(), 0)
}

/// Reverts with Error("no").
fn nay() -> Vec<u8> {
    let reason = hex!(
        "08c379a0"
        "0000000000000000000000000000000000000000000000000000000000000020"
        "0000000000000000000000000000000000000000000000000000000000000002"
        "6e6f000000000000000000000000000000000000000000000000000000000000"
    );
    // CODECOPY(0, 12, 100); REVERT 0..100; the data follows.
    let mut code = hex!("6064 600c 6000 39 6064 6000 fd").to_vec();
    assert_eq!(code.len(), 12);
    code.extend(reason);
    code
}

fn key(address: Address) -> Value {
    json!(format!("{address:#x}"))
}

#[test]
fn the_call_tracer_gives_the_tree() {
    let scene = Scene::call(family());
    let root = scene.geth(json!({"tracer": "callTracer", "tracerConfig": {"withLog": true}}));
    assert_eq!(
        (&root["type"], &root["from"], &root["to"]),
        (&json!("CALL"), &key(ALICE), &key(ROOT))
    );
    assert_eq!(root["gas"], "0x30d40");
    let calls = root["calls"].as_array().unwrap();
    let kinds: Vec<_> = calls.iter().map(|call| call["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["CALL", "DELEGATECALL", "CREATE"]);
    assert_eq!(
        (&calls[0]["from"], &calls[0]["to"], &calls[0]["value"]),
        (&key(ROOT), &key(ECHO), &json!("0x1"))
    );
    assert_eq!(
        (&calls[0]["input"], &calls[0]["output"]),
        (&json!("0x00000000"), &json!(format!("{:#066x}", 42)))
    );
    // The call's gas and the stipend for its value (yellow paper, G_callstipend).
    assert_eq!(calls[0]["gas"], format!("{:#x}", 65_535 + 2_300));
    let log = &calls[0]["logs"][0];
    assert_eq!((&log["address"], &log["topics"]), (&key(ECHO), &json!([format!("{:#066x}", 7)])));
    assert_eq!((&log["data"], &log["position"]), (&json!("0x"), &json!("0x0")));
    assert_eq!(
        (&calls[1]["error"], &calls[1]["revertReason"]),
        (&json!("execution reverted"), &json!("no"))
    );
    assert_eq!((&calls[1]["from"], &calls[1]["to"]), (&key(ROOT), &key(NAY)));
    assert_eq!(calls[2]["to"], key(ROOT.create(1)));
    let top = scene.geth(json!({"tracer": "callTracer", "tracerConfig": {"onlyTopCall": true}}));
    assert!(top.get("calls").is_none());
    assert!(top.get("logs").is_none());
}

#[test]
fn openethereums_traces_are_the_same_tree_laid_flat() {
    let scene = Scene::call(family());
    let calls = scene.calls();
    let places: Vec<_> =
        calls.iter().map(|call| (call["type"].clone(), call["traceAddress"].clone())).collect();
    let expected =
        [("call", json!([])), ("call", json!([0])), ("call", json!([1])), ("create", json!([2]))];
    assert_eq!(places, expected.map(|(kind, place)| (json!(kind), place)));
    assert_eq!(calls[0]["subtraces"], 3);
    // Without the 21,000 that a transaction costs before it runs.
    assert_eq!(calls[0]["action"]["gas"], format!("{:#x}", 200_000 - 21_000));
    assert_eq!(calls[1]["result"]["output"], format!("{:#066x}", 42));
    assert_eq!(calls[2]["action"]["callType"], "delegatecall");
    assert_eq!(calls[2]["error"], "Reverted");
    assert!(calls[2]["revertReason"].as_str().unwrap().starts_with("0x08c379a0"));
    assert_eq!(calls[3]["result"]["address"], key(ROOT.create(1)));
    for call in &calls {
        assert_eq!(call["blockHash"], json!(scene.block.hash));
        assert_eq!((&call["blockNumber"], &call["transactionPosition"]), (&json!(1), &json!(0)));
        assert_eq!(call["transactionHash"], json!(scene.block.body.transactions[0].tx_hash()));
    }
    assert_eq!(scene.geth(json!({"tracer": "flatCallTracer"})).as_array().unwrap().len(), 4);
}

#[test]
fn a_failed_call_has_no_result() {
    let scene = Scene::call(World::new().with_code(ROOT, &hex!("fe"), 0));
    let call = &scene.calls()[0];
    assert_eq!(call["error"], "Bad instruction");
    assert!(call.get("result").is_none());
    assert!(call.get("revertReason").is_none());
}

#[test]
fn a_destruction_names_the_heir_and_what_it_gets() {
    // SELFDESTRUCT(HEIR).
    for fork in [Fork::London, Fork::Prague] {
        let scene =
            Scene::new(World::new().with_code(ROOT, &hex!("60fe ff"), 77), fork, &[(ROOT, 0)]);
        let calls = scene.calls();
        assert_eq!(calls[0]["subtraces"], 1);
        let end = json!({"address": key(ROOT), "refundAddress": key(HEIR), "balance": "0x4d"});
        assert_eq!((&calls[1]["type"], &calls[1]["action"]), (&json!("suicide"), &end));
        assert_eq!((&calls[1]["result"], &calls[1]["traceAddress"]), (&Value::Null, &json!([0])));
        let tree = scene.geth(json!({"tracer": "callTracer"}));
        let end = &tree["calls"][0];
        assert_eq!(
            (&end["type"], &end["from"], &end["to"]),
            (&json!("SELFDESTRUCT"), &key(ROOT), &key(HEIR))
        );
        assert_eq!(end["value"], "0x4d");
    }
}

#[test]
fn a_destruction_for_its_own_benefit_is_told_too() {
    // ADDRESS, SELFDESTRUCT: from Cancun on nothing moves and the contract stays (EIP-6780).
    let scene = Scene::call(World::new().with_code(ROOT, &hex!("30 ff"), 77));
    let end = &scene.geth(json!({"tracer": "callTracer"}))["calls"][0];
    assert_eq!((&end["from"], &end["to"], &end["value"]), (&key(ROOT), &key(ROOT), &json!("0x4d")));
}

#[test]
fn selectors_are_counted_with_the_size_of_what_follows() {
    let selectors = Scene::call(family()).geth(json!({"tracer": "4byteTracer"}));
    assert_eq!(selectors, json!({"0x00000000-0": 1}));
}

#[test]
fn filters_match_by_caller_and_callee() {
    let call = |from: Address, to: Address| {
        let action = Action::Call(CallAction { from, to, ..CallAction::default() });
        Call::new(TransactionTrace { action, ..TransactionTrace::default() }, None)
    };
    let reward =
        RewardAction { author: HEIR, reward_type: RewardType::Block, value: Default::default() };
    let reward = Call::new(
        TransactionTrace { action: Action::Reward(reward), ..TransactionTrace::default() },
        None,
    );
    let matcher = |from: &[Address], to: &[Address], mode| Matcher {
        from: from.iter().copied().collect(),
        to: to.iter().copied().collect(),
        mode,
    };
    use TraceFilterMode::{Intersection, Union};
    let (hit, half) = (call(ALICE, ROOT), call(ALICE, HEIR));
    let both = matcher(&[ALICE], &[ROOT], Intersection);
    assert!(both.matches(&hit) && !both.matches(&half));
    let either = matcher(&[ALICE], &[ROOT], Union);
    assert!(either.matches(&half) && !either.matches(&call(HEIR, HEIR)));
    for mode in [Intersection, Union] {
        assert!(matcher(&[], &[], mode).matches(&reward));
        assert!(matcher(&[], &[HEIR], mode).matches(&reward));
        assert!(!matcher(&[HEIR], &[], mode).matches(&reward));
    }
}
