//! Taking transactions.

use super::transactions::receipt_of;
use crate::{
    Api,
    args::Args,
    error::{RpcError, RpcResult, code},
    method::Reply,
    types::{hexa::Quantity, receipt::RpcReceipt},
};
use alloy_consensus::{EthereumTxEnvelope, TxEip4844Variant};
use alloy_eips::Decodable2718 as _;
use alloy_primitives::{B256, Bytes};
use entente_chain::Transaction;
use entente_node::{ChainEvent, SubmitError};
use entente_pool::Rejected;
use futures::future::BoxFuture;
use jsonrpsee::{core::server::MethodResponse, types::Params};
use std::{sync::Arc, time::Duration};
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// How long `eth_sendRawTransactionSync` waits when the client does not say.
const DEFAULT_WAIT: Duration = Duration::from_secs(30);
/// The longest that it waits.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

pub(super) fn send_raw(api: &Api, args: &Args<'_>) -> RpcResult<B256> {
    let bytes: Bytes = args.required(0, "bytes")?;
    submit(api, &bytes)
}

/// Decodes a signed transaction and hands it to the chain.
pub(super) fn submit(api: &Api, bytes: &Bytes) -> RpcResult<B256> {
    let tx = decode(bytes)?;
    api.chain.submit(tx, true).map_err(|error| refused(&error))
}

/// Decodes a signed transaction.
pub(crate) fn decode(bytes: &Bytes) -> RpcResult<Transaction> {
    let mut rest = bytes.as_ref();
    // Blob transactions come with their blobs; they are refused by the pool, with a reason, not here as garbage.
    let tx = EthereumTxEnvelope::<TxEip4844Variant>::decode_2718(&mut rest)
        .map_err(|error| RpcError::params(format!("invalid transaction: {error}")))?;
    if !rest.is_empty() {
        return Err(RpcError::params(format!(
            "invalid transaction: {} bytes follow it",
            rest.len()
        )));
    }
    Ok(tx.into())
}

/// A refusal with Besu's code; the text is the pool's own.
pub(crate) fn refused(error: &SubmitError) -> RpcError {
    let code = match error {
        SubmitError::Signature(_) => code::INVALID_SIGNATURE,
        SubmitError::ReadOnly => code::SERVER,
        SubmitError::Rejected(rejected) => match rejected {
            Rejected::NonceTooLow { .. } => code::NONCE_TOO_LOW,
            Rejected::NonceTooHigh { .. } => code::NONCE_TOO_HIGH,
            Rejected::MalleableSignature => code::INVALID_SIGNATURE,
            Rejected::IntrinsicGasTooLow { .. } | Rejected::FloorGasTooLow { .. } => {
                code::INTRINSIC_GAS
            }
            Rejected::InsufficientFunds { .. } | Rejected::InsufficientFundsQueued { .. } => {
                code::INSUFFICIENT_FUNDS
            }
            Rejected::ExceedsBlockGasLimit { .. } | Rejected::GasLimitTooHigh { .. } => {
                code::LIMIT_EXCEEDED
            }
            Rejected::Underpriced { .. } | Rejected::FeeBelowBaseFee { .. } => {
                code::GAS_PRICE_TOO_LOW
            }
            Rejected::StateUnavailable(_) => code::INTERNAL,
            _ => code::SERVER,
        },
    };
    RpcError::new(code, error.to_string())
}

/// Takes a transaction and answers when it is committed, or after a while with an error that carries its hash (EIP-7966).
pub(super) fn send_raw_sync(
    api: Arc<Api>,
    params: Params<'static>,
    reply: Reply<'static>,
) -> BoxFuture<'static, MethodResponse> {
    Box::pin(async move {
        let result = submit_and_wait(&api, &params).await;
        reply.with(result)
    })
}

async fn submit_and_wait(api: &Api, params: &Params<'static>) -> RpcResult<RpcReceipt> {
    let (bytes, wait) = {
        let args = Args::new(params)?;
        let bytes: Bytes = args.required(0, "bytes")?;
        let wait = args.optional::<Quantity>(1, "timeoutMs")?;
        (bytes, wait.map_or(DEFAULT_WAIT, |ms| Duration::from_millis(ms.0)).min(LONGEST_WAIT))
    };
    // Before the transaction goes in, so that its block is not missed.
    let events = api.chain.subscribe();
    let hash = submit(api, &bytes)?;
    match tokio::time::timeout(wait, receipt_when_there(api, hash, events)).await {
        Ok(receipt) => receipt,
        Err(_) => Err(RpcError {
            // EIP-7966: the transaction was added to the pool and not processed in time.
            code: 4,
            message: format!(
                "the transaction waits in the pool and was not committed within {} ms",
                wait.as_millis()
            )
            .into(),
            data: Some(hash.0.into()),
        }),
    }
}

async fn receipt_when_there(
    api: &Api,
    hash: B256,
    mut events: Receiver<ChainEvent>,
) -> RpcResult<RpcReceipt> {
    loop {
        match events.recv().await {
            Ok(ChainEvent::Committed(_)) | Err(RecvError::Lagged(_)) => {
                if let Some(receipt) = receipt_of(api, hash)? {
                    return Ok(receipt);
                }
            }
            Ok(ChainEvent::Dropped(dropped)) if dropped == hash => {
                let why =
                    api.chain.pool().lock().why(hash).map(|dropped| dropped.reason.to_string());
                let why = why.unwrap_or_else(|| "for a reason that is no longer known".into());
                return Err(RpcError::server(format!("the transaction left the pool: {why}")));
            }
            Ok(_) => {}
            Err(RecvError::Closed) => return Err(RpcError::server("the node is stopping")),
        }
    }
}

const NO_KEYS: &str = "this node holds no keys: sign with a wallet and use eth_sendRawTransaction";

pub(super) fn send_unsigned(_: &Api, _: &Args<'_>) -> RpcResult<B256> {
    Err(RpcError::new(
        code::METHOD_NOT_ENABLED,
        format!("The method eth_sendTransaction is not supported: {NO_KEYS}"),
    ))
}

pub(super) fn sign(_: &Api, _: &Args<'_>) -> RpcResult<Bytes> {
    Err(RpcError::new(code::METHOD_NOT_ENABLED, format!("signing is not supported: {NO_KEYS}")))
}
