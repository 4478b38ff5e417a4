//! `config`: the rules of the chain.

use super::{
    Dialect, blobs, engine,
    forks::Forks,
    json::{Field, Object},
};
use crate::{BaseFeeRule, ChainError, ChainSpec, Fork, HeaderProfile};
use alloy_eips::{
    eip7002::WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS, eip7251::CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS,
};

/// Besu's default for `--min-gas-price`, in wei, from which it takes a fixed base fee.
const BESU_MIN_GAS_PRICE: u64 = 1000;

/// Keys that only GoQuorum writes.
const GOQUORUM: [&str; 9] = [
    "isQuorum",
    "txnSizeLimit",
    "maxCodeSize",
    "maxCodeSizeConfig",
    "maxCodeSizeChangeBlock",
    "qip714Block",
    "privacyEnhancementsBlock",
    "privacyPrecompileBlock",
    "enableGasPriceBlock",
];

/// Keys that only Besu writes.
const BESU: [&str; 9] = [
    "qbft",
    "ibft2",
    "zeroBaseFee",
    "fixedBaseFee",
    "contractSizeLimit",
    "evmStackSize",
    "discovery",
    "checkpoint",
    "ecCurve",
];

/// Keys that say nothing about the rules.
const SILENT: [&str; 10] = [
    "networkId",
    "eip150Hash",
    "terminalTotalDifficultyPassed",
    "terminalBlockHash",
    "terminalBlockNumber",
    "discovery",
    "checkpoint",
    "isQuorum",
    "enableVerkleAtGenesis",
    "bootnodes",
];

/// Other keys that are read.
const READ: [&str; 13] = [
    "chainId",
    "zeroBaseFee",
    "fixedBaseFee",
    "contractSizeLimit",
    "evmStackSize",
    "pertxgaslimit",
    "ecCurve",
    "blobSchedule",
    "depositContractAddress",
    "withdrawalRequestContractAddress",
    "consolidationRequestContractAddress",
    "maxCodeSize",
    "maxCodeSizeConfig",
];

/// Which client's habits a file follows.
pub(super) fn dialect(config: &mut Object<'_>) -> Dialect {
    let transitions_list = config.get("transitions").is_some_and(|field| field.is_list());
    let any =
        |config: &mut Object<'_>, keys: &[&str]| keys.iter().any(|key| config.get(key).is_some());
    if config.get("entente").is_some() {
        Dialect::Entente
    } else if transitions_list || config.get("istanbul").is_some() || any(config, &GOQUORUM) {
        Dialect::GoQuorum
    } else if any(config, &BESU)
        || config.get("ethash").is_some_and(|field| fixed_difficulty(&field))
    {
        Dialect::Besu
    } else {
        Dialect::Geth
    }
}

fn fixed_difficulty(ethash: &Field<'_>) -> bool {
    ethash.object().is_ok_and(|mut members| members.get("fixeddifficulty").is_some())
}

/// Reads `config`.
pub(super) fn read(
    config: &mut Object<'_>,
    dialect: Dialect,
    timestamp: u64,
    base_fee: Option<u64>,
    notices: &mut Vec<String>,
) -> Result<(ChainSpec, Forks), ChainError> {
    let chain_id = config.required("chainId", "the chain's number (EIP-155)")?.u64()?;
    let forks = Forks::read(config, timestamp)?;
    let mut spec = ChainSpec::new(chain_id, forks.schedule.clone());
    spec.genesis_timestamp = timestamp;
    spec.dao_fork_block = forks.dao_fork_block;
    spec.fork_points = forks.points.clone();
    spec.eip155_block = config.read("eip155Block", Field::u64)?;
    if dialect != Dialect::Besu {
        spec.fork_points.blocks.extend(spec.eip155_block.filter(|block| *block > 0));
    }
    spec.blobs = blobs::read(config, &forks, notices)?;
    spec.base_fee = base_fee_rule(config, base_fee, notices)?;
    engine::read(config, dialect, &mut spec, notices)?;
    contracts(config, &mut spec)?;
    limits(config, &mut spec)?;
    quorum(config, &mut spec, notices)?;
    if let Some(curve) = config.get("ecCurve")
        && !curve.text()?.eq_ignore_ascii_case("secp256k1")
    {
        return Err(curve.wrong("\"secp256k1\", the only curve that this version signs with"));
    }
    for key in ["futureEipsTime", "experimentalEipsTime"] {
        if let Some(field) = config.get(key) {
            notices.push(format!(
                "`{}` is ignored: the rules behind it are not settled",
                field.path()
            ));
        }
    }
    if spec.forks.condition(Fork::Constantinople) != spec.forks.condition(Fork::Petersburg)
        && dialect == Dialect::Besu
    {
        notices.push("Constantinople without Petersburg: EIP-1283 is not executed, storage costs are Petersburg's".into());
    }
    for key in SILENT {
        config.get(key);
    }
    notices.extend(config.unused().map(|(key, path)| super::unknown(path, key, known())));
    Ok((spec, forks))
}

fn known() -> impl Iterator<Item = &'static str> {
    READ.into_iter()
        .chain(GOQUORUM)
        .chain(BESU)
        .chain(SILENT)
        .chain(Forks::keys())
        .chain(engine::keys())
}

fn base_fee_rule(
    config: &mut Object<'_>,
    base_fee: Option<u64>,
    notices: &mut Vec<String>,
) -> Result<BaseFeeRule, ChainError> {
    let zero = config.read("zeroBaseFee", Field::bool)?.unwrap_or(false);
    let fixed = config.get("fixedBaseFee");
    match fixed.as_ref().map(Field::bool).transpose()?.filter(|fixed| *fixed).and(fixed) {
        Some(field) if zero => {
            Err(field.contradiction("`config.zeroBaseFee` is set too; keep one of the two"))
        }
        Some(_) => {
            if base_fee.is_none() {
                notices.push(format!(
                    "`config.fixedBaseFee`: Besu takes the fee from each node's --min-gas-price; without `baseFeePerGas` in this file its default of {BESU_MIN_GAS_PRICE} wei holds"
                ));
            }
            Ok(BaseFeeRule::Fixed(base_fee.unwrap_or(BESU_MIN_GAS_PRICE)))
        }
        None if zero => Ok(BaseFeeRule::Zero),
        None => Ok(BaseFeeRule::Eip1559),
    }
}

/// System contracts. Chains of Ethereum's profile have those of EIP-7002 and EIP-7251 at their fixed addresses; Besu's BFT chains only where named.
fn contracts(config: &mut Object<'_>, spec: &mut ChainSpec) -> Result<(), ChainError> {
    let fixed = spec.profile == HeaderProfile::Ethereum;
    spec.deposit_contract =
        config.read("depositContractAddress", Field::address)?.filter(|address| !address.is_zero());
    spec.withdrawal_request_contract = config
        .read("withdrawalRequestContractAddress", Field::address)?
        .or(fixed.then_some(WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS));
    spec.consolidation_request_contract = config
        .read("consolidationRequestContractAddress", Field::address)?
        .or(fixed.then_some(CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS));
    Ok(())
}

fn limits(config: &mut Object<'_>, spec: &mut ChainSpec) -> Result<(), ChainError> {
    spec.contract_size_limit = config.read("contractSizeLimit", Field::usize)?;
    spec.evm_stack_size = config.read("evmStackSize", Field::usize)?;
    spec.transaction_gas_limit = config.read("pertxgaslimit", Field::u64)?;
    // Besu has it in the engine's section too, and there it wins.
    for key in ["qbft", "ibft2"] {
        if let Some(section) = config.get(key)
            && let Some(limit) = section.object()?.read("pertxgaslimit", Field::u64)?
        {
            spec.transaction_gas_limit = Some(limit);
        }
    }
    Ok(())
}

/// What GoQuorum adds: code sizes in kilobytes, by block; the rest is said, not done.
fn quorum(
    config: &mut Object<'_>,
    spec: &mut ChainSpec,
    notices: &mut Vec<String>,
) -> Result<(), ChainError> {
    let kilobytes = |field: &Field<'_>| field.usize().map(|size| size.saturating_mul(1024));
    let change = config.read("maxCodeSizeChangeBlock", Field::u64)?;
    if let Some(size) = config.read("maxCodeSize", kilobytes)?.filter(|size| *size > 0) {
        spec.contract_size_changes.insert(change.unwrap_or(0), size);
    }
    if let Some(list) = config.get("maxCodeSizeConfig") {
        spec.contract_size_changes.clear();
        for item in list.items()? {
            let mut members = item.object()?;
            let at = members.required("block", "the block from which the size holds")?.u64()?;
            let size = kilobytes(&members.required("size", "a size in kilobytes")?)?;
            spec.contract_size_changes.insert(at, size);
        }
    }
    if let Some(size) = spec.contract_size_changes.remove(&0) {
        spec.contract_size_limit = Some(size);
    }
    for (key, what) in [
        ("txnSizeLimit", "the pool has a limit of its own"),
        ("qip714Block", "GoQuorum's permission contracts are not consulted"),
        ("privacyEnhancementsBlock", "private transactions are not executed"),
        ("privacyPrecompileBlock", "private transactions are not executed"),
        ("enableGasPriceBlock", "gas prices are always allowed"),
    ] {
        let Some(field) = config.get(key) else { continue };
        notices.push(format!("`{}` has no effect: {what}", field.path()));
        // GoQuorum counts every such block in its fork id but the permissions' one.
        if key.ends_with("Block") && key != "qip714Block" {
            spec.fork_points.blocks.extend(Some(field.u64()?).filter(|block| *block > 0));
        }
    }
    if let Some(block) = change.filter(|block| *block > 0) {
        spec.fork_points.blocks.insert(block);
    }
    Ok(())
}
