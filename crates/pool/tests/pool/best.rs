//! What a builder is given, in which order.

use crate::world::*;
use entente_pool::PoolConfig;

fn world() -> World {
    World::new(PoolConfig::default())
}

#[test]
fn by_effective_tip_then_arrival_and_nonces_in_order() {
    let mut world = world();
    let low = world.send(1, 0, 105);
    let then_high = world.send(1, 1, 500);
    let tip7 = world.add(2, signed(dynamic(2, 0, 1_000, 7))).unwrap().hash;
    let capped = world.add(3, signed(dynamic(3, 0, 106, 90))).unwrap().hash;
    let also_low = world.send(4, 0, 105);
    let below = world.send(5, 0, 99);
    // At 100: 5 (then 400), 7, 6, 5.
    assert_eq!(world.best(100), [tip7, capped, low, then_high, also_low]);
    // At nothing the legacy prices and the tip of 90 count in full.
    assert_eq!(world.best(0), [low, then_high, also_low, below, capped, tip7]);
}

#[test]
fn a_skipped_sender_is_left_out_to_the_end() {
    let mut world = world();
    for nonce in 0..3 {
        world.send(1, nonce, 10);
    }
    let other = world.send(2, 0, 1);
    let mut best = world.pool.best(None);
    best.next(&world.pool).unwrap();
    best.skip_sender();
    assert_eq!(best.next(&world.pool).map(|tx| tx.hash), Some(other));
    assert!(best.next(&world.pool).is_none());
    assert!(best.next(&world.pool).is_none());
}

#[test]
fn the_pool_may_change_under_a_walk() {
    let mut world = world();
    let gone = world.send(1, 0, 10);
    let stays = world.send(2, 0, 9);
    world.send(3, 0, 8);
    let mut best = world.pool.best(None);
    assert_eq!(best.next(&world.pool).map(|tx| tx.hash), Some(gone));
    world.mine(&[gone]);
    world.send(1, 1, 7);
    let replaced = world.add(3, transfer(3, 0, 20)).unwrap().hash;
    let rest: Vec<_> = std::iter::from_fn(|| best.next(&world.pool)).map(|tx| tx.hash).collect();
    // Sender 3's first moved up after the walk had passed that price: it waits for the next walk. Sender 1's next follows its last.
    assert_eq!(rest[0], stays);
    assert_eq!(rest.len(), 2);
    assert!(!rest.contains(&replaced));
}

#[test]
fn where_gas_is_free_the_order_is_arrival() {
    let mut world = world();
    world.head.base_fee = None;
    let mut hashes = Vec::new();
    for nonce in 0..50 {
        for byte in 1..=9 {
            hashes.push(world.send(byte, nonce, 0));
        }
    }
    assert_eq!(world.best(0), hashes);
}
