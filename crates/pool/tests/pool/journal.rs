//! The journal's records.

use crate::world::*;
use alloy_eips::eip2718::Encodable2718;
use entente_pool::{PoolConfig, journal};

fn entries() -> Vec<Vec<u8>> {
    let txs = [transfer(1, 0, 1), signed(dynamic(2, 5, 9, 3)), payment(3, 1, 0, 77)];
    txs.iter().map(|tx| journal::encode(&tx.encoded_2718())).collect()
}

#[test]
fn what_is_written_is_read() {
    let whole = entries().concat();
    let read = journal::decode(&whole);
    assert_eq!(
        read.transactions,
        [transfer(1, 0, 1), signed(dynamic(2, 5, 9, 3)), payment(3, 1, 0, 77)]
    );
    assert_eq!((read.intact, read.problem), (whole.len(), None));
    assert_eq!(journal::decode(&[]), journal::Replayed::default());
}

#[test]
fn a_torn_tail_costs_only_itself() {
    let entries = entries();
    let whole = entries.concat();
    let two = entries[0].len() + entries[1].len();
    for end in two + 1..whole.len() {
        let read = journal::decode(&whole[..end]);
        assert_eq!((read.transactions.len(), read.intact), (2, two), "cut at {end}");
        assert!(read.problem.unwrap().starts_with(&format!("record at byte {two}: cut short")));
    }
}

#[test]
fn every_flipped_bit_is_seen() {
    let entries = entries();
    let start = entries[0].len();
    let whole = entries.concat();
    for bit in start * 8..(start + entries[1].len()) * 8 {
        let mut damaged = whole.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        let read = journal::decode(&damaged);
        assert_eq!((read.transactions.len(), read.intact), (1, start), "bit {bit}");
        assert!(read.problem.is_some());
    }
}

#[test]
fn zeroes_and_lies_about_length_are_no_records() {
    let mut whole = entries()[0].clone();
    let good = whole.len();
    whole.extend([0; 64]);
    assert_eq!(journal::decode(&whole).intact, good);
    assert_eq!(journal::decode(&[0xff; 64]).intact, 0);
}

#[test]
fn a_whole_record_of_something_else_is_passed_over() {
    let entries = entries();
    let whole = [journal::encode(&[0x7f, 1, 2, 3]), entries[0].clone()].concat();
    let read = journal::decode(&whole);
    assert_eq!((read.transactions.len(), read.intact), (1, whole.len()));
    assert!(read.problem.unwrap().starts_with("record at byte 0 is no transaction"));
}

#[test]
fn the_pool_journals_what_is_local_in_an_order_that_leaves_no_gaps() {
    let mut world = World::new(PoolConfig::default());
    world.submit(1, transfer(1, 1, 1), true).unwrap();
    world.submit(1, transfer(1, 0, 1), true).unwrap();
    world.submit(2, transfer(2, 0, 1), false).unwrap();
    let bytes: Vec<u8> = world.pool.journal().flatten().collect();
    assert_eq!(journal::decode(&bytes).transactions, [transfer(1, 0, 1), transfer(1, 1, 1)]);
    assert_eq!(world.pool.local_transactions().len(), 2);
    assert_eq!(world.pool.status().local, 2);
}
