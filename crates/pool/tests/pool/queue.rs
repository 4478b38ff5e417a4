//! Executable and queued.

use crate::world::*;
use alloy_primitives::U256;
use entente_pool::{PoolConfig, Standing};

fn world() -> World {
    World::new(PoolConfig::default())
}

#[test]
fn a_filled_gap_promotes_what_waited_behind_it() {
    let mut world = world();
    let second = world.send(1, 1, 1);
    let fourth = world.send(1, 3, 1);
    assert_eq!(world.pool.pending_nonce(who(1)), None);
    assert_eq!(world.pool.standing(second), Some(Standing::NonceGap { missing: 0 }));
    let added = world.add(1, transfer(1, 0, 1)).unwrap();
    assert!(added.pending);
    assert_eq!(added.promoted, [second]);
    assert_eq!(world.pool.pending_nonce(who(1)), Some(2));
    assert_eq!(world.pool.standing(fourth), Some(Standing::NonceGap { missing: 2 }));
    let status = world.pool.status();
    assert_eq!((status.pending, status.queued, status.senders), (2, 1, 1));
    let content = world.pool.by_sender(who(1));
    assert_eq!((content.pending.len(), content.queued[0].hash), (2, fourth));
    assert_eq!(world.pool.content().len(), 1);
}

#[test]
fn what_is_no_longer_paid_for_waits_and_comes_back() {
    let mut world = world();
    world.account(1).balance = U256::from(63_000);
    let hashes: Vec<_> = (0..3).map(|nonce| world.send(1, nonce, 1)).collect();
    assert_eq!(world.pool.pending_nonce(who(1)), Some(3));

    // Somebody with an allowance took a wei.
    world.account(1).balance = U256::from(41_999);
    assert!(world.block(&[], &[1]).is_empty());
    assert_eq!(world.pool.pending_nonce(who(1)), Some(1));
    assert_eq!(
        world.pool.standing(hashes[1]),
        Some(Standing::InsufficientFunds {
            balance: U256::from(41_999),
            needed: U256::from(42_000)
        })
    );
    assert_eq!(world.pool.standing(hashes[2]), Some(Standing::Behind { nonce: 1 }));
    assert_eq!(world.best(0), hashes[..1]);

    world.account(1).balance = U256::from(63_000);
    world.block(&[], &[1]);
    assert_eq!(world.best(0), hashes);
}

#[test]
fn only_touched_senders_are_looked_at() {
    let mut world = world();
    world.account(1).balance = U256::from(21_000);
    world.send(1, 0, 1);
    world.account(1).balance = U256::ZERO;
    world.block(&[], &[2]);
    assert_eq!(world.pool.status().pending, 1);
    world.block(&[], &[1]);
    assert_eq!(world.pool.status().pending, 0);
}

#[test]
fn an_addition_sees_a_state_that_went_on_before_the_pool_was_told() {
    let mut world = world();
    let first = world.send(1, 0, 1);
    world.account(1).nonce = 1;
    let added = world.add(1, transfer(1, 1, 1)).unwrap();
    assert!(added.pending);
    assert_eq!(added.evicted, [first]);
    // The block that it was in arrives: its reason is put right.
    assert!(world.block(&[(who(1), 0, first)], &[]).is_empty());
    assert_eq!(world.pool.why(first).unwrap().reason, entente_pool::DropReason::Mined);
}
