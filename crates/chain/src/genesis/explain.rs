//! A genesis file in plain words: what it means, for the person who wrote it.

use super::Genesis;
use crate::{
    BaseFeeRule, EngineConfig, Fork, ForkCondition, HeaderProfile,
    extra_data::{CliqueExtraData, Ibft2ExtraData, IstanbulExtraData, QbftExtraData},
};
use alloy_primitives::{Address, B256, U256, hex, utils::format_ether};
use serde::Serialize;
use std::fmt;

/// When a fork begins, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ForkBegin {
    /// The fork's name.
    pub fork: &'static str,
    /// "genesis", "block 5", "time 1700000000" or "total difficulty 5".
    pub begins: String,
}

/// What a genesis file means. [`fmt::Display`] writes it for people, [`Serialize`] for programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// Hash of the genesis block.
    pub hash: B256,
    /// Root of the genesis state.
    pub state_root: B256,
    /// Whose habits the file follows.
    pub dialect: &'static str,
    /// Who decides: `solo`, `ethash` or the section's key.
    pub engine: String,
    /// Validators or signers named in the genesis block's extra data.
    pub validators: Vec<Address>,
    /// The forks that this chain has, in order.
    pub forks: Vec<ForkBegin>,
    /// The newest fork at the genesis block.
    pub genesis_fork: &'static str,
    /// Fork id at the genesis block (EIP-2124).
    pub fork_id: String,
    /// How the base fee goes.
    pub base_fee: String,
    /// Gas limit of the genesis block.
    pub gas_limit: u64,
    /// The most gas one transaction may ask for from Osaka on, where the file sets it.
    pub transaction_gas_limit: Option<u64>,
    /// The largest code in bytes, where the file sets it.
    pub contract_size_limit: Option<usize>,
    /// Stack items of the EVM, where the file sets them.
    pub evm_stack_size: Option<usize>,
    /// Accounts in the genesis state.
    pub accounts: usize,
    /// How many of them have code.
    pub contracts: usize,
    /// Sum of their balances in wei.
    pub total_balance: U256,
    /// What was passed over or decided in the file's silence.
    pub notices: Vec<String>,
}

impl Genesis {
    /// What this file means, for `entente genesis check`.
    pub fn explain(&self) -> Explanation {
        let spec = &self.spec;
        let forks = Fork::ALL.into_iter().filter_map(|fork| {
            let begins = match spec.forks.condition(fork) {
                ForkCondition::Block(0) | ForkCondition::Timestamp(0) => "genesis".into(),
                ForkCondition::TotalDifficulty(total) if total.is_zero() => "genesis".into(),
                ForkCondition::Block(at) => format!("block {at}"),
                ForkCondition::Timestamp(at) if at <= spec.genesis_timestamp => "genesis".into(),
                ForkCondition::Timestamp(at) => format!("time {at}"),
                ForkCondition::TotalDifficulty(total) => format!("total difficulty {total}"),
                ForkCondition::Never => return None,
            };
            Some(ForkBegin { fork: fork.name(), begins })
        });
        Explanation {
            chain_id: spec.chain_id,
            hash: self.header.hash,
            state_root: self.header.state_root,
            dialect: self.dialect.name(),
            engine: match &spec.engine {
                EngineConfig::Solo => "solo".into(),
                EngineConfig::Ethash { .. } => "ethash".into(),
                EngineConfig::Section { key, .. } => key.clone(),
            },
            validators: self.validators(),
            forks: forks.collect(),
            genesis_fork: spec.fork(&self.header).name(),
            fork_id: hex::encode_prefixed(spec.fork_id(0, spec.genesis_timestamp).hash.0),
            base_fee: match spec.base_fee {
                BaseFeeRule::Eip1559 => "follows demand (EIP-1559)".into(),
                BaseFeeRule::Zero => "always 0: gas is free".into(),
                BaseFeeRule::Fixed(wei) => format!("always {wei} wei"),
            },
            gas_limit: self.header.gas_limit,
            transaction_gas_limit: spec.transaction_gas_limit,
            contract_size_limit: spec.contract_size_limit,
            evm_stack_size: spec.evm_stack_size,
            accounts: self.alloc.len(),
            contracts: self.alloc.values().filter(|account| !account.code.is_empty()).count(),
            total_balance: self
                .alloc
                .values()
                .fold(U256::ZERO, |sum, account| sum.saturating_add(account.balance)),
            notices: self.notices.clone(),
        }
    }

    /// The validators or signers that the genesis block's extra data names; empty where there are none or a contract says them.
    pub fn validators(&self) -> Vec<Address> {
        let bytes = &self.header.extra_data;
        let qbft = || QbftExtraData::decode(bytes).map(|extra| extra.validators);
        match self.spec.profile {
            HeaderProfile::Ethereum => Ok(Vec::new()),
            HeaderProfile::Clique => CliqueExtraData::decode(bytes).map(|extra| extra.signers),
            HeaderProfile::Qbft => qbft(),
            HeaderProfile::Ibft2 => Ibft2ExtraData::decode(bytes).map(|extra| extra.validators),
            HeaderProfile::IstanbulLegacy => {
                IstanbulExtraData::decode(bytes).map(|extra| extra.validators).or_else(|_| qbft())
            }
        }
        .unwrap_or_default()
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "chain id      {}", self.chain_id)?;
        writeln!(f, "hash          {}", self.hash)?;
        writeln!(f, "state root    {}", self.state_root)?;
        writeln!(f, "written for   {}", self.dialect)?;
        writeln!(f, "engine        {}", self.engine)?;
        for (index, validator) in self.validators.iter().enumerate() {
            writeln!(
                f,
                "{}{validator}",
                if index == 0 { "validators    " } else { "              " }
            )?;
        }
        // Forks that begin together share a line.
        for (index, group) in
            self.forks.chunk_by(|left, right| left.begins == right.begins).enumerate()
        {
            let names: Vec<_> = group.iter().map(|begin| begin.fork).collect();
            let label = if index == 0 { "forks         " } else { "              " };
            writeln!(f, "{label}{}: {}", group[0].begins, names.join(", "))?;
        }
        writeln!(f, "fork id       {}", self.fork_id)?;
        writeln!(f, "base fee      {}", self.base_fee)?;
        writeln!(f, "gas limit     {}", self.gas_limit)?;
        let limits = [
            ("tx gas limit  ", self.transaction_gas_limit.map(|limit| limit.to_string())),
            ("code limit    ", self.contract_size_limit.map(|limit| format!("{limit} bytes"))),
            ("EVM stack     ", self.evm_stack_size.map(|items| format!("{items} items"))),
        ];
        for (label, value) in limits {
            if let Some(value) = value {
                writeln!(f, "{label}{value}")?;
            }
        }
        write!(
            f,
            "accounts      {} ({} with code), holding {} ether",
            self.accounts,
            self.contracts,
            format_ether(self.total_balance)
        )?;
        for notice in &self.notices {
            write!(f, "\nnotice: {notice}")?;
        }
        Ok(())
    }
}
