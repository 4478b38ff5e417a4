//! Which transactions are valid at a block, whatever the state says: types, sizes, chain id, fees and gas by fork.

use crate::{HeadInfo, PoolConfig, PoolTransaction, Rejected};
use alloy_consensus::{Transaction as _, crypto::SECP256K1N_HALF};
use alloy_eips::Typed2718;
use entente_chain::{Fork, Transaction};

const TX_GAS: u64 = 21_000;
/// EIP-2: creating a contract costs more than calling one.
const CREATE_GAS: u64 = 32_000;
const ZERO_BYTE_GAS: u64 = 4;
const NONZERO_BYTE_GAS_FRONTIER: u64 = 68;
/// EIP-2028.
const NONZERO_BYTE_GAS: u64 = 16;
/// EIP-2930.
const ACCESS_LIST_ADDRESS_GAS: u64 = 2_400;
/// EIP-2930.
const ACCESS_LIST_KEY_GAS: u64 = 1_900;
/// EIP-7702's `PER_EMPTY_ACCOUNT_COST`.
const AUTHORIZATION_GAS: u64 = 25_000;
/// EIP-3860.
const INITCODE_WORD_GAS: u64 = 2;
/// EIP-7623.
const FLOOR_GAS_PER_TOKEN: u64 = 10;

/// Gas that a transaction costs before its first instruction.
///
/// EIP-2 (create), EIP-2028 (calldata), EIP-2930 (access list), EIP-3860 (init code), EIP-7702 (authorizations).
pub fn intrinsic_gas(tx: &Transaction, fork: Fork) -> u64 {
    let (zeros, nonzeros) = count_bytes(tx.input());
    let nonzero_gas =
        if fork >= Fork::Istanbul { NONZERO_BYTE_GAS } else { NONZERO_BYTE_GAS_FRONTIER };
    let mut gas = TX_GAS + ZERO_BYTE_GAS * zeros + nonzero_gas * nonzeros;
    if tx.is_create() && fork >= Fork::Homestead {
        gas += CREATE_GAS;
    }
    if tx.is_create() && fork >= Fork::Shanghai {
        gas += INITCODE_WORD_GAS * (tx.input().len() as u64).div_ceil(32);
    }
    if let Some(list) = tx.access_list() {
        let keys: usize = list.iter().map(|item| item.storage_keys.len()).sum();
        gas += ACCESS_LIST_ADDRESS_GAS * list.len() as u64 + ACCESS_LIST_KEY_GAS * keys as u64;
    }
    gas + AUTHORIZATION_GAS * tx.authorization_list().map_or(0, <[_]>::len) as u64
}

/// The least gas that a transaction pays for its data from Prague on (EIP-7623): 21,000, and 10 a token, a non-zero byte being four tokens.
/// Zero before.
pub fn floor_gas(tx: &Transaction, fork: Fork) -> u64 {
    if fork < Fork::Prague {
        return 0;
    }
    let (zeros, nonzeros) = count_bytes(tx.input());
    TX_GAS + FLOOR_GAS_PER_TOKEN * (zeros + 4 * nonzeros)
}

fn count_bytes(data: &[u8]) -> (u64, u64) {
    let zeros = data.iter().filter(|byte| **byte == 0).count();
    (zeros as u64, (data.len() - zeros) as u64)
}

/// Whether the transaction could stand in a block under these rules, in geth's order of checks.
///
/// # Errors
/// The first rule that it breaks.
pub(crate) fn check(
    tx: &PoolTransaction,
    head: &HeadInfo,
    config: &PoolConfig,
) -> Result<(), Rejected> {
    check_type(&tx.tx, head.fork)?;
    if tx.size > config.max_tx_bytes {
        return Err(Rejected::Oversized { size: tx.size, limit: config.max_tx_bytes });
    }
    let initcode = if tx.tx.is_create() { tx.tx.input().len() } else { 0 };
    if head.fork >= Fork::Shanghai && initcode > config.max_initcode_bytes {
        return Err(Rejected::InitcodeTooLarge {
            size: initcode,
            limit: config.max_initcode_bytes,
        });
    }
    check_signature(tx, head, config)?;
    check_fees(tx, config)?;
    check_gas(&tx.tx, head)?;
    if tx.nonce() == u64::MAX {
        return Err(Rejected::NonceMax(u64::MAX));
    }
    Ok(())
}

fn check_type(tx: &Transaction, fork: Fork) -> Result<(), Rejected> {
    let (name, eip, since) = match tx {
        Transaction::Legacy(_) => return Ok(()),
        Transaction::Eip4844(_) => {
            return Err(Rejected::TypeNotSupported(
                "this pool takes no blob transactions (EIP-4844, type 3): there is no consensus layer here to keep their blobs; \
                 send the data as calldata of a type 2 transaction"
                    .to_owned(),
            ));
        }
        Transaction::Eip2930(_) => ("access-list", 2930, Fork::Berlin),
        Transaction::Eip1559(_) => ("fee-market", 1559, Fork::London),
        Transaction::Eip7702(tx) => {
            if fork >= Fork::Prague && tx.tx().authorization_list.is_empty() {
                return Err(Rejected::EmptyAuthorizationList);
            }
            ("set-code", 7702, Fork::Prague)
        }
    };
    if fork < since {
        return Err(Rejected::TypeNotSupported(format!(
            "{name} transactions (EIP-{eip}, type {}) begin with the {} fork, this chain is at {}",
            tx.ty(),
            since.name(),
            fork.name()
        )));
    }
    Ok(())
}

fn check_signature(
    tx: &PoolTransaction,
    head: &HeadInfo,
    config: &PoolConfig,
) -> Result<(), Rejected> {
    if head.fork >= Fork::Homestead && tx.tx.signature().s() > SECP256K1N_HALF {
        return Err(Rejected::MalleableSignature);
    }
    match tx.tx.chain_id() {
        Some(have) if have != head.chain_id => {
            Err(Rejected::WrongChainId { have, want: head.chain_id })
        }
        Some(_) if head.fork < Fork::SpuriousDragon => Err(Rejected::ReplayProtectionTooEarly),
        None if tx.local && config.only_replay_protected => Err(Rejected::Unprotected),
        _ => Ok(()),
    }
}

fn check_fees(tx: &PoolTransaction, config: &PoolConfig) -> Result<(), Rejected> {
    let price = tx.price();
    if price.tip > price.fee {
        return Err(Rejected::TipAboveFee { tip: price.tip, fee: price.fee });
    }
    if price.fee < config.min_gas_price {
        return Err(Rejected::Underpriced { price: price.fee, needed: config.min_gas_price });
    }
    Ok(())
}

fn check_gas(tx: &Transaction, head: &HeadInfo) -> Result<(), Rejected> {
    let gas = tx.gas_limit();
    if let Some(cap) = head.transaction_gas_limit
        && gas > cap
    {
        return Err(Rejected::GasLimitTooHigh { gas, cap });
    }
    let needed = intrinsic_gas(tx, head.fork);
    if gas < needed {
        return Err(Rejected::IntrinsicGasTooLow { gas, needed });
    }
    let needed = floor_gas(tx, head.fork);
    if gas < needed {
        return Err(Rejected::FloorGasTooLow { gas, needed });
    }
    Ok(())
}

/// Whether code makes its account a contract, which cannot send (EIP-3607). Empty code and EIP-7702's delegations do not.
pub(crate) fn is_contract(code: &[u8]) -> bool {
    let delegation = code.len() == 23 && code.starts_with(&[0xef, 0x01, 0x00]);
    !code.is_empty() && !delegation
}
