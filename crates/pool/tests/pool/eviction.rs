//! Making room.

use crate::world::*;
use alloy_primitives::{B256, U256};
use entente_pool::{DropReason, PoolConfig, Rejected};

/// A pool with room for so many transfers.
fn world(transfers: usize) -> World {
    let mut probe = World::new(PoolConfig::default());
    probe.send(1, 0, 1);
    let one = probe.pool.status().bytes;
    World::new(PoolConfig { max_bytes: transfers * one, ..PoolConfig::default() })
}

fn evicts(world: &mut World, byte: u8, nonce: u64, price: u128) -> Vec<B256> {
    let added = world.add(byte, transfer(byte, nonce, price)).unwrap();
    for hash in &added.evicted {
        assert_eq!(world.pool.why(*hash).unwrap().reason, DropReason::Evicted { by: added.hash });
    }
    added.evicted
}

#[test]
fn queued_ones_go_first_then_the_cheapest() {
    let mut world = world(3);
    let cheap = world.send(1, 0, 10);
    let queued = world.send(2, 5, 1_000);
    let dear = world.send(3, 0, 20);
    assert_eq!(evicts(&mut world, 4, 0, 15), [queued]);
    assert_eq!(evicts(&mut world, 5, 0, 16), [cheap]);
    assert!(world.pool.contains(dear));
}

#[test]
fn nothing_goes_for_what_is_worth_no_more() {
    let mut world = world(2);
    world.send(1, 0, 10);
    world.send(2, 0, 10);
    // The same price: who came first stays.
    assert!(matches!(world.add(3, transfer(3, 0, 10)), Err(Rejected::Full { .. })));
    // However dear, it could not be executed.
    let text = world.add(3, transfer(3, 1, 1_000)).unwrap_err().to_string();
    assert!(text.starts_with("txpool is full: "), "{text}");
    assert_eq!(world.pool.status().pending, 2);
}

#[test]
fn the_highest_nonce_of_the_cheapest_sender_goes() {
    let mut world = world(4);
    let first = world.send(1, 0, 5);
    // Dear, but no block takes it before the one at 5.
    let second = world.send(1, 1, 100);
    world.send(2, 0, 50);
    world.send(3, 0, 50);
    assert_eq!(evicts(&mut world, 4, 0, 60), [second]);
    assert_eq!(evicts(&mut world, 5, 0, 60), [first]);
}

#[test]
fn what_was_demoted_is_worth_its_own_price_again() {
    let mut world = world(3);
    world.account(1).balance = U256::from(21_000 * 105);
    world.send(1, 0, 5);
    let demoted = world.send(1, 1, 100);
    world.account(1).balance = U256::from(21_000 * 104);
    world.block(&[], &[1]);
    let queued = world.send(2, 1, 50);
    assert_eq!(evicts(&mut world, 3, 0, 60), [queued]);
    assert_eq!(evicts(&mut world, 4, 0, 60), [demoted]);
}

#[test]
fn local_ones_go_last() {
    let mut world = world(2);
    let local = world.submit(1, transfer(1, 0, 1), true).unwrap().hash;
    let foreign = world.send(2, 0, 100);
    assert_eq!(evicts(&mut world, 3, 0, 101).len(), 1);
    assert!(world.pool.contains(local) && !world.pool.contains(foreign));
    // A local one of a low price displaces a peer's of a high one.
    assert_eq!(world.submit(4, transfer(4, 0, 2), true).unwrap().evicted.len(), 1);
    assert!(world.add(5, transfer(5, 0, 1_000)).is_err());
    // Among themselves the price decides.
    assert_eq!(world.submit(5, transfer(5, 0, 3), true).unwrap().evicted, [local]);
}

#[test]
fn worth_is_what_a_block_at_todays_base_fee_would_earn() {
    let mut world = world(2);
    world.head.base_fee = Some(100);
    // Earns 5, 10 and then 7, whatever the maximum says.
    let tip = world.add(1, signed(dynamic(1, 0, 1_000, 5))).unwrap().hash;
    let legacy = world.send(2, 0, 110);
    let added = world.add(3, signed(dynamic(3, 0, 107, 107))).unwrap();
    assert_eq!(added.evicted, [tip]);
    // The base fee rises over both: the one that is nearer to it stays.
    world.head.base_fee = Some(200);
    world.block(&[], &[]);
    let barely = added.hash;
    let added = world.add(4, signed(dynamic(4, 0, 300, 1))).unwrap();
    assert_eq!(added.evicted, [barely]);
    assert!(world.pool.contains(legacy));
}

#[test]
fn no_room_by_halves() {
    // Two must go for a large one; one of them is worth more than it: none goes.
    let mut world = world(2);
    let cheap = world.send(1, 0, 1);
    let dear = world.send(2, 0, 100);
    let large = |price| {
        signed(alloy_consensus::TxLegacy {
            gas_limit: 1_000_000,
            input: vec![1; 400].into(),
            ..legacy(3, 0, price)
        })
    };
    assert!(matches!(world.add(3, large(50)), Err(Rejected::Full { .. })));
    assert!(world.pool.contains(cheap) && world.pool.contains(dear));
    assert_eq!(world.add(3, large(101)).unwrap().evicted, [cheap, dear]);
}
