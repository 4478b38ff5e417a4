//! `eth_getProof` (EIP-1186).

use super::state::slot;
use crate::{
    Api, Dialect,
    args::Args,
    error::{RpcError, RpcResult},
    types::hexa::Quantity,
};
use alloy_consensus::constants::EMPTY_ROOT_HASH;
use alloy_primitives::{Address, B256, Bytes, U256, hex};
use entente_evm::Interrupt;
use serde::Serialize;

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Proof {
    address: Address,
    account_proof: Vec<Bytes>,
    balance: U256,
    code_hash: B256,
    nonce: Quantity,
    storage_hash: B256,
    storage_proof: Vec<SlotProof>,
}

#[derive(Clone, Debug, Serialize)]
struct SlotProof {
    key: String,
    value: U256,
    proof: Vec<Bytes>,
}

pub(super) fn proof(api: &Api, args: &Args<'_>, _: &Interrupt) -> RpcResult<Proof> {
    let address: Address = args.required(0, "address")?;
    let keys: Vec<String> = args.required(1, "slots")?;
    if keys.len() > api.limits.proof_keys {
        return Err(RpcError::params(format!(
            "{} slots are asked for; one request may ask for {}",
            keys.len(),
            api.limits.proof_keys
        )));
    }
    let slots = keys.iter().map(|key| slot(key)).collect::<RpcResult<Vec<_>>>()?;
    let state = api.state(args.block_or_latest(2)?)?;
    let proof = state.proof(address, &slots)?;
    let account = proof.account.map(|record| record.account()).unwrap_or_default();
    Ok(Proof {
        address,
        account_proof: proof.proof,
        balance: account.balance,
        code_hash: account.code_hash,
        nonce: Quantity(account.nonce),
        storage_hash: proof.account.map_or(EMPTY_ROOT_HASH, |record| record.storage_root),
        storage_proof: keys
            .into_iter()
            .zip(proof.storage)
            .map(|(key, slot)| SlotProof {
                key: key_shown(&key, slot.slot, api.dialect),
                value: slot.value,
                proof: slot.proof,
            })
            .collect(),
    })
}

/// A slot as it is shown again. One that was asked for as a quantity comes back as one. One that was written out in full comes back as bytes: Besu
/// leaves leading zeros out, geth (to which the cases before 2024 owe their shape) does not.
fn key_shown(asked: &str, slot: U256, dialect: Dialect) -> String {
    if asked.len() < 64 {
        return format!("{slot:#x}");
    }
    match dialect {
        Dialect::Before2024 => B256::from(slot).to_string(),
        Dialect::Current if slot.is_zero() => "0x00".into(),
        Dialect::Current => hex::encode_prefixed(slot.to_be_bytes_trimmed_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_back_as_they_were_asked_for() {
        let full = format!("0x{:064x}", 0x347);
        let slot = U256::from(0x347);
        assert_eq!(key_shown("0x01", U256::from(1), Dialect::Current), "0x1");
        assert_eq!(key_shown(&full, slot, Dialect::Current), "0x0347");
        assert_eq!(key_shown(&full, slot, Dialect::Before2024), full);
    }
}
