//! The header of block 0.
//!
//! Besu and geth agree on it: what a fork adds to headers is there when the fork holds at genesis, on BFT chains too (it is only the blocks that
//! Besu's BFT engines make that end early). Both give it a base fee only where the file itself puts London at block 0; Besu also where the file
//! states one. A header without a base fee has none of the later members, for they are written in order and stop at the first that is missing.

use super::{
    Dialect,
    forks::Forks,
    json::{Field, Object},
};
use crate::{ChainError, ChainSpec, Fork, Header, HeaderProfile, extra_data};
use alloy_consensus::constants::{EMPTY_OMMER_ROOT_HASH, EMPTY_ROOT_HASH};
use alloy_eips::{eip1559::INITIAL_BASE_FEE, eip7685::EMPTY_REQUESTS_HASH};
use alloy_primitives::{B64, B256};

pub(super) fn read(
    file: &mut Object<'_>,
    spec: &ChainSpec,
    forks: &Forks,
    dialect: Dialect,
    state_root: B256,
    notices: &mut Vec<String>,
) -> Result<Header, ChainError> {
    for key in ["number", "gasUsed"] {
        if let Some(field) = file.get(key)
            && field.u64()? != 0
        {
            return Err(field.wrong("0: this is the first block"));
        }
    }
    let extra_data = file.get("extraData");
    let mut header = Header {
        parent_hash: file.read("parentHash", Field::word)?.unwrap_or_default(),
        ommers_hash: EMPTY_OMMER_ROOT_HASH,
        beneficiary: file.read("coinbase", Field::address)?.unwrap_or_default(),
        state_root,
        transactions_root: EMPTY_ROOT_HASH,
        receipts_root: EMPTY_ROOT_HASH,
        difficulty: file.required("difficulty", "a number, such as \"0x1\"")?.u256()?,
        gas_limit: file.required("gasLimit", "the most gas that a block may use")?.u64()?,
        timestamp: spec.genesis_timestamp,
        extra_data: extra_data.as_ref().map(Field::bytes).transpose()?.unwrap_or_default(),
        mix_hash: file.read("mixHash", Field::word)?.unwrap_or_default(),
        nonce: B64::from(file.read("nonce", Field::u64)?.unwrap_or_default()),
        ..Header::default()
    };
    header.base_fee_per_gas = base_fee(file, forks, dialect, notices)?;
    later_members(file, spec, &mut header)?;
    if let Some(field) = extra_data
        && let Err(error) = check_extra_data(spec, &header)
    {
        return Err(field.wrong(format!("{}: {error}", form(spec.profile))));
    }
    Ok(header)
}

fn base_fee(
    file: &mut Object<'_>,
    forks: &Forks,
    dialect: Dialect,
    notices: &mut Vec<String>,
) -> Result<Option<u64>, ChainError> {
    let stated = file.get("baseFeePerGas");
    let fee = stated.as_ref().map(Field::u64).transpose()?;
    if forks.london_at_genesis
        || dialect == Dialect::Entente
            && forks.schedule.at(0, 0, Default::default()) >= Fork::London
    {
        return Ok(Some(fee.unwrap_or(INITIAL_BASE_FEE)));
    }
    if let Some(field) = stated.filter(|_| dialect != Dialect::Besu) {
        notices.push(format!("`{}` has no effect: `config.londonBlock` is not 0", field.path()));
        return Ok(None);
    }
    Ok(fee)
}

fn later_members(
    file: &mut Object<'_>,
    spec: &ChainSpec,
    header: &mut Header,
) -> Result<(), ChainError> {
    let blob_gas_used = file.read("blobGasUsed", Field::u64)?.unwrap_or_default();
    let excess_blob_gas = file.read("excessBlobGas", Field::u64)?.unwrap_or_default();
    let beacon_root = file.read("parentBeaconBlockRoot", Field::word)?.unwrap_or_default();
    if header.base_fee_per_gas.is_none() {
        return Ok(());
    }
    let fork = spec.fork(header);
    if fork >= Fork::Shanghai {
        header.withdrawals_root = Some(EMPTY_ROOT_HASH);
    }
    if fork >= Fork::Cancun {
        header.blob_gas_used = Some(blob_gas_used);
        header.excess_blob_gas = Some(excess_blob_gas);
        header.parent_beacon_block_root = Some(beacon_root);
    }
    if fork >= Fork::Prague {
        header.requests_hash = Some(EMPTY_REQUESTS_HASH);
    }
    Ok(())
}

fn check_extra_data(spec: &ChainSpec, header: &Header) -> Result<(), extra_data::ExtraDataError> {
    let bytes = &header.extra_data;
    match spec.profile {
        // Clients take a long one in the genesis block; geth's own development chain has it.
        HeaderProfile::Ethereum => Ok(()),
        HeaderProfile::Clique => extra_data::CliqueExtraData::decode(bytes).map(drop),
        HeaderProfile::Qbft => extra_data::QbftExtraData::decode(bytes).map(drop),
        HeaderProfile::Ibft2 => extra_data::Ibft2ExtraData::decode(bytes).map(drop),
        HeaderProfile::IstanbulLegacy => match extra_data::IstanbulExtraData::decode(bytes) {
            Err(_) if extra_data::QbftExtraData::decode(bytes).is_ok() => Ok(()),
            other => other.map(drop),
        },
    }
}

const fn form(profile: HeaderProfile) -> &'static str {
    match profile {
        HeaderProfile::Ethereum => "hex bytes",
        HeaderProfile::Clique => "clique's 32 bytes of vanity, signers and 65 bytes of seal",
        HeaderProfile::Qbft => "QBFT's RLP list [vanity, validators, vote, round, seals]",
        HeaderProfile::Ibft2 => "IBFT 2.0's RLP list [vanity, validators, vote, round, seals]",
        HeaderProfile::IstanbulLegacy => {
            "IBFT's 32 bytes of vanity and RLP list [validators, seal, seals]"
        }
    }
}
