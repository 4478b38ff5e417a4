//! How the process ends: exit codes that scripts and supervisors can act on.

use entente_chain::ChainError;
use entente_node::NodeError;
use entente_store::StoreError;
use std::{fmt, process::ExitCode};

/// Exit codes. Documented in the book (`docs/`, "Operating"); 2, a wrong command line, is clap's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// Something failed that is none of the below.
    Failure = 1,
    /// A configuration or genesis file is wrong.
    Configuration = 3,
    /// Another process holds the data directory, or a port is taken.
    Busy = 4,
    /// Data on disk is damaged.
    Damaged = 5,
    /// A block is invalid.
    InvalidBlock = 6,
}

/// Why the command failed, for people, with the code for scripts.
#[derive(Debug)]
pub(crate) struct Failure {
    code: Code,
    message: String,
}

impl Failure {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    pub(crate) fn configuration(message: impl Into<String>) -> Self {
        Self::new(Code::Configuration, message)
    }

    pub(crate) fn other(error: impl fmt::Display) -> Self {
        Self::new(Code::Failure, error.to_string())
    }

    #[expect(clippy::print_stderr, reason = "the last words of a command go to the terminal")]
    pub(crate) fn report(self) -> ExitCode {
        eprintln!("error: {}", self.message);
        ExitCode::from(self.code as u8)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let code = match &error {
            StoreError::Locked { .. } => Code::Busy,
            StoreError::Corrupt { .. } => Code::Damaged,
            _ => Code::Failure,
        };
        Self::new(code, error.to_string())
    }
}

impl From<ChainError> for Failure {
    fn from(error: ChainError) -> Self {
        Self::configuration(error.to_string())
    }
}

impl From<NodeError> for Failure {
    fn from(error: NodeError) -> Self {
        match error {
            NodeError::Store(error) => error.into(),
            NodeError::Chain(error) => error.into(),
            NodeError::InvalidBlock { .. } | NodeError::UnknownParent { .. } => {
                Self::new(Code::InvalidBlock, error.to_string())
            }
            other => Self::other(other),
        }
    }
}
