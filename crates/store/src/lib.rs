//! What do we remember?
//!
//! The blocks of a chain, the state after each, and what follows from them: receipts, indexes, trie nodes, history. A [`Store`] is opened on a
//! directory ([`Store::open`]), or on a disk and tables in memory that can lose their power ([`MemDisk`], [`MemKv`]).
//!
//! # The log is the truth, the tables follow
//!
//! A block is committed when its record stands, checksummed and synced, in the append-only *block log*: one sync a commit. Everything
//! else is derived from it and kept in *tables* ([`Table`]) of an embedded database, behind a small trait ([`Kv`]). Between the two are the *layers*: what each block
//! changed, in memory, until a flush writes many of them as one atomic batch. The batch carries the height that the tables have reached with it and the place in the log
//! from which they are behind. After a crash the log's tail is read from there, a record that was never finished is cut off, and the node executes the blocks again
//! ([`Store::replay`], [`Store::apply_replayed`]). If the tables are lost altogether the whole chain comes back that way.
//!
//! # Reading
//!
//! A [`Snapshot`] is the state after one block, for as long as it is held. What it looks up goes through executed but uncommitted blocks on top of it
//! ([`Snapshot::over`]), an index of all layers (one look-up, however many there are), a cache, and the tables. State below the tables' height comes from history: for every account and slot that a
//! block changed the tables keep the value before, under key and height, so the value at height h is what the first change above h found, or the newest. Trie
//! nodes are kept for the newest state only; for a while below it they are worked out in memory by taking changes back
//! ([`PROOF_BLOCKS`]).
//!
//! # Writing
//!
//! [`Snapshot::prepare`] makes of a block's [`StateChanges`](entente_evm::StateChanges) the state after it, with its root, touching nothing; [`PreparedState::seal`] binds
//! that to the block as a [`Layer`]; [`Store::commit`] makes it the head. A node may hold any number of layers that compete, and commits one.
//!
//! # Damage
//!
//! Every record, in log and tables, is verified when it is read; a bad one is an error that names it ([`StoreError::Corrupt`]) and is never served.
//! [`Store::check`] reads everything and compares it with everything else. When a write fails the store writes nothing more ([`StoreError::Stopped`]), so that disk and memory cannot part ways.

mod blocks;
mod cache;
mod check;
mod crash;
mod disk;
mod error;
mod flush;
mod hash;
mod index;
mod kv;
mod layer;
mod log;
mod mem_disk;
mod mem_kv;
mod meta;
mod options;
mod overlay;
mod prepare;
mod proof;
mod prune;
mod record;
mod recover;
mod redb_kv;
mod rewind;
mod shared;
mod snapshot;
mod stats;
mod store;
mod view;

pub use check::{CheckReport, CheckStep};
pub use crash::CrashSwitch;
pub use disk::{Disk, FsDisk};
pub use error::{Place, StoreError};
pub use kv::{Batch, Kv, KvSnapshot, Table, Visit};
pub use layer::{Layer, PreparedState};
pub use log::TornTail;
pub use mem_disk::MemDisk;
pub use mem_kv::MemKv;
pub use options::{FlushMode, StoreOptions};
pub use overlay::{PROOF_BLOCKS, PROOF_KEYS};
pub use proof::{AccountProof, StorageProof};
pub use record::AccountRecord;
pub use redb_kv::RedbKv;
pub use snapshot::Snapshot;
pub use stats::{StoreStats, TableStats};
pub use store::{GenesisState, Recovery, Replay, Store};
pub use view::Head;
