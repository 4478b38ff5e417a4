//! The pool's journal after a crash.
#![no_main]

use alloy_eips::{Decodable2718 as _, Encodable2718 as _};
use entente_chain::Transaction;
use entente_fuzz::{Pick, within};
use entente_pool::journal::{decode, encode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    // The same bytes as payloads of whole records.
    let mut pick = Pick::new(bytes);
    let (mut journal, mut expected) = (Vec::new(), Vec::new());
    while !pick.is_empty() {
        let payload = pick.counted();
        journal.extend(encode(payload));
        expected.extend(Transaction::decode_2718_exact(payload).ok());
    }
    let replayed = check(&journal);
    assert_eq!(replayed, (expected, journal.len()), "whole records are all read");
    // Cut short, what was whole before is still read.
    journal.pop();
    assert!(check(&journal).1 <= journal.len());
});

fn check(journal: &[u8]) -> (Vec<Transaction>, usize) {
    let replayed = within(128, journal.len(), || decode(journal));
    assert!(replayed.intact <= journal.len());
    assert_eq!(
        replayed.intact < journal.len(),
        replayed.problem.is_some() && replayed.intact != journal.len()
    );
    let again = decode(&journal[..replayed.intact]);
    assert_eq!((&again.transactions, again.intact), (&replayed.transactions, replayed.intact));
    let rewritten: Vec<u8> =
        replayed.transactions.iter().flat_map(|tx| encode(&tx.encoded_2718())).collect();
    let rewritten = decode(&rewritten);
    assert_eq!((&rewritten.transactions, rewritten.problem), (&replayed.transactions, None));
    (replayed.transactions, replayed.intact)
}
