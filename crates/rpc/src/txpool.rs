//! `txpool`: what waits.

use crate::{
    Api,
    args::Args,
    error::RpcResult,
    method::{Method, method},
    types::{hexa::Quantity, transaction::RpcTransaction},
};
use alloy_consensus::Transaction as _;
use alloy_primitives::{Address, B256};
use entente_evm::Interrupt;
use entente_pool::{PoolTransaction, SenderContent, Standing};
use serde::Serialize;
use std::{collections::BTreeMap, sync::Arc};

pub(crate) const METHODS: &[Method] = &[
    method!("txpool_besuPendingTransactions", "[limit]", "transactions", "Executable transactions in full, as Besu lists them.", dear besu_pending),
    method!("txpool_besuStatistics", "", "counts", "Room and counts of local and remote transactions, as Besu tells them.", quick besu_statistics),
    method!("txpool_besuTransactions", "", "transactions", "Hash, origin and time of every waiting transaction, as Besu lists them.", dear besu_transactions),
    method!("txpool_content", "", "pending, queued", "Every waiting transaction, by sender and nonce.", dear content),
    method!("txpool_contentFrom", "address", "pending, queued", "A sender's waiting transactions, by nonce.", dear content_from),
    method!("txpool_inspect", "", "pending, queued", "A line of text for every waiting transaction.", dear inspect),
    method!("txpool_status", "", "pending, queued", "How many transactions wait.", quick status),
    method!("txpool_why", "hash", "standing", "Where a transaction stands: executable, queued and for what, dropped and why, or committed.", quick why),
];

/// By nonce, in decimal as geth writes it.
type ByNonce<T> = BTreeMap<String, T>;

#[derive(Clone, Debug, Default, Serialize)]
struct Split<T> {
    pending: T,
    queued: T,
}

fn by_nonce<T>(txs: &[Arc<PoolTransaction>], show: impl Fn(&PoolTransaction) -> T) -> ByNonce<T> {
    txs.iter().map(|tx| (tx.nonce().to_string(), show(tx))).collect()
}

/// All senders' transactions, copied out under the lock and shown after it.
fn all<T>(api: &Api, show: impl Fn(&PoolTransaction) -> T) -> Split<BTreeMap<Address, ByNonce<T>>> {
    let content = api.chain.pool().lock().content();
    let mut split = Split { pending: BTreeMap::new(), queued: BTreeMap::new() };
    for (sender, SenderContent { pending, queued }) in content {
        if !pending.is_empty() {
            split.pending.insert(sender, by_nonce(&pending, &show));
        }
        if !queued.is_empty() {
            split.queued.insert(sender, by_nonce(&queued, &show));
        }
    }
    split
}

fn full(api: &Api) -> impl Fn(&PoolTransaction) -> RpcTransaction {
    move |tx| RpcTransaction::new(&tx.tx, tx.sender, None, api.dialect)
}

fn content(
    api: &Api,
    _: &Args<'_>,
    _: &Interrupt,
) -> RpcResult<Split<BTreeMap<Address, ByNonce<RpcTransaction>>>> {
    Ok(all(api, full(api)))
}

fn content_from(
    api: &Api,
    args: &Args<'_>,
    _: &Interrupt,
) -> RpcResult<Split<ByNonce<RpcTransaction>>> {
    let sender: Address = args.required(0, "address")?;
    let content = api.chain.pool().lock().by_sender(sender);
    let show = full(api);
    Ok(Split {
        pending: by_nonce(&content.pending, &show),
        queued: by_nonce(&content.queued, &show),
    })
}

fn inspect(
    api: &Api,
    _: &Args<'_>,
    _: &Interrupt,
) -> RpcResult<Split<BTreeMap<Address, ByNonce<String>>>> {
    Ok(all(api, |waiting| {
        let tx = &waiting.tx;
        let to = tx.to().map_or_else(|| "contract creation".to_owned(), |to| to.to_string());
        format!("{to}: {} wei + {} gas × {} wei", tx.value(), tx.gas_limit(), tx.max_fee_per_gas())
    }))
}

fn status(api: &Api, _: &Args<'_>) -> RpcResult<Split<Quantity>> {
    let status = api.chain.pool().lock().status();
    Ok(Split { pending: Quantity(status.pending as u64), queued: Quantity(status.queued as u64) })
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct BesuStatistics {
    max_size: u64,
    local_count: u64,
    remote_count: u64,
}

/// Besu counts its room in transactions; ours is in bytes, told here as the number of transactions of the present average size.
fn besu_statistics(api: &Api, _: &Args<'_>) -> RpcResult<BesuStatistics> {
    let status = api.chain.pool().lock().status();
    let count = status.pending + status.queued;
    let average = status.bytes.checked_div(count).unwrap_or(1_024).max(1);
    Ok(BesuStatistics {
        max_size: (status.max_bytes / average) as u64,
        local_count: status.local as u64,
        remote_count: (count - status.local.min(count)) as u64,
    })
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct BesuTransaction {
    hash: B256,
    is_received_from_local_source: bool,
    added_to_pool_at: String,
}

fn besu_transactions(api: &Api, _: &Args<'_>, _: &Interrupt) -> RpcResult<Vec<BesuTransaction>> {
    let pool = api.chain.pool().lock();
    Ok(pool
        .iter()
        .map(|tx| BesuTransaction {
            hash: tx.hash,
            is_received_from_local_source: tx.local,
            added_to_pool_at: instant(tx.received),
        })
        .collect())
}

/// Milliseconds since the epoch as an ISO 8601 instant.
fn instant(ms: u64) -> String {
    let (days, rest) = (ms / 86_400_000, ms % 86_400_000);
    // Days to a date of the proleptic Gregorian calendar, counting years from March so that leap days come last.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute, second, milli) =
        (rest / 3_600_000, rest / 60_000 % 60, rest / 1_000 % 60, rest % 1_000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
}

fn besu_pending(api: &Api, args: &Args<'_>, _: &Interrupt) -> RpcResult<Vec<RpcTransaction>> {
    let limit = args.optional::<Quantity>(0, "limit")?;
    let limit = limit.map_or(usize::MAX, |limit| usize::try_from(limit.0).unwrap_or(usize::MAX));
    let waiting: Vec<_> = {
        let pool = api.chain.pool().lock();
        pool.content().into_values().flat_map(|content| content.pending).take(limit).collect()
    };
    let show = full(api);
    Ok(waiting.iter().map(|tx| show(tx)).collect())
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Why {
    /// `executable`, `queued`, `dropped`, `committed` or `unknown`.
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    block_number: Option<Quantity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
}

fn why(api: &Api, args: &Args<'_>) -> RpcResult<Why> {
    let hash = args.hash(0)?;
    let nothing = Why { state: "unknown", reason: None, block_number: None, at: None };
    {
        let pool = api.chain.pool().lock();
        if let Some(standing) = pool.standing(hash) {
            let at = pool.get(hash).map(|tx| instant(tx.received));
            return Ok(match reason(&standing) {
                None => Why { state: "executable", at, ..nothing },
                reason => Why { state: "queued", reason, at, ..nothing },
            });
        }
    }
    if let Some((height, _)) = api.store().transaction(hash)? {
        return Ok(Why { state: "committed", block_number: Some(Quantity(height)), ..nothing });
    }
    let pool = api.chain.pool().lock();
    Ok(pool.why(hash).map_or(nothing, |dropped| Why {
        state: "dropped",
        reason: Some(dropped.reason.to_string()),
        block_number: Some(Quantity(dropped.block)),
        at: Some(instant(dropped.at)),
    }))
}

/// What a transaction waits for; None when for nothing but a block.
fn reason(standing: &Standing) -> Option<String> {
    Some(match standing {
        Standing::Executable => return None,
        Standing::NonceGap { missing } => {
            format!("a transaction with nonce {missing} is missing before it")
        }
        Standing::InsufficientFunds { balance, needed } => {
            format!(
                "the balance is {balance} wei; the sender's transactions up to this one need {needed}"
            )
        }
        Standing::ExceedsBlockGasLimit { gas } => {
            format!("it asks for {gas} gas, more than a block has")
        }
        Standing::Behind { nonce } => {
            format!("the sender's transaction with nonce {nonce} can't be executed")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_dates() {
        assert_eq!(instant(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(instant(951_782_400_123), "2000-02-29T00:00:00.123Z");
        assert_eq!(instant(1_700_000_000_000), "2023-11-14T22:13:20.000Z");
    }
}
