//! Opening: what the tables have reached, what the log holds beyond, and what a crash left half done.

use crate::{
    GenesisState, Recovery, StoreError,
    blocks::BlockCache,
    cache::StateCache,
    flush::put_layer,
    index::Index,
    kv::{Batch, Kv, Tables},
    layer::PreparedState,
    log::{BlockLog, Location, Position, Record, TornTail, Unplaced, segment_file},
    meta::Meta,
    options::StoreOptions,
    overlay::Overlays,
    rewind,
    shared::{Pending, Shared, Writer},
    view::{Base, Head, View},
};
use alloy_primitives::{B256, Bytes, U256, keccak256};
use entente_chain::{Block, Body, RecoveredBlock, SealedBlock, SealedHeader, spec::GenesisAccount};
use entente_evm::{Account, AccountChange, SlotChange, StateChanges};
use entente_trie::EMPTY_ROOT;
use parking_lot::{Mutex, RwLock};
use std::{collections::VecDeque, sync::Arc};

/// What the log says beyond the tables.
struct Tail {
    /// Height that the tables have reached.
    flushed: u64,
    /// The next block's height and parent.
    next: u64,
    parent: B256,
    pending: VecDeque<Pending>,
    /// The tables have to go back to here, and are then in step with the log at this place.
    undo: Option<(u64, Position)>,
}

impl Tail {
    fn take(&mut self, at: Location, record: Record) -> Result<(), StoreError> {
        let damaged =
            |what: String| Err(StoreError::log(segment_file(at.segment), at.offset, what));
        match record {
            Record::Block(block) => {
                let (height, hash, parent) = (block.number(), block.hash, block.header.parent_hash);
                if height != self.next || parent != self.parent {
                    return damaged(format!(
                        "block {height} on {parent} stands where block {} on {} should",
                        self.next, self.parent
                    ));
                }
                self.pending.push_back(Pending { height, hash, at });
                (self.next, self.parent) = (height + 1, hash);
            }
            Record::Rewind { to, hash } => {
                if to >= self.next {
                    return damaged(format!("it goes back to block {to}, which is not there"));
                }
                self.pending.retain(|pending| pending.height <= to);
                // Going back less far than before only takes away blocks that came since.
                if to < self.undo.map_or(self.flushed, |(before, _)| before) {
                    self.undo = Some((to, at.end()));
                }
                (self.next, self.parent) = (to + 1, hash);
            }
        }
        Ok(())
    }
}

/// Opens log and tables.
pub(crate) fn open(
    log: BlockLog,
    kv: Arc<dyn Kv>,
    options: StoreOptions,
    genesis: GenesisState<'_>,
) -> Result<(Arc<Shared>, Recovery), StoreError> {
    let expected = genesis.header.hash;
    let meta = Meta::read(&Tables(kv.snapshot()?))?;
    let created = meta.is_none();
    let meta = match meta {
        Some(meta) if meta.genesis != expected => {
            return Err(StoreError::WrongGenesis { found: meta.genesis, expected });
        }
        Some(meta) => meta,
        None => write_genesis(&log, &kv, options, genesis)?,
    };
    let base = base(&kv, &meta, 0)?;
    let mut head = base.head()?;
    let mut tail = Tail {
        flushed: meta.flushed,
        next: meta.flushed + 1,
        parent: head.header.hash,
        pending: VecDeque::new(),
        undo: meta.rewinding.map(|to| (to, meta.log)),
    };
    if let Some((to, _)) = tail.undo {
        let (header, _) = base.header(to)?.ok_or(StoreError::UnknownBlock(to))?;
        (tail.next, tail.parent) = (to + 1, header.hash);
    }
    let torn = log.scan(meta.log, |at, record| tail.take(at, record))?;
    let shared = assemble(log, kv, options, base, &head, tail.pending);
    if let Some((to, position)) = tail.undo {
        rewind::undo_tables(&shared, to, position)?;
        head = shared.view().head.clone();
    }
    let (flushed, to_replay) = (head.header.number, shared.writer.lock().pending.len() as u64);
    let mut notices = Vec::new();
    if let Some(TornTail { file, offset, bytes }) = &torn {
        notices.push(format!(
            "cut {bytes} bytes off {file} at offset {offset}: they were being written when the node stopped, and had not been acknowledged"
        ));
    }
    if let Some((to, _)) = tail.undo {
        notices.push(format!(
            "finished going back to block {to}, which the node was doing when it stopped"
        ));
    }
    let recovery = Recovery { created, flushed, to_replay, torn, notices };
    Ok((shared, recovery))
}

/// The tables as they stand.
pub(crate) fn base(kv: &Arc<dyn Kv>, meta: &Meta, generation: u64) -> Result<Base, StoreError> {
    let tables = Tables(kv.snapshot()?);
    Ok(Base { tables, generation, flushed: meta.flushed, oldest: meta.oldest })
}

fn assemble(
    log: BlockLog,
    kv: Arc<dyn Kv>,
    options: StoreOptions,
    base: Base,
    head: &Head,
    pending: VecDeque<Pending>,
) -> Arc<Shared> {
    let view = View::new(base, Arc::new(Index::default()), Vec::new(), head);
    Arc::new(Shared {
        log,
        kv,
        options,
        cache: StateCache::new(options.cache_bytes),
        blocks: BlockCache::new(options.block_cache_bytes),
        overlays: Overlays::default(),
        view: RwLock::new(Arc::new(view)),
        writer: Mutex::new(Writer { pending }),
        flushing: Mutex::default(),
        orders: Mutex::default(),
        wake: parking_lot::Condvar::new(),
        done: parking_lot::Condvar::new(),
        failed: Mutex::default(),
    })
}

/// Puts the genesis block first in the log, unless it is there, and its state into the tables. Tables that were lost come back this way: the blocks of
/// the log are then executed again from the first.
fn write_genesis(
    log: &BlockLog,
    kv: &Arc<dyn Kv>,
    options: StoreOptions,
    genesis: GenesisState<'_>,
) -> Result<Meta, StoreError> {
    let header = genesis.header;
    let expected = header.hash;
    let mut first = None;
    log.scan(Position::default(), |at, record| {
        if first.is_none() {
            let found = match record {
                Record::Block(block) => block.hash,
                Record::Rewind { hash, .. } => hash,
            };
            if found != expected {
                return Err(StoreError::WrongGenesis { found, expected });
            }
            first = Some(at);
        }
        Ok(())
    })?;
    let block = genesis_block(header);
    let prepared = prepare_genesis(kv, options, genesis)?;
    let at = match first {
        Some(at) => at,
        None => log.append(&[Unplaced::block(&block)?])?[0],
    };
    let layer = prepared.seal(Arc::new(block), Vec::new(), header.difficulty);
    let meta = Meta { genesis: expected, flushed: 0, oldest: 0, log: at.end(), rewinding: None };
    let mut batch = Batch::default();
    put_layer(&mut batch, &layer, &at, &mut Vec::new());
    meta.put(&mut batch);
    batch.sort();
    kv.write(&batch)?;
    Ok(meta)
}

fn genesis_block(header: &SealedHeader) -> RecoveredBlock {
    let withdrawals = header.withdrawals_root.map(|_| Default::default());
    let body = Body { transactions: Vec::new(), ommers: Vec::new(), withdrawals };
    let block = Block { header: header.header.clone(), body };
    RecoveredBlock::new(SealedBlock { hash: header.hash, block }, Vec::new())
        .expect("a block without transactions has no senders")
}

/// The genesis accounts as changes of the empty state.
fn genesis_changes(genesis: GenesisState<'_>) -> StateChanges {
    let slot = |(slot, value): (&B256, &U256)| SlotChange {
        hashed: keccak256(slot),
        slot: U256::from_be_bytes(slot.0),
        before: U256::ZERO,
        after: *value,
    };
    let mut changes = StateChanges::default();
    for (address, account) in genesis.alloc {
        let GenesisAccount { nonce, balance, code, storage } = account;
        let code_hash = keccak256(code);
        if !code.is_empty() {
            changes.codes.push((code_hash, Bytes::clone(code)));
        }
        let mut slots: Vec<_> =
            storage.iter().map(slot).filter(|slot| !slot.after.is_zero()).collect();
        slots.sort_unstable_by_key(|slot| slot.hashed);
        changes.accounts.push(AccountChange {
            hashed: keccak256(address),
            address: *address,
            before: None,
            after: Some(Account { nonce: *nonce, balance: *balance, code_hash }),
            wiped: false,
            slots,
        });
    }
    changes.accounts.sort_unstable_by_key(|account| account.hashed);
    changes.codes.sort_unstable_by_key(|code| code.0);
    changes.codes.dedup_by_key(|code| code.0);
    changes
}

/// Computes the genesis state, on empty tables.
fn prepare_genesis(
    kv: &Arc<dyn Kv>,
    options: StoreOptions,
    genesis: GenesisState<'_>,
) -> Result<PreparedState, StoreError> {
    let log = Position::default();
    let meta = Meta { genesis: genesis.header.hash, flushed: 0, oldest: 0, log, rewinding: None };
    let no_log = BlockLog::new(Arc::new(crate::MemDisk::default()), u64::MAX);
    let head = Head { header: genesis.header.clone(), total_difficulty: U256::ZERO };
    let options = StoreOptions { cache_bytes: 0, block_cache_bytes: 0, ..options };
    let shared = assemble(no_log, kv.clone(), options, base(kv, &meta, 0)?, &head, VecDeque::new());
    let prepared = shared.snapshot().prepare_on(EMPTY_ROOT, &genesis_changes(genesis))?;
    let (computed, header) = (prepared.state_root(), genesis.header.state_root);
    if computed == header {
        Ok(prepared)
    } else {
        Err(StoreError::GenesisRoot { computed, header })
    }
}
