//! How a store is run.

use std::time::Duration;

/// When committed blocks are flushed from memory to the tables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FlushMode {
    /// By a thread, when there is enough.
    #[default]
    Background,
    /// By the committing thread, when there is enough: for simulation, where everything has its order.
    Inline,
    /// Only when told.
    Manual,
}

/// How a store is run. The defaults are for a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreOptions {
    /// Who flushes.
    pub flush: FlushMode,
    /// Flush when this many blocks wait.
    pub flush_blocks: usize,
    /// Flush when the waiting blocks take this many bytes of memory.
    pub flush_bytes: usize,
    /// Flush when the oldest waiting block has waited this long (background only).
    pub flush_age: Duration,
    /// Commits wait for the flusher while the waiting blocks take more than this, in bytes (background only).
    pub max_unflushed_bytes: usize,
    /// Bytes for accounts, slots, trie nodes and code read lately.
    pub cache_bytes: u64,
    /// Bytes for blocks and receipts read lately.
    pub block_cache_bytes: u64,
    /// Bytes for the database's pages.
    pub page_cache_bytes: usize,
    /// A segment of the block log is closed when it is larger than this, in bytes.
    pub segment_bytes: u64,
}

impl Default for StoreOptions {
    fn default() -> Self {
        const MIB: usize = 1 << 20;
        Self {
            flush: FlushMode::Background,
            flush_blocks: 64,
            flush_bytes: 64 * MIB,
            flush_age: Duration::from_secs(30),
            max_unflushed_bytes: 256 * MIB,
            cache_bytes: 96 << 20,
            block_cache_bytes: 32 << 20,
            page_cache_bytes: 64 * MIB,
            segment_bytes: 256 << 20,
        }
    }
}
