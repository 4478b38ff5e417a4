//! Hashes of addresses, each worked out once as long as it is asked for again soon.

use alloy_primitives::{Address, B256, keccak256};
use std::cell::RefCell;

/// Entries a thread; 52 bytes each. A power of two.
const ENTRIES: usize = 1024;

thread_local! {
    /// No address is known to hash to zero: an entry with such a hash is an empty one.
    static RECENT: RefCell<Vec<(Address, B256)>> = RefCell::new(vec![(Address::ZERO, B256::ZERO); ENTRIES]);
}

/// keccak256 of an address. Reading a slot hashes its contract's address, and contracts are few: most are answered from a small table of the thread's.
pub(crate) fn hash_address(address: Address) -> B256 {
    // Bytes of an address are as good as random, except where people chose them: the last and the first.
    let at = usize::from(address[10]) << 8 | usize::from(address[11]);
    RECENT.with_borrow_mut(|recent| {
        let entry = &mut recent[at % ENTRIES];
        if entry.0 != address || entry.1.is_zero() {
            *entry = (address, keccak256(address));
        }
        entry.1
    })
}

#[cfg(test)]
mod tests {
    use super::hash_address;
    use alloy_primitives::{Address, keccak256};

    #[test]
    fn it_is_the_hash_whatever_was_asked_before() {
        let near = |n: u8, last: u8| {
            let mut address = Address::repeat_byte(n);
            address[19] = last;
            address
        };
        for round in 0..3 {
            for n in 0..8 {
                for last in 0..4 {
                    let address = near(n, last);
                    assert_eq!(hash_address(address), keccak256(address), "round {round}");
                }
            }
        }
        assert_eq!(hash_address(Address::ZERO), keccak256(Address::ZERO));
    }
}
