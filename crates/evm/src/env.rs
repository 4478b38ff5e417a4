//! From our headers, transactions and chain rules to revm's environments.

use crate::EvmError;
use alloy_consensus::{Transaction as _, Typed2718};
use alloy_eips::{
    eip7702::{RecoveredAuthority, RecoveredAuthorization, SignedAuthorization},
    eip7840::BlobParams,
};
use alloy_primitives::{Address, U256};
use entente_chain::{ChainSpec, Fork, Header, Transaction, recover_authority};
use revm::{
    context::{BlockEnv, CfgEnv, TxEnv, either::Either},
    context_interface::block::BlobExcessGasAndPrice,
    primitives::hardfork::SpecId,
};

/// revm's name for a fork. revm has no Constantinople: EIP-1283 lived on no chain that did not remove it at once with Petersburg.
pub(crate) const fn spec_id(fork: Fork) -> SpecId {
    match fork {
        Fork::Frontier => SpecId::FRONTIER,
        Fork::Homestead => SpecId::HOMESTEAD,
        Fork::TangerineWhistle => SpecId::TANGERINE,
        Fork::SpuriousDragon => SpecId::SPURIOUS_DRAGON,
        Fork::Byzantium => SpecId::BYZANTIUM,
        Fork::Constantinople | Fork::Petersburg => SpecId::PETERSBURG,
        Fork::Istanbul => SpecId::ISTANBUL,
        Fork::Berlin => SpecId::BERLIN,
        Fork::London => SpecId::LONDON,
        Fork::Paris => SpecId::MERGE,
        Fork::Shanghai => SpecId::SHANGHAI,
        Fork::Cancun => SpecId::CANCUN,
        Fork::Prague => SpecId::PRAGUE,
        Fork::Osaka => SpecId::OSAKA,
    }
}

/// Blob parameters for a header: the chain's schedule, or the fork's own where the schedule is silent (EIP-4844, EIP-7691).
pub(crate) fn blob_params(spec: &ChainSpec, header: &Header) -> Option<BlobParams> {
    let fork = spec.fork(header);
    (fork >= Fork::Cancun).then(|| {
        spec.blobs.at(header.timestamp).unwrap_or_else(|| match fork {
            Fork::Cancun => BlobParams::cancun(),
            Fork::Prague => BlobParams::prague(),
            _ => BlobParams::osaka(),
        })
    })
}

pub(crate) fn cfg_env(spec: &ChainSpec, header: &Header) -> CfgEnv {
    let mut cfg = CfgEnv::new_with_spec(spec_id(spec.fork(header))).with_chain_id(spec.chain_id);
    let size_limit = spec.contract_size_limit_at(header.number);
    cfg.limit_contract_code_size = size_limit;
    // EIP-3860 ties the limit of init code to twice that of code; a raised limit raises both.
    cfg.limit_contract_initcode_size = size_limit.map(|limit| limit.saturating_mul(2));
    cfg.tx_gas_limit_cap = spec.transaction_gas_limit;
    if let Some(params) = blob_params(spec, header) {
        cfg.blob_base_fee_update_fraction =
            Some(u64::try_from(params.update_fraction).unwrap_or(u64::MAX));
        cfg.max_blobs_per_tx = Some(params.max_blobs_per_tx.min(params.max_blob_count));
    }
    cfg
}

pub(crate) fn block_env(spec: &ChainSpec, header: &Header) -> BlockEnv {
    let merged = spec.fork(header) >= Fork::Paris;
    BlockEnv {
        number: U256::from(header.number),
        beneficiary: spec.fee_recipient(header),
        timestamp: U256::from(header.timestamp),
        gas_limit: header.gas_limit,
        basefee: header.base_fee_per_gas.unwrap_or(0),
        difficulty: if merged { U256::ZERO } else { header.difficulty },
        prevrandao: merged.then_some(header.mix_hash),
        // BFT headers may leave the blob fields out after Cancun; their blocks carry no blobs and an excess of nothing.
        blob_excess_gas_and_price: blob_params(spec, header).map(|params| {
            let fraction = u64::try_from(params.update_fraction).unwrap_or(u64::MAX);
            BlobExcessGasAndPrice::new(header.excess_blob_gas.unwrap_or(0), fraction)
        }),
        slot_num: 0,
    }
}

/// A transaction of a block as revm takes it. Byte strings are shared, not copied.
pub fn tx_env(tx: &Transaction, sender: Address) -> TxEnv {
    TxEnv {
        tx_type: tx.ty(),
        caller: sender,
        gas_limit: tx.gas_limit(),
        gas_price: tx.max_fee_per_gas(),
        kind: tx.kind(),
        value: tx.value(),
        data: tx.input().clone(),
        nonce: tx.nonce(),
        chain_id: tx.chain_id(),
        access_list: tx.access_list().cloned().unwrap_or_default(),
        gas_priority_fee: tx.max_priority_fee_per_gas(),
        blob_hashes: tx.blob_versioned_hashes().map(<[_]>::to_vec).unwrap_or_default(),
        max_fee_per_blob_gas: tx.max_fee_per_blob_gas().unwrap_or_default(),
        authorization_list: tx
            .authorization_list()
            .map(|list| list.iter().map(|signed| Either::Right(recovered(signed))).collect())
            .unwrap_or_default(),
    }
}

/// Who signed an authorization (EIP-7702), found on the same libsecp256k1 as senders are. revm would use a library six times slower.
fn recovered(signed: &SignedAuthorization) -> RecoveredAuthorization {
    let authority =
        recover_authority(signed).map_or(RecoveredAuthority::Invalid, RecoveredAuthority::Valid);
    RecoveredAuthorization::new_unchecked(signed.inner().clone(), authority)
}

/// Refuses what this executor cannot do, before a chain is opened on it.
pub(crate) fn check_supported(spec: &ChainSpec) -> Result<(), EvmError> {
    match spec.evm_stack_size {
        None | Some(1024) => Ok(()),
        Some(size) => Err(EvmError::Unsupported(format!(
            "evmStackSize {size}: the interpreter's stack holds 1024 items; remove the key or set it to 1024"
        ))),
    }
}
