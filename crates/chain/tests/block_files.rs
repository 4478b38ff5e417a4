//! Files of blocks: whole, cut short, and broken.

use alloy_consensus::{SignableTransaction as _, TxEip1559};
use alloy_eips::Encodable2718 as _;
use alloy_primitives::Signature;
use entente_chain::{Block, BlockFile, ChainError, Header, decode_block};
use proptest::prelude::*;
use std::io::{self, Read};

fn block(number: u64) -> Block {
    Block { header: Header { number, ..Header::default() }, ..Block::default() }
}

/// A reader that hands out a few bytes at a time.
struct Trickle<'a>(&'a [u8]);

impl Read for Trickle<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let length = buf.len().min(3);
        self.0.read(&mut buf[..length])
    }
}

#[test]
fn blocks_come_out_as_they_went_in() {
    let blocks: Vec<_> = (0..50).map(block).collect();
    let bytes: Vec<u8> = blocks.iter().flat_map(alloy_rlp::encode).collect();
    let mut file = BlockFile::new(Trickle(&bytes));
    let read: Vec<_> = file.by_ref().collect::<Result<_, _>>().unwrap();
    assert_eq!(read, blocks);
    assert_eq!(file.position(), bytes.len() as u64);
    assert!(file.next().is_none());
    let (first, taken) = decode_block(&bytes).unwrap();
    assert_eq!((first, taken), (block(0), alloy_rlp::encode(block(0)).len()));
}

/// Found by fuzzing. In a block a typed transaction is an RLP string; its length has to be the transaction's, and it has to be there.
#[test]
fn a_block_has_one_encoding() {
    let tx = TxEip1559 { chain_id: 1, input: vec![7; 90].into(), ..TxEip1559::default() };
    let tx = tx.into_signed(Signature::test_signature());
    let mut block = block(1);
    block.body.transactions = vec![tx.into()];
    let encoded = alloy_rlp::encode(&block);
    let inner = block.body.transactions[0].encoded_2718();
    let at = encoded.windows(inner.len()).position(|window| window == inner).unwrap();
    assert_eq!(encoded[at - 2..at], [0xb8, inner.len() as u8], "the string's header");
    assert_eq!(decode_block(&encoded).unwrap(), (block.clone(), encoded.len()));

    let mut shorter = encoded;
    shorter[at - 1] -= 9;
    let error = decode_block(&shorter).unwrap_err();
    assert!(error.to_string().contains("not a block"), "{error}");

    // The same without the string: header, list of transactions, ommers.
    let bare =
        [alloy_rlp::encode(&block.header), list(&inner), alloy_rlp::encode(&block.body.ommers)];
    let error = decode_block(&list(&bare.concat())).unwrap_err();
    assert!(error.to_string().contains("not a block"), "{error}");
}

fn list(payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    alloy_rlp::Header { list: true, payload_length: payload.len() }.encode(&mut out);
    out.extend_from_slice(payload);
    out
}

#[test]
fn a_broken_file_says_where() {
    let mut bytes = alloy_rlp::encode(block(0));
    let whole = bytes.len() as u64;
    bytes.extend_from_slice(&alloy_rlp::encode(block(1))[..100]);
    let mut file = BlockFile::new(bytes.as_slice());
    assert!(file.next().unwrap().is_ok());
    let Some(Err(ChainError::Block { position, reason })) = file.next() else { unreachable!() };
    assert_eq!(position, whole);
    assert!(reason.contains("the file ends within it"), "{reason}");
    assert!(file.next().is_none(), "nothing comes after an error");
    let refused = |bytes: &[u8]| BlockFile::new(bytes).next().unwrap().unwrap_err().to_string();
    assert!(refused(&[0x80]).contains("begins with the byte 0x80"));
    assert!(
        refused(&[0xff; 9]).contains("claims") || refused(&[0xff; 9]).contains("beyond all memory")
    );
    // A list that claims more than there could be takes no memory.
    assert!(refused(&[0xfb, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]).contains("claims"));
    assert!(refused(&[0xc0]).contains("not a block"));
}

proptest! {
    #[test]
    fn any_bytes_are_blocks_or_errors(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = decode_block(&bytes);
        let _ = BlockFile::new(bytes.as_slice()).count();
    }
}
