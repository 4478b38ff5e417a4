//! The journal's format: local transactions as records, one after the other, for the node to keep in a file.
//!
//! A record is the length of its payload (4 bytes, little endian), a CRC-32 (IEEE) over that length and the payload (4 bytes, little endian),
//! and the payload: one transaction, EIP-2718 encoded. The file has no header, so that appending is all there is to writing. Covering the
//! length keeps a tail of zeroes, as a file system may leave after a power cut, from passing for empty records.

use alloy_eips::eip2718::Decodable2718;
use entente_chain::Transaction;

const HEADER: usize = 8;

/// A journal as far as it could be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// The transactions in the order in which they were written.
    pub transactions: Vec<Transaction>,
    /// Bytes from the start up to the end of the last whole record. What follows is torn or damaged.
    pub intact: usize,
    /// What was wrong first, for the log; none when every byte was read.
    pub problem: Option<String>,
}

/// A transaction's record. `encoded` is its EIP-2718 encoding.
pub fn encode(encoded: &[u8]) -> Vec<u8> {
    let length = u32::try_from(encoded.len())
        .expect("the pool takes no transaction near 4 GiB")
        .to_le_bytes();
    let mut record = Vec::with_capacity(HEADER + encoded.len());
    record.extend_from_slice(&length);
    record.extend_from_slice(&checksum(length, encoded).to_le_bytes());
    record.extend_from_slice(encoded);
    record
}

/// Reads a journal. Stops at the first record that is cut short or whose checksum fails; a whole record that holds no transaction that
/// this version can read is passed over.
pub fn decode(journal: &[u8]) -> Replayed {
    let mut replayed = Replayed::default();
    let mut rest = journal;
    while !rest.is_empty() {
        let at = replayed.intact;
        let payload = match take_record(rest) {
            Ok(payload) => payload,
            Err(problem) => {
                replayed.problem.get_or_insert_with(|| format!("record at byte {at}: {problem}"));
                break;
            }
        };
        match Transaction::decode_2718_exact(payload) {
            Ok(tx) => replayed.transactions.push(tx),
            Err(error) => {
                replayed.problem.get_or_insert_with(|| {
                    format!("record at byte {at} is no transaction: {error}")
                });
            }
        }
        replayed.intact += HEADER + payload.len();
        rest = &journal[replayed.intact..];
    }
    replayed
}

fn take_record(bytes: &[u8]) -> Result<&[u8], String> {
    let torn = || format!("cut short, {} bytes are left", bytes.len());
    let (length, rest) = bytes.split_first_chunk::<4>().ok_or_else(torn)?;
    let (crc, rest) = rest.split_first_chunk::<4>().ok_or_else(torn)?;
    let wanted = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| torn())?;
    let payload = rest.get(..wanted).ok_or_else(torn)?;
    if checksum(*length, payload) != u32::from_le_bytes(*crc) {
        return Err("its checksum does not match".to_owned());
    }
    Ok(payload)
}

fn checksum(length: [u8; 4], payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&length);
    hasher.update(payload);
    hasher.finalize()
}
