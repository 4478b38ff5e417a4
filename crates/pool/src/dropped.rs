//! What left the pool, and why.

use alloy_primitives::{Address, B256, BlockNumber, map::B256HashMap};
use std::{collections::VecDeque, fmt};

/// Longest text that a reason keeps, in bytes.
const MAX_TEXT: usize = 256;

/// Why a transaction left the pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DropReason {
    /// It is in a block.
    Mined,
    /// Its nonce was used by another transaction: the one named, when it came with a block that the pool was told of.
    NonceUsed {
        /// The transaction that used it.
        by: Option<B256>,
    },
    /// Its sender replaced it.
    Replaced {
        /// The transaction in its place.
        by: B256,
    },
    /// It gave way to one worth more when the pool was full.
    Evicted {
        /// The transaction that took its room.
        by: B256,
    },
    /// It waited too long.
    Expired {
        /// Milliseconds that it was allowed.
        after_ms: u64,
        /// Whether it could not be executed all that while.
        queued: bool,
    },
    /// The rules of a new fork forbid it; the text says which.
    Invalid(String),
    /// Building a block showed that it can never be executed; the text says why.
    Unexecutable(String),
    /// Somebody with the right to asked for it.
    Removed,
}

impl fmt::Display for DropReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mined => f.write_str("mined"),
            Self::NonceUsed { by: Some(by) } => write!(f, "its nonce was used by {by}"),
            Self::NonceUsed { by: None } => {
                f.write_str("its nonce was used by another transaction")
            }
            Self::Replaced { by } => write!(f, "replaced by its sender with {by}"),
            Self::Evicted { by } => {
                write!(f, "evicted from a full pool for {by}, which is worth more")
            }
            Self::Expired { after_ms, queued: true } => {
                write!(
                    f,
                    "expired: it could not be executed for {after_ms} ms (nonce gap, missing funds or too much gas)"
                )
            }
            Self::Expired { after_ms, queued: false } => {
                write!(f, "expired: no block took it within {after_ms} ms")
            }
            Self::Invalid(reason) => write!(f, "no longer valid: {reason}"),
            Self::Unexecutable(reason) => write!(f, "cannot be executed: {reason}"),
            Self::Removed => f.write_str("removed on request"),
        }
    }
}

/// A transaction that left the pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// Its hash.
    pub hash: B256,
    /// Who signed it.
    pub sender: Address,
    /// Its nonce.
    pub nonce: u64,
    /// Whether it had been handed in at this node.
    pub local: bool,
    /// Why it left.
    pub reason: DropReason,
    /// When, in milliseconds of the caller's clock.
    pub at: u64,
    /// The newest block that the pool knew of.
    pub block: BlockNumber,
}

/// The last drops, a bounded number of them.
#[derive(Debug)]
pub(crate) struct DropLog {
    capacity: usize,
    entries: VecDeque<Dropped>,
    /// How many entries were taken off the front so far.
    forgotten: u64,
    /// Position of the newest entry of a hash, counted from the first ever.
    newest: B256HashMap<u64>,
}

impl DropLog {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity, entries: VecDeque::new(), forgotten: 0, newest: B256HashMap::default() }
    }

    pub(crate) fn push(&mut self, mut dropped: Dropped) {
        if self.capacity == 0 {
            return;
        }
        if self.entries.len() == self.capacity
            && let Some(oldest) = self.entries.pop_front()
        {
            if self.newest.get(&oldest.hash) == Some(&self.forgotten) {
                self.newest.remove(&oldest.hash);
            }
            self.forgotten += 1;
        }
        if let DropReason::Invalid(text) | DropReason::Unexecutable(text) = &mut dropped.reason {
            text.truncate(text.floor_char_boundary(MAX_TEXT));
            text.shrink_to_fit();
        }
        self.newest.insert(dropped.hash, self.forgotten + self.entries.len() as u64);
        self.entries.push_back(dropped);
    }

    pub(crate) fn get(&self, hash: &B256) -> Option<&Dropped> {
        let position = self.newest.get(hash)?.checked_sub(self.forgotten)?;
        self.entries.get(usize::try_from(position).ok()?)
    }

    /// Corrects the reason of a drop that turns out to have been a block's doing.
    pub(crate) fn correct(&mut self, hash: &B256, block: BlockNumber, at: u64) {
        let position = self.newest.get(hash).and_then(|newest| newest.checked_sub(self.forgotten));
        let entry = position
            .and_then(|at| usize::try_from(at).ok())
            .and_then(|at| self.entries.get_mut(at));
        if let Some(entry) = entry {
            entry.reason = DropReason::Mined;
            entry.block = block;
            entry.at = at;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dropped(byte: u8, reason: DropReason) -> Dropped {
        Dropped {
            hash: B256::repeat_byte(byte),
            sender: Address::ZERO,
            nonce: 0,
            local: false,
            reason,
            at: 0,
            block: 0,
        }
    }

    #[test]
    fn the_log_forgets_the_oldest_and_keeps_the_newest_reason() {
        let mut log = DropLog::new(2);
        log.push(dropped(1, DropReason::Removed));
        log.push(dropped(2, DropReason::Removed));
        log.push(dropped(1, DropReason::Mined));
        assert_eq!(log.get(&B256::repeat_byte(1)).map(|d| &d.reason), Some(&DropReason::Mined));
        assert!(log.get(&B256::repeat_byte(2)).is_some());
        log.push(dropped(3, DropReason::Removed));
        assert!(log.get(&B256::repeat_byte(2)).is_none());
        assert!(log.get(&B256::repeat_byte(1)).is_some());
        assert_eq!((log.entries.len(), log.newest.len()), (2, 2));
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let mut log = DropLog::new(1);
        log.push(dropped(1, DropReason::Unexecutable("ß".repeat(300))));
        let Some(DropReason::Unexecutable(text)) =
            log.get(&B256::repeat_byte(1)).map(|d| d.reason.clone())
        else {
            panic!("kept");
        };
        assert_eq!(text.len(), 256);
    }
}
