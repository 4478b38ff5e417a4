//! The rules of one chain, as its genesis file sets them.

use crate::{Fork, ForkSchedule, Header};
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
    /// Besu's `fixedBaseFee`: always the genesis block's `baseFeePerGas`, in wei.
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
    /// One node decides alone: a block at once when transactions wait, or by period.
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

/// The rules of one chain. Shared by everything that checks, executes or builds blocks.
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
    /// How headers are hashed.
    pub profile: HeaderProfile,
    /// Besu's `contractSizeLimit`, in bytes; None means EIP-170's 24,576.
    pub contract_size_limit: Option<usize>,
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
    /// Who decides.
    pub engine: EngineConfig,
    /// Code and storage that the DAO fork moved, if this is a chain that took part (`daoForkSupport`).
    pub dao_fork_block: Option<u64>,
    /// Hash of the genesis block.
    pub genesis_hash: B256,
    /// Largest extra data that a header may carry, in bytes; BFT chains carry validators and seals there.
    pub max_extra_data: usize,
}

impl ChainSpec {
    /// The fork in force for a header.
    pub fn fork(&self, header: &Header) -> Fork {
        self.forks.at(header.number, header.timestamp, header.difficulty)
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
