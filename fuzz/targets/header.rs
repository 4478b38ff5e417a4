//! Headers, their hashes under every profile, the rules, and the extra data of BFT and clique headers.
#![no_main]

use alloy_rlp::Decodable as _;
use entente_chain::{
    ChainSpec, Fork, ForkSchedule, Header, HeaderProfile,
    extra_data::{CliqueExtraData, Ibft2ExtraData, IstanbulExtraData, QbftExtraData},
    spec::MAX_SEALED_EXTRA_DATA,
};
use entente_fuzz::within;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static SPECS: LazyLock<Vec<ChainSpec>> = LazyLock::new(|| {
    let profiles = [
        HeaderProfile::Ethereum,
        HeaderProfile::Clique,
        HeaderProfile::Qbft,
        HeaderProfile::Ibft2,
        HeaderProfile::IstanbulLegacy,
    ];
    let spec = |profile, fork| {
        let forks = ForkSchedule::all_until(fork);
        ChainSpec { profile, max_extra_data: MAX_SEALED_EXTRA_DATA, ..ChainSpec::new(1, forks) }
    };
    let forks = [Fork::Frontier, Fork::London, Fork::Osaka];
    forks.into_iter().flat_map(|fork| profiles.map(|profile| spec(profile, fork))).collect()
});

fuzz_target!(|bytes: &[u8]| {
    extra_data(bytes);
    let mut rest = bytes;
    let Ok(header) = within(64, bytes.len(), || Header::decode(&mut rest)) else { return };
    assert_eq!(
        alloy_rlp::encode(&header),
        bytes[..bytes.len() - rest.len()],
        "a header has one encoding"
    );
    extra_data(&header.extra_data);
    // What follows is its child, or else it is its own.
    let child = Header::decode(&mut rest).unwrap_or_else(|_| header.clone());
    for spec in SPECS.iter() {
        let parent = spec.seal_header(header.clone());
        if header.number == 0 || spec.profile == HeaderProfile::Ethereum {
            assert_eq!(parent.hash, header.hash_slow());
        }
        let mut child = child.clone();
        child.parent_hash = parent.hash;
        child.number = header.number.saturating_add(1);
        let child = spec.seal_header(child);
        if let Err(error) = spec.validate_header(&child, &parent) {
            assert!(error.to_string().len() < 1024);
        }
        spec.next_base_fee(&header, child.timestamp);
        spec.next_gas_limit(&header, child.gas_limit);
        spec.next_excess_blob_gas(&header, child.timestamp);
        spec.blob_fee(&header);
        spec.fork_id(header.number, header.timestamp);
        spec.block_rewards(&child, &[header.clone()]);
        let mut filled = child.header;
        spec.fill_fork_fields(&mut filled, &header);
        let encoded = alloy_rlp::encode(&filled);
        assert_eq!(Header::decode(&mut &encoded[..]).as_ref(), Ok(&filled));
    }
});

fn extra_data(bytes: &[u8]) {
    macro_rules! stable {
        ($kind:ident, $one_form:expr) => {
            if let Ok(extra) = within(8, bytes.len(), || $kind::decode(bytes)) {
                let encoded = extra.encode();
                assert!(!$one_form || encoded == *bytes, "extra data has one encoding");
                assert_eq!($kind::decode(&encoded).as_ref(), Ok(&extra));
            }
        };
    }
    stable!(CliqueExtraData, true);
    stable!(Ibft2ExtraData, true);
    stable!(IstanbulExtraData, true);
    // Items after the seals are passed over.
    stable!(QbftExtraData, false);
    if let Ok(extra) = QbftExtraData::decode_published(bytes) {
        assert_eq!(QbftExtraData::decode(&extra.encode()), Ok(extra));
    }
}
