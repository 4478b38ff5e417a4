//! RLP tests: what is valid encodes and decodes as the test says; what is not is refused, by the bare decoder and by those of blocks, headers and
//! transactions.

use crate::{fixtures::Fixtures, json, report::Outcome};
use alloy_eips::Decodable2718;
use alloy_primitives::U256;
use alloy_rlp::{Decodable, Encodable, Error, Header as RlpHeader};
use entente_chain::{Header, Transaction, decode_block};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

const FOLDER: &str = "ethereum-tests/rlp";

#[derive(Debug, Deserialize)]
struct RlpTest {
    #[serde(rename = "in")]
    input: Value,
    out: String,
}

/// Any RLP item.
#[derive(Debug, PartialEq)]
enum Item {
    Bytes(Vec<u8>),
    List(Vec<Item>),
}

impl Decodable for Item {
    fn decode(buffer: &mut &[u8]) -> alloy_rlp::Result<Self> {
        let header = RlpHeader::decode(buffer)?;
        let (mut payload, rest) =
            buffer.split_at_checked(header.payload_length).ok_or(Error::InputTooShort)?;
        *buffer = rest;
        if !header.list {
            return Ok(Self::Bytes(payload.to_vec()));
        }
        let mut items = Vec::new();
        while !payload.is_empty() {
            items.push(Self::decode(&mut payload)?);
        }
        Ok(Self::List(items))
    }
}

impl Encodable for Item {
    fn encode(&self, out: &mut dyn alloy_rlp::BufMut) {
        match self {
            Self::Bytes(bytes) => bytes.as_slice().encode(out),
            Self::List(items) => alloy_rlp::encode_list(items, out),
        }
    }
}

impl Item {
    /// Reads a test's input: numbers, text, `#` before a decimal number, lists.
    fn of(value: &Value) -> Result<Self, String> {
        let number = |number: U256| Self::Bytes(number.to_be_bytes_trimmed_vec());
        match value {
            Value::Array(items) => {
                Ok(Self::List(items.iter().map(Self::of).collect::<Result<_, _>>()?))
            }
            Value::Number(found) => {
                Ok(number(U256::from(found.as_u64().ok_or("a number out of range")?)))
            }
            Value::String(text) => match text.strip_prefix('#') {
                Some(digits) => big(digits).map(Self::Bytes),
                None => Ok(Self::Bytes(text.as_bytes().to_vec())),
            },
            other => Err(format!("cannot read the input {other}")),
        }
    }
}

/// A decimal number of any size, big-endian. One of the tests is 2^256.
fn big(digits: &str) -> Result<Vec<u8>, String> {
    let mut bytes: Vec<u8> = Vec::new();
    for digit in digits.chars() {
        let mut carry =
            digit.to_digit(10).ok_or_else(|| format!("{digits} is not a decimal number"))?;
        for byte in bytes.iter_mut().rev() {
            carry += u32::from(*byte) * 10;
            *byte = carry.to_le_bytes()[0];
            carry >>= 8;
        }
        if carry > 0 {
            bytes.insert(0, carry.to_le_bytes()[0]);
        }
    }
    Ok(bytes)
}

pub(crate) fn run(fixtures: &Fixtures) -> Result<Vec<Outcome>, String> {
    let mut outcomes = Vec::new();
    for file in fixtures.files(FOLDER, "json")? {
        let name = fixtures.name(FOLDER, &file);
        let tests: BTreeMap<String, RlpTest> = json::read(&file)?;
        outcomes.extend(
            tests
                .iter()
                .map(|(title, test)| Outcome::of(format!("{name}/{title}"), || check(test))),
        );
    }
    Ok(outcomes)
}

fn check(test: &RlpTest) -> Result<(), String> {
    let bytes = json::bytes_of(&test.out)?;
    let decoded = alloy_rlp::decode_exact::<Item>(&bytes).map_err(|error| error.to_string());
    match test.input.as_str() {
        Some("INVALID") => refused(&bytes, decoded),
        // Random RLP has no input: it must decode, and encode to the same bytes.
        Some("VALID") => same(&alloy_rlp::encode(decoded?), &bytes),
        _ => {
            let item = Item::of(&test.input)?;
            same(&alloy_rlp::encode(&item), &bytes)?;
            if decoded? == item { Ok(()) } else { Err("it decodes to something else".into()) }
        }
    }
}

fn same(found: &[u8], expected: &[u8]) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("it encodes to {found:02x?}")) }
}

fn refused(bytes: &[u8], decoded: Result<Item, String>) -> Result<(), String> {
    if let Ok(item) = decoded {
        return Err(format!("it is not RLP but was decoded as {item:?}"));
    }
    let taken = [
        ("a block", decode_block(bytes).is_ok()),
        ("a header", alloy_rlp::decode_exact::<Header>(bytes).is_ok()),
        ("a transaction", Transaction::decode_2718_exact(bytes).is_ok()),
    ];
    match taken.iter().find(|(_, taken)| *taken) {
        Some((what, _)) => Err(format!("it is not RLP but was decoded as {what}")),
        None => Ok(()),
    }
}
