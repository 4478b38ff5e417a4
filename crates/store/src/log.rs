//! The block log: the truth.
//!
//! Append-only segment files, `blocks-00000000.log` and so on. A record is a header of 36 bytes and a payload:
//!
//! ```text
//! 0  "ENTL"      4  kind       5  version    6  zero (2 bytes)
//! 8  payload length (u32)      12 height (u64)
//! 20 offset at which the batch of this record begins (u64)
//! 28 checksum (u64): xxh3-64 of the payload, seeded with that of the 28 bytes before and the record's segment and offset
//! ```
//!
//! Integers are little-endian. A batch is what one sync made durable; it never crosses a segment. The offset of its beginning tells a torn tail from
//! damage: when a bad record is followed by a good one whose batch began later, the bad one had been synced, and something has damaged it since. Otherwise
//! it was never acknowledged, and is cut off.

use crate::{StoreError, disk::Disk};
use alloy_primitives::{Address, B256};
use alloy_rlp::{Decodable, Encodable};
use entente_chain::{Block, RecoveredBlock, SealedBlock};
use parking_lot::Mutex;
use std::{fmt, sync::Arc};
use twox_hash::XxHash3_64;

const MAGIC: [u8; 4] = *b"ENTL";
const VERSION: u8 = 1;
const HEADER: usize = 36;
const KIND_BLOCK: u8 = 1;
const KIND_REWIND: u8 = 2;

const BAD_HEADER: &str = "there is no whole record here";
const BAD_CHECKSUM: &str = "the record's checksum does not match";
const UNDECODABLE: &str = "the record cannot be decoded";

/// Largest payload of a record, in bytes.
pub(crate) const MAX_PAYLOAD: usize = 1 << 30;

/// Where the next record would be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub(crate) segment: u32,
    pub(crate) offset: u64,
}

/// Where a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Location {
    pub(crate) segment: u32,
    pub(crate) offset: u64,
    /// Bytes, header included.
    pub(crate) len: u32,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "block log {} at offset {}", segment_file(self.segment), self.offset)
    }
}

impl Location {
    /// Where the next record begins.
    pub(crate) const fn end(&self) -> Position {
        Position { segment: self.segment, offset: self.offset + self.len as u64 }
    }
}

/// What a record says.
#[derive(Debug)]
pub(crate) enum Record {
    /// A block was committed.
    Block(Arc<RecoveredBlock>),
    /// The head went back to a block.
    Rewind { to: u64, hash: B256 },
}

/// A record ready to be written, but for its place.
#[derive(Debug)]
pub(crate) struct Unplaced {
    kind: u8,
    height: u64,
    payload: Vec<u8>,
}

impl Unplaced {
    /// Block hash, number of senders, senders, and the block's RLP. Senders are kept so that they need not be recovered again.
    pub(crate) fn block(block: &RecoveredBlock) -> Result<Self, StoreError> {
        let senders = block.senders();
        let mut payload =
            Vec::with_capacity(64 + senders.len() * 20 + block.sealed().block.length());
        payload.extend_from_slice(block.hash.as_slice());
        payload.extend_from_slice(&(senders.len() as u32).to_le_bytes());
        for sender in senders {
            payload.extend_from_slice(sender.as_slice());
        }
        block.sealed().block.encode(&mut payload);
        let number = block.number();
        if payload.len() > MAX_PAYLOAD {
            return Err(StoreError::BlockTooLarge {
                number,
                size: payload.len(),
                limit: MAX_PAYLOAD,
            });
        }
        Ok(Self { kind: KIND_BLOCK, height: number, payload })
    }

    pub(crate) fn rewind(to: u64, hash: B256) -> Self {
        Self { kind: KIND_REWIND, height: to, payload: hash.to_vec() }
    }

    fn put(&self, out: &mut Vec<u8>, at: Position, batch: u64) {
        let start = out.len();
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&[self.kind, VERSION, 0, 0]);
        out.extend_from_slice(&(self.payload.len() as u32).to_le_bytes());
        out.extend_from_slice(&self.height.to_le_bytes());
        out.extend_from_slice(&batch.to_le_bytes());
        let sum = checksum(&out[start..], at, &self.payload);
        out.extend_from_slice(&sum.to_le_bytes());
        out.extend_from_slice(&self.payload);
    }
}

fn checksum(header: &[u8], at: Position, payload: &[u8]) -> u64 {
    let place = at.offset.wrapping_mul(0x1_0000_0001).wrapping_add(u64::from(at.segment));
    XxHash3_64::oneshot_with_seed(XxHash3_64::oneshot_with_seed(place, header), payload)
}

#[derive(Clone, Copy, Debug)]
struct RecordHeader {
    kind: u8,
    payload: usize,
    height: u64,
    batch: u64,
    sum: u64,
}

impl RecordHeader {
    fn read(bytes: &[u8; HEADER]) -> Option<Self> {
        let u64_at = |at: usize| Some(u64::from_le_bytes(bytes[at..at + 8].try_into().ok()?));
        let payload = u32::from_le_bytes(bytes[8..12].try_into().ok()?) as usize;
        let sound = bytes[..4] == MAGIC && bytes[5] == VERSION && payload <= MAX_PAYLOAD;
        if !sound {
            return None;
        }
        Some(Self {
            kind: bytes[4],
            payload,
            height: u64_at(12)?,
            batch: u64_at(20)?,
            sum: u64_at(28)?,
        })
    }
}

/// Splits a whole record and verifies it. None when it is no record or is damaged.
fn verify(bytes: &[u8], at: Position) -> Option<(RecordHeader, &[u8])> {
    let (head, rest) = bytes.split_first_chunk::<HEADER>()?;
    let header = RecordHeader::read(head)?;
    let payload = rest.get(..header.payload)?;
    (checksum(&head[..28], at, payload) == header.sum).then_some((header, payload))
}

fn decode(header: RecordHeader, payload: &[u8]) -> Option<Record> {
    match header.kind {
        KIND_REWIND => {
            let hash = B256::from(<[u8; 32]>::try_from(payload).ok()?);
            Some(Record::Rewind { to: header.height, hash })
        }
        KIND_BLOCK => {
            let (hash, rest) = payload.split_first_chunk::<32>()?;
            let (count, rest) = rest.split_first_chunk::<4>()?;
            let len = (u32::from_le_bytes(*count) as usize).checked_mul(20)?;
            let (senders, mut rlp) = rest.split_at_checked(len)?;
            let senders = senders.chunks_exact(20).map(Address::from_slice).collect();
            let block = Block::decode(&mut rlp).ok()?;
            let sound = rlp.is_empty() && block.header.number == header.height;
            let sealed = SealedBlock { hash: B256::from(hash), block };
            Some(Record::Block(Arc::new(RecoveredBlock::new(sealed, senders).filter(|_| sound)?)))
        }
        _ => None,
    }
}

/// The name of a segment's file.
pub(crate) fn segment_file(segment: u32) -> String {
    format!("blocks-{segment:08}.log")
}

fn segment_of(file: &str) -> Option<u32> {
    file.strip_prefix("blocks-")?.strip_suffix(".log")?.parse().ok()
}

/// A tail that a crash left behind and that was cut off: it had never been acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TornTail {
    /// The segment file.
    pub file: String,
    /// Where it was cut.
    pub offset: u64,
    /// How many bytes were cut off.
    pub bytes: u64,
}

/// The open log.
#[derive(Debug)]
pub(crate) struct BlockLog {
    disk: Arc<dyn Disk>,
    segment_bytes: u64,
    tail: Mutex<Position>,
}

impl BlockLog {
    pub(crate) fn new(disk: Arc<dyn Disk>, segment_bytes: u64) -> Self {
        Self { disk, segment_bytes, tail: Mutex::default() }
    }

    /// The number of the last segment, if there is one, and the bytes of all.
    pub(crate) fn segments(&self) -> Result<(Option<u32>, u64), StoreError> {
        let (mut last, mut bytes) = (None, 0);
        for file in self.disk.list()? {
            if let Some(segment) = segment_of(&file) {
                last = last.max(Some(segment));
                bytes += self.disk.len(&file)?.unwrap_or(0);
            }
        }
        Ok((last, bytes))
    }

    /// Appends records as one batch and makes them durable with one sync.
    pub(crate) fn append(&self, records: &[Unplaced]) -> Result<Vec<Location>, StoreError> {
        let mut tail = self.tail.lock();
        if tail.offset >= self.segment_bytes {
            *tail = Position { segment: tail.segment + 1, offset: 0 };
        }
        let start = *tail;
        let size = records.iter().map(|record| HEADER + record.payload.len()).sum();
        let mut bytes = Vec::with_capacity(size);
        let mut locations = Vec::with_capacity(records.len());
        for record in records {
            let at = Position { offset: start.offset + bytes.len() as u64, ..start };
            record.put(&mut bytes, at, start.offset);
            let len = (HEADER + record.payload.len()) as u32;
            locations.push(Location { segment: at.segment, offset: at.offset, len });
        }
        let file = segment_file(start.segment);
        self.disk.append(&file, &bytes)?;
        self.disk.sync(&file)?;
        tail.offset += bytes.len() as u64;
        Ok(locations)
    }

    /// Where the next record would go.
    pub(crate) fn tail(&self) -> Position {
        *self.tail.lock()
    }

    /// Reads and verifies the record at a place.
    pub(crate) fn read(&self, at: Location) -> Result<Record, StoreError> {
        let file = segment_file(at.segment);
        let mut bytes = vec![0; at.len as usize];
        match self.disk.read_at(&file, at.offset, &mut bytes) {
            Ok(()) => {}
            Err(StoreError::Io { source, .. })
                if matches!(
                    source.kind(),
                    std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::NotFound
                ) =>
            {
                return Err(StoreError::log(
                    file,
                    at.offset,
                    "the file ends before the record does",
                ));
            }
            Err(error) => return Err(error),
        }
        let position = Position { segment: at.segment, offset: at.offset };
        let (header, payload) = verify(&bytes, position)
            .filter(|(header, _)| header.payload + HEADER == bytes.len())
            .ok_or_else(|| {
                StoreError::log(&file, at.offset, "the record's checksum does not match")
            })?;
        decode(header, payload).ok_or_else(|| StoreError::log(&file, at.offset, UNDECODABLE))
    }

    /// Reads the log from a position to its end, and sets the tail there. A torn tail is cut off and said.
    pub(crate) fn scan(
        &self,
        from: Position,
        mut visit: impl FnMut(Location, Record) -> Result<(), StoreError>,
    ) -> Result<Option<TornTail>, StoreError> {
        let (last, _) = self.segments()?;
        let last = last.unwrap_or(from.segment).max(from.segment);
        let mut at = from;
        loop {
            let file = segment_file(at.segment);
            let len = self.disk.len(&file)?.unwrap_or(0);
            if len < at.offset {
                return Err(StoreError::log(
                    &file,
                    len,
                    format!("it should be at least {} bytes long", at.offset),
                ));
            }
            let torn = self.scan_segment(&file, &mut at, len, &mut visit)?;
            match torn {
                Some(offset) if at.segment < last => {
                    return Err(StoreError::log(
                        &file,
                        offset,
                        "the record's checksum does not match",
                    ));
                }
                Some(offset) => {
                    self.disk.truncate(&file, offset)?;
                    *self.tail.lock() = at;
                    return Ok(Some(TornTail { file, offset, bytes: len - offset }));
                }
                None if at.segment == last => {
                    *self.tail.lock() = at;
                    return Ok(None);
                }
                None => at = Position { segment: at.segment + 1, offset: 0 },
            }
        }
    }

    /// Reads the log between two places with the outcome of each record's verification, and changes nothing. After a bad record it goes on at the next good one.
    pub(crate) fn audit(
        &self,
        from: Position,
        to: Position,
        mut visit: impl FnMut(Result<(Location, Record), StoreError>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        for segment in from.segment..=to.segment {
            let file = segment_file(segment);
            let there = self.disk.len(&file)?.unwrap_or(0);
            let len = if segment == to.segment { to.offset } else { there };
            if there < len {
                visit(Err(StoreError::log(
                    &file,
                    there,
                    format!("it should be {len} bytes long"),
                )))?;
            }
            let start = if segment == from.segment { from.offset } else { 0 };
            let mut at = Position { segment, offset: start };
            let len = len.min(there);
            loop {
                // A full stop for the log's own reasons is none here.
                let mut failed = None;
                let bad = self.scan_records(&file, &mut at, len, &mut |location, record| {
                    visit(Ok((location, record))).map_err(|error| failed = Some(error)).is_ok()
                })?;
                if let Some(error) = failed {
                    return Err(error);
                }
                let Some(what) = bad else { break };
                visit(Err(StoreError::log(&file, at.offset, what)))?;
                match self.next_good(&file, at, len)? {
                    Some((next, _)) => at = next,
                    None => break,
                }
            }
        }
        Ok(())
    }

    /// Reads a segment from `at` on and moves it. Gives the offset of a torn tail.
    fn scan_segment(
        &self,
        file: &str,
        at: &mut Position,
        len: u64,
        visit: &mut impl FnMut(Location, Record) -> Result<(), StoreError>,
    ) -> Result<Option<u64>, StoreError> {
        let mut failed = None;
        let bad = self.scan_records(file, at, len, &mut |location, record| {
            visit(location, record).map_err(|error| failed = Some(error)).is_ok()
        })?;
        match (failed, bad) {
            (Some(error), _) => Err(error),
            (None, Some(UNDECODABLE)) => Err(StoreError::log(file, at.offset, UNDECODABLE)),
            (None, Some(_)) => self.torn(file, *at, len).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// Reads records from `at` on and moves it, until the end, until `visit` says false, or until a bad record: then what is wrong with it is given.
    fn scan_records(
        &self,
        file: &str,
        at: &mut Position,
        len: u64,
        visit: &mut dyn FnMut(Location, Record) -> bool,
    ) -> Result<Option<&'static str>, StoreError> {
        let mut buffer = Vec::new();
        while at.offset < len {
            let Some(record) = self.read_next(file, at.offset, len, &mut buffer)? else {
                return Ok(Some(BAD_HEADER));
            };
            let Some((header, payload)) = verify(record, *at) else {
                return Ok(Some(BAD_CHECKSUM));
            };
            let Some(decoded) = decode(header, payload) else { return Ok(Some(UNDECODABLE)) };
            let location =
                Location { segment: at.segment, offset: at.offset, len: record.len() as u32 };
            if !visit(location, decoded) {
                break;
            }
            *at = location.end();
        }
        Ok(None)
    }

    /// The bytes of the record at an offset; None when its header is bad or the file ends before it does.
    fn read_next<'b>(
        &self,
        file: &str,
        offset: u64,
        len: u64,
        buffer: &'b mut Vec<u8>,
    ) -> Result<Option<&'b [u8]>, StoreError> {
        if len - offset < HEADER as u64 {
            return Ok(None);
        }
        let mut head = [0; HEADER];
        self.disk.read_at(file, offset, &mut head)?;
        let Some(header) = RecordHeader::read(&head) else { return Ok(None) };
        let size = HEADER + header.payload;
        if size as u64 > len - offset {
            return Ok(None);
        }
        buffer.resize(size, 0);
        self.disk.read_at(file, offset, buffer)?;
        Ok(Some(buffer))
    }

    /// Whether the bad record at `at` is a torn tail: Ok with its offset. An error when a later batch shows that it had been synced.
    fn torn(&self, file: &str, at: Position, len: u64) -> Result<u64, StoreError> {
        let mut next = at;
        while let Some((good, batch)) = self.next_good(file, next, len)? {
            if batch > at.offset {
                return Err(StoreError::log(file, at.offset, BAD_CHECKSUM));
            }
            next = good;
        }
        Ok(at.offset)
    }

    /// The next good record after `at`, and where its batch began.
    fn next_good(
        &self,
        file: &str,
        at: Position,
        len: u64,
    ) -> Result<Option<(Position, u64)>, StoreError> {
        let mut rest = vec![0; (len - at.offset) as usize];
        self.disk.read_at(file, at.offset, &mut rest)?;
        let later =
            rest.windows(MAGIC.len()).enumerate().skip(1).filter(|(_, window)| *window == MAGIC);
        for (skip, _) in later {
            let position = Position { offset: at.offset + skip as u64, ..at };
            if let Some((header, _)) = verify(&rest[skip..], position) {
                return Ok(Some((position, header.batch)));
            }
        }
        Ok(None)
    }
}
