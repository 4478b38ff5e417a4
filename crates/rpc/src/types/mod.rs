//! What requests and answers look like in JSON.

pub(crate) mod block;
pub(crate) mod call;
pub(crate) mod filter;
pub(crate) mod hexa;
pub(crate) mod log;
pub(crate) mod overrides;
pub(crate) mod receipt;
pub(crate) mod transaction;
