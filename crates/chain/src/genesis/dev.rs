//! A chain for development: every fork, funded accounts that every tool knows, one node.

use super::{Dialect, Genesis, state_root};
use crate::{ChainSpec, Fork, ForkSchedule, GenesisAccount, Header};
use alloy_consensus::constants::{EMPTY_OMMER_ROOT_HASH, EMPTY_ROOT_HASH};
use alloy_eips::{
    eip1559::INITIAL_BASE_FEE,
    eip2935::{HISTORY_STORAGE_ADDRESS, HISTORY_STORAGE_CODE},
    eip4788::{BEACON_ROOTS_ADDRESS, BEACON_ROOTS_CODE},
    eip7002::{WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS, WITHDRAWAL_REQUEST_PREDEPLOY_CODE},
    eip7251::{CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS, CONSOLIDATION_REQUEST_PREDEPLOY_CODE},
    eip7685::EMPTY_REQUESTS_HASH,
};
use alloy_primitives::{Address, B256, U256, address};
use std::collections::BTreeMap;

/// Chain id of the development chain, as geth's and Besu's have it.
const CHAIN_ID: u64 = 1337;

/// Gas limit of its blocks.
const GAS_LIMIT: u64 = 30_000_000;

/// The first ten accounts of the phrase "test test test test test test test test test test test junk" (m/44'/60'/0'/0/0 to 9). Their keys are public:
/// Hardhat and Foundry start with them.
pub const DEV_ACCOUNTS: [Address; 10] = [
    address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
    address!("70997970C51812dc3A010C7d01b50e0d17dc79C8"),
    address!("3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"),
    address!("90F79bf6EB2c4f870365E785982E1f101E93b906"),
    address!("15d34AAf54267DB7D7c367839AAf71A00a2C6A65"),
    address!("9965507D1a55bcC2695C58ba16FB37d819B0A4dc"),
    address!("976EA74026E726554dB657fA54763abd0C3a0aa9"),
    address!("14dC79964da2C08b23698B3D3cc7Ca32193d9955"),
    address!("23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f"),
    address!("a0Ee7A142d267C1f36714E4a8F75612F20a79720"),
];

impl Genesis {
    /// The development chain: chain id 1337, `solo`, every fork to Osaka from genesis with the system contracts that they need, 30 million gas a block,
    /// 10,000 ether for each of [`DEV_ACCOUNTS`].
    pub fn dev() -> Self {
        let mut spec = ChainSpec::new(CHAIN_ID, ForkSchedule::all_until(Fork::Osaka));
        spec.withdrawal_request_contract = Some(WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS);
        spec.consolidation_request_contract = Some(CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS);
        let ether = U256::from(10).pow(U256::from(18));
        let funded =
            GenesisAccount { balance: U256::from(10_000) * ether, ..GenesisAccount::default() };
        let mut alloc: BTreeMap<_, _> =
            DEV_ACCOUNTS.iter().map(|address| (*address, funded.clone())).collect();
        for (address, code) in [
            (BEACON_ROOTS_ADDRESS, &BEACON_ROOTS_CODE),
            (HISTORY_STORAGE_ADDRESS, &HISTORY_STORAGE_CODE),
            (WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS, &WITHDRAWAL_REQUEST_PREDEPLOY_CODE),
            (CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS, &CONSOLIDATION_REQUEST_PREDEPLOY_CODE),
        ] {
            // Their deployment by a transaction leaves a contract with nonce 1 (EIP-161).
            alloc.insert(
                address,
                GenesisAccount { nonce: 1, code: code.clone(), ..GenesisAccount::default() },
            );
        }
        let header = Header {
            ommers_hash: EMPTY_OMMER_ROOT_HASH,
            state_root: state_root(&alloc),
            transactions_root: EMPTY_ROOT_HASH,
            receipts_root: EMPTY_ROOT_HASH,
            gas_limit: GAS_LIMIT,
            base_fee_per_gas: Some(INITIAL_BASE_FEE),
            withdrawals_root: Some(EMPTY_ROOT_HASH),
            blob_gas_used: Some(0),
            excess_blob_gas: Some(0),
            parent_beacon_block_root: Some(B256::ZERO),
            requests_hash: Some(EMPTY_REQUESTS_HASH),
            ..Header::default()
        };
        let header = spec.seal_header(header);
        spec.genesis_hash = header.hash;
        Self { spec, header, alloc, dialect: Dialect::Entente, notices: Vec::new() }
    }
}
