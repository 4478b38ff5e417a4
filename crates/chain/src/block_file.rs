//! Blocks one after another, as `geth export` and `besu blocks export` write them: plain RLP without a frame.

use crate::{Block, ChainError};
use alloy_rlp::Decodable;
use std::io::Read;

/// The largest block that is read from a file, in bytes. Far beyond what any gas limit in use allows.
pub const MAX_BLOCK_BYTES: usize = 256 * 1024 * 1024;

/// Read from the file at once, in bytes.
const CHUNK: usize = 1024 * 1024;

/// Bytes that an RLP list header takes at most.
const MAX_HEADER: usize = 9;

/// Decodes the block at the start of `bytes` and says how many bytes it took. Memory follows the input's length, never a length that the input claims.
///
/// A block has one encoding, and no other is taken. alloy's decoder passes typed transactions whose RLP string states a wrong length, or that have no
/// string around them; other clients refuse such a block, so it must not stand on a chain here either.
///
/// # Errors
/// [`ChainError::Block`] with position 0 and the reason.
pub fn decode_block(bytes: &[u8]) -> Result<(Block, usize), ChainError> {
    let fault = |reason: String| ChainError::Block { position: 0, reason };
    let mut rest = bytes;
    let block = Block::decode(&mut rest).map_err(|error| fault(format!("not a block: {error}")))?;
    let taken = bytes.len() - rest.len();
    if alloy_rlp::encode(&block) != bytes[..taken] {
        return Err(fault("not a block: its RLP is not canonical".into()));
    }
    Ok((block, taken))
}

/// Reads blocks from a file or stream, each when it is asked for. After an error it ends.
#[derive(Debug)]
pub struct BlockFile<R> {
    input: R,
    buffer: Vec<u8>,
    /// Where the unread bytes of the buffer begin.
    start: usize,
    position: u64,
    ended: bool,
}

impl<R: Read> BlockFile<R> {
    /// Reads blocks from `input`, which needs no buffer of its own.
    pub const fn new(input: R) -> Self {
        Self { input, buffer: Vec::new(), start: 0, position: 0, ended: false }
    }

    /// Bytes of the file that have become blocks.
    pub const fn position(&self) -> u64 {
        self.position
    }

    fn fill(&mut self, wanted: usize) -> Result<usize, ChainError> {
        while self.buffer.len() - self.start < wanted {
            if self.start > 0 {
                self.buffer.drain(..self.start);
                self.start = 0;
            }
            let read = (&mut self.input).take(CHUNK as u64).read_to_end(&mut self.buffer).map_err(
                |error| ChainError::Read { position: self.position, reason: error.to_string() },
            )?;
            if read == 0 {
                break;
            }
        }
        Ok(self.buffer.len() - self.start)
    }

    fn read_block(&mut self) -> Result<Option<Block>, ChainError> {
        let fault = |position, reason: String| ChainError::Block { position, reason };
        let position = self.position;
        let at_hand = self.fill(MAX_HEADER)?;
        if at_hand == 0 {
            return Ok(None);
        }
        let length =
            list_length(&self.buffer[self.start..]).map_err(|reason| fault(position, reason))?;
        if length > MAX_BLOCK_BYTES {
            return Err(fault(
                position,
                format!("it claims {length} bytes; at most {MAX_BLOCK_BYTES} are read"),
            ));
        }
        let at_hand = self.fill(length)?;
        if at_hand < length {
            return Err(fault(
                position,
                format!("the file ends within it: {at_hand} of {length} bytes are there"),
            ));
        }
        let bytes = &self.buffer[self.start..self.start + length];
        let (block, _) = decode_block(bytes).map_err(|error| match error {
            ChainError::Block { reason, .. } => fault(position, reason),
            other => other,
        })?;
        self.start += length;
        self.position += length as u64;
        Ok(Some(block))
    }
}

impl<R: Read> Iterator for BlockFile<R> {
    type Item = Result<Block, ChainError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let block = self.read_block().transpose();
        self.ended = !matches!(block, Some(Ok(_)));
        block
    }
}

/// The whole length of the list that begins here, header included. The list itself need not be there yet.
fn list_length(bytes: &[u8]) -> Result<usize, String> {
    let first = *bytes.first().ok_or("nothing there")?;
    if first < 0xc0 {
        return Err(format!("a block is an RLP list; this begins with the byte {first:#04x}"));
    }
    let (header, payload) = if first < 0xf8 {
        (1, usize::from(first - 0xc0))
    } else {
        let digits = usize::from(first - 0xf7);
        let digits = bytes.get(1..1 + digits).ok_or("the file ends within the block's length")?;
        let length = digits
            .iter()
            .try_fold(0usize, |length, digit| Some(length.checked_mul(256)? + usize::from(*digit)));
        (1 + digits.len(), length.ok_or("the block's length is beyond all memory")?)
    };
    header.checked_add(payload).ok_or_else(|| "the block's length is beyond all memory".into())
}
