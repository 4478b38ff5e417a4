//! TransactionTests: bytes that are a transaction or are not, by fork.
//!
//! Each is taken two ways, as it may arrive: into the pool, and in a block (decoded, its sender recovered, the body checked, executed for a sender who
//! can pay anything). Both must agree with the test.

use crate::{fixtures::Fixtures, json, report::Outcome, state::State};
use alloy_consensus::{Transaction as _, proofs::calculate_transaction_root};
use alloy_eips::Decodable2718;
use alloy_primitives::{Address, B256, Bytes, U256};
use entente_chain::{
    Block, Body, ChainSpec, Fork, ForkSchedule, GenesisAccount, Header, Transaction,
    recover::recover_sender_with,
};
use entente_evm::{Executor, TransactionError, revm::context::result::InvalidTransaction};
use entente_pool::{
    AccountSource, AccountState, HeadInfo, NewTransaction, Pool, PoolConfig, rules::intrinsic_gas,
};
use rayon::prelude::*;
use serde::Deserialize;
use std::{collections::BTreeMap, path::Path, sync::Arc};

const FOLDER: &str = "ethereum-tests/transaction";

#[derive(Debug, Deserialize)]
struct TransactionTest {
    result: BTreeMap<String, Expected>,
    txbytes: Bytes,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Expected {
    exception: Option<String>,
    hash: Option<B256>,
    sender: Option<Address>,
    intrinsic_gas: Option<U256>,
}

pub(crate) fn run(fixtures: &Fixtures) -> Result<Vec<Outcome>, String> {
    let files = fixtures.files(FOLDER, "json")?;
    Ok(files.par_iter().flat_map_iter(|file| run_file(fixtures, file)).collect())
}

fn run_file(fixtures: &Fixtures, file: &Path) -> Vec<Outcome> {
    let name = fixtures.name(FOLDER, file);
    let tests: BTreeMap<String, TransactionTest> = match json::read(file) {
        Ok(tests) => tests,
        Err(why) => return vec![Outcome::failed(name, why)],
    };
    let mut outcomes = Vec::new();
    for test in tests.values() {
        for (fork, expected) in &test.result {
            outcomes.push(Outcome::of(format!("{name}/{fork}"), || {
                check(&test.txbytes, fork, expected)
            }));
        }
    }
    outcomes
}

/// What a transaction turned out to be.
struct Valid {
    hash: B256,
    sender: Address,
    intrinsic_gas: u64,
}

type Take = fn(&Transaction, Fork, Valid) -> Result<Valid, String>;

fn check(bytes: &[u8], fork: &str, expected: &Expected) -> Result<(), String> {
    let fork = json::fork(fork).ok_or_else(|| format!("unknown fork {fork}"))?;
    for (way, take) in [("pool", in_pool as Take), ("block", in_block as Take)] {
        let found = decode(bytes, fork).and_then(|(tx, valid)| take(&tx, fork, valid));
        match (&expected.exception, found) {
            (Some(_), Err(_)) => {}
            (Some(reason), Ok(_)) => {
                return Err(format!("{way}: it was taken; it must be refused ({reason})"));
            }
            (None, Err(why)) => return Err(format!("{way}: it was refused: {why}")),
            (None, Ok(valid)) => {
                if expected.hash != Some(valid.hash) || expected.sender != Some(valid.sender) {
                    return Err(format!(
                        "{way}: hash {} and sender {}, expected {expected:?}",
                        valid.hash, valid.sender
                    ));
                }
                if expected.intrinsic_gas != Some(U256::from(valid.intrinsic_gas)) {
                    return Err(format!(
                        "{way}: intrinsic gas {}, expected {expected:?}",
                        valid.intrinsic_gas
                    ));
                }
            }
        }
    }
    Ok(())
}

fn decode(bytes: &[u8], fork: Fork) -> Result<(Transaction, Valid), String> {
    let tx = Transaction::decode_2718_exact(bytes).map_err(|error| error.to_string())?;
    let sender =
        recover_sender_with(&tx, fork >= Fork::Homestead).map_err(|error| error.to_string())?;
    let valid = Valid { hash: *tx.tx_hash(), sender, intrinsic_gas: intrinsic_gas(&tx, fork) };
    Ok((tx, valid))
}

struct Rich {
    nonce: u64,
}

impl AccountSource for Rich {
    fn account(&self, _: Address) -> Result<AccountState, String> {
        Ok(AccountState { nonce: self.nonce, balance: U256::MAX, code: None })
    }
}

fn in_pool(tx: &Transaction, fork: Fork, valid: Valid) -> Result<Valid, String> {
    let head = HeadInfo {
        number: 0,
        timestamp: 0,
        base_fee: (fork >= Fork::London).then_some(0),
        gas_limit: u64::MAX,
        fork,
        chain_id: 1,
        transaction_gas_limit: None,
    };
    let rich = Rich { nonce: tx.nonce() };
    let new = NewTransaction { tx: tx.clone(), sender: valid.sender, local: true };
    Pool::new(PoolConfig::default())
        .add(new, 0, &head, &rich)
        .map_err(|error| error.to_string())?;
    Ok(valid)
}

fn in_block(tx: &Transaction, fork: Fork, valid: Valid) -> Result<Valid, String> {
    let spec = Arc::new(ChainSpec::new(1, ForkSchedule::all_until(fork)));
    let blobs = fork >= Fork::Cancun;
    let header = Header {
        number: 1,
        timestamp: 1,
        gas_limit: u64::MAX,
        difficulty: if fork >= Fork::Paris { U256::ZERO } else { U256::ONE },
        base_fee_per_gas: (fork >= Fork::London).then_some(0),
        withdrawals_root: (fork >= Fork::Shanghai).then_some(entente_trie::EMPTY_ROOT),
        blob_gas_used: blobs.then_some(0),
        excess_blob_gas: blobs.then_some(0),
        transactions_root: calculate_transaction_root(std::slice::from_ref(tx)),
        ..Header::default()
    };
    let withdrawals = (fork >= Fork::Shanghai).then(Default::default);
    let body = Body { transactions: vec![tx.clone()], withdrawals, ..Body::default() };
    let block = spec.seal_block(Block { header: header.clone(), body });
    spec.validate_body(&block).map_err(|error| error.to_string())?;
    let account =
        GenesisAccount { nonce: tx.nonce(), balance: U256::MAX, ..GenesisAccount::default() };
    let state = State::new(&BTreeMap::from([(valid.sender, account)]))?;
    let view = state.view();
    let executor = Executor::new(spec, 1 << 20).map_err(|error| error.to_string())?;
    let no_root = |_: &entente_evm::StateChanges| Ok(B256::ZERO);
    let execution = executor.begin(&header, &view).map_err(|error| error.to_string())?;
    match execution.with_intermediate_root(&no_root).transact(tx, valid.sender).map(drop) {
        // The tests know no state: whether any sender could have so much is not their question.
        Ok(())
        | Err(TransactionError::Invalid(InvalidTransaction::OverflowPaymentInTransaction)) => {
            Ok(valid)
        }
        Err(error) => Err(error.to_string()),
    }
}
