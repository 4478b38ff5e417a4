//! A call as clients describe it: a transaction of which almost everything may be left out.

use super::hexa::{Quantity, Quantity128};
use crate::error::{RpcError, RpcResult};
use alloy_eips::{eip2930::AccessList, eip7702::SignedAuthorization};
use alloy_primitives::{Address, B256, Bytes, U256};
use serde::Deserialize;

/// The object that `eth_call`, `eth_estimateGas`, `eth_createAccessList`, `eth_simulateV1` and the tracing methods take. Fields that are not known
/// here are passed over, as every client does.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CallRequest {
    pub(crate) from: Option<Address>,
    pub(crate) to: Option<Address>,
    pub(crate) gas: Option<Quantity>,
    pub(crate) gas_price: Option<Quantity128>,
    pub(crate) max_fee_per_gas: Option<Quantity128>,
    pub(crate) max_priority_fee_per_gas: Option<Quantity128>,
    pub(crate) max_fee_per_blob_gas: Option<Quantity128>,
    pub(crate) value: Option<U256>,
    pub(crate) nonce: Option<Quantity>,
    input: Option<Bytes>,
    data: Option<Bytes>,
    pub(crate) chain_id: Option<Quantity>,
    pub(crate) access_list: Option<AccessList>,
    pub(crate) blob_versioned_hashes: Option<Vec<B256>>,
    pub(crate) authorization_list: Option<Vec<SignedAuthorization>>,
    /// Besu: whether the sender must be able to pay, as for a real transaction.
    pub(crate) strict: Option<bool>,
}

impl CallRequest {
    /// The call's data, under either of its names.
    pub(crate) fn input(&self) -> Bytes {
        self.input.as_ref().or(self.data.as_ref()).cloned().unwrap_or_default()
    }

    /// The transaction type that its fields ask for (EIP-2718).
    pub(crate) fn transaction_type(&self) -> u8 {
        if self.authorization_list.is_some() {
            4
        } else if self.blob_versioned_hashes.as_ref().is_some_and(|hashes| !hashes.is_empty()) {
            3
        } else if self.max_fee_per_gas.is_some() || self.max_priority_fee_per_gas.is_some() {
            2
        } else if self.access_list.is_some() {
            1
        } else {
            0
        }
    }

    /// Refuses what contradicts itself.
    pub(crate) fn validate(&self, chain_id: u64) -> RpcResult<()> {
        if let (Some(input), Some(data)) = (&self.input, &self.data)
            && input != data
        {
            return Err(RpcError::params(
                "Invalid call params: both \"data\" and \"input\" are set and not equal; set \"input\" to the call data",
            ));
        }
        if self.gas_price.is_some()
            && (self.max_fee_per_gas.is_some() || self.max_priority_fee_per_gas.is_some())
        {
            return Err(RpcError::params(
                "both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified",
            ));
        }
        if let (Some(fee), Some(tip)) = (self.max_fee_per_gas, self.max_priority_fee_per_gas)
            && tip > fee
        {
            return Err(RpcError::server(format!(
                "max priority fee per gas higher than max fee per gas: maxFeePerGas {}, maxPriorityFeePerGas {}",
                fee.0, tip.0
            )));
        }
        if let Some(Quantity(id)) = self.chain_id
            && id != chain_id
        {
            return Err(RpcError::params(format!(
                "chainId does not match node's (have={id}, want={chain_id})"
            )));
        }
        if self.authorization_list.as_ref().is_some_and(Vec::is_empty) {
            return Err(RpcError::params("authorizationList is empty (EIP-7702)"));
        }
        Ok(())
    }

    /// Whether a price for gas is named.
    pub(crate) fn names_price(&self) -> bool {
        self.gas_price.is_some() || self.max_fee_per_gas.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(json: &str) -> CallRequest {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn data_goes_by_two_names_that_may_not_contradict_each_other() {
        assert_eq!(call(r#"{"data":"0x01"}"#).input(), Bytes::from([1]));
        assert_eq!(call(r#"{"input":"0x02"}"#).input(), Bytes::from([2]));
        assert!(call(r#"{"input":"0x02","data":"0x02"}"#).validate(1).is_ok());
        let error = call(r#"{"input":"0x02","data":"0x03"}"#).validate(1).unwrap_err();
        assert_eq!(error.code, -32602);
    }

    #[test]
    fn addresses_pass_without_prefix_and_prices_with_leading_zeros() {
        let call = call(
            r#"{"from":"a94f5374fce5edbc8e2a8697c15331677e6ebf0b","gasPrice":"0x00000000000000000000000000000000000000000000000000000000003437004a","strict":true,"comment":"x"}"#,
        );
        assert!(call.from.is_some());
        assert_eq!(call.gas_price, Some(Quantity128(0x3437004a)));
        assert_eq!(call.strict, Some(true));
        assert_eq!(call.transaction_type(), 0);
    }

    #[test]
    fn prices_of_two_kinds_and_foreign_chains_are_refused() {
        assert!(call(r#"{"gasPrice":"0x1","maxFeePerGas":"0x1"}"#).validate(1).is_err());
        assert!(
            call(r#"{"maxFeePerGas":"0x1","maxPriorityFeePerGas":"0x2"}"#).validate(1).is_err()
        );
        assert!(call(r#"{"chainId":"0x2"}"#).validate(1).unwrap_err().message.contains("have=2"));
        assert!(call(r#"{"chainId":"0x1"}"#).validate(1).is_ok());
    }
}
