//! New heads, undone heads, forks, and the clock.

use crate::world::*;
use alloy_consensus::TxLegacy;
use alloy_primitives::{B256, Bytes, U256};
use entente_chain::Fork;
use entente_pool::{DropReason, PoolConfig, Standing};

fn world() -> World {
    World::new(PoolConfig::default())
}

#[test]
fn a_block_takes_what_it_holds() {
    let mut world = world();
    let hashes: Vec<_> = (0..3).map(|nonce| world.send(1, nonce, 1)).collect();
    world.now = 5_000;
    let dropped = world.mine(&hashes[..2]);
    assert_eq!(
        dropped.iter().map(|d| (d.hash, &d.reason, d.at, d.block)).collect::<Vec<_>>(),
        [(hashes[0], &DropReason::Mined, 5_000, 8), (hashes[1], &DropReason::Mined, 5_000, 8)]
    );
    assert_eq!(world.best(0), hashes[2..]);
    assert_eq!(world.pool.pending_nonce(who(1)), Some(3));
}

#[test]
fn another_transaction_with_the_nonce_is_named() {
    let mut world = world();
    let hash = world.send(1, 0, 1);
    let behind = world.send(1, 1, 1);
    world.account(1).nonce = 1;
    let other = B256::repeat_byte(0xaa);
    let dropped = world.block(&[(who(1), 0, other)], &[]);
    assert_eq!(dropped[0].reason, DropReason::NonceUsed { by: Some(other) });
    assert_eq!((world.pool.why(hash).is_some(), world.pool.contains(behind)), (true, true));
    // An EIP-7702 authorization uses a nonce without a transaction of its own.
    world.account(1).nonce = 2;
    let dropped = world.block(&[], &[1]);
    assert_eq!(
        (dropped[0].hash, &dropped[0].reason),
        (behind, &DropReason::NonceUsed { by: None })
    );
    assert_eq!(world.pool.status().senders, 0);
}

#[test]
fn an_undone_block_gives_its_transactions_back() {
    let mut world = world();
    let first = world.send(1, 0, 1);
    let second = world.send(1, 1, 1);
    world.mine(&[first]);
    assert_eq!(world.best(0), [second]);
    world.account(1).nonce = 0;
    world.account(1).balance = U256::from(RICH);
    world.head.number -= 2;
    world.block(&[], &[1]);
    assert_eq!(world.pool.standing(second), Some(Standing::NonceGap { missing: 0 }));
    assert!(world.add(1, transfer(1, 0, 1)).unwrap().pending);
    assert_eq!(world.best(0), [first, second]);
    assert_eq!(world.pool.why(first), None);
}

#[test]
fn a_gap_that_nobody_fills_expires() {
    let mut world = world();
    let gapped = world.send(1, 1, 1);
    let fine = world.send(2, 0, 1);
    let three_hours = 3 * 60 * 60 * 1_000;
    assert!(world.pool.tick(world.now + three_hours - 1).is_empty());
    let dropped = world.pool.tick(world.now + three_hours);
    assert_eq!(dropped.len(), 1);
    assert_eq!(dropped[0].reason, DropReason::Expired { after_ms: three_hours, queued: true });
    assert_eq!((world.pool.contains(gapped), world.pool.contains(fine)), (false, true));
}

#[test]
fn the_time_to_wait_begins_when_waiting_begins() {
    let mut world = world();
    world.account(1).balance = U256::from(21_000);
    let hash = world.send(1, 0, 1);
    world.now += 1_000_000_000;
    world.account(1).balance = U256::ZERO;
    world.block(&[], &[1]);
    assert!(world.pool.tick(world.now).is_empty());
    assert_eq!(world.pool.tick(world.now + 3 * 60 * 60 * 1_000)[0].hash, hash);
}

#[test]
fn any_transaction_expires_where_that_is_asked_for() {
    let mut world = World::new(PoolConfig { lifetime_ms: Some(60_000), ..PoolConfig::default() });
    let hash = world.send(1, 0, 1);
    assert!(world.pool.tick(world.now + 59_999).is_empty());
    assert_eq!(
        world.pool.tick(world.now + 60_000)[0].reason,
        DropReason::Expired { after_ms: 60_000, queued: false }
    );
    assert!(!world.pool.contains(hash));
}

#[test]
fn a_smaller_block_makes_large_transactions_wait() {
    let mut world = world();
    let large =
        world.add(1, signed(TxLegacy { gas_limit: 1_000_000, ..legacy(1, 0, 1) })).unwrap().hash;
    let small = world.send(2, 0, 1);
    world.head.gas_limit = 999_999;
    assert!(world.block(&[], &[]).is_empty());
    assert_eq!(world.pool.standing(large), Some(Standing::ExceedsBlockGasLimit { gas: 1_000_000 }));
    assert_eq!(world.best(0), [small]);
    world.head.gas_limit = 1_000_000;
    world.block(&[], &[]);
    assert_eq!(world.best(0), [large, small]);
}

#[test]
fn a_new_forks_rules_hold_for_what_waits() {
    let mut world = world();
    world.head.fork = Fork::Cancun;
    // 22,600 to execute; Prague's floor is 25,000.
    let input = Bytes::from(vec![1; 100]);
    let hash = world
        .add(1, signed(TxLegacy { gas_limit: 22_600, input, ..legacy(1, 0, 1) }))
        .unwrap()
        .hash;
    world.head.fork = Fork::Prague;
    let dropped = world.block(&[], &[]);
    assert_eq!(dropped[0].hash, hash);
    assert_eq!(
        dropped[0].reason.to_string(),
        "no longer valid: insufficient gas for floor data gas cost: gas 22600, minimum needed 25000"
    );
}

#[test]
fn a_sender_that_became_a_contract_sends_no_more() {
    let mut world = world();
    world.send(1, 0, 1);
    world.send(1, 1, 1);
    world.account(1).code = Some(Bytes::from_static(&[0x00]));
    assert_eq!(world.block(&[], &[1]).len(), 2);
    assert_eq!(world.pool.status().bytes, 0);
}

#[test]
fn an_unreadable_account_is_tried_again() {
    let mut world = world();
    let first = world.send(1, 0, 1);
    let second = world.send(1, 1, 1);
    world.accounts.unreadable = true;
    let dropped = world.block(&[(who(1), 0, first)], &[]);
    assert_eq!((dropped.len(), &dropped[0].reason), (1, &DropReason::Mined));
    assert_eq!(world.best(0), [second]);
    world.accounts.unreadable = false;
    world.account(1).nonce = 1;
    world.account(1).balance = U256::ZERO;
    world.block(&[], &[]);
    assert!(world.best(0).is_empty());
}

#[test]
fn a_removed_transaction_leaves_a_gap_and_its_reason() {
    let mut world = world();
    let first = world.send(1, 0, 1);
    let second = world.send(1, 1, 1);
    let reason = DropReason::Unexecutable("it calls a spirit".to_owned());
    assert_eq!(world.pool.remove(first, reason.clone(), 9).unwrap().at, 9);
    assert_eq!(world.pool.remove(first, reason.clone(), 10), None);
    assert_eq!(world.pool.why(first).unwrap().reason, reason);
    assert_eq!(world.pool.standing(second), Some(Standing::NonceGap { missing: 0 }));
}
