//! GeneralStateTests: one transaction on a given state. The state goes into our store, the transaction through our decoder, our executor and our trie.

use crate::{
    fixtures::Fixtures,
    json::{self, FixtureAccount, u64_of},
    report::Outcome,
    state::State,
};
use alloy_eips::Decodable2718;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use entente_chain::{ChainSpec, Fork, ForkSchedule, Header, Receipt, Transaction, recover_sender};
use entente_evm::Executor;
use rayon::prelude::*;
use serde::Deserialize;
use std::{collections::BTreeMap, path::Path, sync::Arc};

const FOLDER: &str = "ethereum-tests/state";

#[derive(Debug, Deserialize)]
struct StateTest {
    env: Env,
    pre: BTreeMap<Address, FixtureAccount>,
    post: BTreeMap<String, Vec<Post>>,
    transaction: Sender,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Env {
    current_base_fee: U256,
    current_coinbase: Address,
    current_difficulty: U256,
    current_gas_limit: U256,
    current_number: U256,
    current_timestamp: U256,
    current_random: Option<B256>,
    current_excess_blob_gas: Option<U256>,
}

#[derive(Debug, Deserialize)]
struct Sender {
    sender: Address,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Post {
    hash: B256,
    logs: B256,
    indexes: Indexes,
    txbytes: Bytes,
    expect_exception: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Indexes {
    data: usize,
    gas: usize,
    value: usize,
}

pub(crate) fn run(fixtures: &Fixtures) -> Result<Vec<Outcome>, String> {
    let files = fixtures.files(FOLDER, "json")?;
    Ok(files.par_iter().flat_map_iter(|file| run_file(fixtures, file)).collect())
}

fn run_file(fixtures: &Fixtures, file: &Path) -> Vec<Outcome> {
    let name = fixtures.name(FOLDER, file);
    let tests: BTreeMap<String, StateTest> = match json::read(file) {
        Ok(tests) => tests,
        Err(why) => return vec![Outcome::failed(name, why)],
    };
    let mut outcomes = Vec::new();
    for (test_name, test) in &tests {
        // A Python test's name begins with its file's path; the last part says which it is.
        let short = test_name.rsplit("::").next().unwrap_or(test_name);
        for (fork, posts) in &test.post {
            let title = if name.ends_with(short) {
                format!("{name}/{fork}")
            } else {
                format!("{name}/{short}/{fork}")
            };
            outcomes.extend(run_fork(&title, test, fork, posts));
        }
    }
    outcomes
}

fn run_fork(title: &str, test: &StateTest, fork: &str, posts: &[Post]) -> Vec<Outcome> {
    let case = |post: &Post| {
        format!("{title}/d{}g{}v{}", post.indexes.data, post.indexes.gas, post.indexes.value)
    };
    match Setting::new(test, fork) {
        Ok(setting) => posts
            .iter()
            .map(|post| Outcome::of(case(post), || setting.check(post, test.transaction.sender)))
            .collect(),
        Err(why) => posts.iter().map(|post| Outcome::failed(case(post), why.clone())).collect(),
    }
}

/// What the cases of one test under one fork share.
struct Setting {
    executor: Executor,
    header: Header,
    state: State,
}

impl Setting {
    fn new(test: &StateTest, fork: &str) -> Result<Self, String> {
        let fork = json::fork(fork).ok_or_else(|| format!("unknown fork {fork}"))?;
        let spec = ChainSpec::new(1, ForkSchedule::all_until(fork));
        let executor = Executor::new(Arc::new(spec), 1 << 20).map_err(|error| error.to_string())?;
        let env = &test.env;
        let merged = fork >= Fork::Paris;
        let header = Header {
            number: u64_of(env.current_number)?,
            timestamp: u64_of(env.current_timestamp)?,
            beneficiary: env.current_coinbase,
            gas_limit: u64_of(env.current_gas_limit)?,
            difficulty: if merged { U256::ZERO } else { env.current_difficulty },
            mix_hash: if merged { env.current_random.unwrap_or_default() } else { B256::ZERO },
            base_fee_per_gas: Some(u64_of(env.current_base_fee)?),
            excess_blob_gas: env
                .current_excess_blob_gas
                .filter(|_| fork >= Fork::Cancun)
                .map(u64_of)
                .transpose()?,
            ..Header::default()
        };
        Ok(Self { executor, header, state: State::new(&json::alloc(&test.pre)?)? })
    }

    fn check(&self, post: &Post, sender: Address) -> Result<(), String> {
        let view = self.state.view();
        let mut execution =
            self.executor.begin(&self.header, &view).map_err(|error| error.to_string())?;
        let refused = match decode(&post.txbytes, sender) {
            Ok(tx) => execution.transact(&tx, sender).err().map(|error| error.to_string()),
            Err(why) => Some(why),
        };
        match (&post.expect_exception, refused) {
            (Some(expected), None) => {
                return Err(format!("it was executed; it must be refused ({expected})"));
            }
            (None, Some(why)) => return Err(format!("it was refused: {why}")),
            _ => {}
        }
        // A miner is paid its reward of nothing, which removes it if it is empty (EIP-161).
        let executed = execution
            .finish(None, &[(self.header.beneficiary, U256::ZERO)])
            .map_err(|error| error.to_string())?;
        let logs: Vec<_> = executed.receipts.iter().flat_map(Receipt::logs).collect();
        let logs = keccak256(alloy_rlp::encode(&logs));
        let root = self.state.root_after(&executed.changes)?;
        match (root == post.hash, logs == post.logs) {
            (true, true) => Ok(()),
            (false, _) => Err(format!("state root is {root}, expected {}", post.hash)),
            (_, false) => Err(format!("logs hash is {logs}, expected {}", post.logs)),
        }
    }
}

fn decode(bytes: &[u8], sender: Address) -> Result<Transaction, String> {
    let tx = Transaction::decode_2718_exact(bytes).map_err(|error| error.to_string())?;
    let found = recover_sender(&tx).map_err(|error| error.to_string())?;
    if found != sender {
        return Err(format!("its sender is {found}, the test says {sender}"));
    }
    Ok(tx)
}
