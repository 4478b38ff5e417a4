//! The store itself: opening, committing, closing.

use crate::{
    FlushMode, StoreError,
    disk::{Disk, FsDisk},
    flush,
    kv::Kv,
    layer::Layer,
    log::{BlockLog, Record, TornTail, Unplaced, segment_file},
    mem_disk::MemDisk,
    mem_kv::MemKv,
    options::StoreOptions,
    recover,
    redb_kv::RedbKv,
    shared::{Pending, Shared},
    snapshot::Snapshot,
    view::{Committed, Head},
};
use alloy_primitives::Address;
use entente_chain::{Genesis, RecoveredBlock, SealedHeader, spec::GenesisAccount};
use parking_lot::Mutex;
use std::{collections::BTreeMap, fmt, path::Path, sync::Arc, thread::JoinHandle};

/// The state database's file in a data directory.
const TABLES_FILE: &str = "state.redb";

/// The first block and the accounts that it begins with.
#[derive(Clone, Copy, Debug)]
pub struct GenesisState<'a> {
    /// Its header. The state root must be that of the accounts.
    pub header: &'a SealedHeader,
    /// Accounts with balance, nonce, code and storage.
    pub alloc: &'a BTreeMap<Address, GenesisAccount>,
}

impl<'a> From<&'a Genesis> for GenesisState<'a> {
    fn from(genesis: &'a Genesis) -> Self {
        Self { header: &genesis.header, alloc: &genesis.alloc }
    }
}

/// What was found when a store was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// The directory was empty and has been set up.
    pub created: bool,
    /// Height that the tables had reached.
    pub flushed: u64,
    /// How many blocks of the log lie above it and have to be executed again ([`Store::replay`]).
    pub to_replay: u64,
    /// A torn tail that was cut off.
    pub torn: Option<TornTail>,
    /// What of this an operator should read, in words.
    pub notices: Vec<String>,
}

struct Inner {
    shared: Arc<Shared>,
    flusher: Mutex<Option<JoinHandle<()>>>,
}

impl Inner {
    /// Ends the flusher and flushes what is left.
    fn close(&self) -> Result<(), StoreError> {
        {
            let mut orders = self.shared.orders.lock();
            orders.stop = true;
            self.shared.wake.notify_all();
            self.shared.done.notify_all();
        }
        if let Some(flusher) = self.flusher.lock().take() {
            // It ends by itself; should it have panicked, the flush below says what is wrong.
            let _ = flusher.join();
        }
        if self.shared.options.flush == FlushMode::Manual { Ok(()) } else { self.shared.flush() }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if self.shared.check_running().is_ok()
            && let Err(error) = self.close()
        {
            tracing::error!(target: "entente::store", %error, "the last flush failed; the blocks are safe in the log and will be executed again");
        }
    }
}

/// What a chain remembers. Clones share it. When the last is dropped everything is flushed (unless [`FlushMode::Manual`]).
#[derive(Clone)]
pub struct Store(Arc<Inner>);

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("height", &self.shared().view().height())
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Opens a data directory, setting it up on first use, and takes its lock.
    ///
    /// # Errors
    /// [`StoreError::Locked`], [`StoreError::WrongGenesis`], [`StoreError::NewerFormat`], [`StoreError::Corrupt`], and what the system says.
    pub fn open<'g>(
        dir: impl AsRef<Path>,
        options: StoreOptions,
        genesis: impl Into<GenesisState<'g>>,
    ) -> Result<(Self, Recovery), StoreError> {
        let dir = dir.as_ref();
        let disk = FsDisk::open(dir)?;
        let kv = RedbKv::open(&dir.join(TABLES_FILE), options.page_cache_bytes)?;
        Self::open_on(Arc::new(disk), Arc::new(kv), options, genesis)
    }

    /// A store in memory, gone when it is dropped.
    pub fn open_in_memory<'g>(
        options: StoreOptions,
        genesis: impl Into<GenesisState<'g>>,
    ) -> Result<(Self, Recovery), StoreError> {
        Self::open_on(Arc::new(MemDisk::default()), Arc::new(MemKv::default()), options, genesis)
    }

    /// A store on any disk and tables: those in memory that can crash, for tests and simulation.
    pub fn open_on<'g>(
        disk: Arc<dyn Disk>,
        kv: Arc<dyn Kv>,
        options: StoreOptions,
        genesis: impl Into<GenesisState<'g>>,
    ) -> Result<(Self, Recovery), StoreError> {
        let log = BlockLog::new(disk, options.segment_bytes);
        let (shared, recovery) = recover::open(log, kv, options, genesis.into())?;
        let flusher = match options.flush {
            FlushMode::Background => Some(flush::spawn(&shared)?),
            FlushMode::Inline | FlushMode::Manual => None,
        };
        Ok((Self(Arc::new(Inner { shared, flusher: Mutex::new(flusher) })), recovery))
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.0.shared
    }

    /// The newest committed block.
    pub fn head(&self) -> Head {
        self.shared().view().head.clone()
    }

    /// The state after the newest committed block.
    pub fn snapshot(&self) -> Snapshot {
        self.shared().snapshot()
    }

    /// The state after the block at a height.
    ///
    /// # Errors
    /// [`StoreError::UnknownBlock`] above the head, [`StoreError::Pruned`] below what is kept.
    pub fn snapshot_at(&self, height: u64) -> Result<Snapshot, StoreError> {
        let view = self.shared().view();
        if height > view.height() {
            return Err(StoreError::UnknownBlock(height));
        }
        let oldest = view.base.oldest;
        if height < oldest {
            return Err(StoreError::Pruned { height, oldest });
        }
        Ok(Snapshot::new(self.shared().clone(), view, height))
    }

    /// Commits an executed block on the head. When this returns it is on disk.
    ///
    /// # Errors
    /// [`StoreError::NotOnHead`], [`StoreError::ReplayPending`]; after a failed write nothing more is taken ([`StoreError::Stopped`]).
    pub fn commit(&self, layer: Arc<Layer>) -> Result<(), StoreError> {
        self.commit_batch(&[layer])
    }

    /// Commits executed blocks, each on the last, with one sync to disk: all of them or none.
    pub fn commit_batch(&self, layers: &[Arc<Layer>]) -> Result<(), StoreError> {
        if layers.is_empty() {
            return Ok(());
        }
        let shared = self.shared();
        shared.wait_for_room()?;
        let records = layers
            .iter()
            .map(|layer| Unplaced::block(layer.block()))
            .collect::<Result<Vec<_>, _>>()?;
        {
            let writer = shared.writer.lock();
            shared.check_running()?;
            if !writer.pending.is_empty() {
                return Err(StoreError::ReplayPending(writer.pending.len() as u64));
            }
            Shared::check_extends(&shared.view(), layers)?;
            let places = shared.log.append(&records).map_err(|error| shared.fail(error))?;
            let committed: Vec<_> = layers
                .iter()
                .zip(places)
                .map(|(layer, at)| Committed { layer: layer.clone(), at })
                .collect();
            shared.put_on_top(&committed);
        }
        shared.after_commit()
    }

    /// The blocks of the log that lie above the tables: to be executed in their order, each given back with [`Store::apply_replayed`]. Until that is done
    /// the head is below them and nothing can be committed.
    pub fn replay(&self) -> Result<Replay, StoreError> {
        let pending: Vec<_> = self.shared().writer.lock().pending.iter().copied().collect();
        Ok(Replay { shared: self.shared().clone(), pending: pending.into_iter() })
    }

    /// Takes the next block of the log, executed again.
    ///
    /// # Errors
    /// [`StoreError::NotNextInLog`], [`StoreError::NotOnHead`].
    pub fn apply_replayed(&self, layer: Arc<Layer>) -> Result<(), StoreError> {
        let shared = self.shared();
        shared.wait_for_room()?;
        {
            let mut writer = shared.writer.lock();
            let (number, hash) = (layer.number(), layer.block().hash);
            let next = writer.pending.front().copied();
            let next = next.filter(|next| next.hash == hash && next.height == number);
            let next = next.ok_or(StoreError::NotNextInLog { number, hash })?;
            Shared::check_extends(&shared.view(), std::slice::from_ref(&layer))?;
            shared.put_on_top(&[Committed { layer, at: next.at }]);
            writer.pending.pop_front();
        }
        shared.after_commit()
    }

    /// Flushes every committed block to the tables; when this returns they are there, durably.
    pub fn flush(&self) -> Result<(), StoreError> {
        self.shared().flush()
    }
}

/// Blocks of the log that wait to be executed again.
#[derive(Debug)]
pub struct Replay {
    shared: Arc<Shared>,
    pending: std::vec::IntoIter<Pending>,
}

impl Iterator for Replay {
    type Item = Result<RecoveredBlock, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.pending.next()?;
        Some(self.shared.log.read(next.at).and_then(|record| match record {
            Record::Block(block) => Ok(Arc::unwrap_or_clone(block)),
            Record::Rewind { .. } => {
                let file = segment_file(next.at.segment);
                Err(StoreError::log(
                    file,
                    next.at.offset,
                    format!("block {} should be here", next.height),
                ))
            }
        }))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.pending.size_hint()
    }
}

impl ExactSizeIterator for Replay {}
