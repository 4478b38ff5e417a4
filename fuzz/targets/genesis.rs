//! Genesis files.
#![no_main]

use entente_chain::{Genesis, decode_block};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let genesis = match Genesis::from_json(text, "genesis.json") {
        Ok(genesis) => genesis,
        Err(error) => {
            // The file's own keys are shown, and nothing else of it in full.
            assert!(error.to_string().len() <= 8 * text.len() + 4096);
            return;
        }
    };
    let explained = genesis.explain();
    assert!(explained.to_string().contains("chain id"));
    assert_eq!(explained.hash, genesis.spec.genesis_hash);
    assert_eq!(genesis.spec.hash_header(&genesis.header), genesis.header.hash);
    let block = genesis.block().block;
    let encoded = alloy_rlp::encode(&block);
    assert_eq!(
        decode_block(&encoded).expect("the first block can be read"),
        (block, encoded.len())
    );

    let spec = &genesis.spec;
    for (number, timestamp) in
        [(0, spec.genesis_timestamp), (1, u64::MAX), (u64::MAX, 0), (u64::MAX, u64::MAX)]
    {
        spec.profile_at(number);
        spec.contract_size_limit_at(number);
        spec.transaction_gas_cap(number, timestamp);
        spec.blob_params(number, timestamp);
        spec.fork_id(number, timestamp);
        spec.next_base_fee(&genesis.header, timestamp);
        spec.next_excess_blob_gas(&genesis.header, timestamp);
    }
    spec.fork_filter(&genesis.header);
    // The same file means the same chain.
    let again = Genesis::from_json(text, "genesis.json").expect("it was read a moment ago");
    assert_eq!(again.explain(), explained);
});
