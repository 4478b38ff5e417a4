//! What blocks cost, and what the next one will.

use crate::{
    Api, Dialect,
    api::BlockAt,
    args::Args,
    error::{RpcError, RpcResult, check},
    types::hexa::{Quantity, Quantity128},
};
use alloy_consensus::Transaction as _;
use entente_chain::SealedHeader;
use entente_evm::Interrupt;
use serde::Serialize;

/// Newest blocks whose tips say what is usual.
const SAMPLED_BLOCKS: u64 = 20;
/// Transactions of each that are looked at: those that paid least, for what they paid was enough.
const SAMPLED_TRANSACTIONS: usize = 3;
/// The share of samples that the suggestion is not below, in percent (geth's).
const PERCENTILE: usize = 60;
/// Most reward percentiles that one request may ask for (geth's).
const MAX_PERCENTILES: usize = 100;

/// The base fee of the block after `header`, in wei; None before London.
fn next_base_fee(api: &Api, header: &SealedHeader) -> Option<u64> {
    api.chain.spec().next_base_fee(header, header.timestamp.saturating_add(1))
}

/// The blob base fee of the block after `header`, in wei; None before Cancun.
fn next_blob_base_fee(api: &Api, header: &SealedHeader) -> Option<u128> {
    let spec = api.chain.spec();
    let (number, timestamp) = (header.number + 1, header.timestamp.saturating_add(1));
    let excess = spec.next_excess_blob_gas(header, timestamp)?;
    Some(spec.blob_params(number, timestamp)?.calc_blob_fee(excess))
}

pub(super) fn base_fee(api: &Api, _: &Args<'_>) -> RpcResult<Option<Quantity>> {
    Ok(next_base_fee(api, &api.chain.head()).map(Quantity))
}

pub(super) fn blob_base_fee(api: &Api, _: &Args<'_>) -> RpcResult<Quantity128> {
    Ok(Quantity128(next_blob_base_fee(api, &api.chain.head()).unwrap_or(0)))
}

pub(super) fn gas_price(api: &Api, _: &Args<'_>) -> RpcResult<Quantity128> {
    let base_fee = next_base_fee(api, &api.chain.head()).unwrap_or(0);
    Ok(Quantity128(usual_tip(api)?.saturating_add(base_fee.into())))
}

pub(super) fn max_priority_fee(api: &Api, _: &Args<'_>) -> RpcResult<Quantity128> {
    Ok(Quantity128(usual_tip(api)?))
}

/// A tip that was enough lately. Where nothing was paid, nothing is suggested: on a network without fees any tip is money lost.
fn usual_tip(api: &Api) -> RpcResult<u128> {
    let head = api.chain.head().number;
    let mut samples = Vec::new();
    for height in (head.saturating_sub(SAMPLED_BLOCKS - 1)..=head).rev() {
        let Some(block) = api.store().block(height)? else { break };
        let base_fee = block.header.base_fee_per_gas;
        let mut tips: Vec<u128> = block
            .transactions_with_sender()
            // A producer's own transactions pay themselves whatever they like.
            .filter(|(_, sender)| *sender != block.header.beneficiary)
            .map(|(tx, _)| tx.effective_tip_per_gas(base_fee.unwrap_or(0)).unwrap_or(0))
            .collect();
        tips.sort_unstable();
        samples.extend(tips.into_iter().take(SAMPLED_TRANSACTIONS));
    }
    samples.sort_unstable();
    let at = samples.len().saturating_sub(1) * PERCENTILE / 100;
    Ok(samples.get(at).copied().unwrap_or(0))
}

#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FeeHistory {
    oldest_block: Quantity,
    base_fee_per_gas: Vec<Quantity>,
    gas_used_ratio: Vec<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    base_fee_per_blob_gas: Option<Vec<Quantity128>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    blob_gas_used_ratio: Option<Vec<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reward: Option<Vec<Vec<Quantity128>>>,
}

pub(super) fn fee_history(
    api: &Api,
    args: &Args<'_>,
    interrupt: &Interrupt,
) -> RpcResult<FeeHistory> {
    let Quantity(count) = args.required(0, "blockCount")?;
    let newest = args.block(1)?;
    let percentiles: Vec<f64> = args.or_default(2, "rewardPercentiles")?;
    check_percentiles(&percentiles)?;
    if count == 0 {
        return Ok(FeeHistory::default());
    }
    let head = api.chain.head().number;
    // The waiting block's history ends with the newest block, whose successor's fee is told anyway.
    let newest = api.header(newest)?.ok_or_else(|| {
        RpcError::params(format!("request beyond head block: the newest is {head}"))
    })?;
    let count = count.min(api.limits.fee_history_blocks).min(newest.number + 1);
    let oldest = newest.number + 1 - count;
    let mut history = FeeHistory { oldest_block: Quantity(oldest), ..FeeHistory::default() };
    let (mut blob_fees, mut blob_ratios, mut rewards) = (Vec::new(), Vec::new(), Vec::new());
    for height in oldest..=newest.number {
        check(interrupt)?;
        let header = api
            .store()
            .header(height)?
            .ok_or_else(|| RpcError::not_found(format!("block {height} is not kept here")))?;
        history.base_fee_per_gas.push(Quantity(header.base_fee_per_gas.unwrap_or(0)));
        history.gas_used_ratio.push(ratio(header.gas_used, header.gas_limit));
        blob_fees.push(Quantity128(api.blob_base_fee(&header).unwrap_or(0)));
        let room = api
            .chain
            .spec()
            .blob_params(height, header.timestamp)
            .map_or(0, |params| params.max_blob_gas_per_block());
        blob_ratios.push(ratio(header.blob_gas_used.unwrap_or(0), room));
        if !percentiles.is_empty() {
            rewards.push(tips(api, height, &percentiles)?);
        }
    }
    history.base_fee_per_gas.push(Quantity(next_base_fee(api, &newest).unwrap_or(0)));
    blob_fees.push(Quantity128(next_blob_base_fee(api, &newest).unwrap_or(0)));
    if api.dialect == Dialect::Current {
        history.base_fee_per_blob_gas = Some(blob_fees);
        history.blob_gas_used_ratio = Some(blob_ratios);
    }
    history.reward = (!percentiles.is_empty()).then_some(rewards);
    Ok(history)
}

fn check_percentiles(percentiles: &[f64]) -> RpcResult<()> {
    if percentiles.len() > MAX_PERCENTILES {
        return Err(RpcError::params(format!(
            "over the query limit {MAX_PERCENTILES}: {} reward percentiles",
            percentiles.len()
        )));
    }
    let mut before = 0.0;
    for percentile in percentiles {
        if !(0.0..=100.0).contains(percentile) {
            return Err(RpcError::params(format!("invalid reward percentile: {percentile}")));
        }
        if *percentile < before {
            return Err(RpcError::params(format!(
                "invalid reward percentile: {percentile} follows {before}; they must rise"
            )));
        }
        before = *percentile;
    }
    Ok(())
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a ratio of gas figures, told as a fraction by the standard"
)]
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// The tips at some percentiles of a block's gas, cheapest transactions first.
fn tips(api: &Api, height: u64, percentiles: &[f64]) -> RpcResult<Vec<Quantity128>> {
    let Some(block) = api.store().block(height)? else { return Ok(Vec::new()) };
    let at = BlockAt::committed(block.clone());
    let receipts = api.receipts(&at)?;
    let base_fee = block.header.base_fee_per_gas.unwrap_or(0);
    let mut before = 0;
    let mut paid: Vec<(u128, u64)> = block
        .body
        .transactions
        .iter()
        .zip(receipts.iter())
        .map(|(tx, receipt)| {
            let gas = receipt.cumulative_gas_used() - before;
            before = receipt.cumulative_gas_used();
            (tx.effective_tip_per_gas(base_fee).unwrap_or(0), gas)
        })
        .collect();
    paid.sort_unstable();
    Ok(at_percentiles(&paid, block.header.gas_used, percentiles))
}

fn at_percentiles(paid: &[(u128, u64)], gas_used: u64, percentiles: &[f64]) -> Vec<Quantity128> {
    let Some(((first_tip, first_gas), rest)) = paid.split_first() else {
        return vec![Quantity128(0); percentiles.len()];
    };
    let (mut tip, mut gas, mut rest) = (*first_tip, *first_gas, rest.iter());
    percentiles
        .iter()
        .map(|percentile| {
            #[expect(
                clippy::cast_precision_loss,
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a share of the block's gas, rounded down as geth does; percentiles are within 0 and 100"
            )]
            let threshold = (gas_used as f64 * percentile / 100.0) as u64;
            while gas < threshold {
                let Some((next, used)) = rest.next() else { break };
                tip = *next;
                gas += used;
            }
            Quantity128(tip)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_weigh_tips_by_gas() {
        // 10 gas at 1 wei, 90 gas at 5: the first tenth paid 1, the rest 5.
        let paid = [(1, 10), (5, 90)];
        let tips = at_percentiles(&paid, 100, &[0.0, 10.0, 10.9, 11.0, 100.0]);
        assert_eq!(tips.map_values(), [1, 1, 1, 5, 5]);
        assert_eq!(at_percentiles(&[], 0, &[50.0]).map_values(), [0]);
    }

    trait MapValues {
        fn map_values(self) -> Vec<u128>;
    }

    impl MapValues for Vec<Quantity128> {
        fn map_values(self) -> Vec<u128> {
            self.into_iter().map(|tip| tip.0).collect()
        }
    }

    #[test]
    fn percentiles_lie_within_bounds_and_rise() {
        assert!(check_percentiles(&[0.0, 50.0, 50.0, 100.0]).is_ok());
        for bad in [vec![101.0], vec![-1.0], vec![f64::NAN], vec![50.0, 20.0], vec![1.0; 101]] {
            assert_eq!(check_percentiles(&bad).unwrap_err().code, -32602, "{bad:?}");
        }
    }
}
