//! What a call may pretend of accounts and of its block.

use super::hexa::Quantity;
use crate::error::{RpcError, RpcResult};
use alloy_eips::eip4895::Withdrawal;
use alloy_primitives::{Address, B256, Bytes, U256};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Accounts to override, by address.
pub(crate) type StateOverrides = BTreeMap<Address, AccountOverride>;

/// What to pretend of an account.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccountOverride {
    pub(crate) balance: Option<U256>,
    pub(crate) nonce: Option<Quantity>,
    pub(crate) code: Option<Bytes>,
    /// All of its storage: what is not here is zero.
    pub(crate) state: Option<BTreeMap<B256, B256>>,
    /// Slots of its storage: what is not here stays.
    pub(crate) state_diff: Option<BTreeMap<B256, B256>>,
    /// Where the precompile at this address moves to.
    #[serde(alias = "movePrecompileTo")]
    pub(crate) move_precompile_to_address: Option<Address>,
}

/// Refuses overrides that contradict themselves or are more than a request may have.
pub(crate) fn check(overrides: &StateOverrides, limit: usize) -> RpcResult<()> {
    let mut entries = 0usize;
    for (address, account) in overrides {
        if account.state.is_some() && account.state_diff.is_some() {
            return Err(RpcError::params(format!(
                "account {address} has both 'state' and 'stateDiff'"
            )));
        }
        entries += 1
            + account.state.as_ref().map_or(0, BTreeMap::len)
            + account.state_diff.as_ref().map_or(0, BTreeMap::len);
    }
    if entries > limit {
        return Err(RpcError::limit(format!(
            "{entries} accounts and storage slots are overridden; one request may override {limit}"
        )));
    }
    Ok(())
}

/// What to pretend of the block that a call runs in. Names are those of geth and of the simulation standard.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BlockOverrides {
    pub(crate) number: Option<Quantity>,
    #[serde(alias = "timestamp")]
    pub(crate) time: Option<Quantity>,
    pub(crate) gas_limit: Option<Quantity>,
    #[serde(alias = "coinbase")]
    pub(crate) fee_recipient: Option<Address>,
    #[serde(alias = "random")]
    pub(crate) prev_randao: Option<B256>,
    #[serde(alias = "baseFee")]
    pub(crate) base_fee_per_gas: Option<Quantity>,
    pub(crate) blob_base_fee: Option<Quantity>,
    pub(crate) difficulty: Option<U256>,
    pub(crate) beacon_root: Option<B256>,
    pub(crate) withdrawals: Option<Vec<Withdrawal>>,
    /// Hashes that BLOCKHASH gives, by number.
    pub(crate) block_hash: Option<BTreeMap<Quantity, B256>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_storage_override_are_refused_and_entries_are_counted() {
        let json = r#"{"0x00000000000000000000000000000000000000aa":{"state":{},"stateDiff":{}}}"#;
        let both: StateOverrides = serde_json::from_str(json).unwrap();
        assert_eq!(check(&both, 10).unwrap_err().code, -32602);
        let zero = B256::ZERO;
        let json = format!(
            r#"{{"0x00000000000000000000000000000000000000aa":{{"nonce":88,"stateDiff":{{"{zero}":"{zero}"}}}}}}"#
        );
        let one: StateOverrides = serde_json::from_str(&json).unwrap();
        assert!(check(&one, 2).is_ok());
        assert_eq!(check(&one, 1).unwrap_err().code, -32005);
    }

    #[test]
    fn block_overrides_go_by_the_names_of_both_traditions() {
        let geth: BlockOverrides = serde_json::from_str(r#"{"time":"0x5","coinbase":"0x00000000000000000000000000000000000000aa","baseFee":"0x7"}"#).unwrap();
        let standard: BlockOverrides = serde_json::from_str(r#"{"time":"0x5","feeRecipient":"0x00000000000000000000000000000000000000aa","baseFeePerGas":"0x7"}"#).unwrap();
        assert_eq!(geth.fee_recipient, standard.fee_recipient);
        assert_eq!(geth.base_fee_per_gas, standard.base_fee_per_gas);
    }
}
