//! Accounts: balance, nonce, code, storage.

use crate::{
    Api, BlockId,
    args::Args,
    error::{RpcError, RpcResult},
    types::hexa::{Quantity, Word},
};
use alloy_primitives::{Address, Bytes, U256, hex};
use entente_evm::{Interrupt, StateView as _};
use std::collections::BTreeMap;

pub(super) fn balance(api: &Api, args: &Args<'_>) -> RpcResult<U256> {
    let address: Address = args.required(0, "address")?;
    let state = api.state(args.block_or_latest(1)?)?;
    Ok(state.account(address)?.unwrap_or_default().balance)
}

pub(super) fn code(api: &Api, args: &Args<'_>) -> RpcResult<Bytes> {
    let address: Address = args.required(0, "address")?;
    let state = api.state(args.block_or_latest(1)?)?;
    match state.account(address)? {
        Some(account) => Ok(state.code(account.code_hash)?),
        None => Ok(Bytes::new()),
    }
}

/// The nonce after a block. `pending` is answered by the pool: the first nonce that is free after what waits and can be executed.
pub(super) fn transaction_count(api: &Api, args: &Args<'_>) -> RpcResult<Quantity> {
    let address: Address = args.required(0, "address")?;
    let block = args.block_or_latest(1)?;
    if block == BlockId::Pending
        && let Some(nonce) = api.chain.pool().lock().pending_nonce(address)
    {
        return Ok(Quantity(nonce));
    }
    let state = match block {
        BlockId::Pending => api.store().snapshot(),
        block => api.state(block)?,
    };
    Ok(Quantity(state.account(address)?.map_or(0, |account| account.nonce)))
}

pub(super) fn storage(api: &Api, args: &Args<'_>) -> RpcResult<Word> {
    let address: Address = args.required(0, "address")?;
    let slot = slot(&args.required::<String>(1, "slot")?)?;
    let state = api.state(args.block_or_latest(2)?)?;
    Ok(Word(state.storage(address, slot)?))
}

/// A slot as clients write it: up to 32 bytes of hex, in full or as a quantity. geth answers a bad one with -32000, and the standard's cases say so.
pub(super) fn slot(text: &str) -> RpcResult<U256> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    if digits.len() > 64 {
        return Err(RpcError::server(format!(
            "storage key too long: {} hex digits, at most 64 (32 bytes) name a slot",
            digits.len()
        )));
    }
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(RpcError::server("invalid hex string for a storage key"));
    }
    // An odd digit is half a byte; written out in full there is no doubt what it means.
    let full = format!("{digits:0>64}");
    let mut word = [0; 32];
    hex::decode_to_slice(&full, &mut word)
        .map_err(|_| RpcError::server("invalid hex string for a storage key"))?;
    Ok(U256::from_be_bytes(word))
}

pub(super) fn storage_values(
    api: &Api,
    args: &Args<'_>,
    _: &Interrupt,
) -> RpcResult<BTreeMap<Address, Vec<Word>>> {
    let wanted: BTreeMap<Address, Vec<String>> = args.required(0, "slotsByAddress")?;
    let count: usize = wanted.values().map(Vec::len).sum();
    if count == 0 {
        return Err(RpcError::params("no slots are asked for"));
    }
    if count > api.limits.proof_keys {
        return Err(RpcError::params(format!(
            "{count} slots are asked for; one request may ask for {}",
            api.limits.proof_keys
        )));
    }
    let state = api.state(args.block_or_latest(1)?)?;
    wanted
        .into_iter()
        .map(|(address, slots)| {
            let words: RpcResult<Vec<_>> =
                slots.iter().map(|text| Ok(Word(state.storage(address, slot(text)?)?))).collect();
            Ok((address, words?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_read_in_full_or_short_and_never_truncated() {
        assert_eq!(slot("0x4"), Ok(U256::from(4)));
        assert_eq!(slot("0x01"), Ok(U256::from(1)));
        assert_eq!(slot(&format!("0x01{}", "00".repeat(31))).unwrap(), U256::from(1) << 248);
        for bad in ["0xasdf", "0x", &format!("0x{}", "0".repeat(65))] {
            assert_eq!(slot(bad).unwrap_err().code, -32000, "{bad}");
        }
    }
}
