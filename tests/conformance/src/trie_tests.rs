//! Trie tests: keys and values put in and taken out, in the order of the test; the root after them.
//!
//! Our trie is built for keys of 32 bytes, as every key of a state is, so the tests with hashed keys ("secure") run through its updates, one
//! change at a time and all at once. The others have keys as short as a letter; their proof is in the trie crate's own tests.

use crate::{fixtures::Fixtures, json, report::Outcome};
use alloy_primitives::{B256, Bytes, keccak256};
use entente_trie::{EMPTY_ROOT, Nibbles, Verify, root_of_sorted, update_with};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

const FOLDER: &str = "ethereum-tests/trie";
const SECURE: [&str; 3] =
    ["hex_encoded_securetrie_test", "trieanyorder_secureTrie", "trietest_secureTrie"];

#[derive(Debug, Deserialize)]
struct TrieTest {
    #[serde(rename = "in")]
    input: Value,
    root: B256,
}

type Change = (B256, Option<Vec<u8>>);

pub(crate) fn run(fixtures: &Fixtures) -> Result<Vec<Outcome>, String> {
    let mut outcomes = Vec::new();
    for name in SECURE {
        let tests: BTreeMap<String, TrieTest> =
            json::read(&fixtures.path(&format!("{FOLDER}/{name}.json")))?;
        outcomes.extend(
            tests
                .iter()
                .map(|(title, test)| Outcome::of(format!("{name}/{title}"), || check(test))),
        );
    }
    Ok(outcomes)
}

fn check(test: &TrieTest) -> Result<(), String> {
    let changes = changes(&test.input)?;
    let mut nodes: BTreeMap<Nibbles, Bytes> = BTreeMap::new();
    let mut root = EMPTY_ROOT;
    for change in &changes {
        let update = update_with(&nodes, root, std::slice::from_ref(change), Verify::Check)
            .map_err(|error| error.to_string())?;
        root = update.root;
        for (path, node) in update.nodes {
            match node {
                Some(node) => drop(nodes.insert(path, node)),
                None => drop(nodes.remove(&path)),
            }
        }
    }
    expect("changed one by one", root, test.root)?;
    // Later changes of a key replace earlier ones.
    let last: BTreeMap<B256, Option<Vec<u8>>> = changes.into_iter().collect();
    let all: Vec<Change> = last.clone().into_iter().collect();
    let none: BTreeMap<Nibbles, Bytes> = BTreeMap::new();
    let update =
        update_with(&none, EMPTY_ROOT, &all, Verify::Check).map_err(|error| error.to_string())?;
    expect("changed at once", update.root, test.root)?;
    let built = root_of_sorted(last.into_iter().filter_map(|(key, value)| Some((key, value?))));
    expect("built", built, test.root)
}

fn expect(how: &str, found: B256, expected: B256) -> Result<(), String> {
    if found == expected {
        Ok(())
    } else {
        Err(format!("{how}: the root is {found}, expected {expected}"))
    }
}

fn changes(input: &Value) -> Result<Vec<Change>, String> {
    match input {
        Value::Object(pairs) => pairs.iter().map(|(key, value)| change(key, value)).collect(),
        Value::Array(pairs) => pairs
            .iter()
            .map(|pair| match pair.as_array().map(Vec::as_slice) {
                Some([Value::String(key), value]) => change(key, value),
                _ => Err(format!("{pair} is not a key with its value")),
            })
            .collect(),
        other => Err(format!("cannot read the input {other}")),
    }
}

fn change(key: &str, value: &Value) -> Result<Change, String> {
    let value = match value {
        Value::Null => None,
        Value::String(text) => Some(bytes(text)?),
        other => return Err(format!("cannot read the value {other}")),
    };
    Ok((keccak256(bytes(key)?), value))
}

/// Text, or bytes in hex after `0x`.
fn bytes(text: &str) -> Result<Vec<u8>, String> {
    if text.starts_with("0x") { json::bytes_of(text) } else { Ok(text.as_bytes().to_vec()) }
}
