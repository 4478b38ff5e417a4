//! Blocks as peers and files have them.
#![no_main]

use entente_chain::{
    BlockFile, ChainSpec, Fork, ForkSchedule, decode_block, recover::recover_block_serial,
};
use entente_fuzz::within;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static SPEC: LazyLock<ChainSpec> =
    LazyLock::new(|| ChainSpec::new(1, ForkSchedule::all_until(Fork::Osaka)));

fuzz_target!(|bytes: &[u8]| {
    if let Ok((block, taken)) = within(128, bytes.len(), || decode_block(bytes)) {
        assert_eq!(alloy_rlp::encode(&block), bytes[..taken], "a block has one encoding");
        let (again, _) =
            decode_block(&bytes[..taken]).expect("a block does not depend on what follows it");
        assert_eq!(again, block);
        let sealed = SPEC.seal_block(block);
        let _ = SPEC.validate_body(&sealed);
        if sealed.block.body.transactions.len() < 4 {
            let _ = recover_block_serial(sealed, true);
        }
    }

    let mut file = BlockFile::new(bytes);
    let (mut at, mut ended) = (0, false);
    while let Some(block) = file.next() {
        assert!(!ended, "it ends after an error");
        match block {
            Ok(block) => {
                let encoded = alloy_rlp::encode(&block);
                assert_eq!(encoded, bytes[at..at + encoded.len()]);
                at += encoded.len();
            }
            Err(error) => {
                ended = true;
                assert!(error.to_string().len() < 1024);
            }
        }
        assert_eq!(file.position(), at as u64);
    }
    assert!(ended || at == bytes.len(), "every byte was a block's, or there was an error");
});
