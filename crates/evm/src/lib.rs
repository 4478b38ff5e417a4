//! What does this block do?
//!
//! Executes blocks and calls on revm over a [`StateView`] and says what they change ([`StateChanges`]). It knows nothing of disks,
//! networks or consensus: state comes in through the view, results go out as values.
//!
//! A block is executed by steps, the same whether it is being built or checked: [`Executor::begin`] opens it, [`BlockExecution::transact`]
//! runs a transaction, [`BlockExecution::finish`] closes it with withdrawals, rewards and requests. Calls and traces take
//! an EVM of their own from [`Executor::evm`]; for their inspectors this crate gives revm on ([`revm`]), and no other crate but `rpc`'s tracing
//! names it.

mod block_state;
mod codes;
mod collision;
mod env;
mod error;
mod execution;
mod interrupt;
mod precompiles;
mod state;
mod system;

pub use block_state::{BlockState, ViewError};
pub use env::tx_env;
pub use error::EvmError;
pub use execution::{
    BlockEvm, BlockExecution, EvmContext, Executed, Executor, IntermediateRoot, Outcome,
    TransactionError, return_data, transaction_error,
};
pub use interrupt::Interrupt;
pub use precompiles::Precompiles;
pub use revm;
pub use state::{Account, AccountChange, SlotChange, StateChanges, StateView};
pub use system::{before_transactions, collect_requests};
