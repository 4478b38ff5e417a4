//! The trie tests of ethereum/tests (`TrieTests/`). Their keys are of any length, so some branches have values: they run on the core.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use alloy_primitives::{B256, Bytes, hex, keccak256};
use nybbles::Nibbles;
use serde_json::Value;

use crate::changes::Change;
use crate::source::Verify;
use crate::update::apply;
use crate::{EMPTY_ROOT, TrieBuilder, walk};

type Pair = (Vec<u8>, Option<Vec<u8>>);
type Nodes = BTreeMap<Nibbles, Bytes>;

impl Change for Pair {
    fn key(&self) -> &[u8] {
        &self.0
    }

    fn value(&self) -> Option<&[u8]> {
        self.1.as_deref().filter(|value| !value.is_empty())
    }

    fn path(&self) -> Nibbles {
        Nibbles::unpack(&self.0)
    }
}

/// A file of the tests, from the archive in the folder of fixtures or from that folder where it is unpacked.
fn fixture(name: &str) -> Option<Value> {
    let folder = std::env::var_os("ENTENTE_FIXTURES").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures"),
        PathBuf::from,
    );
    let unpacked = folder.join("ethereum-tests/trie").join(name);
    let json = std::fs::read(unpacked).ok().or_else(|| {
        let archive = folder.join("ethereum-tests.tar.xz");
        let output = Command::new("tar")
            .arg("xJOf")
            .arg(archive)
            .arg(format!("trie/{name}"))
            .output()
            .ok()?;
        output.status.success().then_some(output.stdout)
    });
    let Some(json) = json else {
        println!(
            "skipped: no ethereum-tests.tar.xz with trie/{name} in {} (set ENTENTE_FIXTURES)",
            folder.display()
        );
        return None;
    };
    Some(serde_json::from_slice(&json).unwrap())
}

/// A text stands for its bytes, or for those that it gives in hex.
fn bytes(text: &Value) -> Option<Vec<u8>> {
    let text = text.as_str()?;
    Some(if text.starts_with("0x") { hex::decode(text).unwrap() } else { text.as_bytes().to_vec() })
}

/// The changes of a case, in the order of the file. Objects hold them in any order, arrays in the order in which they are to be made.
fn pairs(case: &Value, secure: bool) -> Vec<Pair> {
    let pairs: Vec<Pair> = match &case["in"] {
        Value::Array(list) => {
            list.iter().map(|pair| (bytes(&pair[0]).unwrap(), bytes(&pair[1]))).collect()
        }
        map => map
            .as_object()
            .unwrap()
            .iter()
            .map(|(key, value)| (bytes(&key.as_str().into()).unwrap(), bytes(value)))
            .collect(),
    };
    let hash = |key: Vec<u8>| if secure { keccak256(key).to_vec() } else { key };
    pairs.into_iter().map(|(key, value)| (hash(key), value)).collect()
}

/// Makes the changes in batches of the given size; a key that comes twice starts a new batch.
fn in_batches(pairs: &[Pair], size: usize) -> (B256, Nodes) {
    let (mut nodes, mut root, mut rest) = (Nodes::new(), EMPTY_ROOT, pairs);
    while !rest.is_empty() {
        let mut batch = BTreeMap::new();
        while let Some(((key, value), more)) = rest.split_first() {
            if batch.len() == size || batch.contains_key(key) {
                break;
            }
            batch.insert(key.clone(), value.clone());
            rest = more;
        }
        let update =
            apply(&nodes, root, &batch.into_iter().collect::<Vec<Pair>>(), Verify::Check).unwrap();
        root = update.root;
        for (path, node) in update.nodes {
            match node {
                Some(node) => nodes.insert(path, node),
                None => nodes.remove(&path),
            };
        }
    }
    (root, nodes)
}

fn run(name: &str, secure: bool) {
    let Some(cases) = fixture(name) else { return };
    for (case, test) in cases.as_object().unwrap() {
        let pairs = pairs(test, secure);
        let expected: B256 = test["root"].as_str().unwrap().parse().unwrap();
        let leaves: BTreeMap<_, _> = pairs.iter().cloned().collect();
        let mut built = Nodes::new();
        let mut builder = TrieBuilder::new(|path: &Nibbles, node: &[u8]| {
            built.insert(*path, Bytes::copy_from_slice(node));
        });
        for (key, value) in &leaves {
            builder.push(Nibbles::unpack(key), value.as_deref().unwrap_or_default());
        }
        assert_eq!(builder.finish(), expected, "{name}, {case}: built");
        for size in 1..=pairs.len() {
            let (root, nodes) = in_batches(&pairs, size);
            assert_eq!(root, expected, "{name}, {case}: in batches of {size}");
            assert_eq!(nodes, built, "{name}, {case}: stored nodes, in batches of {size}");
            assert_eq!(walk(&nodes, root, Verify::Check, |_, _| ()).unwrap(), nodes.len() as u64);
        }
    }
}

#[test]
fn any_order() {
    run("trieanyorder.json", false);
}

#[test]
fn any_order_secure() {
    run("trieanyorder_secureTrie.json", true);
}

#[test]
fn in_order() {
    run("trietest.json", false);
}

#[test]
fn in_order_secure() {
    run("trietest_secureTrie.json", true);
}

#[test]
fn hex_encoded_secure() {
    run("hex_encoded_securetrie_test.json", true);
}

/// Keys that are prefixes of one another, by the thousand: what the batches give is what building from scratch gives, whose roots the
/// tests above hold against the published ones.
#[test]
fn keys_that_are_prefixes() {
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |below: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % below
    };
    for _ in 0..300 {
        let pairs = (0..random(60) + 1)
            .map(|_| {
                let key = (0..random(5))
                    .map(|_| [0x00, 0x01, 0x10, 0x11][random(4) as usize])
                    .collect::<Vec<u8>>();
                let value =
                    (random(3) > 0).then(|| vec![random(255) as u8 + 1; random(40) as usize + 1]);
                (key, value)
            })
            .collect::<Vec<Pair>>();
        let leaves: BTreeMap<_, _> = pairs.iter().cloned().collect();
        let mut built = Nodes::new();
        let mut builder = TrieBuilder::new(|path: &Nibbles, node: &[u8]| {
            built.insert(*path, Bytes::copy_from_slice(node));
        });
        for (key, value) in &leaves {
            builder.push(Nibbles::unpack(key), value.as_deref().unwrap_or_default());
        }
        let root = builder.finish();
        for size in [1, 2, 7, 60] {
            assert_eq!(in_batches(&pairs, size), (root, built.clone()));
        }
    }
}
