//! `eth_subscribe`: events as they happen, over WebSocket and IPC.

use super::{logs::matching, transactions::waiting};
use crate::{
    Api,
    args::Args,
    error::{RpcError, RpcResult},
    types::{
        block::RpcHeader,
        filter::{LogConditions, LogFilter},
        receipt::{Receipts, RpcReceipt},
    },
};
use alloy_primitives::B256;
use entente_node::ChainEvent;
use entente_store::Layer;
use jsonrpsee::{
    RpcModule,
    core::server::{PendingSubscriptionSink, SubscriptionSink},
    types::{ErrorObjectOwned, Params},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, sync::Arc};
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// Most hashes that one receipt subscription may name.
const MAX_HASHES: usize = 1_000;

/// What a client wants to be told of.
enum Kind {
    Heads,
    Logs(LogConditions),
    Pending {
        full: bool,
    },
    Dropped,
    /// Receipts of these transactions, or of all.
    Receipts(Option<BTreeSet<B256>>),
    Syncing,
}

/// The two methods, as jsonrpsee pairs them.
pub(crate) fn module(api: &Arc<Api>) -> RpcModule<Api> {
    let mut module = RpcModule::from_arc(api.clone());
    module
        .register_subscription(
            "eth_subscribe",
            "eth_subscription",
            "eth_unsubscribe",
            |params, pending, api, _| async move { subscribe(&api, &params, pending).await },
        )
        .expect("a fresh module holds no other method");
    module
}

async fn subscribe(api: &Api, params: &Params<'static>, pending: PendingSubscriptionSink) {
    let kind = match Args::new(params).and_then(|args| kind(&args)) {
        Ok(kind) => kind,
        Err(error) => return pending.reject(ErrorObjectOwned::from(error)).await,
    };
    // Before the client is told, so that it misses nothing afterwards.
    let events = api.chain.subscribe();
    if let Ok(sink) = pending.accept().await {
        // What ends it is the client's going away, or the chain's.
        let _ = follow(api, &kind, events, &sink).await;
    }
}

fn kind(args: &Args<'_>) -> RpcResult<Kind> {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Receipts {
        #[serde(alias = "transactionHash")]
        transaction_hashes: Option<BTreeSet<B256>>,
    }
    let name: String = args.required(0, "kind")?;
    Ok(match name.as_str() {
        "newHeads" => Kind::Heads,
        "logs" => match args.optional::<LogFilter>(1, "filter")? {
            Some(filter) => Kind::Logs(filter.following()?),
            None => Kind::Logs(LogConditions::default()),
        },
        "newPendingTransactions" => Kind::Pending { full: full(args)? },
        "droppedPendingTransactions" => Kind::Dropped,
        "transactionReceipts" => {
            let hashes = args
                .or_default::<Receipts>(1, "options")?
                .transaction_hashes
                .filter(|hashes| !hashes.is_empty());
            if hashes.as_ref().is_some_and(|hashes| hashes.len() > MAX_HASHES) {
                return Err(RpcError::params(format!(
                    "more than {MAX_HASHES} transaction hashes; leave them out to hear of all"
                )));
            }
            Kind::Receipts(hashes)
        }
        "syncing" => Kind::Syncing,
        _ => {
            return Err(RpcError::params(
                "invalid argument 0 (kind): no such subscription; there are newHeads, logs, newPendingTransactions, droppedPendingTransactions, transactionReceipts, syncing",
            ));
        }
    })
}

/// Whether transactions are wanted in full: `true` as geth takes it, or Besu's `{"includeTransactions": true}`.
fn full(args: &Args<'_>) -> RpcResult<bool> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Shape {
        Flag(bool),
        #[serde(rename_all = "camelCase")]
        Options {
            include_transactions: bool,
        },
    }
    Ok(match args.optional::<Shape>(1, "options")? {
        Some(Shape::Flag(full) | Shape::Options { include_transactions: full }) => full,
        None => false,
    })
}

/// The client is gone.
struct Gone;

async fn send<T: Serialize>(sink: &SubscriptionSink, value: &T) -> Result<(), Gone> {
    let message = serde_json::value::to_raw_value(value).map_err(|_| Gone)?;
    sink.send(message).await.map_err(|_| Gone)
}

async fn follow(
    api: &Api,
    kind: &Kind,
    mut events: Receiver<ChainEvent>,
    sink: &SubscriptionSink,
) -> Result<(), Gone> {
    if matches!(kind, Kind::Syncing) {
        send(sink, &false).await?;
    }
    loop {
        let event = tokio::select! {
            event = events.recv() => event,
            () = sink.closed() => return Err(Gone),
        };
        match event {
            Ok(event) => tell(api, kind, &event, sink).await?,
            // It reads slower than things happen: what it missed is lost to it, and it can see that from the block numbers.
            Err(RecvError::Lagged(missed)) => {
                tracing::debug!(target: "entente::rpc", missed, "a subscriber fell behind");
            }
            Err(RecvError::Closed) => return Err(Gone),
        }
    }
}

async fn tell(
    api: &Api,
    kind: &Kind,
    event: &ChainEvent,
    sink: &SubscriptionSink,
) -> Result<(), Gone> {
    match (kind, event) {
        (Kind::Heads, ChainEvent::Committed(layer)) => {
            let block = layer.block();
            let total =
                (api.dialect == crate::Dialect::Before2024).then(|| layer.total_difficulty());
            send(sink, &RpcHeader::new(&block.header, block.hash, total)).await
        }
        (Kind::Logs(conditions), ChainEvent::Committed(layer)) => {
            if !conditions.may_be_in(&layer.block().header.logs_bloom) {
                return Ok(());
            }
            let logs: Vec<_> = matching(api, layer.block(), layer.receipts(), conditions).collect();
            for log in &logs {
                send(sink, log).await?;
            }
            Ok(())
        }
        (Kind::Receipts(hashes), ChainEvent::Committed(layer)) => {
            let receipts = receipts(api, layer, hashes.as_ref());
            if receipts.is_empty() { Ok(()) } else { send(sink, &receipts).await }
        }
        (Kind::Pending { full: false }, ChainEvent::Pending(hash)) => send(sink, hash).await,
        (Kind::Pending { full: true }, ChainEvent::Pending(hash)) => match waiting(api, *hash) {
            Some(transaction) => send(sink, &transaction).await,
            // It was mined or replaced since.
            None => Ok(()),
        },
        // A dropped transaction is no longer here to be shown in full.
        (Kind::Dropped, ChainEvent::Dropped(hash)) => send(sink, hash).await,
        _ => Ok(()),
    }
}

fn receipts(api: &Api, layer: &Layer, wanted: Option<&BTreeSet<B256>>) -> Vec<RpcReceipt> {
    let block = layer.block();
    Receipts::new(block, layer.receipts(), api.blob_base_fee(&block.header), api.dialect)
        .filter(|receipt| wanted.is_none_or(|hashes| hashes.contains(&receipt.transaction_hash)))
        .collect()
}
