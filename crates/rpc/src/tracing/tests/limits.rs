//! What is refused, and where tracing ends.

use super::world::{ROOT, Scene, World};
use alloy_primitives::hex;
use alloy_rpc_types_trace::parity::TraceType;
use entente_evm::Interrupt;
use serde_json::json;

/// JUMPDEST, PUSH1 0, JUMP: runs until the gas is gone, some 16,000 times round.
fn endless() -> Scene {
    Scene::call(World::new().with_code(ROOT, &hex!("5b 6000 56"), 0))
}

#[test]
fn a_trace_that_grows_too_large_ends_with_the_limits_name() {
    let mut scene = endless();
    scene.budget = 1 << 20;
    let error = scene.try_geth(json!({})).unwrap_err();
    assert_eq!(error.code, -32005);
    assert!(
        error.message.contains("larger than the 1 MiB that one request may record"),
        "{error:?}"
    );
    assert_eq!(scene.parity(vec![TraceType::VmTrace]).unwrap_err().code, -32005);
    // What is not recorded costs nothing.
    assert_eq!(scene.geth(json!({"tracer": "callTracer"}))["error"], "out of gas");
    assert_eq!(scene.geth(json!({"limit": 10}))["structLogs"].as_array().unwrap().len(), 10);
}

#[test]
fn inputs_of_many_calls_are_counted() {
    // JUMPDEST, STATICCALL(100, 4 = identity, in 0..4096, out none), POP, PUSH1 0, JUMP: each call hands 4 KiB on.
    let code = hex!("5b 6000 6000 611000 6000 6004 6064 fa 50 6000 56");
    let mut scene = Scene::call(World::new().with_code(ROOT, &code, 0));
    scene.budget = 1 << 20;
    assert_eq!(scene.try_geth(json!({"tracer": "callTracer"})).unwrap_err().code, -32005);
    assert_eq!(scene.parity(vec![TraceType::Trace]).unwrap_err().code, -32005);
}

#[test]
fn storage_that_each_step_repeats_is_counted() {
    // Reads one more slot each time round: JUMPDEST, DUP1, SLOAD, POP, PUSH1 1, ADD, PUSH1 2, JUMP after PUSH1 0.
    let code = hex!("6000 5b 80 54 50 6001 01 6002 56");
    let mut scene = Scene::call(World::new().with_code(ROOT, &code, 0));
    // 178,998 gas read 84 slots at 2,122 each: 84 * 85 / 2 entries of storage, and some 670 steps.
    scene.budget = 1 << 19;
    assert_eq!(scene.try_geth(json!({})).unwrap_err().code, -32005);
    assert!(scene.try_geth(json!({"disableStorage": true})).is_ok());
}

#[test]
fn a_run_whose_time_is_up_stops() {
    let mut scene = endless();
    scene.interrupt = Interrupt::armed();
    assert!(scene.try_geth(json!({})).is_ok());
    scene.interrupt.raise();
    let error = scene.try_geth(json!({})).unwrap_err();
    assert_eq!(error.code, -32005);
    assert!(error.message.contains("longer"), "{error:?}");
}

#[test]
fn scripts_and_unknown_settings_are_refused_in_words() {
    let scene = endless();
    let script = "{step: function() {}, fault: function() {}, result: function() { return 1 }}";
    for name in [script, "noSuchTracer"] {
        let error = scene.try_geth(json!({"tracer": name})).unwrap_err();
        assert_eq!(error.code, -32602);
        assert!(
            error.message.contains("no JavaScript tracers") && error.message.contains("callTracer"),
            "{error:?}"
        );
    }
    let error = scene
        .try_geth(json!({"tracer": "callTracer", "tracerConfig": {"withLog": 3}}))
        .unwrap_err();
    assert_eq!(error.code, -32602);
    // Settings of geth that mean nothing here are let pass.
    assert!(
        scene.try_geth(json!({"tracer": "noopTracer", "timeout": "5s", "reexec": 128})).is_ok()
    );
    assert!(scene.try_geth(json!({"tracer": "", "limit": 1})).is_ok());
}
