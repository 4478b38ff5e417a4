//! What transactions found and left: prestates, differences, and the state between the transactions of a block.

use super::world::{ALICE, FUNDS, MINER, ROOT, Scene, World};
use alloy_primitives::{address, hex, keccak256};
use alloy_rpc_types_trace::parity::TraceType;
use entente_chain::Fork;
use serde_json::{Value, json};

/// PUSH1 9, PUSH1 1, SSTORE: slot 1 becomes 9.
const CODE: [u8; 5] = hex!("60096001 55");
/// 21,000, two PUSH1, and an SSTORE from 5 to 9 at a cold slot: 2,100 + 2,900.
const USED: u64 = 21_006 + 5_000;

fn scene() -> Scene {
    let world = World::new().with_code(ROOT, &CODE, 0).with_slot(ROOT, 1, 5);
    Scene::new(world, Fork::Prague, &[(ROOT, 3)])
}

fn quantity(value: u64) -> Value {
    json!(format!("{value:#x}"))
}

fn word(value: u64) -> String {
    format!("{value:#066x}")
}

fn key(address: alloy_primitives::Address) -> String {
    format!("{address:#x}")
}

#[test]
fn a_prestate_holds_what_was_there() {
    let root = json!({
        "balance": "0x0",
        "nonce": 1,
        "code": format!("0x{}", hex::encode(CODE)),
        "codeHash": keccak256(CODE),
        "storage": { word(1): word(5) },
    });
    let alice = json!({"balance": quantity(FUNDS)});
    // The beneficiary had nothing, so it was not there.
    let all = json!({ key(ALICE): alice, key(ROOT): root });
    assert_eq!(scene().geth(json!({"tracer": "prestateTracer"})), all);
    let bare = scene().geth(json!({"tracer": "prestateTracer", "tracerConfig": {"disableCode": true, "disableStorage": true}}));
    assert_eq!(bare[key(ROOT)], json!({"balance": "0x0", "nonce": 1, "codeHash": keccak256(CODE)}));
}

#[test]
fn a_difference_holds_what_changed() {
    let difference =
        scene().geth(json!({"tracer": "prestateTracer", "tracerConfig": {"diffMode": true}}));
    // Alice pays base fee 7 and tip 2; the tip is the miner's (EIP-1559).
    assert_eq!(
        difference["post"],
        json!({
            key(ALICE): {"balance": quantity(FUNDS - 3 - USED * 9), "nonce": 1},
            key(MINER): {"balance": quantity(USED * 2)},
            key(ROOT): {"balance": "0x3", "storage": { word(1): word(9) }},
        })
    );
    assert_eq!(difference["pre"][key(ALICE)], json!({"balance": quantity(FUNDS)}));
    assert_eq!(difference["pre"][key(ROOT)]["storage"], json!({ word(1): word(5) }));
    assert!(difference["pre"].get(key(MINER)).is_none());
}

#[test]
fn a_state_diff_says_the_same_in_openethereums_words() {
    let traces = scene().parity(vec![TraceType::StateDiff]).unwrap();
    assert_eq!((&traces["trace"], &traces["vmTrace"]), (&json!([]), &Value::Null));
    let changed = |from: Value, to: Value| json!({"*": {"from": from, "to": to}});
    assert_eq!(
        traces["stateDiff"],
        json!({
            key(ALICE): {
                "balance": changed(quantity(FUNDS), quantity(FUNDS - 3 - USED * 9)),
                "nonce": changed(json!("0x0"), json!("0x1")),
                "code": "=",
                "storage": {},
            },
            key(MINER): {
                "balance": {"+": quantity(USED * 2)},
                "nonce": {"+": "0x0"},
                "code": {"+": "0x"},
                "storage": {},
            },
            key(ROOT): {
                "balance": changed(json!("0x0"), json!("0x3")),
                "nonce": "=",
                "code": "=",
                "storage": { word(1): changed(json!(word(5)), json!(word(9))) },
            },
        })
    );
}

#[test]
fn each_transaction_begins_where_the_last_one_ended() {
    let world = World::new().with_code(ROOT, &CODE, 0).with_slot(ROOT, 1, 5);
    let scene = Scene::new(world, Fork::Prague, &[(ROOT, 3), (ROOT, 4)]);
    let traces = scene.try_geth(json!({"tracer": "prestateTracer"})).unwrap();
    assert_eq!(
        traces[1][key(ALICE)],
        json!({"balance": quantity(FUNDS - 3 - USED * 9), "nonce": 1})
    );
    assert_eq!(traces[1][key(ROOT)]["storage"], json!({ word(1): word(9) }));
    assert_eq!(traces[1][key(MINER)], json!({"balance": quantity(USED * 2)}));
    // The same from the outside: the state in which a call at index 1 would run.
    let mut state = scene.replay().state_before(1).unwrap();
    assert_eq!(state.account(ROOT).unwrap().unwrap().balance.to::<u64>(), 3);
    let mut state = scene.replay().state_before(0).unwrap();
    assert_eq!(state.account(ROOT).unwrap().unwrap().balance.to::<u64>(), 0);
}

#[test]
fn blocks_before_byzantium_are_traced_too() {
    // Receipts of that time hold a state root each; a trace needs none.
    let world = World::new().with_code(ROOT, &CODE, 0).with_slot(ROOT, 1, 5);
    let scene = Scene::new(world, Fork::SpuriousDragon, &[(ROOT, 0), (ROOT, 0)]);
    let traces = scene.try_geth(json!({"tracer": "callTracer"})).unwrap();
    // Every SSTORE to a slot that is not zero cost 5,000 (yellow paper, G_sreset).
    assert!(traces.iter().all(|trace| trace["gasUsed"] == quantity(26_006)));
}

#[test]
fn several_tracers_see_one_run() {
    let config =
        json!({"prestateTracer": {}, "callTracer": {"withLog": true}, "4byteTracer": null});
    let mux = scene().geth(json!({"tracer": "muxTracer", "tracerConfig": config}));
    assert_eq!(mux["prestateTracer"], scene().geth(json!({"tracer": "prestateTracer"})));
    assert_eq!(mux["callTracer"]["type"], "CALL");
    assert_eq!(mux["4byteTracer"], json!({}));
    let unknown = address!("00000000000000000000000000000000000000ff");
    assert!(mux["prestateTracer"].get(key(unknown)).is_none());
}
