//! Errors as clients see them, and those of starting up.
//!
//! Codes are those of JSON-RPC 2.0, of the execution API (EIP-1474) and, where those are silent, of Besu; texts are the ones by which ethers,
//! viem and web3.py tell one failure from another.

use alloy_primitives::{Bytes, U256, hex};
use entente_evm::{
    EvmError, TransactionError,
    revm::context_interface::result::{ExecutionResult, InvalidTransaction},
};
use entente_node::NodeError;
use entente_store::StoreError;
use jsonrpsee::types::ErrorObjectOwned;
use std::{borrow::Cow, path::PathBuf};

/// Why the server could not start.
#[derive(Debug, thiserror::Error)]
pub enum RpcServerError {
    /// An address is taken or not ours.
    #[error(
        "the {endpoint} endpoint can't listen on {address}: {source}; choose another address or port"
    )]
    Bind {
        /// `HTTP` or `WebSocket`.
        endpoint: &'static str,
        /// Where it should have listened.
        address: std::net::SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The IPC socket could not be made.
    #[error(
        "the IPC endpoint can't listen on {path}: {source}; the path must be writable, and shorter than 108 bytes"
    )]
    Ipc {
        /// Its path.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A web origin can't be one.
    #[error("`{0}` is not a web origin; write one as https://example.org")]
    Origin(String),
}

/// An error as it goes to a client: code, message, and data if there is some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RpcError {
    /// JSON-RPC error code.
    pub code: i32,
    /// What was wrong, in words.
    pub message: Cow<'static, str>,
    /// Return data of a reverted call.
    pub data: Option<Bytes>,
}

/// The codes that are used here.
pub(crate) mod code {
    pub(crate) const INVALID_REQUEST: i32 = -32600;
    pub(crate) const METHOD_NOT_FOUND: i32 = -32601;
    pub(crate) const INVALID_PARAMS: i32 = -32602;
    pub(crate) const INTERNAL: i32 = -32603;
    /// Besu: the method exists, its namespace is off.
    pub(crate) const METHOD_NOT_ENABLED: i32 = -32604;
    pub(crate) const SERVER: i32 = -32000;
    pub(crate) const RESOURCE_NOT_FOUND: i32 = -32001;
    /// Besu: nonce too low.
    pub(crate) const NONCE_TOO_LOW: i32 = -32001;
    pub(crate) const INVALID_SIGNATURE: i32 = -32002;
    pub(crate) const INTRINSIC_GAS: i32 = -32003;
    pub(crate) const INSUFFICIENT_FUNDS: i32 = -32004;
    pub(crate) const LIMIT_EXCEEDED: i32 = -32005;
    pub(crate) const NONCE_TOO_HIGH: i32 = -32006;
    pub(crate) const GAS_PRICE_TOO_LOW: i32 = -32009;
    pub(crate) const REVERTED: i32 = 3;
}

/// The result of a method.
pub(crate) type RpcResult<T> = Result<T, RpcError>;

impl RpcError {
    /// An error with a code and a message.
    pub fn new(code: i32, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), data: None }
    }

    /// Parameters that are wrong (-32602).
    pub(crate) fn params(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(code::INVALID_PARAMS, message)
    }

    /// Something that the request names and that is not here (-32001).
    pub(crate) fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(code::RESOURCE_NOT_FOUND, message)
    }

    /// More than may be asked for (-32005).
    pub(crate) fn limit(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(code::LIMIT_EXCEEDED, message)
    }

    /// Anything else that went wrong with a good request (-32000).
    pub(crate) fn server(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(code::SERVER, message)
    }

    /// A failure of the node itself (-32603). The client learns that, the log the rest.
    pub(crate) fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(target: "entente::rpc", %error, "a request failed");
        Self::new(code::INTERNAL, format!("internal error: {error}"))
    }

    /// A run that reverted: code 3, the reason in words, the return data as it is.
    pub(crate) fn reverted(output: Bytes) -> Self {
        let message = match revert_reason(&output) {
            Some(reason) => format!("execution reverted: {reason}").into(),
            None => Cow::Borrowed("execution reverted"),
        };
        Self { code: code::REVERTED, message, data: Some(output) }
    }

    /// The return data of a run, or why there is none.
    pub(crate) fn from_result(result: ExecutionResult) -> RpcResult<Bytes> {
        match result {
            ExecutionResult::Success { output, .. } => Ok(output.into_data()),
            ExecutionResult::Revert { output, .. } => Err(Self::reverted(output)),
            ExecutionResult::Halt { reason, .. } => Err(Self::server(halt_text(&reason))),
        }
    }
}

/// Stops work that walks over many blocks when its time is up.
pub(crate) fn check(interrupt: &entente_evm::Interrupt) -> RpcResult<()> {
    if interrupt.is_raised() { Err(EvmError::Interrupted.into()) } else { Ok(()) }
}

/// Why the interpreter stopped, in geth's words where it has some.
pub(crate) fn halt_text(
    reason: &entente_evm::revm::context_interface::result::HaltReason,
) -> String {
    use entente_evm::revm::context_interface::result::HaltReason as Halt;
    match reason {
        Halt::OutOfGas(_) => "out of gas".into(),
        Halt::OpcodeNotFound => "invalid opcode".into(),
        Halt::InvalidFEOpcode => "invalid opcode: INVALID".into(),
        Halt::InvalidJump => "invalid jump destination".into(),
        Halt::StackUnderflow => "stack underflow".into(),
        Halt::StackOverflow => "stack limit reached 1024 (1023)".into(),
        Halt::OutOfOffset => "return data out of bounds".into(),
        Halt::CreateCollision => "contract address collision".into(),
        Halt::CreateContractSizeLimit => "max code size exceeded".into(),
        Halt::CreateInitCodeSizeLimit => "max initcode size exceeded".into(),
        Halt::CreateContractStartingWithEF => "invalid code: must not begin with 0xef".into(),
        Halt::NonceOverflow => "nonce uint64 overflow".into(),
        Halt::StateChangeDuringStaticCall => "write protection".into(),
        Halt::CallTooDeep => "max call depth exceeded".into(),
        Halt::OutOfFunds => "insufficient balance for transfer".into(),
        other => format!("execution halted: {other:?}"),
    }
}

/// The reason that a revert carries: `Error(string)` or `Panic(uint256)` of Solidity.
pub fn revert_reason(output: &[u8]) -> Option<String> {
    let (selector, body) = output.split_first_chunk::<4>()?;
    match selector {
        // Error(string)
        [0x08, 0xc3, 0x79, 0xa0] => {
            let offset = word(body, 0)?;
            let length = word(body, offset)?;
            let start = offset.checked_add(32)?;
            let text = body.get(start..start.checked_add(length)?)?;
            Some(String::from_utf8_lossy(text).into_owned())
        }
        // Panic(uint256)
        [0x4e, 0x48, 0x7b, 0x71] => {
            let code = U256::try_from_be_slice(body.get(..32)?)?;
            Some(panic_text(code))
        }
        _ => None,
    }
}

/// A 32-byte word that should be an offset or a length.
fn word(body: &[u8], at: usize) -> Option<usize> {
    let word = U256::try_from_be_slice(body.get(at..at.checked_add(32)?)?)?;
    usize::try_from(word).ok()
}

/// The panic codes of Solidity's documentation.
fn panic_text(code: U256) -> String {
    let text = match code.saturating_to::<u64>() {
        0x00 => Some("generic panic"),
        0x01 => Some("assert(false)"),
        0x11 => Some("arithmetic underflow or overflow"),
        0x12 => Some("division or modulo by zero"),
        0x21 => Some("enum overflow"),
        0x22 => Some("invalid encoded storage byte array accessed"),
        0x31 => Some("out-of-bounds array access; popping on an empty array"),
        0x32 => Some("out-of-bounds access of an array or bytesN"),
        0x41 => Some("out of memory"),
        0x51 => Some("uninitialized function"),
        _ => None,
    };
    match text {
        Some(text) => text.to_owned(),
        None => format!("unknown panic code: {code:#x}"),
    }
}

impl From<RpcError> for ErrorObjectOwned {
    fn from(error: RpcError) -> Self {
        Self::owned(error.code, error.message.into_owned(), error.data.map(hex::encode_prefixed))
    }
}

impl From<EvmError> for RpcError {
    fn from(error: EvmError) -> Self {
        match error {
            EvmError::Interrupted => {
                Self::limit("execution aborted: it ran longer than one call may")
            }
            EvmError::Unsupported(what) => Self::server(what),
            other => Self::internal(&other),
        }
    }
}

impl From<TransactionError> for RpcError {
    fn from(error: TransactionError) -> Self {
        match error {
            TransactionError::Invalid(invalid) => invalid_transaction(&invalid),
            TransactionError::Evm(error) => error.into(),
            other => Self::limit(other.to_string()),
        }
    }
}

/// What the interpreter says of a transaction that can't run, with Besu's code and the field's text.
pub(crate) fn invalid_transaction(invalid: &InvalidTransaction) -> RpcError {
    use InvalidTransaction as Invalid;
    let (code, text) = match invalid {
        Invalid::LackOfFundForMaxFee { fee, balance } => (
            code::INSUFFICIENT_FUNDS,
            format!("insufficient funds for gas * price + value: have {balance} want {fee}"),
        ),
        Invalid::NonceTooLow { tx, state } => {
            (code::NONCE_TOO_LOW, format!("nonce too low: next nonce {state}, tx nonce {tx}"))
        }
        Invalid::NonceTooHigh { tx, state } => {
            (code::NONCE_TOO_HIGH, format!("nonce too high: next nonce {state}, tx nonce {tx}"))
        }
        Invalid::CallGasCostMoreThanGasLimit { initial_gas, gas_limit } => (
            code::INTRINSIC_GAS,
            format!("intrinsic gas too low: have {gas_limit}, want {initial_gas}"),
        ),
        Invalid::GasFloorMoreThanGasLimit { gas_floor, gas_limit } => (
            code::INTRINSIC_GAS,
            format!("insufficient gas for floor data gas cost: have {gas_limit}, want {gas_floor}"),
        ),
        Invalid::GasPriceLessThanBasefee => {
            (code::GAS_PRICE_TOO_LOW, "max fee per gas less than block base fee".into())
        }
        Invalid::BlobGasPriceGreaterThanMax { .. } => {
            (code::GAS_PRICE_TOO_LOW, "max fee per blob gas less than block blob gas fee".into())
        }
        Invalid::PriorityFeeGreaterThanMaxFee => {
            (code::SERVER, "max priority fee per gas higher than max fee per gas".into())
        }
        Invalid::CallerGasLimitMoreThanBlock => {
            (code::LIMIT_EXCEEDED, "transaction gas limit exceeds block gas limit".into())
        }
        Invalid::InvalidChainId => (code::SERVER, "invalid chain id for signer".into()),
        Invalid::RejectCallerWithCode => (code::SERVER, "sender not an eoa".into()),
        other => (code::SERVER, other.to_string()),
    };
    RpcError::new(code, text)
}

impl From<StoreError> for RpcError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Pruned { .. }
            | StoreError::ProofTooOld { .. }
            | StoreError::UnknownBlock(_) => Self::server(error.to_string()),
            other => Self::internal(&other),
        }
    }
}

impl From<NodeError> for RpcError {
    fn from(error: NodeError) -> Self {
        match error {
            NodeError::Evm(error) => error.into(),
            NodeError::Store(error) => error.into(),
            NodeError::Stopping => Self::server("the node is stopping"),
            other => Self::internal(&other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{bytes, hex};

    #[test]
    fn a_revert_with_a_reason_says_it_and_keeps_its_data() {
        // Error("hi"): the ABI's offset, length and padded text.
        let output = Bytes::from(hex!(
            "08c379a0"
            "0000000000000000000000000000000000000000000000000000000000000020"
            "0000000000000000000000000000000000000000000000000000000000000002"
            "6869000000000000000000000000000000000000000000000000000000000000"
        ));
        let error = RpcError::reverted(output.clone());
        assert_eq!((error.code, error.message.as_ref()), (3, "execution reverted: hi"));
        assert_eq!(error.data, Some(output));
    }

    #[test]
    fn panics_are_named() {
        let mut output = hex!("4e487b71").to_vec();
        output.extend(U256::from(0x11).to_be_bytes::<32>());
        assert_eq!(revert_reason(&output).unwrap(), "arithmetic underflow or overflow");
        output[4] = 1;
        assert!(revert_reason(&output).unwrap().starts_with("unknown panic code"));
    }

    #[test]
    fn malformed_reasons_are_no_reasons() {
        for bad in [
            bytes!(""),
            bytes!("08c379a0"),
            bytes!("08c379a0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"),
            bytes!("4e487b7100"),
            bytes!("12345678"),
        ] {
            assert_eq!(revert_reason(&bad), None, "{bad}");
            assert_eq!(RpcError::reverted(bad).message, "execution reverted");
        }
        // An offset near usize::MAX must not overflow.
        let mut output = hex!("08c379a0").to_vec();
        output.extend(U256::from(u64::MAX).to_be_bytes::<32>());
        assert_eq!(revert_reason(&output), None);
    }
}
