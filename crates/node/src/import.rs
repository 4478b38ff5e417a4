//! Blocks from a file, as fast as they go in.
//!
//! Two stages run side by side: one decodes blocks and recovers their senders on all cores, the other executes them and commits a batch with one sync
//! to disk. Recovery costs about as much as all the rest, so neither waits long for the other.

use crate::{Ledger, NodeError};
use entente_chain::{Block, Fork, RecoveredBlock, SealedHeader, recover::recover_block_with};
use std::{
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

/// Blocks that may wait, recovered, for the executing stage.
const AHEAD: usize = 64;

/// How to import.
#[derive(Clone, Copy, Debug)]
pub struct ImportOptions {
    /// Blocks committed with one sync to disk.
    pub batch: usize,
}

impl Default for ImportOptions {
    fn default() -> Self {
        Self { batch: 64 }
    }
}

/// How far an import has come.
#[derive(Clone, Copy, Debug, Default)]
pub struct ImportProgress {
    /// Height reached.
    pub height: u64,
    /// Blocks imported by this run.
    pub blocks: u64,
    /// Blocks passed over because they are here already.
    pub known: u64,
    /// Transactions imported.
    pub transactions: u64,
    /// Gas used by them.
    pub gas: u64,
    /// Time spent.
    pub elapsed: Duration,
}

/// What an import came to.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The figures at its end.
    pub progress: ImportProgress,
    /// The chain's head after it.
    pub head: SealedHeader,
}

/// Imports blocks in their order. Blocks that are here already are passed over, so that an import that was broken off can be run again.
///
/// # Errors
/// At the first bad block, with number, hash and reason; all before it is committed.
pub fn import(
    ledger: &Ledger,
    blocks: impl Iterator<Item = Result<Block, NodeError>> + Send,
    options: ImportOptions,
    mut progress: impl FnMut(&ImportProgress),
) -> Result<Imported, NodeError> {
    let started = Instant::now();
    let mut done = ImportProgress { height: ledger.head().number, ..ImportProgress::default() };
    std::thread::scope(|scope| {
        let (sender, receiver) = mpsc::sync_channel(AHEAD);
        scope.spawn(move || {
            for block in blocks {
                let recovered = block.and_then(|block| prepare(ledger, block));
                let failed = recovered.is_err();
                if sender.send(recovered).is_err() || failed {
                    return;
                }
            }
        });
        let mut batch = Vec::with_capacity(options.batch);
        let result: Result<(), NodeError> = receiver.iter().try_for_each(|prepared| {
            let Some(block) = prepared? else {
                done.known += 1;
                return Ok(());
            };
            done.transactions += block.body.transactions.len() as u64;
            done.gas = done.gas.saturating_add(block.header.gas_used);
            batch.push(ledger.check(&Arc::new(block))?);
            if batch.len() >= options.batch.max(1) {
                flush(ledger, &mut batch, &mut done, started, &mut progress)?;
            }
            Ok(())
        });
        // What was executed before a bad block is good, and stays.
        flush(ledger, &mut batch, &mut done, started, &mut progress)?;
        result
    })?;
    Ok(Imported { progress: done, head: ledger.head() })
}

/// Recovers a block's senders; None when the block is on the chain already.
fn prepare(ledger: &Ledger, block: Block) -> Result<Option<RecoveredBlock>, NodeError> {
    let sealed = ledger.spec().seal_block(block);
    let number = sealed.number();
    if number <= ledger.head().number {
        return match ledger.store().canonical_hash(number)? {
            Some(hash) if hash == sealed.hash => Ok(None),
            Some(hash) => Err(NodeError::InvalidBlock {
                number,
                hash: sealed.hash,
                reason: format!(
                    "this chain has {hash} at that height; the file is of another chain or branch"
                ),
            }),
            None => Ok(None),
        };
    }
    // Frontier took signatures with a high s (EIP-2).
    let low_s = ledger.spec().fork(&sealed.header) >= Fork::Homestead;
    Ok(Some(recover_block_with(sealed, low_s)?))
}

fn flush(
    ledger: &Ledger,
    batch: &mut Vec<Arc<entente_store::Layer>>,
    done: &mut ImportProgress,
    started: Instant,
    progress: &mut impl FnMut(&ImportProgress),
) -> Result<(), NodeError> {
    ledger.commit_all(batch)?;
    if let Some(last) = batch.last() {
        done.height = last.block().number();
        done.blocks += batch.len() as u64;
    }
    done.elapsed = started.elapsed();
    batch.clear();
    progress(done);
    Ok(())
}
