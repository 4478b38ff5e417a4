//! `eth_config` (EIP-7910): which rules hold now, which come next.

use crate::{Api, args::Args, error::RpcResult, types::hexa::Quantity};
use alloy_eips::{eip2935::HISTORY_STORAGE_ADDRESS, eip4788::BEACON_ROOTS_ADDRESS};
use alloy_primitives::{Address, U256};
use entente_chain::{Fork, Header};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug, Serialize)]
pub(super) struct Config {
    current: Rules,
    next: Option<Rules>,
    last: Option<Rules>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Rules {
    activation_time: u64,
    blob_schedule: Option<Blobs>,
    chain_id: Quantity,
    fork_id: String,
    precompiles: BTreeMap<&'static str, Address>,
    system_contracts: BTreeMap<&'static str, Address>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Blobs {
    base_fee_update_fraction: u64,
    max: u64,
    target: u64,
}

/// Precompiles by the names of EIP-7910, their addresses, and the fork from which they answer.
const PRECOMPILES: [(&str, u16, Fork); 18] = [
    ("ECREC", 0x01, Fork::Frontier),
    ("SHA256", 0x02, Fork::Frontier),
    ("RIPEMD160", 0x03, Fork::Frontier),
    ("ID", 0x04, Fork::Frontier),
    ("MODEXP", 0x05, Fork::Byzantium),
    ("BN254_ADD", 0x06, Fork::Byzantium),
    ("BN254_MUL", 0x07, Fork::Byzantium),
    ("BN254_PAIRING", 0x08, Fork::Byzantium),
    ("BLAKE2F", 0x09, Fork::Istanbul),
    ("KZG_POINT_EVALUATION", 0x0a, Fork::Cancun),
    ("BLS12_G1ADD", 0x0b, Fork::Prague),
    ("BLS12_G1MSM", 0x0c, Fork::Prague),
    ("BLS12_G2ADD", 0x0d, Fork::Prague),
    ("BLS12_G2MSM", 0x0e, Fork::Prague),
    ("BLS12_PAIRING_CHECK", 0x0f, Fork::Prague),
    ("BLS12_MAP_FP_TO_G1", 0x10, Fork::Prague),
    ("BLS12_MAP_FP2_TO_G2", 0x11, Fork::Prague),
    ("P256VERIFY", 0x100, Fork::Osaka),
];

pub(super) fn config(api: &Api, _: &Args<'_>) -> RpcResult<Config> {
    let spec = api.chain.spec();
    let head = api.chain.head();
    let forks = Fork::ALL.into_iter().filter_map(|fork| spec.forks.condition(fork).timestamp());
    let times: BTreeSet<u64> = forks.chain(spec.blobs.0.keys().copied()).collect();
    let current = times.range(..=head.timestamp).next_back().copied();
    let next = times.range(head.timestamp.saturating_add(1)..).next().copied();
    let last = times.range(head.timestamp.saturating_add(1)..).next_back().copied();
    Ok(Config {
        current: rules(api, &head, current),
        next: next.map(|time| rules(api, &head, Some(time))),
        last: last.map(|time| rules(api, &head, Some(time))),
    })
}

/// The rules from a time on; None for those of a chain that has no forks by time.
fn rules(api: &Api, head: &Header, time: Option<u64>) -> Rules {
    let spec = api.chain.spec();
    let at = time.unwrap_or(head.timestamp);
    let fork = spec.forks.at(head.number, at, head.difficulty);
    let system = [
        ("BEACON_ROOTS_ADDRESS", Some(BEACON_ROOTS_ADDRESS), Fork::Cancun),
        ("HISTORY_STORAGE_ADDRESS", Some(HISTORY_STORAGE_ADDRESS), Fork::Prague),
        ("DEPOSIT_CONTRACT_ADDRESS", spec.deposit_contract, Fork::Prague),
        ("WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS", spec.withdrawal_request_contract, Fork::Prague),
        (
            "CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS",
            spec.consolidation_request_contract,
            Fork::Prague,
        ),
    ];
    Rules {
        activation_time: time.unwrap_or(0),
        blob_schedule: spec.blob_params(head.number, at).map(|params| Blobs {
            base_fee_update_fraction: u64::try_from(params.update_fraction).unwrap_or(u64::MAX),
            max: params.max_blob_count,
            target: params.target_blob_count,
        }),
        chain_id: Quantity(spec.chain_id),
        fork_id: alloy_primitives::hex::encode_prefixed(spec.fork_id(head.number, at).hash.0),
        precompiles: PRECOMPILES
            .into_iter()
            .filter(|(.., from)| fork >= *from)
            .map(|(name, address, _)| (name, Address::from_word(U256::from(address).into())))
            .collect(),
        system_contracts: system
            .into_iter()
            .filter(|(.., from)| fork >= *from)
            .filter_map(|(name, address, _)| Some((name, address?)))
            .collect(),
    }
}
