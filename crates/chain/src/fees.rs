//! What follows from the parent alone: base fee, gas limit, blob gas, and who is paid for a block.

use crate::{BaseFeeRule, BlobParams, ChainSpec, EngineConfig, Fork, Header, HeaderProfile};
use alloy_consensus::constants::EMPTY_ROOT_HASH;
use alloy_eips::{
    eip1559::{BaseFeeParams, INITIAL_BASE_FEE, calc_next_block_base_fee},
    eip4844::DATA_GAS_PER_BLOB,
    eip7685::EMPTY_REQUESTS_HASH,
};
use alloy_primitives::{Address, B256, U256};

/// The least gas limit that a block may have (Yellow Paper, 4.3.4).
pub const MIN_GAS_LIMIT: u64 = 5000;

/// A gas limit may move by less than the parent's divided by this.
pub const GAS_LIMIT_BOUND_DIVISOR: u64 = 1024;

/// EIP-1559 lets blocks hold twice the gas that they aim at; London's first block doubles its limit by this.
pub const ELASTICITY: u64 = 2;

const ETHER: u64 = 1_000_000_000_000_000_000;

impl ChainSpec {
    /// The base fee of a child of `parent` at `timestamp`, in wei. None before London.
    pub fn next_base_fee(&self, parent: &Header, timestamp: u64) -> Option<u64> {
        let difficulty = parent.difficulty;
        if self.forks.at(parent.number.saturating_add(1), timestamp, difficulty) < Fork::London {
            return None;
        }
        Some(self.london_base_fee(parent))
    }

    /// The base fee of a child that is known to be under London.
    pub(crate) fn london_base_fee(&self, parent: &Header) -> u64 {
        match self.base_fee {
            BaseFeeRule::Zero => 0,
            BaseFeeRule::Fixed(wei) => wei,
            BaseFeeRule::Eip1559 => {
                match parent.base_fee_per_gas.filter(|_| self.fork(parent) >= Fork::London) {
                    None => INITIAL_BASE_FEE,
                    Some(fee) => calc_next_block_base_fee(
                        parent.gas_used,
                        parent.gas_limit,
                        fee,
                        BaseFeeParams::ethereum(),
                    ),
                }
            }
        }
    }

    /// The gas limit that a child's limit is measured against: the parent's, doubled where London begins (EIP-1559).
    pub fn gas_limit_base(&self, parent: &Header, child_is_london: bool) -> u64 {
        if child_is_london && self.fork(parent) < Fork::London {
            parent.gas_limit.saturating_mul(ELASTICITY)
        } else {
            parent.gas_limit
        }
    }

    /// The gas limit of a child of `parent` that is nearest to `target` within the bounds.
    ///
    /// Where London begins by block it takes the doubled limit for its base, as headers there must.
    pub fn next_gas_limit(&self, parent: &Header, target: u64) -> u64 {
        let london =
            self.forks.at(parent.number.saturating_add(1), parent.timestamp, parent.difficulty)
                >= Fork::London;
        let base = self.gas_limit_base(parent, london);
        let step = (base / GAS_LIMIT_BOUND_DIVISOR).saturating_sub(1);
        target
            .clamp(base.saturating_sub(step), base.saturating_add(step))
            .max(MIN_GAS_LIMIT.min(base))
    }

    /// The blob parameters at a time: the chain's own, else the fork's. None before Cancun.
    pub fn blob_params(&self, number: u64, timestamp: u64) -> Option<BlobParams> {
        let fork = self.forks.at(number, timestamp, U256::ZERO);
        (fork >= Fork::Cancun).then(|| {
            self.blobs.at(timestamp).unwrap_or_else(|| match fork {
                Fork::Cancun => BlobParams::cancun(),
                Fork::Prague => BlobParams::prague(),
                _ => BlobParams::osaka(),
            })
        })
    }

    /// The excess blob gas of a child of `parent` at `timestamp` (EIP-4844; from Osaka on with EIP-7918's reserve price). None before Cancun.
    pub fn next_excess_blob_gas(&self, parent: &Header, timestamp: u64) -> Option<u64> {
        let number = parent.number.saturating_add(1);
        let params = self.blob_params(number, timestamp)?;
        let excess = parent.excess_blob_gas.unwrap_or(0);
        let used = parent.blob_gas_used.unwrap_or(0);
        let target = params.target_blob_gas_per_block();
        let sum = excess.saturating_add(used);
        if sum < target {
            return Some(0);
        }
        let reserve = self.forks.at(number, timestamp, U256::ZERO) >= Fork::Osaka && {
            let base_fee = U256::from(parent.base_fee_per_gas.unwrap_or(0));
            let floor = U256::from(alloy_eips::eip7840::BLOB_BASE_COST) * base_fee;
            floor > U256::from(DATA_GAS_PER_BLOB) * U256::from(params.calc_blob_fee(excess))
        };
        if reserve && params.max_blob_count > 0 {
            let room = u128::from(params.max_blob_count - params.target_blob_count);
            let scaled = u128::from(used) * room / u128::from(params.max_blob_count);
            return Some(excess.saturating_add(u64::try_from(scaled).unwrap_or(u64::MAX)));
        }
        Some(sum - target)
    }

    /// The price of a unit of blob gas in a block, in wei. None where the header has no excess blob gas.
    pub fn blob_fee(&self, header: &Header) -> Option<u128> {
        let params = self.blob_params(header.number, header.timestamp)?;
        header.excess_blob_gas.map(|excess| params.calc_blob_fee(excess))
    }

    /// Fills in the members that forks have added to headers and that follow from the parent: base fee, withdrawals root, blob gas, beacon root,
    /// requests hash. Number, timestamp and difficulty must be set. Headers of Besu's BFT engines end after the blob gas.
    pub fn fill_fork_fields(&self, header: &mut Header, parent: &Header) {
        header.base_fee_per_gas = self.next_base_fee(parent, header.timestamp);
        let fork = self.fork(header);
        let plain = matches!(
            self.profile_at(header.number),
            HeaderProfile::Ethereum | HeaderProfile::Clique
        );
        header.withdrawals_root = (fork >= Fork::Shanghai).then_some(EMPTY_ROOT_HASH);
        header.blob_gas_used = (fork >= Fork::Cancun).then_some(0);
        header.excess_blob_gas = self.next_excess_blob_gas(parent, header.timestamp);
        header.parent_beacon_block_root = (plain && fork >= Fork::Cancun).then_some(B256::ZERO);
        header.requests_hash = (plain && fork >= Fork::Prague).then_some(EMPTY_REQUESTS_HASH);
    }

    /// What is paid to whom for a block, in wei: proof of work pays 5, 3 or 2 ether by fork until Paris, a 32nd more for each ommer and the ommers
    /// themselves by their distance (Yellow Paper, 11.3; EIP-649, EIP-1234); other engines pay what the genesis file says.
    pub fn block_rewards(&self, header: &Header, ommers: &[Header]) -> Vec<(Address, U256)> {
        if !matches!(self.engine, EngineConfig::Ethash { .. }) {
            let paid = !self.block_reward.is_zero();
            return paid
                .then(|| (self.fee_recipient(header), self.block_reward))
                .into_iter()
                .collect();
        }
        let ether = match self.fork(header) {
            fork if fork >= Fork::Paris => return Vec::new(),
            fork if fork >= Fork::Constantinople => 2,
            fork if fork >= Fork::Byzantium => 3,
            _ => 5,
        };
        let reward = U256::from(ether) * U256::from(ETHER);
        let share = reward / U256::from(32) * U256::from(ommers.len());
        let of_ommers = ommers.iter().map(|ommer| {
            let distance = header.number.saturating_sub(ommer.number).min(8);
            (ommer.beneficiary, reward * U256::from(8 - distance) / U256::from(8))
        });
        std::iter::once((header.beneficiary, reward + share)).chain(of_ommers).collect()
    }
}
