//! Every rule of headers and bodies, broken one at a time. Figures are worked out by hand from the EIPs named.

use alloy_consensus::{
    SignableTransaction, TxEip1559, TxEip2930, TxEip4844, TxEip7702, TxLegacy,
    constants::{EMPTY_OMMER_ROOT_HASH, EMPTY_ROOT_HASH},
    proofs::calculate_transaction_root,
};
use alloy_eips::eip7685::EMPTY_REQUESTS_HASH;
use alloy_primitives::{Address, B64, B256, Bytes, Signature, U256};
use entente_chain::{
    BaseFeeRule, Block, Body, ChainSpec, EngineConfig, Fork, ForkCondition, ForkSchedule, Header,
    HeaderError, HeaderProfile, ISTANBUL_DIGEST, SealedHeader, Transaction,
    extra_data::QbftExtraData,
};

fn spec(last: Fork) -> ChainSpec {
    ChainSpec::new(7, ForkSchedule::all_until(last))
}

/// A parent at block 9 that used exactly its target, so that the base fee stays.
fn parent(spec: &ChainSpec) -> SealedHeader {
    let fork = spec.forks.at(9, 100, U256::ZERO);
    let header = Header {
        number: 9,
        timestamp: 100,
        gas_limit: 30_000_000,
        gas_used: 15_000_000,
        ommers_hash: EMPTY_OMMER_ROOT_HASH,
        base_fee_per_gas: (fork >= Fork::London).then_some(1000),
        excess_blob_gas: (fork >= Fork::Cancun).then_some(0),
        blob_gas_used: (fork >= Fork::Cancun).then_some(0),
        ..Header::default()
    };
    spec.seal_header(header)
}

fn child(spec: &ChainSpec, parent: &SealedHeader) -> Header {
    let mut header = Header {
        parent_hash: parent.hash,
        number: parent.number + 1,
        timestamp: parent.timestamp + 1,
        gas_limit: parent.gas_limit,
        ommers_hash: EMPTY_OMMER_ROOT_HASH,
        transactions_root: EMPTY_ROOT_HASH,
        ..Header::default()
    };
    spec.fill_fork_fields(&mut header, parent);
    header
}

fn verdict(spec: &ChainSpec, change: impl FnOnce(&mut Header)) -> Result<(), HeaderError> {
    let parent = parent(spec);
    let mut header = child(spec, &parent);
    change(&mut header);
    spec.validate_header(&spec.seal_header(header), &parent)
}

#[test]
fn good_children_of_every_fork_pass() {
    for fork in Fork::ALL {
        assert_eq!(verdict(&spec(fork), |_| {}), Ok(()), "{fork:?}");
    }
}

#[test]
fn ancestry_time_and_extra_data() {
    let spec = spec(Fork::Osaka);
    assert!(matches!(
        verdict(&spec, |h| h.parent_hash = B256::ZERO),
        Err(HeaderError::ParentHash { .. })
    ));
    assert_eq!(
        verdict(&spec, |h| h.number = 11),
        Err(HeaderError::Number { found: 11, expected: 10 })
    );
    assert_eq!(
        verdict(&spec, |h| h.timestamp = 100),
        Err(HeaderError::Timestamp { found: 100, least: 101 })
    );
    assert_eq!(
        verdict(&spec, |h| h.extra_data = vec![0; 33].into()),
        Err(HeaderError::ExtraDataLength { found: 33, most: 32 })
    );
    let equal = ChainSpec { min_timestamp_step: 0, ..spec };
    assert_eq!(verdict(&equal, |h| h.timestamp = 100), Ok(()));
}

/// 30,000,000 / 1024 = 29,296: a limit may differ by 29,295.
#[test]
fn gas_limits_move_slowly() {
    let spec = spec(Fork::Osaka);
    assert_eq!(verdict(&spec, |h| h.gas_limit = 30_029_295), Ok(()));
    assert_eq!(verdict(&spec, |h| h.gas_limit = 29_970_705), Ok(()));
    let refused = |found| HeaderError::GasLimit {
        found,
        least: 29_970_705,
        most: 30_029_295,
        base: 30_000_000,
    };
    assert_eq!(verdict(&spec, |h| h.gas_limit = 30_029_296), Err(refused(30_029_296)));
    assert_eq!(verdict(&spec, |h| h.gas_limit = 29_970_704), Err(refused(29_970_704)));
    assert_eq!(
        verdict(&spec, |h| h.gas_used = 30_000_001),
        Err(HeaderError::GasUsed { used: 30_000_001, limit: 30_000_000 })
    );
    let parent = parent(&spec);
    assert_eq!(spec.next_gas_limit(&parent, u64::MAX), 30_029_295);
    assert_eq!(spec.next_gas_limit(&parent, 0), 29_970_705);
    assert_eq!(spec.next_gas_limit(&parent, 30_000_001), 30_000_001);
}

/// EIP-1559: the first London block has twice the parent's limit and a base fee of 1 gwei.
#[test]
fn london_doubles_the_limit_where_it_begins() {
    let mut forks = ForkSchedule::all_until(Fork::Berlin);
    forks.set(Fork::London, ForkCondition::Block(10));
    let spec = ChainSpec::new(7, forks);
    let parent = parent(&spec);
    assert_eq!(spec.next_base_fee(&parent, 101), Some(1_000_000_000));
    assert_eq!(spec.next_gas_limit(&parent, 60_000_000), 60_000_000);
    let header = Header { gas_limit: 60_000_000, ..child(&spec, &parent) };
    assert_eq!(spec.validate_header(&spec.seal_header(header.clone()), &parent), Ok(()));
    let same = Header { gas_limit: 30_000_000, ..header };
    assert!(matches!(
        spec.validate_header(&spec.seal_header(same), &parent),
        Err(HeaderError::GasLimit { base: 60_000_000, .. })
    ));
}

/// EIP-1559's formula by hand: parent fee 1000, target 15,000,000; full blocks raise by an eighth, empty ones lower by one.
#[test]
fn base_fees_follow_the_rule() {
    let spec = spec(Fork::Osaka);
    let mut parent = parent(&spec).header;
    for (used, fee) in
        [(15_000_000, 1000), (30_000_000, 1125), (0, 875), (15_000_001, 1001), (16_500_000, 1012)]
    {
        parent.gas_used = used;
        assert_eq!(spec.next_base_fee(&parent, 101), Some(fee), "{used} gas used");
    }
    assert_eq!(
        verdict(&spec, |h| h.base_fee_per_gas = Some(1001)),
        Err(HeaderError::BaseFee { found: Some(1001), expected: Some(1000) })
    );
    let free = ChainSpec { base_fee: BaseFeeRule::Zero, ..spec.clone() };
    assert_eq!(free.next_base_fee(&parent, 101), Some(0));
    let fixed = ChainSpec { base_fee: BaseFeeRule::Fixed(77), ..spec };
    assert_eq!(fixed.next_base_fee(&parent, 101), Some(77));
    let early = ChainSpec::new(7, ForkSchedule::all_until(Fork::Berlin));
    assert_eq!(
        verdict(&early, |h| h.base_fee_per_gas = Some(1)),
        Err(HeaderError::BaseFee { found: Some(1), expected: None })
    );
}

#[test]
fn what_paris_ended() {
    let spec = spec(Fork::Osaka);
    assert!(matches!(
        verdict(&spec, |h| h.difficulty = U256::from(1)),
        Err(HeaderError::Difficulty { .. })
    ));
    assert!(matches!(
        verdict(&spec, |h| h.nonce = B64::with_last_byte(1)),
        Err(HeaderError::Nonce { .. })
    ));
    assert!(matches!(
        verdict(&spec, |h| h.ommers_hash = B256::ZERO),
        Err(HeaderError::OmmersForbidden { .. })
    ));
    let work = ChainSpec {
        engine: EngineConfig::Ethash { fixed_difficulty: None },
        ..ChainSpec::new(7, ForkSchedule::all_until(Fork::London))
    };
    assert_eq!(verdict(&work, |_| {}), Err(HeaderError::NoDifficulty));
    assert_eq!(
        verdict(&work, |h| h.difficulty = U256::from(5)),
        Err(HeaderError::DifficultyReturned { found: U256::from(5) })
    );
}

#[test]
fn optional_members_come_with_their_forks() {
    let fork = Fork::Paris;
    let unexpected = |field| Err(HeaderError::FieldUnexpected { field, fork });
    let paris = spec(fork);
    assert_eq!(
        verdict(&paris, |h| h.withdrawals_root = Some(EMPTY_ROOT_HASH)),
        unexpected("withdrawals root")
    );
    assert_eq!(verdict(&paris, |h| h.blob_gas_used = Some(0)), unexpected("blob gas used"));
    assert_eq!(
        verdict(&paris, |h| h.requests_hash = Some(EMPTY_REQUESTS_HASH)),
        unexpected("requests hash")
    );
    let fork = Fork::Osaka;
    let missing = |field| Err(HeaderError::FieldMissing { field, fork });
    let osaka = spec(fork);
    assert_eq!(verdict(&osaka, |h| h.withdrawals_root = None), missing("withdrawals root"));
    assert_eq!(verdict(&osaka, |h| h.excess_blob_gas = None), missing("excess blob gas"));
    assert_eq!(
        verdict(&osaka, |h| h.parent_beacon_block_root = None),
        missing("parent beacon block root")
    );
    assert_eq!(verdict(&osaka, |h| h.requests_hash = None), missing("requests hash"));
    assert_eq!(
        verdict(&osaka, |h| h.slot_number = Some(1)),
        Err(HeaderError::FieldUnexpected { field: "slot number", fork })
    );
}

fn qbft(last: Fork) -> ChainSpec {
    ChainSpec {
        profile: HeaderProfile::Qbft,
        max_extra_data: 1 << 16,
        min_timestamp_step: 0,
        ..spec(last)
    }
}

fn sealed_by_qbft(header: &mut Header) {
    header.difficulty = U256::from(1);
    header.mix_hash = ISTANBUL_DIGEST;
    header.extra_data = QbftExtraData::default().encode();
}

#[test]
fn bft_headers_may_end_early_but_not_have_gaps() {
    let spec = qbft(Fork::Prague);
    let judged = |change: &dyn Fn(&mut Header)| {
        verdict(&spec, |h| {
            sealed_by_qbft(h);
            change(h);
        })
    };
    assert_eq!(judged(&|_| {}), Ok(()), "as Besu 26 writes it");
    let bare = |h: &mut Header| {
        (h.withdrawals_root, h.blob_gas_used, h.excess_blob_gas) = (None, None, None);
    };
    assert_eq!(judged(&bare), Ok(()), "as Besu 25 writes it");
    assert!(matches!(judged(&|h| h.withdrawals_root = None), Err(HeaderError::FieldGap { .. })));
    assert!(matches!(judged(&|h| h.excess_blob_gas = None), Err(HeaderError::FieldMissing { .. })));
    assert!(matches!(judged(&|h| h.difficulty = U256::ZERO), Err(HeaderError::Difficulty { .. })));
    assert!(matches!(judged(&|h| h.mix_hash = B256::ZERO), Err(HeaderError::MixHash { .. })));
    assert!(matches!(judged(&|h| h.extra_data = Bytes::new()), Err(HeaderError::ExtraData(_))));
    assert!(matches!(
        judged(&|h| h.ommers_hash = B256::ZERO),
        Err(HeaderError::OmmersForbidden { .. })
    ));
    assert_eq!(judged(&|h| h.timestamp = 100), Ok(()), "the period is the engine's rule");
}

/// EIP-4844: excess grows by what is used above the target (3 blobs of 131,072 gas under Cancun), at most 6 blobs a block.
#[test]
fn blob_gas() {
    let spec = spec(Fork::Cancun);
    let mut parent = parent(&spec).header;
    parent.blob_gas_used = Some(6 * 131_072);
    assert_eq!(spec.next_excess_blob_gas(&parent, 101), Some(3 * 131_072));
    parent.blob_gas_used = Some(2 * 131_072);
    assert_eq!(spec.next_excess_blob_gas(&parent, 101), Some(0));
    assert_eq!(
        verdict(&spec, |h| h.excess_blob_gas = Some(1)),
        Err(HeaderError::ExcessBlobGas { found: 1, expected: 0 })
    );
    let most = 6 * 131_072;
    assert_eq!(
        verdict(&spec, |h| h.blob_gas_used = Some(most + 131_072)),
        Err(HeaderError::BlobGasLimit { found: most + 131_072, most })
    );
    assert_eq!(
        verdict(&spec, |h| h.blob_gas_used = Some(1)),
        Err(HeaderError::BlobGasStep { found: 1, step: 131_072 })
    );
    assert_eq!(spec.blob_fee(&Header { excess_blob_gas: Some(0), ..parent.clone() }), Some(1));
    // EIP-7691: Prague aims at 6.
    let prague = self::spec(Fork::Prague);
    parent.blob_gas_used = Some(9 * 131_072);
    assert_eq!(prague.next_excess_blob_gas(&parent, 101), Some(3 * 131_072));
    // EIP-7918: with 2^13 * base fee above 2^17 * blob fee (1 wei), the excess grows by used * (9 - 6) / 9.
    let osaka = self::spec(Fork::Osaka);
    parent.base_fee_per_gas = Some(17);
    assert_eq!(osaka.next_excess_blob_gas(&parent, 101), Some(3 * 131_072));
    parent.blob_gas_used = Some(6 * 131_072);
    assert_eq!(osaka.next_excess_blob_gas(&parent, 101), Some(2 * 131_072));
    parent.base_fee_per_gas = Some(16);
    assert_eq!(osaka.next_excess_blob_gas(&parent, 101), Some(0));
}

fn signature() -> Signature {
    Signature::new(U256::from(1), U256::from(1), false)
}

fn body_verdict(
    spec: &ChainSpec,
    transactions: Vec<Transaction>,
    change: impl FnOnce(&mut Block),
) -> Result<(), HeaderError> {
    let parent = parent(spec);
    let mut header = child(spec, &parent);
    header.transactions_root = calculate_transaction_root(&transactions);
    let withdrawals = header.withdrawals_root.is_some().then(Default::default);
    let mut block = Block { header, body: Body { transactions, ommers: vec![], withdrawals } };
    change(&mut block);
    spec.validate_body(&spec.seal_block(block))
}

#[test]
fn transaction_types_begin_with_their_forks() {
    let types: [(Fork, Fork, Transaction); 4] = [
        (
            Fork::Berlin,
            Fork::Istanbul,
            TxEip2930 { chain_id: 7, ..Default::default() }.into_signed(signature()).into(),
        ),
        (
            Fork::London,
            Fork::Berlin,
            TxEip1559 { chain_id: 7, ..Default::default() }.into_signed(signature()).into(),
        ),
        (
            Fork::Cancun,
            Fork::Shanghai,
            TxEip4844 {
                chain_id: 7,
                blob_versioned_hashes: vec![B256::ZERO],
                ..Default::default()
            }
            .into_signed(signature())
            .into(),
        ),
        (
            Fork::Prague,
            Fork::Cancun,
            TxEip7702 { chain_id: 7, ..Default::default() }.into_signed(signature()).into(),
        ),
    ];
    for (begins, before, tx) in types {
        let refused = body_verdict(&spec(before), vec![tx.clone()], |_| {});
        assert!(
            matches!(refused, Err(HeaderError::TransactionType { index: 0, .. })),
            "{refused:?}"
        );
        let blob_gas = if begins == Fork::Cancun { Some(131_072) } else { None };
        let taken = body_verdict(&spec(begins), vec![tx], |block| {
            block.header.blob_gas_used = blob_gas.or(block.header.blob_gas_used);
        });
        assert_eq!(taken, Ok(()), "{begins:?}");
    }
}

#[test]
fn transactions_fit_their_block() {
    let osaka = spec(Fork::Osaka);
    let legacy = |chain_id, gas_limit| -> Transaction {
        TxLegacy { chain_id, gas_limit, ..Default::default() }.into_signed(signature()).into()
    };
    assert_eq!(
        body_verdict(&osaka, vec![legacy(None, 1), legacy(Some(8), 1)], |_| {}),
        Err(HeaderError::ChainId { index: 1, found: 8, expected: 7 })
    );
    assert_eq!(
        body_verdict(&spec(Fork::Homestead), vec![legacy(Some(7), 1)], |_| {}),
        Err(HeaderError::ChainIdTooEarly { index: 0, fork: Fork::Homestead })
    );
    // EIP-7825: 2^24.
    assert_eq!(body_verdict(&osaka, vec![legacy(Some(7), 16_777_216)], |_| {}), Ok(()));
    assert_eq!(
        body_verdict(&osaka, vec![legacy(Some(7), 16_777_217)], |_| {}),
        Err(HeaderError::TransactionGas { index: 0, found: 16_777_217, most: 16_777_216 })
    );
    assert_eq!(
        body_verdict(&spec(Fork::Prague), vec![legacy(Some(7), 16_777_217)], |_| {}),
        Ok(())
    );
    let blobs = |count| -> Transaction {
        TxEip4844 {
            chain_id: 7,
            blob_versioned_hashes: vec![B256::ZERO; count],
            ..Default::default()
        }
        .into_signed(signature())
        .into()
    };
    for count in [0, 7] {
        assert_eq!(
            body_verdict(&osaka, vec![blobs(count)], |_| {}),
            Err(HeaderError::BlobCount { index: 0, found: count, most: 6 }),
            "EIP-7594"
        );
    }
    assert_eq!(
        body_verdict(&osaka, vec![blobs(2)], |_| {}),
        Err(HeaderError::BlobGasUsed { found: 0, expected: 262_144 })
    );
}

#[test]
fn bodies_are_those_of_their_headers() {
    let osaka = spec(Fork::Osaka);
    assert!(matches!(
        body_verdict(&osaka, vec![], |b| b.header.transactions_root = B256::ZERO),
        Err(HeaderError::TransactionsRoot { .. })
    ));
    assert!(matches!(
        body_verdict(&osaka, vec![], |b| b.header.ommers_hash = B256::ZERO),
        Err(HeaderError::OmmersHash { .. })
    ));
    assert_eq!(
        body_verdict(&osaka, vec![], |b| b.body.withdrawals = None),
        Err(HeaderError::WithdrawalsRoot { found: Some(EMPTY_ROOT_HASH), expected: None })
    );
    // EIP-7934: 8 MiB of RLP from Osaka on.
    let large: Transaction =
        TxLegacy { chain_id: Some(7), input: vec![1; 8 << 20].into(), ..Default::default() }
            .into_signed(signature())
            .into();
    assert!(matches!(
        body_verdict(&osaka, vec![large.clone()], |_| {}),
        Err(HeaderError::BlockSize { most: 8_388_608, .. })
    ));
    assert_eq!(body_verdict(&spec(Fork::Prague), vec![large], |_| {}), Ok(()));
}

#[test]
fn ommers() {
    let work =
        ChainSpec { engine: EngineConfig::Ethash { fixed_difficulty: None }, ..spec(Fork::London) };
    let ommer = |number| Header { number, difficulty: U256::from(1), ..Header::default() };
    let with = |ommers: Vec<Header>| {
        body_verdict(&work, vec![], |block| {
            block.header.difficulty = U256::from(1);
            block.body.ommers = ommers;
            block.header.ommers_hash = block.body.calculate_ommers_root();
        })
    };
    assert_eq!(with(vec![ommer(9), ommer(4)]), Ok(()));
    assert_eq!(
        with(vec![ommer(9), ommer(8), ommer(7)]),
        Err(HeaderError::OmmerCount { found: 3, most: 2 })
    );
    assert_eq!(
        with(vec![ommer(3)]),
        Err(HeaderError::OmmerNumber { index: 0, found: 3, least: 4, most: 9 })
    );
    assert_eq!(
        with(vec![ommer(10)]),
        Err(HeaderError::OmmerNumber { index: 0, found: 10, least: 4, most: 9 })
    );
    assert!(matches!(
        with(vec![ommer(9), ommer(9)]),
        Err(HeaderError::OmmerRepeated { index: 1, .. })
    ));
}

/// Yellow Paper 11.3 by hand: 2 ether and a 32nd an ommer; an ommer one back gets 7/8, two back 6/8.
#[test]
fn rewards() {
    let miner = Address::with_last_byte(1);
    let ether = U256::from(10).pow(U256::from(18));
    let work =
        |fork| ChainSpec { engine: EngineConfig::Ethash { fixed_difficulty: None }, ..spec(fork) };
    let header =
        Header { number: 10, beneficiary: miner, difficulty: U256::from(1), ..Header::default() };
    for (fork, coins) in
        [(Fork::SpuriousDragon, 5), (Fork::Byzantium, 3), (Fork::Petersburg, 2), (Fork::London, 2)]
    {
        assert_eq!(work(fork).block_rewards(&header, &[]), [(miner, U256::from(coins) * ether)]);
    }
    assert!(work(Fork::Paris).block_rewards(&header, &[]).is_empty());
    let ommer = |number, last| Header {
        number,
        beneficiary: Address::with_last_byte(last),
        ..Header::default()
    };
    assert_eq!(
        work(Fork::London).block_rewards(&header, &[ommer(9, 2), ommer(8, 3)]),
        [
            (miner, U256::from(2) * ether + U256::from(2) * ether / U256::from(16)),
            (Address::with_last_byte(2), ether * U256::from(14) / U256::from(8)),
            (Address::with_last_byte(3), ether * U256::from(12) / U256::from(8)),
        ]
    );
    let paid = ChainSpec { block_reward: U256::from(5), ..spec(Fork::Osaka) };
    assert_eq!(paid.block_rewards(&header, &[]), [(miner, U256::from(5))]);
    assert!(spec(Fork::Osaka).block_rewards(&header, &[]).is_empty());
}
