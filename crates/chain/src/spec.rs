//! The rules of one chain, as its genesis file sets them.

use crate::{Fork, ForkSchedule, Header, Transaction, fork_id::ForkPoints};
use alloy_eips::eip7825::MAX_TX_GAS_LIMIT_OSAKA;
use alloy_primitives::{Address, B256, Bytes, U256};
use std::collections::BTreeMap;

pub use alloy_eips::eip7840::BlobParams;

/// How the base fee of the next block follows from the last (EIP-1559), or does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BaseFeeRule {
    /// EIP-1559: up or down by at most an eighth.
    Eip1559,
    /// Besu's `zeroBaseFee`: always zero, for free-gas networks.
    Zero,
    /// Besu's `fixedBaseFee`: always this many wei. Besu takes the figure from each node's `--min-gas-price`; here it is the genesis file's
    /// `baseFeePerGas`, or Besu's default of 1,000 wei when the file has none.
    Fixed(u64),
}

/// Blob parameters (EIP-4844, EIP-7691, EIP-7840, EIP-7892) by the time from which they hold, in seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlobSchedule(pub BTreeMap<u64, BlobParams>);

impl BlobSchedule {
    /// The parameters in force at a timestamp. None before the first entry.
    pub fn at(&self, timestamp: u64) -> Option<BlobParams> {
        self.0.range(..=timestamp).next_back().map(|(_, params)| *params)
    }

    /// The parameters that the forks bring along: Cancun's, Prague's and Osaka's.
    pub fn of_forks(forks: &ForkSchedule) -> Self {
        let own = [
            (Fork::Cancun, BlobParams::cancun()),
            (Fork::Prague, BlobParams::prague()),
            (Fork::Osaka, BlobParams::osaka()),
        ];
        Self(
            own.into_iter()
                .filter_map(|(fork, params)| Some((forks.condition(fork).timestamp()?, params)))
                .collect(),
        )
    }
}

/// How a chain hashes its headers, and what their extra data means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum HeaderProfile {
    /// keccak256 of the header's RLP; extra data is free.
    #[default]
    Ethereum,
    /// EIP-225: the hash covers the whole extra data, the seal is its last 65 bytes.
    Clique,
    /// QBFT: RLP extra data; the hash is taken with the seals emptied and the round set to zero.
    Qbft,
    /// IBFT 2.0: RLP extra data; the hash leaves out round and seals.
    Ibft2,
    /// GoQuorum's IBFT: 32 bytes of vanity and RLP; the hash leaves out the committed seals.
    IstanbulLegacy,
}

/// Which engine decides the blocks of a chain, with its parameters as the genesis file has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineConfig {
    /// One node decides alone: a block at once when transactions wait, or by period. Its settings are [`ChainSpec::solo`].
    Solo,
    /// Proof of work: followed and imported, never produced. `fixed_difficulty` is Besu's development setting.
    Ethash {
        /// Besu's `fixeddifficulty`, if given.
        fixed_difficulty: Option<u64>,
    },
    /// A consensus engine that takes its parameters from a section of the genesis file: the key (`qbft`, `ibft2`, `clique`, `istanbul`, `raft`)
    /// and the section as it stands, for the engine to read.
    Section {
        /// The key under `config`.
        key: String,
        /// The section, as JSON text.
        json: String,
    },
}

/// How `solo` makes blocks, from the genesis file's `entente` section. What is None is left to the node's operator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SoloSettings {
    /// Milliseconds between blocks (`blockPeriodMilliseconds`); 0 means a block at once when transactions wait.
    pub block_period_ms: Option<u64>,
    /// Whether blocks without transactions are made (`emptyBlocks`).
    pub empty_blocks: Option<bool>,
}

/// The rules of one chain. Shared by everything that checks, executes or builds blocks.
///
/// [`ChainSpec::new`] gives a plain chain; [`Genesis`](crate::Genesis) fills one from a file.
#[derive(Clone, Debug)]
pub struct ChainSpec {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// Forks by block and time.
    pub forks: ForkSchedule,
    /// The base fee rule in force from London on.
    pub base_fee: BaseFeeRule,
    /// Blob parameters by time, from Cancun on.
    pub blobs: BlobSchedule,
    /// How headers are hashed, from the genesis block on.
    pub profile: HeaderProfile,
    /// Heights at which the profile changes (GoQuorum's IBFT to QBFT, Besu's `qbft.startblock`). [`ChainSpec::profile_at`] reads both.
    pub profile_changes: BTreeMap<u64, HeaderProfile>,
    /// Besu's `contractSizeLimit` (GoQuorum's `maxCodeSize`), in bytes; None means EIP-170's 24,576.
    pub contract_size_limit: Option<usize>,
    /// Heights at which that limit changes (GoQuorum's `maxCodeSizeConfig`). [`ChainSpec::contract_size_limit_at`] reads both.
    pub contract_size_changes: BTreeMap<u64, usize>,
    /// Besu's `evmStackSize`, in items; None means 1,024.
    pub evm_stack_size: Option<usize>,
    /// Besu's `pertxgaslimit`: the most gas one transaction may ask for, from Osaka on; None means EIP-7825's 2^24.
    pub transaction_gas_limit: Option<u64>,
    /// The beacon deposit contract (EIP-6110); its logs become requests from Prague on. None: no deposits are collected.
    pub deposit_contract: Option<Address>,
    /// The withdrawal request contract (EIP-7002); None when the genesis file names none and the chain is not a beacon chain.
    pub withdrawal_request_contract: Option<Address>,
    /// The consolidation request contract (EIP-7251); None as above.
    pub consolidation_request_contract: Option<Address>,
    /// Wei paid to the beneficiary of each block by the engine's section (`blockreward`); proof of work pays by fork instead.
    pub block_reward: U256,
    /// Who gets that reward and the fees instead of the header's beneficiary (`miningbeneficiary` of Besu's BFT sections). Where it is set the
    /// header still names the proposer.
    pub mining_beneficiary: Option<Address>,
    /// Who decides.
    pub engine: EngineConfig,
    /// Code and storage that the DAO fork moved, if this is a chain that took part (`daoForkSupport`).
    pub dao_fork_block: Option<u64>,
    /// From which block on legacy transactions may name a chain id, where the genesis file says it apart (`eip155Block`). None: from Spurious Dragon
    /// on.
    pub eip155_block: Option<u64>,
    /// Hash of the genesis block.
    pub genesis_hash: B256,
    /// Timestamp of the genesis block, in seconds.
    pub genesis_timestamp: u64,
    /// Blocks and times that count in the fork id (EIP-2124, EIP-6122).
    pub fork_points: ForkPoints,
    /// Least seconds from one block's timestamp to the next: 1 by the Yellow Paper; 0 where the engine has a rule of its own.
    pub min_timestamp_step: u64,
    /// How `solo` makes blocks.
    pub solo: SoloSettings,
    /// The `transitions` of the genesis file as JSON text, for the engines: Besu's object by engine or GoQuorum's list.
    pub transitions: Option<String>,
    /// Largest extra data that a header may carry, in bytes; BFT chains carry validators and seals there.
    pub max_extra_data: usize,
}

/// Extra data of an Ethereum header is at most this long (Yellow Paper, 4.3).
pub const MAX_EXTRA_DATA: usize = 32;

/// Extra data of headers that carry validators and seals is at most this long: room for 2,900 validators who all seal.
pub const MAX_SEALED_EXTRA_DATA: usize = 256 * 1024;

impl ChainSpec {
    /// A chain of Ethereum's plain profile with these forks and nothing else set: EIP-1559 fees, the forks' own blob parameters, `solo`.
    pub fn new(chain_id: u64, forks: ForkSchedule) -> Self {
        let fork_points = ForkPoints::from_schedule(&forks);
        Self {
            chain_id,
            blobs: BlobSchedule::of_forks(&forks),
            forks,
            base_fee: BaseFeeRule::Eip1559,
            profile: HeaderProfile::Ethereum,
            profile_changes: BTreeMap::new(),
            contract_size_limit: None,
            contract_size_changes: BTreeMap::new(),
            evm_stack_size: None,
            transaction_gas_limit: None,
            deposit_contract: None,
            withdrawal_request_contract: None,
            consolidation_request_contract: None,
            block_reward: U256::ZERO,
            mining_beneficiary: None,
            engine: EngineConfig::Solo,
            dao_fork_block: None,
            eip155_block: None,
            genesis_hash: B256::ZERO,
            genesis_timestamp: 0,
            fork_points,
            min_timestamp_step: 1,
            solo: SoloSettings::default(),
            transitions: None,
            max_extra_data: MAX_EXTRA_DATA,
        }
    }

    /// The fork in force for a header.
    pub fn fork(&self, header: &Header) -> Fork {
        self.forks.at(header.number, header.timestamp, header.difficulty)
    }

    /// How the header at a height is hashed.
    pub fn profile_at(&self, number: u64) -> HeaderProfile {
        self.profile_changes
            .range(..=number)
            .next_back()
            .map_or(self.profile, |(_, profile)| *profile)
    }

    /// The largest runtime code that may be deployed at a height, in bytes. None means EIP-170's 24,576.
    pub fn contract_size_limit_at(&self, number: u64) -> Option<usize> {
        self.contract_size_changes
            .range(..=number)
            .next_back()
            .map(|(_, size)| *size)
            .or(self.contract_size_limit)
    }

    /// The most gas that one transaction may ask for at a block: none before Osaka, then EIP-7825's 2^24 or what the genesis file set in its place.
    pub fn transaction_gas_cap(&self, number: u64, timestamp: u64) -> Option<u64> {
        (self.forks.at(number, timestamp, U256::ZERO) >= Fork::Osaka)
            .then(|| self.transaction_gas_limit.unwrap_or(MAX_TX_GAS_LIMIT_OSAKA))
    }

    /// Whether headers from Paris on state a difficulty of zero (EIP-3675). BFT chains and clique keep theirs.
    pub const fn zero_difficulty_after_paris(&self) -> bool {
        matches!(self.profile, HeaderProfile::Ethereum)
    }

    /// Who is paid a block's fees and reward.
    pub fn fee_recipient(&self, header: &Header) -> Address {
        self.mining_beneficiary.unwrap_or(header.beneficiary)
    }

    /// Whether a transaction's chain id is this chain's. Legacy transactions without one (before EIP-155) pass.
    pub fn verify_chain_id(&self, tx: &Transaction) -> bool {
        alloy_consensus::Transaction::chain_id(tx).is_none_or(|id| id == self.chain_id)
    }
}

/// An account as a genesis file's `alloc` gives it. Slots of value zero are left out on reading: they are no part of the trie.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GenesisAccount {
    /// Transaction count.
    pub nonce: u64,
    /// Wei.
    pub balance: U256,
    /// Runtime code; empty for an externally owned account.
    pub code: Bytes,
    /// Storage, zero values left out.
    pub storage: BTreeMap<B256, U256>,
}
