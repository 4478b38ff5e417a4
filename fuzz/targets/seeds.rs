//! Where does a fuzzer begin? Writes a corpus for each target: what the house itself can make, and what is found in the published test vectors.
//!
//! `seeds CORPUS [FIXTURES]`. It is linked like a target, so that everything is built once, and ends before any fuzzing begins.
#![no_main]

use alloy_consensus::{SignableTransaction, TxEip1559, TxEip2930, TxEip7702, TxLegacy};
use alloy_eips::{Encodable2718 as _, eip7702::Authorization};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256, hex, keccak256};
use entente_chain::{
    Block, Genesis, Header, NodeKey, Transaction, decode_block,
    extra_data::{
        CliqueExtraData, Ibft2ExtraData, IstanbulExtraData, QbftExtraData, Vote, VoteKind,
    },
};
use entente_fuzz::log::{BLOCK, REWIND, block_payload, put};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

/// Larger inputs slow the fuzzer down more than they teach it.
const MOST_BYTES: usize = 8 << 10;
/// Files from the test vectors for each target.
const MOST_FILES: usize = 400;

fuzz_target!(
    init: {
        let mut args = std::env::args_os().skip(1).map(PathBuf::from);
        let mut corpus = Corpus { dir: args.next().expect("usage: seeds CORPUS [FIXTURES]"), found: HashMap::new() };
        own(&mut corpus);
        if let Some(fixtures) = args.next() {
            visit(&fixtures, &mut |path| vector(&mut corpus, path));
        }
        leave();
    },
    |_nothing: &[u8]| {}
);

/// What comes next would be fuzzing.
fn leave() {
    std::process::exit(0);
}

struct Corpus {
    dir: PathBuf,
    found: HashMap<&'static str, usize>,
}

impl Corpus {
    fn put(&self, target: &str, bytes: &[u8]) {
        if bytes.len() > MOST_BYTES {
            return;
        }
        let dir = self.dir.join(target);
        fs::create_dir_all(&dir).expect("the corpus can be written");
        let name = hex::encode(&keccak256(bytes)[..8]);
        fs::write(dir.join(name), bytes).expect("the corpus can be written");
    }

    /// One of many of its kind.
    fn add(&mut self, target: &'static str, bytes: &[u8]) {
        let found = self.found.entry(target).or_default();
        if *found < MOST_FILES {
            *found += 1;
            self.put(target, bytes);
        }
    }
}

fn own(corpus: &mut Corpus) {
    let txs = transactions();
    for tx in &txs {
        let encoded = tx.encoded_2718();
        corpus.put("transaction", &encoded);
        corpus.put("pool_journal", &entente_pool::journal::encode(&encoded));
        corpus.put("pool_journal", &[&(encoded.len() as u16).to_le_bytes(), &encoded[..]].concat());
    }
    let mut block: Block = Genesis::dev().block().block;
    corpus.put("rlp", &alloy_rlp::encode(&block));
    corpus.put("header", &alloy_rlp::encode(&block.header));
    block.body.transactions = txs;
    corpus.put("rlp", &alloy_rlp::encode(&block));
    corpus.put("rlp", &alloy_rlp::encode(Block::default()).repeat(2));
    extra_data(corpus);
    block_log(corpus);
    for shape in 0..8u8 {
        let noise = keccak256([shape]);
        corpus.put(
            "trie_nodes",
            &[&[shape, 9 + shape], noise.as_slice(), &[shape, 3], &noise[..]].concat(),
        );
    }
    #[cfg(feature = "rpc")]
    requests(corpus);
}

fn transactions() -> Vec<Transaction> {
    fn sign<T: SignableTransaction<Signature>>(tx: T) -> Transaction
    where
        Transaction: From<alloy_consensus::Signed<T>>,
    {
        let signature = key().sign(tx.signature_hash());
        tx.into_signed(signature).into()
    }
    let to = TxKind::Call(Address::repeat_byte(1));
    let list = || {
        vec![alloy_eips::eip2930::AccessListItem {
            address: Address::ZERO,
            storage_keys: vec![B256::ZERO],
        }]
        .into()
    };
    let authorization = Authorization { chain_id: U256::from(1), address: Address::ZERO, nonce: 1 };
    let signature = key().sign(authorization.signature_hash());
    let authorization = authorization.into_signed(signature);
    vec![
        sign(TxLegacy { nonce: 1, gas_limit: 21_000, to, ..TxLegacy::default() }),
        sign(TxLegacy {
            chain_id: Some(1),
            gas_limit: 60_000,
            input: Bytes::from([1, 0, 2]),
            ..TxLegacy::default()
        }),
        sign(TxEip2930 {
            chain_id: 1,
            gas_limit: 90_000,
            to,
            access_list: list(),
            ..TxEip2930::default()
        }),
        sign(TxEip1559 {
            chain_id: 1,
            gas_limit: 90_000,
            max_fee_per_gas: 9,
            access_list: list(),
            ..TxEip1559::default()
        }),
        sign(TxEip7702 {
            chain_id: 1,
            gas_limit: 90_000,
            max_fee_per_gas: 9,
            authorization_list: vec![authorization],
            ..TxEip7702::default()
        }),
    ]
}

fn key() -> NodeKey {
    NodeKey::from_hex(&"46".repeat(32)).expect("it is a key")
}

fn extra_data(corpus: &Corpus) {
    let validators = vec![Address::repeat_byte(1), Address::repeat_byte(2)];
    let seals = vec![Default::default(); 2];
    let vanity = B256::repeat_byte(3);
    let vote = Some(Vote { recipient: Address::repeat_byte(4), kind: VoteKind::Add });
    let encoded = [
        QbftExtraData {
            vanity: vanity.into(),
            validators: validators.clone(),
            vote,
            round: 5,
            seals: seals.clone(),
        }
        .encode(),
        Ibft2ExtraData {
            vanity: vanity.into(),
            validators: validators.clone(),
            vote,
            round: 5,
            seals: seals.clone(),
        }
        .encode(),
        IstanbulExtraData {
            vanity,
            validators: validators.clone(),
            proposer_seal: Some(Default::default()),
            seals,
        }
        .encode(),
        CliqueExtraData { vanity, signers: validators, seal: Default::default() }.encode(),
    ];
    for extra_data in encoded {
        corpus.put("header", &extra_data);
        let mix_hash = entente_chain::ISTANBUL_DIGEST;
        let header = Header { number: 1, extra_data, mix_hash, ..Header::default() };
        corpus.put("header", &alloy_rlp::encode(&header));
        corpus.put("header", &alloy_rlp::encode(&header).repeat(2));
    }
}

fn block_log(corpus: &Corpus) {
    let mut log = vec![];
    let rlp = alloy_rlp::encode(Block::default());
    put(&mut log, BLOCK, 0, 0, &block_payload(B256::with_last_byte(1), &[], &rlp));
    put(&mut log, REWIND, 0, 0, B256::with_last_byte(1).as_slice());
    corpus.put("block_log", &[&[0], &log[..]].concat());
    corpus.put("block_log", &[1, 0, 0, 7, 0, 1, 2, 3, 1, 6, 3, 0, 9, 9, 9, 0]);
    corpus.put("block_log", &[1, 0, 0, 0, 3, 0, 0, 7, 0, 0]);
    for way in 0..4 {
        corpus.put("block_log", &[2, 7, 3, way, 40, 0, 0, 0, 0, 1, 2, 1, 3, 5]);
    }
}

/// A request for each method, and some with parameters.
#[cfg(feature = "rpc")]
fn requests(corpus: &Corpus) {
    use serde_json::json;
    let (account, other) = (key().address(), entente_chain::DEV_ACCOUNTS[0]);
    let call =
        json!({"from": other, "to": account, "gas": "0x9000", "data": "0x01", "accessList": []});
    let tracer = json!({"tracer": "callTracer", "tracerConfig": {"withLog": true}});
    let params = [
        json!([]),
        json!([account, "latest"]),
        json!([account, "0x0", {"blockNumber": "0x1"}]),
        json!(["0x1", true]),
        json!([B256::ZERO, "0x0"]),
        json!([B256::ZERO, tracer]),
        json!(["0x1", tracer]),
        json!([call, "latest", {(account.to_string()): {"code": "0x60005460005260206000f3", "stateDiff": {}}}, {"number": "0x9"}]),
        json!([call, ["trace", "vmTrace", "stateDiff"], "latest"]),
        json!([call, "latest", tracer]),
        json!([{"fromBlock": "0x0", "toBlock": "latest", "address": [account], "topics": [null, [B256::ZERO]]}]),
        json!([{"blockStateCalls": [{"calls": [call], "blockOverrides": {"time": "0x99999999"}}], "validation": false}, "latest"]),
        json!(["logs", {"topics": []}]),
        json!(["0x4", "latest", [25, 75]]),
    ];
    for (index, method) in entente_rpc::methods().into_iter().enumerate() {
        let request = |params: &Value| json!({"jsonrpc": "2.0", "id": index, "method": method.name, "params": params});
        for params in &params {
            corpus.put("rpc_params", request(params).to_string().as_bytes());
        }
    }
    let batch = json!([{"jsonrpc": "2.0", "id": "a", "method": "eth_chainId"}, {"jsonrpc": "2.0", "method": "eth_chainId"}, 1]);
    corpus.put("rpc_params", batch.to_string().as_bytes());
}

fn visit(dir: &Path, file: &mut dyn FnMut(&Path)) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort_unstable();
    for path in paths {
        if path.is_dir() { visit(&path, file) } else { file(&path) }
    }
}

/// Takes what a file of test vectors has for the targets.
fn vector(corpus: &mut Corpus, path: &Path) {
    let Ok(bytes) = fs::read(path) else { return };
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("blocks") => {
            let mut rest = &bytes[..];
            while let Ok((block, taken)) = decode_block(rest) {
                corpus.add("rlp", &rest[..taken]);
                corpus.add("header", &alloy_rlp::encode(&block.header));
                rest = &rest[taken..];
            }
        }
        Some("io") => {
            let text = String::from_utf8_lossy(&bytes);
            for request in text.lines().filter_map(|line| line.strip_prefix(">> ")) {
                corpus.add("rpc_params", request.as_bytes());
            }
        }
        Some("json") if bytes.len() < 256 << 10 => {
            let Ok(value) = serde_json::from_slice(&bytes) else { return };
            let mut left = 2;
            within(corpus, &value, &mut left);
        }
        _ => {}
    }
}

fn within(corpus: &mut Corpus, value: &Value, left: &mut usize) {
    let Some(members) = value.as_object() else { return };
    if members.contains_key("config") && members.contains_key("alloc") {
        corpus.add("genesis", value.to_string().as_bytes());
    }
    for (key, value) in members {
        let bytes = value.as_str().and_then(|text| hex::decode(text).ok());
        match (key.as_str(), bytes) {
            ("rlp", Some(bytes)) if *left > 0 => {
                *left -= 1;
                if let Ok((block, _)) = decode_block(&bytes) {
                    corpus.add("header", &alloy_rlp::encode(&block.header));
                }
                corpus.add("rlp", &bytes);
            }
            ("txbytes", Some(bytes)) if *left > 0 => {
                *left -= 1;
                corpus.add("transaction", &bytes);
            }
            ("request", None) => corpus.add("rpc_params", value.to_string().as_bytes()),
            _ => match value.as_array() {
                Some(items) => items.iter().for_each(|item| within(corpus, item, left)),
                None => within(corpus, value, left),
            },
        }
    }
}
