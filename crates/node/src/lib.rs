//! How does one chain live?
//!
//! A [`Ledger`] builds, checks and commits blocks on a store; a [`Driver`] carries the effects of a consensus engine out on it; a [`Runtime`] gives the
//! driver a thread and the time; a [`Chain`] is the handle to all of it that RPC, network and command line hold. A process may host
//! several chains: nothing here is global.
//!
//! Ledger and driver read no clock and start no thread, so that the simulator runs the same code under its own time.

mod chain;
mod driver;
mod error;
mod events;
mod import;
mod journal;
mod ledger;
mod pool_handle;
mod runtime;

pub use chain::{Chain, ChainConfig, Pruning, SubmitError};
pub use driver::{BuildConfig, Driver, FinalityMark, Input, Output};
pub use error::NodeError;
pub use events::{ChainEvent, EventSender};
pub use import::{ImportOptions, ImportProgress, Imported, import};
pub use ledger::{BlockTemplate, Ledger, TransactionSource, receipts_root, transactions_root};
pub use pool_handle::{PoolHandle, head_info};
pub use runtime::{Runtime, Waker, wall_clock};
