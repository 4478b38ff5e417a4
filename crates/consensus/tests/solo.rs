//! The table of the module `solo`, row by row.
#![expect(clippy::panic, reason = "a test stops at the first surprise")]

use alloy_primitives::B256;
use entente_chain::{Header, SealedHeader};
use entente_consensus::{
    Effect, Engine, Event, Outbox, RequestId, Solo, SoloConfig, Tick, TimerId,
};

fn header(number: u64, timestamp: u64) -> SealedHeader {
    let hash = B256::from([u8::try_from(number).unwrap_or(u8::MAX); 32]);
    SealedHeader { hash, header: Header { number, timestamp, ..Header::default() } }
}

struct Bench {
    engine: Solo,
}

impl Bench {
    fn new(config: SoloConfig, waiting: bool, now: u64) -> (Self, Outbox) {
        let mut bench = Self { engine: Solo::new(config) };
        let start =
            Event::Start { head: header(0, 0), transactions_waiting: waiting, records: Vec::new() };
        let effects = bench.step(now, start);
        (bench, effects)
    }

    fn step(&mut self, now: u64, event: Event) -> Outbox {
        let mut effects = Outbox::new();
        self.engine.step(Tick(now), event, &mut effects);
        effects
    }
}

fn request(effects: &Outbox) -> RequestId {
    match effects.as_slice() {
        [Effect::Build { request, .. }] => *request,
        other => panic!("expected one Build, found {other:?}"),
    }
}

#[test]
fn a_waiting_transaction_makes_a_block_at_once_and_the_next_follows() {
    let (mut bench, effects) = Bench::new(SoloConfig::default(), false, 5_000);
    assert!(effects.is_empty());
    let effects = bench.step(5_000, Event::TransactionsWaiting);
    let Effect::Build { block, .. } = &effects[0] else { panic!("{effects:?}") };
    assert_eq!((block.parent, block.timestamp), (header(0, 0).hash, 5));
    let first = request(&effects);
    // While it builds, more transactions ask for nothing yet.
    assert!(bench.step(5_001, Event::TransactionsWaiting).is_empty());
    let built = header(1, 5);
    let effects =
        bench.step(5_002, Event::Built { request: first, header: built.clone(), transactions: 1 });
    assert_eq!(
        effects,
        vec![Effect::Head { hash: built.hash }, Effect::Final { hash: built.hash }]
    );
    let effects = bench.step(5_003, Event::Applied { header: built, transactions_waiting: true });
    let Effect::Build { block, request: second, .. } = &effects[0] else { panic!("{effects:?}") };
    // The same second: the child is one second later than its parent all the same.
    assert_eq!(block.timestamp, 6);
    assert_ne!(*second, first);
}

#[test]
fn an_empty_block_is_not_committed_and_asked_for_again_only_when_something_waits() {
    let (mut bench, effects) = Bench::new(SoloConfig::default(), true, 1_000);
    let request = request(&effects);
    let effects =
        bench.step(1_001, Event::Built { request, header: header(1, 1), transactions: 0 });
    assert!(effects.is_empty(), "{effects:?}");
    assert!(bench.step(9_000, Event::Timer(TimerId(1))).is_empty());
    assert_eq!(bench.step(9_000, Event::TransactionsWaiting).len(), 1);
}

#[test]
fn a_period_keeps_its_beat_and_empty_blocks_are_a_choice() {
    let config = SoloConfig { period_ms: Some(1_000), empty_blocks: true, ..SoloConfig::default() };
    let (mut bench, effects) = Bench::new(config, true, 10_000);
    let Effect::Timer { id, at: Some(at) } = effects[0] else { panic!("{effects:?}") };
    assert_eq!(at, Tick(11_000));
    let first = request(&bench.step(11_005, Event::Timer(id)));
    let built = header(1, 11);
    assert_eq!(
        bench
            .step(11_010, Event::Built { request: first, header: built.clone(), transactions: 0 })
            .len(),
        2
    );
    let effects = bench.step(11_011, Event::Applied { header: built, transactions_waiting: false });
    // Late by five milliseconds once, not by five more every time.
    assert_eq!(effects, vec![Effect::Timer { id, at: Some(Tick(12_000)) }]);

    let config = SoloConfig { empty_blocks: false, ..config };
    let (mut bench, effects) = Bench::new(config, false, 10_000);
    let Effect::Timer { id, .. } = effects[0] else { panic!("{effects:?}") };
    assert!(bench.step(11_000, Event::Timer(id)).is_empty());
    assert_eq!(bench.step(15_000, Event::TransactionsWaiting).len(), 1);
}

#[test]
fn a_failed_build_is_tried_again_after_a_pause() {
    let (mut bench, effects) = Bench::new(SoloConfig::default(), true, 1_000);
    let failed = Event::BuildFailed { request: request(&effects), reason: "disk full".into() };
    let effects = bench.step(1_000, failed);
    let [Effect::Timer { id, at: Some(at) }] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(*at, Tick(1_500));
    request(&bench.step(1_500, Event::Timer(*id)));
}

#[test]
fn answers_to_requests_that_were_never_made_change_nothing() {
    let (mut bench, _) = Bench::new(SoloConfig::default(), false, 1_000);
    let stray = Event::Built { request: RequestId(99), header: header(1, 1), transactions: 3 };
    assert!(bench.step(1_000, stray).is_empty());
    assert!(
        bench
            .step(1_000, Event::BuildFailed { request: RequestId(99), reason: String::new() })
            .is_empty()
    );
}

#[test]
fn a_clock_that_runs_too_far_ahead_waits_for_the_world() {
    let config = SoloConfig { max_lead_seconds: 10, ..SoloConfig::default() };
    let mut engine = Solo::new(config);
    let mut effects = Outbox::new();
    let start =
        Event::Start { head: header(1, 100), transactions_waiting: true, records: Vec::new() };
    engine.step(Tick(90_000), start, &mut effects);
    let [Effect::Timer { id, at: Some(_) }] = effects.as_slice() else { panic!("{effects:?}") };
    let id = *id;
    effects.clear();
    engine.step(Tick(91_000), Event::Timer(id), &mut effects);
    assert!(
        matches!(effects.as_slice(), [Effect::Build { block, .. }] if block.timestamp == 101),
        "{effects:?}"
    );
}
