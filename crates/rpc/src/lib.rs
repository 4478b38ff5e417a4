//! What may a client ask? JSON-RPC over HTTP, WebSocket and IPC.
//!
//! [`RpcServer::start`] opens the endpoints of an [`RpcConfig`] on a running [`Chain`](entente_node::Chain). Transport, framing and subscriptions are
//! jsonrpsee's; what is asked and answered is here.
//!
//! # The way of a request
//!
//! The HTTP layer checks host and origin before anything else, answers `/liveness` and `/readiness`, and hands POSTs and upgrades on. The gate
//! refuses what the endpoint does not serve and what is larger or deeper than it may be. Then the method answers: each namespace is one module
//! with a table of its methods ([`methods`] lists them all), each method one function from the chain and the parameters to a value.
//!
//! What reads a value or two is answered on the spot. What executes code or walks history takes its turn on threads of its own, a bounded number
//! at a time and bounded in time ([`Limits`]), so that cheap requests never wait behind dear ones.
//!
//! # Where the field disagrees
//!
//! Error codes are those of the execution API, else Besu's; texts those by which client libraries know them. A few answers changed their shape in 2024;
//! [`Dialect`] chooses.

mod admin;
mod api;
mod args;
mod block_id;
mod call_site;
mod config;
mod dear;
mod debug;
mod error;
mod eth;
mod method;
mod modules;
mod net;
mod server;
mod tracing;
mod txpool;
mod types;
mod web3;

pub use admin::{LogLevelHook, set_log_level_hook};
pub(crate) use api::Api;
pub(crate) use block_id::BlockId;
pub use config::{Dialect, Endpoint, Limits, Namespace, RpcConfig, parse_namespaces};
pub use error::{RpcError, RpcServerError, revert_reason};
pub use method::{MethodDoc, methods};
#[doc(hidden)]
pub use server::Offline;
pub use server::RpcServer;
