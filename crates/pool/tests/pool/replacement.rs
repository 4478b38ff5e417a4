//! Replacing a transaction by another of the same nonce.

use crate::world::*;
use alloy_primitives::U256;
use entente_pool::{DropReason, PoolConfig, Rejected};

fn world() -> World {
    World::new(PoolConfig::default())
}

#[test]
fn ten_per_cent_more_replace() {
    let mut world = world();
    let old = world.send(1, 0, 1_000);
    assert_eq!(
        world.add(1, transfer(1, 0, 1_099)).unwrap_err().to_string(),
        format!(
            "replacement transaction underpriced: {old} with this nonce pays max fee 1000 and tip 1000; \
             at least 1100 and 1100 replace it, or the same price in 10000 ms"
        )
    );
    let added = world.add(1, transfer(1, 0, 1_100)).unwrap();
    assert_eq!((added.replaced, added.pending), (Some(old), true));
    assert_eq!(world.pool.why(old).unwrap().reason, DropReason::Replaced { by: added.hash });
    assert_eq!(world.pool.status().pending, 1);
}

#[test]
fn one_wei_more_at_least() {
    // A tenth of 5 is nothing, rounded down; that is not more.
    let mut world = world();
    world.head.base_fee = Some(1);
    world.send(1, 0, 5);
    let other = payment(1, 0, 5, 1);
    assert!(matches!(
        world.add(1, other),
        Err(Rejected::ReplacementUnderpriced { needed_fee: 6, .. })
    ));
    assert!(world.add(1, transfer(1, 0, 6)).is_ok());
}

#[test]
fn both_fee_and_tip_must_rise() {
    let mut world = world();
    world.add(1, signed(dynamic(1, 0, 100, 10))).unwrap();
    for (fee, tip) in [(110, 10), (100, 11), (109, 11), (200, 10)] {
        assert!(world.add(1, signed(dynamic(1, 0, fee, tip))).is_err(), "{fee} {tip}");
    }
    assert!(world.add(1, signed(dynamic(1, 0, 110, 11))).is_ok());
}

#[test]
fn where_gas_is_free_the_same_price_replaces_after_a_while() {
    for base_fee in [None, Some(0)] {
        let mut world = world();
        world.head.base_fee = base_fee;
        let old = world.send(1, 0, 0);
        world.now += 9_999;
        let other = || payment(1, 0, 0, 1);
        assert!(matches!(
            world.add(1, other()),
            Err(Rejected::ReplacementUnderpriced { wait_ms: Some(1), .. })
        ));
        world.now += 1;
        assert_eq!(world.add(1, other()).unwrap().replaced, Some(old));
        // The clock starts again.
        assert!(world.add(1, payment(1, 0, 0, 2)).is_err());
    }
}

#[test]
fn where_gas_has_a_price_waiting_does_not_help() {
    let mut world = world();
    world.head.base_fee = Some(7);
    world.send(1, 0, 10);
    world.now += 1_000_000;
    assert!(matches!(
        world.add(1, payment(1, 0, 10, 1)),
        Err(Rejected::ReplacementUnderpriced { wait_ms: None, .. })
    ));
}

#[test]
fn a_lower_price_never_replaces() {
    let mut world = world();
    world.send(1, 0, 10);
    world.now += 1_000_000;
    assert!(world.add(1, transfer(1, 0, 9)).is_err());
    assert!(world.add(1, payment(1, 0, 10, 1)).is_ok());
}

#[test]
fn a_replacement_does_not_take_the_money_of_the_rest() {
    let mut world = world();
    world.account(1).balance = U256::from(21_000 * 30);
    for nonce in 0..3 {
        world.send(1, nonce, 10);
    }
    // 20 others stay, so 10 are left for this one.
    assert_eq!(
        world.add(1, transfer(1, 1, 11)).unwrap_err().to_string(),
        "insufficient funds for gas * price + value: balance 630000, queued cost 420000, tx cost 231000, overshot 21000"
    );
    assert_eq!(world.pool.status().pending, 3);
    world.account(1).balance = U256::from(21_000 * 31);
    assert!(world.add(1, transfer(1, 1, 11)).unwrap().pending);
    assert_eq!(world.pool.status().pending, 3);
}

#[test]
fn a_queued_transaction_is_replaced_in_its_place() {
    let mut world = world();
    let old = world.send(1, 4, 10);
    let added = world.add(1, transfer(1, 4, 11)).unwrap();
    assert_eq!((added.replaced, added.pending), (Some(old), false));
    assert_eq!(world.pool.status().queued, 1);
}
