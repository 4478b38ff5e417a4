//! Who decides, how headers are hashed, and which client's habits the file follows.

use super::Dialect;
use super::json::{Field, Object};
use crate::spec::MAX_SEALED_EXTRA_DATA;
use crate::{ChainError, ChainSpec, EngineConfig, HeaderProfile, SoloSettings};
use alloy_primitives::Address;

/// Sections that name an engine, with the profile of their headers. `ibft` and `istanbul` are GoQuorum's first IBFT.
const SECTIONS: [(&str, HeaderProfile); 6] = [
    ("qbft", HeaderProfile::Qbft),
    ("ibft2", HeaderProfile::Ibft2),
    ("ibft", HeaderProfile::IstanbulLegacy),
    ("istanbul", HeaderProfile::IstanbulLegacy),
    ("clique", HeaderProfile::Clique),
    ("raft", HeaderProfile::Ethereum),
];

/// The engines from which Besu and GoQuorum know a way to QBFT.
const IBFT: [&str; 3] = ["ibft2", "ibft", "istanbul"];

pub(super) fn keys() -> impl Iterator<Item = &'static str> {
    SECTIONS.iter().map(|(key, _)| *key).chain(["ethash", "entente", "transitions"])
}

/// Reads the engine's section into the spec.
pub(super) fn read(
    config: &mut Object<'_>,
    dialect: Dialect,
    spec: &mut ChainSpec,
    notices: &mut Vec<String>,
) -> Result<(), ChainError> {
    let mut sections = Vec::new();
    for (key, profile) in SECTIONS {
        if let Some(field) = config.get(key) {
            sections.push(Section { key, profile, field });
        }
    }
    let ethash = config.get("ethash");
    let transitions = config.get("transitions");
    spec.transitions = transitions.as_ref().map(|field| field.json().to_owned());
    if let Some(own) = config.get("entente") {
        if let Some(other) = sections.first() {
            return Err(own.contradiction(format!(
                "`{}` names another engine; keep one of the two",
                other.field.path()
            )));
        }
        return solo(&own, spec, notices);
    }
    match sections.as_slice() {
        [] => {}
        [one] => apply(one, spec, notices)?,
        [later, earlier] if later.key == "qbft" && IBFT.contains(&earlier.key) => {
            migrate(earlier, later, spec, notices)?;
        }
        [first, second, ..] => {
            return Err(second.field.contradiction(format!(
                "`{}` names another engine; keep one",
                first.field.path()
            )));
        }
    }
    if let Some(first) = sections.first() {
        if ethash.is_some() {
            notices.push(format!(
                "`config.ethash` is ignored: `{}` names the engine",
                first.field.path()
            ));
        }
        if let Some(list) = transitions.filter(|_| dialect == Dialect::GoQuorum) {
            quorum_transitions(&list, spec)?;
        }
        return Ok(());
    }
    match ethash {
        Some(field) => {
            let fixed_difficulty = field.object()?.read("fixeddifficulty", Field::u64)?;
            spec.engine = EngineConfig::Ethash { fixed_difficulty };
        }
        None => notices.push(
            "`config` names no engine: blocks are made by `solo`, this node alone (say so with \"entente\": {\"engine\": \"solo\"})".into(),
        ),
    }
    Ok(())
}

struct Section<'a> {
    key: &'static str,
    profile: HeaderProfile,
    field: Field<'a>,
}

fn apply(
    section: &Section<'_>,
    spec: &mut ChainSpec,
    notices: &mut Vec<String>,
) -> Result<(), ChainError> {
    let mut members = section.field.object()?;
    spec.profile = section.profile;
    spec.max_extra_data = MAX_SEALED_EXTRA_DATA;
    // These engines have rules of their own for the time between blocks.
    spec.min_timestamp_step = 0;
    spec.engine =
        EngineConfig::Section { key: section.key.into(), json: section.field.json().into() };
    // GoQuorum's switch within one section.
    for key in ["testQBFTBlock", "qbftBlock"] {
        if section.profile == HeaderProfile::IstanbulLegacy
            && let Some(at) = members.read(key, Field::u64)?
        {
            change_profile(spec, at, HeaderProfile::Qbft);
        }
    }
    if let Some(reward) = members.read("blockreward", Field::u256)? {
        spec.block_reward = reward;
    }
    let mode = members
        .read("beneficiaryMode", |field| field.text().map(|text| text.to_ascii_lowercase()))?;
    match mode.as_deref() {
        None | Some("" | "fixed") => {
            let beneficiary = members.read("miningbeneficiary", beneficiary)?.flatten();
            spec.mining_beneficiary = beneficiary;
        }
        Some("besu" | "validator") => {}
        Some(mode) => notices.push(format!(
            "`{}.beneficiaryMode`: rewards by {mode:?} are not paid by this version",
            section.field.path()
        )),
    }
    Ok(())
}

/// An empty string is no beneficiary, for Besu.
fn beneficiary(field: &Field<'_>) -> Result<Option<Address>, ChainError> {
    if field.text()?.is_empty() {
        Ok(None)
    } else {
        field.address().map(|address| Some(address).filter(|address| !address.is_zero()))
    }
}

/// Besu's way from an older engine to QBFT: both sections, `startblock` in the newer.
fn migrate(
    earlier: &Section<'_>,
    later: &Section<'_>,
    spec: &mut ChainSpec,
    notices: &mut Vec<String>,
) -> Result<(), ChainError> {
    let start = later
        .field
        .object()?
        .required("startblock", "the first block of QBFT, since another engine is named too")?;
    let at = start.u64()?;
    apply(later, spec, notices)?;
    spec.profile = earlier.profile;
    change_profile(spec, at, HeaderProfile::Qbft);
    notices.push(format!(
        "blocks below {at} are of `{}`, later ones of `{}`",
        earlier.field.path(),
        later.field.path()
    ));
    Ok(())
}

fn change_profile(spec: &mut ChainSpec, at: u64, profile: HeaderProfile) {
    if at == 0 {
        spec.profile = profile;
    } else {
        spec.profile_changes.insert(at, profile);
    }
}

/// GoQuorum's `transitions`: a list in which an entry may switch the algorithm or the code size at its block.
fn quorum_transitions(list: &Field<'_>, spec: &mut ChainSpec) -> Result<(), ChainError> {
    for item in list.items()? {
        let mut members = item.object()?;
        let at = members.required("block", "the block at which the change begins")?.u64()?;
        if let Some(algorithm) = members.get("algorithm") {
            match algorithm.text()?.to_ascii_lowercase().as_str() {
                "qbft" => change_profile(spec, at, HeaderProfile::Qbft),
                "ibft" => change_profile(spec, at, HeaderProfile::IstanbulLegacy),
                _ => return Err(algorithm.wrong("\"ibft\" or \"qbft\"")),
            }
        }
        if let Some(kilobytes) = members.read("contractSizeLimit", Field::usize)? {
            spec.contract_size_changes.insert(at, kilobytes.saturating_mul(1024));
        }
    }
    Ok(())
}

fn solo(
    section: &Field<'_>,
    spec: &mut ChainSpec,
    notices: &mut Vec<String>,
) -> Result<(), ChainError> {
    let mut members = section.object()?;
    if let Some(engine) = members.get("engine")
        && engine.text()? != "solo"
    {
        return Err(engine.wrong(
            "\"solo\"; other engines are named by their own sections (\"qbft\", \"ibft2\", …)",
        ));
    }
    spec.engine = EngineConfig::Solo;
    spec.solo = SoloSettings {
        block_period_ms: members.read("blockPeriodMilliseconds", Field::u64)?,
        empty_blocks: members.read("emptyBlocks", Field::bool)?,
    };
    if members.read("equalTimestamps", Field::bool)?.unwrap_or(false) {
        spec.min_timestamp_step = 0;
    }
    const KNOWN: [&str; 4] =
        ["engine", "blockPeriodMilliseconds", "emptyBlocks", "equalTimestamps"];
    notices.extend(members.unused().map(|(key, path)| super::unknown(path, key, KNOWN)));
    Ok(())
}
