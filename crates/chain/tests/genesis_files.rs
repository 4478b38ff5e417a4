//! Genesis files of other projects give the hashes that their chains were built on.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod fixtures;

use entente_chain::{
    Block, BlockFile, EngineConfig, Fork, Genesis, HeaderProfile, SealedHeader,
    extra_data::IstanbulExtraData,
    hash::{istanbul_commit_hash, istanbul_proposer_hash},
    recover::recover_seal,
};

fn genesis(path: &str) -> Option<Genesis> {
    fixtures::text(path)
        .map(|text| Genesis::from_json(&text, path).unwrap_or_else(|error| panic!("{error}")))
}

fn blocks(path: &str) -> Option<Vec<Block>> {
    let bytes = fixtures::read(path)?;
    Some(BlockFile::new(bytes.as_slice()).collect::<Result<_, _>>().unwrap())
}

/// Block 1 names the genesis block as its parent; every later block must name the one before, hashed by the chain's rule; headers and bodies obey the
/// rules.
fn follows(genesis: &Genesis, blocks: Vec<Block>) {
    let mut parent: SealedHeader = genesis.header.clone();
    for block in blocks {
        if block.header.number == 0 {
            assert_eq!(block.header, genesis.header.header);
            continue;
        }
        let sealed = genesis.spec.seal_block(block);
        assert_eq!(
            sealed.block.header.parent_hash,
            parent.hash,
            "parent of block {}",
            sealed.number()
        );
        genesis.spec.validate_header(&sealed.sealed_header(), &parent).unwrap();
        genesis.spec.validate_body(&sealed).unwrap();
        parent = sealed.sealed_header();
    }
}

#[test]
fn besus_test_chain() {
    let Some(genesis) = genesis("besu/blocks/testGenesis.json") else { return };
    assert_eq!(genesis.spec.engine, EngineConfig::Ethash { fixed_difficulty: None });
    let Some(blocks) = blocks("besu/blocks/testBlockchain.blocks") else { return };
    assert_eq!(blocks.len(), 33);
    follows(&genesis, blocks);
}

#[test]
fn besus_london_chain() {
    let Some(genesis) = genesis("besu/blocks/fork-london-data/testLondonGenesis.json") else {
        return;
    };
    assert_eq!(genesis.spec.engine, EngineConfig::Ethash { fixed_difficulty: Some(15) });
    assert_eq!(genesis.spec.forks.at(2, 0, Default::default()), Fork::Frontier);
    assert_eq!(genesis.spec.forks.at(3, 0, Default::default()), Fork::London);
    let Some(blocks) = blocks("besu/blocks/fork-london-data/testLondonBlockchain.blocks") else {
        return;
    };
    follows(&genesis, blocks);
}

#[test]
fn chains_of_the_execution_apis() {
    for set in ["shanghai-2023-07", "cancun-2023-10"] {
        let Some(genesis) = genesis(&format!("rpc-compat/{set}/genesis.json")) else { return };
        assert!(
            genesis
                .alloc
                .values()
                .flat_map(|account| account.storage.values())
                .all(|value| !value.is_zero())
        );
        let Some(blocks) = blocks(&format!("rpc-compat/{set}/chain.rlp")) else { return };
        assert_eq!(blocks.len(), 9);
        follows(&genesis, blocks);
    }
}

#[test]
fn a_live_goquorum_ibft_chain() {
    let Some(genesis) = genesis("besu/qbft/migration-ibft1/qbft-migration.json") else { return };
    assert_eq!(genesis.spec.profile_at(100), HeaderProfile::IstanbulLegacy);
    assert_eq!(genesis.spec.profile_at(101), HeaderProfile::Qbft);
    assert_eq!(genesis.spec.contract_size_limit_at(5), Some(64 * 1024));
    let validators = genesis.validators();
    assert_eq!(validators.len(), 5);
    let Some(blocks) = blocks("besu/qbft/migration-ibft1/ibft.blocks") else { return };
    assert_eq!(blocks.len(), 101);
    follows(&genesis, blocks.clone());
    for block in &blocks[1..] {
        let header = &block.header;
        let extra = IstanbulExtraData::decode(&header.extra_data).unwrap();
        assert_eq!(extra.encode(), header.extra_data);
        let proposer = extra.proposer_seal.unwrap();
        let proposer = recover_seal(istanbul_proposer_hash(header, &extra), &proposer.0).unwrap();
        assert!(validators.contains(&proposer), "proposer of block {}", header.number);
        let signed = istanbul_commit_hash(genesis.spec.hash_header(header));
        assert!(extra.seals.len() > 2 * validators.len() / 3);
        for seal in &extra.seals {
            assert!(
                validators.contains(&recover_seal(signed, &seal.0).unwrap()),
                "seal of block {}",
                header.number
            );
        }
    }
}

#[test]
fn besus_qbft_samples() {
    let Some(genesis) = genesis("besu/qbft/qbft-emptyextradata.json") else { return };
    assert_eq!(genesis.spec.profile, HeaderProfile::Qbft);
    assert!(genesis.validators().is_empty());
    assert_eq!(genesis.spec.block_reward.to_string(), "5000000000000000000");
    // The others are templates: what they leave to the tool is named.
    for file in ["besu/qbft/qbft.json", "besu/qbft/qbft-london.json"] {
        let Some(text) = fixtures::text(file) else { return };
        let error = Genesis::from_json(&text, file).unwrap_err().to_string();
        assert!(
            error.starts_with(file)
                && error.contains("`extraData`")
                && error.contains("%extraData%"),
            "{error}"
        );
        let filled = text.replace(
            "%extraData%",
            "0xe5a00000000000000000000000000000000000000000000000000000000000000000c0c080c0",
        );
        assert_eq!(Genesis::from_json(&filled, file).unwrap().spec.chain_id, 4);
    }
}
