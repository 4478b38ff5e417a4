//! Power cuts for tests: a switch shared by the disk and the tables in memory.

use crate::StoreError;
use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

/// Counts down the writes of a [`MemDisk`](crate::MemDisk) and a [`MemKv`](crate::MemKv) that share it; when it has run out, every write fails, as on
/// a machine that lost its power. Clones share the count.
#[derive(Clone, Debug)]
pub struct CrashSwitch(Arc<AtomicI64>);

impl Default for CrashSwitch {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(i64::MAX)))
    }
}

impl CrashSwitch {
    /// The power goes at the write after the next `writes`.
    pub fn after(&self, writes: u32) {
        self.0.store(i64::from(writes), Ordering::SeqCst);
    }

    /// Power is back, for good.
    pub fn restore(&self) {
        self.0.store(i64::MAX, Ordering::SeqCst);
    }

    /// Whether the power is gone.
    pub fn is_off(&self) -> bool {
        self.0.load(Ordering::SeqCst) <= 0
    }

    /// Counts a write.
    pub(crate) fn tick(&self, file: &str) -> Result<(), StoreError> {
        if self.0.fetch_sub(1, Ordering::SeqCst) > 0 {
            Ok(())
        } else {
            self.0.store(0, Ordering::SeqCst);
            Err(StoreError::io("write", file, io::Error::other("the power is gone")))
        }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): enough to scatter faults.
pub(crate) struct Scatter(pub(crate) u64);

impl Scatter {
    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) const fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.next() % bound }
    }
}
