//! Step by step: the struct logger and `vmTrace`.

use super::world::{GAS, ROOT, Scene, World};
use alloy_primitives::hex;
use alloy_rpc_types_trace::parity::TraceType;
use serde_json::{Value, json};

/// Gas that a plain call has left when its code begins: a transaction costs 21,000 (yellow paper, G_transaction).
const LEFT: u64 = GAS - 21_000;

fn of_code(code: &[u8]) -> Scene {
    Scene::call(World::new().with_code(ROOT, code, 0).with_slot(ROOT, 1, 5))
}

#[test]
fn each_step_is_logged_with_gas_and_stack() {
    // PUSH1 2, PUSH1 3, ADD, STOP: 3 gas each and nothing for STOP.
    let scene = of_code(&hex!("60026003 01 00"));
    let step = |pc: u64, op: &str, spent: u64, cost: u64, stack: Value| json!({"pc": pc, "op": op, "gas": LEFT - spent, "gasCost": cost, "depth": 1, "refund": 0, "stack": stack});
    assert_eq!(
        scene.geth(json!({})),
        json!({
            "failed": false,
            "gas": 21_009,
            "returnValue": "0x",
            "structLogs": [
                step(0, "PUSH1", 0, 3, json!([])),
                step(2, "PUSH1", 3, 3, json!(["0x2"])),
                step(4, "ADD", 6, 3, json!(["0x2", "0x3"])),
                step(5, "STOP", 9, 0, json!(["0x5"])),
            ],
        })
    );
    let short = scene.geth(json!({"disableStack": true, "limit": 2}));
    let logs = short["structLogs"].as_array().unwrap();
    assert_eq!(logs.len(), 2);
    assert!(logs[1].get("stack").is_none());
    // A limit of nothing is none.
    assert_eq!(scene.geth(json!({"limit": 0}))["structLogs"].as_array().unwrap().len(), 4);
}

#[test]
fn storage_memory_and_return_data_are_logged_where_they_are_asked_for() {
    // PUSH1 1, SLOAD, PUSH1 0, MSTORE, PUSH1 32, PUSH1 0, RETURN.
    let scene = of_code(&hex!("6001 54 6000 52 6020 6000 f3"));
    let word = |byte: u8| format!("{byte:064x}");
    let logs = scene.geth(json!({"enableMemory": true}));
    assert_eq!(logs["returnValue"], format!("0x{}", word(5)));
    let logs = logs["structLogs"].as_array().unwrap();
    // A cold SLOAD costs 2,100 (EIP-2929).
    assert_eq!(logs[1]["storage"], json!({ format!("0x{}", word(1)): format!("0x{}", word(5)) }));
    assert_eq!(logs[1]["gasCost"], 2_100);
    assert!(logs[2].get("storage").is_none());
    assert_eq!(logs[4]["memory"], json!([format!("0x{}", word(5))]));
    for asked in [json!({}), json!({"disableMemory": true})] {
        let logs = scene.geth(asked);
        assert!(
            logs["structLogs"].as_array().unwrap().iter().all(|log| log.get("memory").is_none())
        );
    }
    let without = scene.geth(json!({"disableStorage": true}));
    assert!(
        without["structLogs"].as_array().unwrap().iter().all(|log| log.get("storage").is_none())
    );
    // Besu's tools ask for memory by not disabling it.
    assert!(scene.geth(json!({"disableMemory": false}))["structLogs"][4].get("memory").is_some());
}

#[test]
fn storage_is_what_the_contract_has_read_and_written_so_far() {
    // SLOAD 1, POP, SSTORE 2 = 9, SLOAD 1; slot 1 is warm from the start (EIP-2930).
    let code = hex!("6001 54 50 6009 6002 55 6001 54");
    let world = World::new().with_code(ROOT, &code, 0).with_slot(ROOT, 1, 5);
    let logs = Scene::warmed(world, 1).geth(json!({}));
    let shown: Vec<_> = logs["structLogs"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|log| log.get("storage"))
        .collect();
    let word = |value: u64| format!("{value:#066x}");
    let (one, two) = (json!({ word(1): word(5) }), json!({ word(1): word(5), word(2): word(9) }));
    assert_eq!(shown, [&one, &two, &two]);
}

#[test]
fn faults_are_told_in_geths_words() {
    for (code, op, words) in [
        (&hex!("6001 01")[..], "ADD", "stack underflow (1 <=> 2)"),
        (
            &hex!("6001 1f")[..],
            "opcode 0x1f not defined",
            "invalid opcode: opcode 0x1f not defined",
        ),
        (&hex!("fe")[..], "INVALID", "invalid opcode: INVALID"),
        (&hex!("60ff 56")[..], "JUMP", "invalid jump destination"),
    ] {
        let scene = of_code(code);
        let logs = scene.geth(json!({}));
        assert_eq!(logs["failed"], true);
        let last = logs["structLogs"].as_array().unwrap().last().unwrap();
        assert_eq!((&last["op"], &last["error"]), (&json!(op), &json!(words)));
        // What the fault takes is all the gas.
        assert_eq!(logs["gas"], GAS);
        assert_eq!(scene.geth(json!({"tracer": "callTracer"}))["error"], words);
    }
}

#[test]
fn vm_traces_show_what_steps_push_and_write() {
    // PUSH1 7, PUSH1 0, MSTORE, PUSH1 9, PUSH1 1, SSTORE, STOP.
    let scene = of_code(&hex!("6007 6000 52 6009 6001 55 00"));
    let traces = scene.parity(vec![TraceType::VmTrace]).unwrap();
    assert_eq!((&traces["trace"], &traces["stateDiff"]), (&json!([]), &Value::Null));
    let vm = &traces["vmTrace"];
    assert_eq!(vm["code"], "0x600760005260096001 5500".replace(' ', ""));
    let ops = vm["ops"].as_array().unwrap();
    assert_eq!(ops.len(), 7);
    assert_eq!(
        (&ops[0]["pc"], &ops[0]["cost"], &ops[0]["ex"]["push"]),
        (&json!(0), &json!(3), &json!(["0x7"]))
    );
    // `used` is the gas left after the step: two PUSH1 and an MSTORE that opens one word, 3 + 3 + 6.
    assert_eq!(ops[2]["ex"]["used"], LEFT - 12);
    assert_eq!(ops[2]["ex"]["mem"], json!({"off": 0, "data": format!("0x{:064x}", 7)}));
    assert_eq!(ops[5]["ex"]["store"], json!({"key": "0x1", "val": "0x9"}));
    // SSTORE to a cold slot that is not zero: 2,100 + 2,900 (EIP-2929, EIP-3529).
    assert_eq!(ops[5]["cost"], 5_000);
}
