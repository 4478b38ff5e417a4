//! Extra data: published vectors, what live networks write, and bytes that nobody should write.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod fixtures;

use alloy_primitives::{Address, B256, Bytes, address, b256, hex, keccak256};
use entente_chain::{
    ChainSpec, ForkSchedule, Header, HeaderProfile, ISTANBUL_DIGEST,
    extra_data::{
        CliqueExtraData, Ibft2ExtraData, IstanbulExtraData, QbftExtraData, Seal, Vote, VoteKind,
    },
    hash,
};
use proptest::prelude::*;

fn field<'a>(value: &'a serde_json::Value, key: &str) -> &'a str {
    value[key].as_str().unwrap()
}

#[test]
fn the_published_vectors_are_read() {
    let Some(text) = fixtures::text("besu/vectors/bft_extra_data.json") else { return };
    let vectors: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(vectors.len(), 4);
    for (name, vector) in vectors {
        let bytes = hex::decode(field(&vector, "rlp")).unwrap();
        let said = &vector["qbft_extra_data"];
        // These vectors pad the round and write 0x00 for a vote to drop, as no live network does.
        let extra = QbftExtraData::decode_published(&bytes).unwrap();
        assert!(QbftExtraData::decode(&bytes).is_err(), "{name}");
        assert_eq!(extra.vanity, field(said, "vanityData").parse::<Bytes>().unwrap(), "{name}");
        assert_eq!(u64::from(extra.round), said["round"].as_u64().unwrap(), "{name}");
        let list = |key: &str| {
            said[key]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item.as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            extra.validators,
            list("validators").iter().map(|text| text.parse().unwrap()).collect::<Vec<Address>>(),
            "{name}"
        );
        assert_eq!(
            extra.seals,
            list("seals").iter().map(|text| text.parse().unwrap()).collect::<Vec<Seal>>(),
            "{name}"
        );
        let vote = said["vote"].as_object().map(|vote| Vote {
            recipient: vote["recipient"].as_str().unwrap().parse().unwrap(),
            kind: if vote["voteType"] == "0xff" { VoteKind::Add } else { VoteKind::Drop },
        });
        assert_eq!(extra.vote, vote, "{name}");
        assert_eq!(
            QbftExtraData::decode(&extra.encode()).unwrap(),
            extra,
            "{name}: read again as live networks write it"
        );
    }
}

/// Worked out by hand from RLP: 32 zero bytes, no validators, no vote, round 0, no seals.
#[test]
fn the_empty_qbft_extra_data_is_the_documented_one() {
    let documented =
        hex!("e5a00000000000000000000000000000000000000000000000000000000000000000c0c080c0");
    let empty = QbftExtraData { vanity: B256::ZERO.0.into(), ..QbftExtraData::default() };
    assert_eq!(empty.encode(), Bytes::from(documented));
    assert_eq!(QbftExtraData::decode(&documented).unwrap(), empty);
}

/// Worked out by hand from the layouts: the vote's bytes differ between QBFT (0x80) and IBFT 2.0 (0x00).
#[test]
fn votes_to_drop_differ_by_engine() {
    let vote = Some(Vote {
        recipient: address!("00000000000000000000000000000000000000aa"),
        kind: VoteKind::Drop,
    });
    let qbft = QbftExtraData { vote, round: 1, ..QbftExtraData::default() };
    assert_eq!(qbft.encode(), hex!("db80c0d69400000000000000000000000000000000000000aa8001c0")[..]);
    let ibft2 = Ibft2ExtraData { vote, round: 1, ..Ibft2ExtraData::default() };
    assert_eq!(
        ibft2.encode(),
        hex!("df80c0d69400000000000000000000000000000000000000aa008400000001c0")[..]
    );
    assert_eq!(
        ibft2.encode_for_commit_seal(),
        hex!("de80c0d69400000000000000000000000000000000000000aa008400000001")[..]
    );
    assert_eq!(
        ibft2.encode_for_block_hash(),
        hex!("d980c0d69400000000000000000000000000000000000000aa00")[..]
    );
}

#[test]
fn broken_extra_data_says_which_part() {
    let message = |bytes: &[u8]| QbftExtraData::decode(bytes).unwrap_err().to_string();
    assert!(message(&[]).contains("the outer list"));
    assert!(message(&hex!("c0")).contains("the vanity"));
    assert!(message(&hex!("c580c0c080c000")).contains("1 bytes follow"));
    assert!(message(&hex!("c780c0c0820001c0")).contains("the round"));
    let seal = hex!("c780c0c080c28101");
    assert!(message(&seal).contains("a seal"), "{}", message(&seal));
    assert!(CliqueExtraData::decode(&[0; 98]).unwrap_err().to_string().contains("98 bytes"));
    assert!(IstanbulExtraData::decode(&[0; 31]).unwrap_err().to_string().contains("the vanity"));
}

/// keccak256 over headers written out with other extra data, by the rules of the engines.
#[test]
fn hashes_leave_out_what_the_engines_leave_out() {
    let seals = vec![Seal::repeat_byte(1), Seal::repeat_byte(2)];
    let qbft = QbftExtraData { round: 3, seals: seals.clone(), ..QbftExtraData::default() };
    let header = |extra_data| Header {
        number: 7,
        mix_hash: ISTANBUL_DIGEST,
        extra_data,
        ..Header::default()
    };
    let spec = |profile| ChainSpec { profile, ..ChainSpec::new(1, ForkSchedule::frontier()) };
    let raw = |extra_data: Bytes| keccak256(alloy_rlp::encode(header(extra_data)));

    let sealed = header(qbft.encode());
    let bare = |round| QbftExtraData { round, ..QbftExtraData::default() }.encode();
    assert_eq!(spec(HeaderProfile::Qbft).hash_header(&sealed), raw(bare(0)));
    assert_eq!(hash::qbft_commit_hash(&sealed, &qbft), raw(bare(3)));
    assert_eq!(spec(HeaderProfile::Ethereum).hash_header(&sealed), raw(qbft.encode()));
    // GoQuorum tries its first format, then QBFT's, and only under the digest.
    assert_eq!(spec(HeaderProfile::IstanbulLegacy).hash_header(&sealed), raw(bare(0)));
    let unmarked = Header { mix_hash: B256::ZERO, ..sealed.clone() };
    assert_eq!(spec(HeaderProfile::IstanbulLegacy).hash_header(&unmarked), unmarked.hash_slow());
    // The genesis header is hashed as it stands.
    let first = Header { number: 0, ..sealed };
    assert_eq!(spec(HeaderProfile::Qbft).hash_header(&first), first.hash_slow());
    // Nonsense has a hash too.
    let nonsense = header(hex!("01020304").into());
    for profile in [
        HeaderProfile::Qbft,
        HeaderProfile::Ibft2,
        HeaderProfile::IstanbulLegacy,
        HeaderProfile::Clique,
    ] {
        assert_eq!(spec(profile).hash_header(&nonsense), nonsense.hash_slow());
    }
    let ibft2 = Ibft2ExtraData { round: 3, seals, ..Ibft2ExtraData::default() };
    assert_eq!(
        spec(HeaderProfile::Ibft2).hash_header(&header(ibft2.encode())),
        raw(hex!("c380c080").into())
    );
    assert_eq!(
        hash::ibft2_commit_hash(&header(ibft2.encode()), &ibft2),
        raw(hex!("c880c0808400000003").into())
    );
}

/// EIP-225: the Rinkeby genesis block names one signer.
#[test]
fn rinkebys_genesis_extra_data() {
    let bytes = hex::decode(format!(
        "52657370656374206d7920617574686f7269746168207e452e436172746d616e42eb768f2244c8811c63729a21a3569731535f067ffc57839b00206d1ad20c69a1981b489f772031b279182d99e65703f0076e4812653aab85fca0f0{}",
        "00".repeat(65)
    ))
    .unwrap();
    let extra = CliqueExtraData::decode(&bytes).unwrap();
    assert_eq!(
        extra.signers,
        [
            address!("42eb768f2244c8811c63729a21a3569731535f06"),
            address!("7ffc57839b00206d1ad20c69a1981b489f772031"),
            address!("b279182d99e65703f0076e4812653aab85fca0f0"),
        ]
    );
    assert_eq!(
        extra.vanity,
        b256!("52657370656374206d7920617574686f7269746168207e452e436172746d616e")
    );
    assert_eq!(extra.encode(), Bytes::from(bytes));
}

fn vote() -> impl Strategy<Value = Option<Vote>> {
    proptest::option::of((any::<[u8; 20]>(), any::<bool>()).prop_map(|(recipient, add)| Vote {
        recipient: recipient.into(),
        kind: if add { VoteKind::Add } else { VoteKind::Drop },
    }))
}

fn seal() -> impl Strategy<Value = Seal> {
    proptest::collection::vec(any::<u8>(), 65).prop_map(|bytes| Seal::from_slice(&bytes))
}

fn validators() -> impl Strategy<Value = Vec<Address>> {
    proptest::collection::vec(any::<[u8; 20]>().prop_map(Address::new), 0..20)
}

proptest! {
    #[test]
    fn every_bft_extra_data_reads_back(
        vanity: [u8; 32], validators in validators(), vote in vote(), round: u32, seals in proptest::collection::vec(seal(), 0..8),
    ) {
        let vanity = Bytes::from(vanity);
        let qbft = QbftExtraData { vanity: vanity.clone(), validators: validators.clone(), vote, round, seals: seals.clone() };
        prop_assert_eq!(QbftExtraData::decode(&qbft.encode()).unwrap(), qbft);
        let ibft2 = Ibft2ExtraData { vanity, validators, vote, round, seals };
        prop_assert_eq!(Ibft2ExtraData::decode(&ibft2.encode()).unwrap(), ibft2);
    }

    #[test]
    fn every_istanbul_and_clique_extra_data_reads_back(
        vanity: [u8; 32], validators in validators(), proposer_seal in proptest::option::of(seal()), seals in proptest::collection::vec(seal(), 0..8), seal in seal(),
    ) {
        let vanity = B256::new(vanity);
        let istanbul = IstanbulExtraData { vanity, validators: validators.clone(), proposer_seal, seals };
        prop_assert_eq!(IstanbulExtraData::decode(&istanbul.encode()).unwrap(), istanbul);
        let clique = CliqueExtraData { vanity, signers: validators, seal };
        prop_assert_eq!(CliqueExtraData::decode(&clique.encode()).unwrap(), clique);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200), flip in any::<(usize, u8)>()) {
        let decode_all = |bytes: &[u8]| {
            let _ = QbftExtraData::decode(bytes);
            let _ = QbftExtraData::decode_published(bytes);
            let _ = Ibft2ExtraData::decode(bytes);
            let _ = IstanbulExtraData::decode(bytes);
            let _ = CliqueExtraData::decode(bytes);
        };
        decode_all(&bytes);
        // Nearly right bytes reach further into the decoders.
        let mut near = QbftExtraData { validators: vec![Address::ZERO; 2], seals: vec![Seal::ZERO], ..QbftExtraData::default() }.encode().to_vec();
        let at = flip.0 % near.len();
        near[at] ^= flip.1;
        decode_all(&near);
    }
}
