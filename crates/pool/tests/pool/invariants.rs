//! Whatever happens to a pool, these things stay true.

use crate::world::*;
use alloy_primitives::{Address, B256, U256};
use entente_pool::{DropReason, PoolConfig, SENDER_BYTES, Standing};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Something that happens.
#[derive(Clone, Debug)]
enum Step {
    Add {
        sender: u8,
        nonce: u64,
        fee: u128,
        tip: u128,
        value: u128,
        gas: u64,
        input: usize,
        local: bool,
    },
    Build {
        base_fee: u64,
        take: usize,
    },
    Undo {
        sender: u8,
    },
    Fund {
        sender: u8,
        balance: u128,
        told: bool,
    },
    GasLimit(u64),
    BaseFee(Option<u64>),
    Remove(usize),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let price = prop_oneof![Just(0), 0..30u128, Just(10)];
    let add = (
        1..6u8,
        0..8u64,
        price.clone(),
        price,
        0..50_000u128,
        21_000..60_000u64,
        0..300usize,
        any::<bool>(),
    );
    prop_oneof![
        12 => add.prop_map(|(sender, nonce, fee, tip, value, gas, input, local)| Step::Add {
            sender, nonce, fee, tip, value, gas, input, local
        }),
        2 => (0..20u64, 0..6usize).prop_map(|(base_fee, take)| Step::Build { base_fee, take }),
        1 => (1..6u8).prop_map(|sender| Step::Undo { sender }),
        2 => (1..6u8, 0..3_000_000u128, any::<bool>())
            .prop_map(|(sender, balance, told)| Step::Fund { sender, balance, told }),
        1 => (30_000..70_000u64).prop_map(Step::GasLimit),
        1 => proptest::option::of(0..20u64).prop_map(Step::BaseFee),
        1 => any::<usize>().prop_map(Step::Remove),
        1 => (0..5_000u64).prop_map(Step::Wait),
    ]
}

/// Room for about a dozen.
fn config() -> PoolConfig {
    PoolConfig {
        max_bytes: 16 << 10,
        max_bytes_per_sender: 8 << 10,
        queued_lifetime_ms: 4_000,
        lifetime_ms: Some(9_000),
        replace_after_ms: 1_000,
        remembered_drops: 16,
        ..PoolConfig::default()
    }
}

fn take(world: &mut World, step: &Step) -> String {
    match *step {
        Step::Add { sender, nonce, fee, tip, value, gas, input, local } => {
            let nonce = world.account(sender).nonce.saturating_sub(1) + nonce;
            let tx = alloy_consensus::TxEip1559 {
                gas_limit: gas,
                value: U256::from(value),
                input: vec![0; input].into(),
                ..dynamic(sender, nonce, fee.max(tip), tip)
            };
            format!("{:?}", world.submit(sender, signed(tx), local))
        }
        Step::Build { base_fee, take } => {
            let mut best = world.pool.best(Some(base_fee));
            let block: Vec<_> = std::iter::from_fn(|| best.next(&world.pool))
                .take(take)
                .map(|tx| tx.hash)
                .collect();
            format!("{:?}", world.mine(&block))
        }
        Step::Undo { sender } => {
            let account = world.account(sender);
            account.nonce = account.nonce.saturating_sub(1);
            format!("{:?}", world.block(&[], &[sender]))
        }
        Step::Fund { sender, balance, told } => {
            world.account(sender).balance = U256::from(balance);
            if told { format!("{:?}", world.block(&[], &[sender])) } else { String::new() }
        }
        Step::GasLimit(limit) => {
            world.head.gas_limit = limit;
            format!("{:?}", world.block(&[], &[]))
        }
        Step::BaseFee(fee) => {
            world.head.base_fee = fee;
            format!("{:?}", world.block(&[], &[]))
        }
        Step::Remove(at) => {
            let hash = world.pool.iter().nth(at % 7).map_or(B256::ZERO, |tx| tx.hash);
            format!("{:?}", world.pool.remove(hash, DropReason::Removed, world.now))
        }
        Step::Wait(ms) => {
            world.now += ms;
            format!("{:?}", world.pool.tick(world.now))
        }
    }
}

/// Counts anew what the pool keeps count of.
fn check_counts(world: &World) {
    let status = world.pool.status();
    let transactions: usize = world.pool.iter().map(|tx| tx.footprint()).sum();
    assert_eq!(status.bytes, transactions + status.senders * SENDER_BYTES);
    assert!(status.bytes <= status.max_bytes);
    assert_eq!(status.local, world.pool.iter().filter(|tx| tx.local).count());
    let content = world.pool.content();
    assert_eq!(status.senders, content.len());
    assert_eq!(status.pending, content.values().map(|c| c.pending.len()).sum::<usize>());
    assert_eq!(status.queued, content.values().map(|c| c.queued.len()).sum::<usize>());
    for (sender, content) in &content {
        let bytes: usize =
            content.pending.iter().chain(&content.queued).map(|tx| tx.footprint()).sum();
        assert!(bytes <= world.pool.config().max_bytes_per_sender);
        let first = content.pending.first().map(|tx| tx.nonce());
        for (at, tx) in content.pending.iter().enumerate() {
            assert_eq!(tx.nonce(), first.unwrap() + at as u64, "a gap among the executable ones");
            assert_eq!(world.pool.standing(tx.hash), Some(Standing::Executable));
        }
        let end = content.pending.last().map(|tx| tx.nonce() + 1);
        assert_eq!(world.pool.pending_nonce(*sender), end);
        for tx in &content.queued {
            assert_ne!(world.pool.standing(tx.hash), Some(Standing::Executable));
            assert!(end.is_none_or(|end| tx.nonce() >= end));
        }
    }
    for tx in world.pool.iter() {
        assert_eq!(world.pool.get(tx.hash).map(|found| found.hash), Some(tx.hash));
        assert_eq!(world.pool.why(tx.hash), None);
    }
}

/// What is executable is what the state that the pool was told of allows, no less and no more.
fn check_executable(world: &World) {
    for (sender, content) in world.pool.content() {
        let account = &world.accounts.known[&sender];
        let all: BTreeMap<u64, _> =
            content.pending.iter().chain(&content.queued).map(|tx| (tx.nonce(), tx)).collect();
        assert!(all.keys().all(|nonce| *nonce >= account.nonce), "a used nonce is still here");
        let (mut expected, mut left) = (Vec::new(), account.balance);
        for nonce in account.nonce.. {
            let Some(tx) = all.get(&nonce) else { break };
            let gas = alloy_consensus::Transaction::gas_limit(&tx.tx);
            if tx.cost > left || gas > world.head.gas_limit {
                break;
            }
            left -= tx.cost;
            expected.push(tx.hash);
        }
        assert_eq!(content.pending.iter().map(|tx| tx.hash).collect::<Vec<_>>(), expected);
    }
}

/// A walk against the plainest way to find the best: look at every sender's next, again and again.
fn check_best(world: &World, base_fee: u64) {
    let mut waiting: BTreeMap<Address, std::collections::VecDeque<_>> = world
        .pool
        .content()
        .into_iter()
        .map(|(sender, content)| (sender, content.pending.into()))
        .collect();
    let mut expected = Vec::new();
    loop {
        let heads = waiting.values().filter_map(|txs| txs.front());
        let paying = heads.filter_map(|tx| Some((tx.price().tip_at(base_fee)?, tx)));
        let best = paying.min_by_key(|(tip, tx)| (std::cmp::Reverse(*tip), tx.arrival));
        let Some(sender) = best.map(|(_, tx)| tx.sender) else { break };
        expected.extend(waiting.get_mut(&sender).and_then(|txs| txs.pop_front()).map(|tx| tx.hash));
    }
    assert_eq!(world.best(base_fee), expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn counts_order_and_bounds_hold(steps in proptest::collection::vec(step(), 1..80)) {
        let mut world = World::new(config());
        let mut twin = World::new(config());
        for step in &steps {
            let told = take(&mut world, step);
            prop_assert_eq!(told, take(&mut twin, step), "the same calls gave two answers");
            check_counts(&world);
            for base_fee in [0, 5, 15] {
                check_best(&world, base_fee);
            }
        }
        // Told of every account and the gas limit, the pool agrees with the state.
        world.block(&[], &[1, 2, 3, 4, 5]);
        check_counts(&world);
        check_executable(&world);
        // Nothing is left in the indexes when the last has gone.
        let now = world.now + 10_000;
        world.pool.tick(now);
        let status = world.pool.status();
        prop_assert_eq!((status.pending, status.queued, status.bytes, status.senders), (0, 0, 0, 0));
        prop_assert!(world.best(0).is_empty());
    }

    #[test]
    fn nothing_leaves_without_a_reason(steps in proptest::collection::vec(step(), 1..60)) {
        let mut world = World::new(PoolConfig { remembered_drops: 10_000, ..config() });
        let mut ever = BTreeSet::new();
        for step in &steps {
            take(&mut world, step);
            ever.extend(world.pool.iter().map(|tx| tx.hash));
            for hash in &ever {
                prop_assert!(world.pool.contains(*hash) || world.pool.why(*hash).is_some());
            }
        }
    }

    #[test]
    fn any_bytes_are_a_journal_of_some_sort(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let read = entente_pool::journal::decode(&bytes);
        prop_assert!(read.intact <= bytes.len());
        prop_assert_eq!(read.problem.is_none(), read.intact == bytes.len());
    }
}
