//! What genesis files may say, and what is said to those who get it wrong.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use alloy_eips::eip7685::EMPTY_REQUESTS_HASH;
use alloy_primitives::{Address, B256, U256, address, b256};
use entente_chain::{
    BaseFeeRule, BlobParams, ChainError, DEV_ACCOUNTS, Dialect, EngineConfig, Fork, ForkCondition,
    Genesis, HeaderProfile,
};
use proptest::prelude::*;

const EMPTY_QBFT: &str =
    "0xe5a00000000000000000000000000000000000000000000000000000000000000000c0c080c0";

fn file(config: &str, rest: &str) -> String {
    format!(
        r#"{{"config": {{"chainId": 7{config}}}, "gasLimit": "0x1c9c380", "difficulty": "0x1"{rest}}}"#
    )
}

fn read(config: &str, rest: &str) -> Result<Genesis, ChainError> {
    Genesis::from_json(&file(config, rest), "g.json")
}

fn error(config: &str, rest: &str) -> String {
    read(config, rest).unwrap_err().to_string()
}

/// The root of the empty trie is the well-known one of the Yellow Paper.
#[test]
fn a_chain_without_accounts_has_the_empty_root() {
    let genesis = read("", "").unwrap();
    assert_eq!(
        genesis.header.state_root,
        b256!("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421")
    );
    assert_eq!(genesis.spec.genesis_hash, genesis.header.hash);
}

#[test]
fn keys_are_read_whatever_their_case_and_numbers_in_any_dress() {
    let text = r#"{"CONFIG": {"ChainID": "0x539", "BERLINBLOCK": "5", "londonblock": 9},
        "gaslimit": 30000000, "Difficulty": "131072", "TimeStamp": "0x10", "COINBASE": "00000000000000000000000000000000000000ff",
        "Alloc": {"0x00000000000000000000000000000000000000aA": {"Balance": 340282366920938463463374607431768211456, "NONCE": "0x2", "privateKey": "x", "comment": 5}}}"#;
    let genesis = Genesis::from_json(text, "g.json").unwrap();
    assert_eq!(genesis.spec.chain_id, 1337);
    assert_eq!(genesis.header.gas_limit, 30_000_000);
    assert_eq!(genesis.header.difficulty, U256::from(131_072));
    assert_eq!(genesis.header.timestamp, 16);
    let account = &genesis.alloc[&address!("00000000000000000000000000000000000000aa")];
    assert_eq!(account.balance, U256::from(1) << 128);
    assert_eq!(account.nonce, 2);
    assert_eq!(
        genesis.spec.forks.condition(Fork::Istanbul),
        ForkCondition::Block(5),
        "implied by Berlin"
    );
    assert_eq!(genesis.spec.forks.condition(Fork::London), ForkCondition::Block(9));
    assert_eq!(genesis.spec.forks.condition(Fork::Shanghai), ForkCondition::Never);
    assert_eq!(genesis.header.base_fee_per_gas, None);
}

#[test]
fn errors_name_file_place_found_and_expected() {
    assert_eq!(
        error(r#", "londonBlock": "soon""#, ""),
        "g.json: `config.londonBlock`: found \"soon\", expected a whole number below 2^64: a JSON number, a decimal string or a 0x hex string"
    );
    assert!(
        error("", r#", "coinbase": "0x12""#)
            .starts_with("g.json: `coinbase`: found \"0x12\", expected an address")
    );
    assert!(error("", r#", "alloc": {"0x12": {}}"#).contains("\"0x12\" is not an address"));
    assert!(error("", r#", "alloc": []"#).contains("`alloc`: found [], expected an object"));
    let twice = r#", "alloc": {"0x00000000000000000000000000000000000000aa": {}, "00000000000000000000000000000000000000AA": {}}"#;
    assert!(error("", twice).contains("stands twice"));
    assert!(error("", r#", "number": 1"#).contains("`number`: found 1, expected 0"));
    assert!(error(r#", "ecCurve": "secp256r1""#, "").contains("secp256k1"));
    let missing =
        Genesis::from_json(r#"{"config": {"chainId": 1}, "difficulty": 1}"#, "g.json").unwrap_err();
    assert!(missing.to_string().starts_with("g.json: `gasLimit` is missing"), "{missing}");
    let syntax = Genesis::from_json("{\n \"config\": }", "g.json").unwrap_err().to_string();
    assert!(syntax.contains("line 2"), "{syntax}");
    assert!(Genesis::from_json("[]", "g.json").unwrap_err().to_string().contains("an object"));
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    assert!(Genesis::from_json(&deep, "g.json").is_err());
    // Deep values under keys that nobody reads are passed over without recursion.
    assert!(
        read("", &format!(r#", "extra": {deep}"#))
            .unwrap()
            .notices
            .iter()
            .any(|notice| notice.contains("`extra`"))
    );
}

#[test]
fn forks_out_of_order_are_refused() {
    let message = error(r#", "berlinBlock": 10, "londonBlock": 5"#, "");
    assert!(
        message.contains("`config.londonBlock`") && message.contains("`config.berlinBlock` at 10"),
        "{message}"
    );
    assert!(error(r#", "shanghaiTime": 100, "cancunTime": 50"#, "").contains("config.cancunTime"));
    assert!(error(r#", "osakaTime": 100, "bpo1Time": 50"#, "").contains("config.bpo1Time"));
    assert!(error(r#", "londonBlock": 5, "shanghaiTime": 0"#, "").contains("`config.londonBlock`"));
    assert!(
        error(r#", "petersburgBlock": 0, "constantinopleFixBlock": 0"#, "").contains("keep one")
    );
    assert!(error(r#", "amsterdamTime": 5"#, "").contains("up to Osaka"));
    // A time fork in the future after a block fork in the future is nobody's mistake.
    assert!(read(r#", "londonBlock": 5, "shanghaiTime": 100"#, "").is_ok());
}

#[test]
fn unknown_keys_are_noticed_with_the_nearest_known() {
    let genesis =
        read(r#", "londonBlok": 0, "somethingElse": 1, "ethash": {}"#, r#", "timstamp": 1"#)
            .unwrap();
    assert!(
        genesis.notices.iter().any(
            |notice| notice.contains("`config.londonBlok`") && notice.contains("`londonBlock`")
        )
    );
    assert!(
        genesis
            .notices
            .iter()
            .any(|notice| notice == "`config.somethingElse` is not known and is ignored")
    );
    assert!(
        genesis
            .notices
            .iter()
            .any(|notice| notice.contains("`timstamp`") && notice.contains("`timestamp`"))
    );
    assert_eq!(genesis.notices.len(), 3, "{:?}", genesis.notices);
}

#[test]
fn headers_at_genesis_have_what_their_forks_add() {
    let all = r#", "londonBlock": 0, "terminalTotalDifficulty": 0, "shanghaiTime": 0, "cancunTime": 0, "pragueTime": 0, "osakaTime": 0, "ethash": {}"#;
    let header = read(all, "").unwrap().header;
    assert_eq!(header.base_fee_per_gas, Some(1_000_000_000));
    assert!(header.withdrawals_root.is_some());
    assert_eq!((header.blob_gas_used, header.excess_blob_gas), (Some(0), Some(0)));
    assert_eq!(header.parent_beacon_block_root, Some(B256::ZERO));
    assert_eq!(header.requests_hash, Some(EMPTY_REQUESTS_HASH));
    let stated =
        read(all, r#", "baseFeePerGas": "0x7", "excessBlobGas": "0x20000", "blobGasUsed": null"#)
            .unwrap()
            .header;
    assert_eq!((stated.base_fee_per_gas, stated.excess_blob_gas), (Some(7), Some(131_072)));
    // Besu gives no base fee, and so nothing after it, where London is implied and not said.
    let qbft = format!(r#", "extraData": "{EMPTY_QBFT}""#);
    let implied = read(r#", "berlinBlock": 0, "shanghaiTime": 0, "qbft": {}"#, &qbft).unwrap();
    assert_eq!((implied.header.base_fee_per_gas, implied.header.withdrawals_root), (None, None));
    assert_eq!(implied.spec.fork(&implied.header), Fork::Shanghai);
    let said = read(
        r#", "berlinBlock": 0, "shanghaiTime": 0, "qbft": {}"#,
        &format!(r#"{qbft}, "baseFeePerGas": 0"#),
    )
    .unwrap();
    assert_eq!(said.header.base_fee_per_gas, Some(0));
    // geth does not look at a base fee before London.
    let early = read(r#", "berlinBlock": 0, "ethash": {}"#, r#", "baseFeePerGas": 5"#).unwrap();
    assert_eq!(early.header.base_fee_per_gas, None);
    assert!(early.notices.iter().any(|notice| notice.contains("baseFeePerGas")));
}

#[test]
fn besus_qbft_chain() {
    let config = r#", "berlinBlock": 0, "londonBlock": 0, "zeroBaseFee": true, "contractSizeLimit": 2147483647, "evmStackSize": 2048,
        "qbft": {"blockperiodseconds": 2, "epochlength": 30000, "blockreward": "0x10", "miningbeneficiary": "0x00000000000000000000000000000000000000bb", "pertxgaslimit": 50000000},
        "transitions": {"qbft": [{"block": 5, "blockperiodseconds": 4}]}"#;
    let genesis = read(config, &format!(r#", "extraData": "{EMPTY_QBFT}""#)).unwrap();
    let spec = &genesis.spec;
    assert_eq!(genesis.dialect, Dialect::Besu);
    assert_eq!((spec.profile, spec.base_fee), (HeaderProfile::Qbft, BaseFeeRule::Zero));
    assert_eq!(spec.contract_size_limit, Some(2_147_483_647));
    assert_eq!((spec.evm_stack_size, spec.transaction_gas_limit), (Some(2048), Some(50_000_000)));
    assert_eq!(
        spec.block_rewards(&genesis.header, &[]),
        [(Address::with_last_byte(0xbb), U256::from(16))]
    );
    assert_eq!((spec.withdrawal_request_contract, spec.deposit_contract), (None, None));
    let EngineConfig::Section { key, json } = &spec.engine else { unreachable!() };
    assert_eq!(key, "qbft");
    assert!(json.starts_with('{') && json.contains("\"epochlength\": 30000"));
    assert!(spec.transitions.as_ref().is_some_and(|text| text.contains("\"block\": 5")));
    assert_eq!(genesis.notices, Vec::<String>::new());
    assert!(error(r#", "qbft": {}, "clique": {}"#, "").contains("names another engine"));
    assert!(error(r#", "qbft": {}, "ibft2": {}"#, "").contains("startblock"));
    assert!(error(r#", "zeroBaseFee": true, "fixedBaseFee": true"#, "").contains("keep one"));
    assert!(
        error(r#", "ibft2": {}"#, &format!(r#", "extraData": "{EMPTY_QBFT}""#))
            .contains("IBFT 2.0's RLP list")
    );
}

#[test]
fn goquorums_chain() {
    let config = r#", "isQuorum": true, "eip150Block": 2, "eip155Block": 3, "eip158Block": 4, "byzantiumBlock": 5, "privacyEnhancementsBlock": 9,
        "maxCodeSizeConfig": [{"block": 0, "size": 32}, {"block": 8, "size": 64}], "txnSizeLimit": 64, "istanbul": {"epoch": 30000, "policy": 0, "testQBFTBlock": 20}"#;
    let extra = format!("0x{}c3c080c0", "00".repeat(32));
    let genesis = read(config, &format!(r#", "extraData": "{extra}""#)).unwrap();
    let spec = &genesis.spec;
    assert_eq!(genesis.dialect, Dialect::GoQuorum);
    assert_eq!(
        [spec.profile_at(0), spec.profile_at(19), spec.profile_at(20)],
        [HeaderProfile::IstanbulLegacy, HeaderProfile::IstanbulLegacy, HeaderProfile::Qbft]
    );
    assert_eq!(
        [0, 7, 8].map(|at| spec.contract_size_limit_at(at)),
        [Some(32 << 10), Some(32 << 10), Some(64 << 10)]
    );
    assert_eq!(spec.fork_points.blocks.iter().copied().collect::<Vec<_>>(), [2, 3, 4, 5, 9]);
    assert_eq!(spec.eip155_block, Some(3));
    assert!(genesis.notices.iter().any(|notice| notice.contains("private transactions")));
    let list = r#", "qbft": {}, "transitions": [{"block": 7, "algorithm": "raft"}]"#;
    assert!(
        error(list, &format!(r#", "extraData": "{EMPTY_QBFT}""#))
            .contains("config.transitions[0].algorithm")
    );
}

#[test]
fn blob_parameters_come_by_fork_and_time() {
    let config = r#", "londonBlock": 0, "cancunTime": 0, "pragueTime": 10, "osakaTime": 20, "bpo1Time": 30, "bpo3Time": 40,
        "blobSchedule": {"cancun": {"target": 1, "max": 2, "baseFeeUpdateFraction": 5}, "bpo1": {"target": 12, "max": 16, "baseFeeUpdateFraction": 5000}, "amsterdam": {}}"#;
    let genesis = read(config, "").unwrap();
    let at = |time| genesis.spec.blobs.at(time).unwrap();
    assert_eq!((at(0).target_blob_count, at(9).max_blob_count, at(9).update_fraction), (1, 2, 5));
    assert_eq!(at(10), BlobParams::prague());
    assert_eq!(at(20), BlobParams::osaka());
    assert_eq!(
        (at(30).target_blob_count, at(30).max_blob_count, at(30).max_blobs_per_tx),
        (12, 16, 6)
    );
    assert_eq!(at(40), at(30), "a fork without parameters changes none");
    assert!(genesis.notices.iter().any(|notice| notice.contains("blobSchedule.amsterdam")));
    let zero = r#", "cancunTime": 0, "blobSchedule": {"cancun": {"baseFeeUpdateFraction": 0}}"#;
    assert!(error(zero, "").contains("above 0"));
    let crossed = r#", "cancunTime": 0, "blobSchedule": {"cancun": {"target": 7, "max": 6}}"#;
    assert!(error(crossed, "").contains("target <= max"));
}

#[test]
fn our_own_section() {
    let genesis = read(r#", "entente": {"engine": "solo", "blockPeriodMilliseconds": 500, "emptyBlocks": false, "emptyBlock": 1}"#, "").unwrap();
    assert_eq!((genesis.dialect, &genesis.spec.engine), (Dialect::Entente, &EngineConfig::Solo));
    assert_eq!(
        (genesis.spec.solo.block_period_ms, genesis.spec.solo.empty_blocks),
        (Some(500), Some(false))
    );
    assert!(
        genesis.notices.iter().any(|notice| notice.contains("did you mean `emptyBlocks`")),
        "{:?}",
        genesis.notices
    );
    assert!(error(r#", "entente": {"engine": "raft"}"#, "").contains("expected \"solo\""));
    assert!(error(r#", "entente": {}, "qbft": {}"#, "").contains("names another engine"));
    let silent = read("", "").unwrap();
    assert_eq!(silent.spec.engine, EngineConfig::Solo);
    assert!(silent.notices.iter().any(|notice| notice.contains("no engine")));
}

#[test]
fn the_development_chain() {
    let genesis = Genesis::dev();
    assert_eq!(genesis.spec.chain_id, 1337);
    assert_eq!(genesis.spec.fork(&genesis.header), Fork::Osaka);
    assert_eq!(genesis.alloc.len(), 14);
    assert!(
        DEV_ACCOUNTS
            .iter()
            .all(|account| genesis.alloc[account].balance == U256::from(10).pow(U256::from(22)))
    );
    assert_eq!(genesis.spec.genesis_hash, genesis.header.header.hash_slow());
    let mut child = entente_chain::Header {
        parent_hash: genesis.header.hash,
        number: 1,
        timestamp: 1,
        gas_limit: genesis.spec.next_gas_limit(&genesis.header, 60_000_000),
        ommers_hash: genesis.header.ommers_hash,
        ..Default::default()
    };
    genesis.spec.fill_fork_fields(&mut child, &genesis.header);
    genesis.spec.validate_header(&genesis.spec.seal_header(child), &genesis.header).unwrap();
}

#[test]
fn an_explanation_says_what_matters() {
    let genesis = read(
        r#", "berlinBlock": 0, "londonBlock": 5, "shanghaiTime": 1700000000, "zeroBaseFee": true, "qbft": {}"#,
        &format!(r#", "extraData": "{EMPTY_QBFT}", "alloc": {{"00000000000000000000000000000000000000aa": {{"balance": "1500000000000000000"}}}}"#),
    )
    .unwrap();
    let text = genesis.explain().to_string();
    for line in [
        "chain id      7",
        "engine        qbft",
        "forks         genesis: Frontier, Homestead",
        "              block 5: London",
        "              time 1700000000: Paris, Shanghai",
        "base fee      always 0: gas is free",
        "accounts      1 (0 with code), holding 1.5",
    ] {
        assert!(text.contains(line), "{line:?} is not in:\n{text}");
    }
    let json = serde_json::to_value(genesis.explain()).unwrap();
    assert_eq!(json["chainId"], 7);
    assert_eq!(json["forks"][9]["begins"], "block 5");
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        let _ = Genesis::from_json(&text, "g.json");
        let _ = read(&format!(", {text}"), "");
        let _ = read("", &format!(r#", "alloc": {text}"#));
    }

    #[test]
    fn any_value_is_read_or_refused(key in 0..26usize, value in prop_oneof![
        Just("null".to_owned()), Just("{}".into()), Just("[]".into()), Just("true".into()), Just("\"0x\"".into()), Just("\"\"".into()),
        any::<i64>().prop_map(|number| number.to_string()), any::<u64>().prop_map(|number| format!("\"{number:#x}\"")),
        any::<f64>().prop_map(|number| format!("{number:?}")), Just("[{}]".into()), Just(r#"{"block": 1}"#.into()),
    ]) {
        const KEYS: [&str; 26] = [
            "londonBlock", "shanghaiTime", "blobSchedule", "qbft", "ibft2", "ibft", "istanbul", "clique", "ethash", "entente", "transitions",
            "zeroBaseFee", "fixedBaseFee", "contractSizeLimit", "evmStackSize", "pertxgaslimit", "maxCodeSizeConfig", "maxCodeSize", "isQuorum",
            "terminalTotalDifficulty", "daoForkBlock", "ecCurve", "depositContractAddress", "bpo5Time", "eip155Block", "cancunTime",
        ];
        let _ = read(&format!(r#", "{}": {value}, "pragueTime": 5"#, KEYS[key]), "");
    }
}
