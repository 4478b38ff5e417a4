//! A whole chain in memory: transactions in, blocks out, and what happens when something is wrong.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use alloy_consensus::{SignableTransaction, TxEip1559};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use entente_chain::{Block, Genesis, NodeKey, SealedHeader, Transaction, recover_block};
use entente_consensus::{Engine, Solo, SoloConfig};
use entente_evm::{Executor, StateView};
use entente_node::{
    BlockTemplate, BuildConfig, Chain, ChainConfig, ChainEvent, ImportOptions, Ledger, NodeError,
    Pruning, SubmitError, TransactionSource, import,
};
use entente_pool::PoolConfig;
use entente_store::{Store, StoreOptions};
use std::{sync::Arc, time::Duration};

/// The first key of the development chain.
const KEY: &str = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const BOB: Address = Address::repeat_byte(0xb0);

fn store(genesis: &Genesis) -> Store {
    Store::open_in_memory(StoreOptions::default(), genesis).unwrap().0
}

fn ledger() -> Ledger {
    entente_chain::install_crypto();
    let genesis = Genesis::dev();
    let executor = Executor::new(Arc::new(genesis.spec.clone()), 1 << 20).unwrap();
    Ledger::open(store(&genesis), executor, Pruning::Archive).unwrap()
}

fn chain(journal: Option<&std::path::Path>) -> Chain {
    entente_chain::install_crypto();
    let genesis = Genesis::dev();
    let config = ChainConfig {
        build: BuildConfig {
            extra_data: Bytes::from_static(b"test"),
            gas_limit_target: genesis.header.gas_limit,
        },
        pool: PoolConfig::default(),
        pool_journal: journal.map(Into::into),
        pruning: Pruning::Archive,
        code_cache_bytes: 1 << 20,
    };
    let engine: Box<dyn Engine> = Box::new(Solo::new(SoloConfig::default()));
    Chain::start(store(&genesis), Arc::new(genesis.spec), engine, config, |_| {}).unwrap()
}

fn transfer(nonce: u64, wei: u64) -> Transaction {
    let tx = TxEip1559 {
        chain_id: 1337,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: 10_000_000_000,
        max_priority_fee_per_gas: 1,
        to: TxKind::Call(BOB),
        value: U256::from(wei),
        ..TxEip1559::default()
    };
    let signature = NodeKey::from_hex(KEY).unwrap().sign(tx.signature_hash());
    Transaction::Eip1559(tx.into_signed(signature))
}

struct Given(Vec<Transaction>);

impl TransactionSource for Given {
    fn next(&mut self) -> Option<(Transaction, Address)> {
        (!self.0.is_empty()).then(|| (self.0.remove(0), NodeKey::from_hex(KEY).unwrap().address()))
    }

    fn skip_sender(&mut self) {}

    fn reject(&mut self, hash: B256, reason: &str) {
        panic!("{hash}: {reason}");
    }

    fn out_of_time(&self) -> bool {
        false
    }
}

fn template(parent: &SealedHeader) -> BlockTemplate {
    BlockTemplate {
        parent: parent.hash,
        timestamp: parent.timestamp + 1,
        beneficiary: Address::ZERO,
        extra_data: Bytes::new(),
        mix_hash: B256::ZERO,
        difficulty: 0,
        gas_limit_target: parent.gas_limit,
    }
}

fn build(ledger: &Ledger, parent: &SealedHeader, transactions: Vec<Transaction>) -> SealedHeader {
    ledger.build(&template(parent), &mut Given(transactions)).unwrap().block().sealed_header()
}

#[test]
fn a_submitted_transaction_is_in_a_block_at_once() {
    let chain = chain(None);
    let mut events = chain.subscribe();
    let hash = chain.submit(transfer(0, 7), true).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let layer = runtime.block_on(async {
        tokio::time::timeout(Duration::from_secs(20), async {
            loop {
                if let ChainEvent::Committed(layer) = events.recv().await.unwrap() {
                    return layer;
                }
            }
        })
        .await
        .unwrap()
    });
    assert_eq!(layer.block().number(), 1);
    assert_eq!(*layer.block().body.transactions[0].tx_hash(), hash);
    assert_eq!(layer.block().header.extra_data.as_ref(), b"test");
    assert!(layer.receipts()[0].status());
    assert_eq!(chain.store().transaction(hash).unwrap(), Some((1, 0)));
    assert_eq!(chain.store().snapshot().account(BOB).unwrap().unwrap().balance, U256::from(7));
    assert_eq!(chain.finalized(), 1);
    let refused = chain.submit(transfer(0, 7), true).unwrap_err();
    assert!(matches!(refused, SubmitError::Rejected(_)), "{refused}");
    assert!(refused.to_string().starts_with("nonce too low"), "{refused}");
    chain.stop().unwrap();
}

#[test]
fn local_transactions_come_back_from_the_journal() {
    let dir = tempfile::tempdir().unwrap();
    let journal = dir.path().join("pool.journal");
    let first = chain(Some(&journal));
    // Nonce 3 waits for 0 to 2, so no block takes it.
    let hash = first.submit(transfer(3, 1), true).unwrap();
    first.stop().unwrap();
    drop(first);
    let second = chain(Some(&journal));
    assert!(second.pool().lock().contains(hash));
    second.stop().unwrap();
}

#[test]
fn blocks_stand_several_deep_before_the_first_is_committed() {
    let ledger = ledger();
    let genesis = ledger.head();
    let one = build(&ledger, &genesis, vec![transfer(0, 1)]);
    let two = build(&ledger, &one, vec![transfer(1, 2)]);
    let three = build(&ledger, &two, vec![transfer(2, 4)]);
    let early = ledger.commit(three.hash).unwrap_err();
    assert_eq!(ledger.head().hash, genesis.hash, "{early}");
    for header in [&one, &two, &three] {
        ledger.commit(header.hash).unwrap();
    }
    assert_eq!(ledger.head().hash, three.hash);
    let balance = |height| {
        ledger.store().snapshot_at(height).unwrap().account(BOB).unwrap().map(|bob| bob.balance)
    };
    assert_eq!(balance(0), None);
    assert_eq!(balance(1), Some(U256::from(1)));
    assert_eq!(balance(3), Some(U256::from(7)));
}

#[test]
fn a_rewind_undoes_blocks_and_another_branch_can_grow() {
    let ledger = ledger();
    let one = build(&ledger, &ledger.head(), vec![transfer(0, 1)]);
    ledger.commit(one.hash).unwrap();
    let two = build(&ledger, &one, vec![transfer(1, 2)]);
    ledger.commit(two.hash).unwrap();
    let undone = ledger.rewind(1).unwrap();
    assert_eq!(undone.iter().map(|block| block.hash).collect::<Vec<_>>(), vec![two.hash]);
    assert_eq!(ledger.head().hash, one.hash);
    let other = build(&ledger, &one, vec![transfer(1, 5)]);
    ledger.commit(other.hash).unwrap();
    assert_eq!(ledger.store().snapshot().account(BOB).unwrap().unwrap().balance, U256::from(6));
    assert_ne!(other.hash, two.hash);
}

/// Blocks of another ledger, to be checked and imported here.
fn foreign_blocks(count: u64) -> Vec<Block> {
    let ledger = ledger();
    let mut blocks = Vec::new();
    for nonce in 0..count {
        let header = build(&ledger, &ledger.head(), vec![transfer(nonce, 1)]);
        blocks.push(ledger.commit(header.hash).unwrap().block().block.clone());
    }
    blocks
}

#[test]
fn every_broken_promise_of_a_header_is_named() {
    let ledger = ledger();
    let good = foreign_blocks(1).remove(0);
    type Breakage = fn(&mut Block);
    let cases: [(&str, Breakage); 6] = [
        ("state root", |block| block.header.state_root = B256::repeat_byte(1)),
        ("receipts root", |block| block.header.receipts_root = B256::repeat_byte(1)),
        ("gas", |block| block.header.gas_used = 20_000),
        ("bloom", |block| block.header.logs_bloom.0[0] = 1),
        ("transactions root", |block| block.header.transactions_root = B256::repeat_byte(1)),
        ("timestamp", |block| block.header.timestamp = 0),
    ];
    for (named, breakage) in cases {
        let mut block = good.clone();
        breakage(&mut block);
        let block = recover_block(ledger.spec().seal_block(block)).unwrap();
        let error = ledger.check(&Arc::new(block)).unwrap_err();
        assert!(matches!(error, NodeError::InvalidBlock { number: 1, .. }), "{named}: {error}");
        assert!(error.to_string().to_lowercase().contains(named), "{named}: {error}");
    }
    let block = recover_block(ledger.spec().seal_block(good)).unwrap();
    ledger.check(&Arc::new(block)).unwrap();
    assert_eq!(ledger.head().number, 0);
}

#[test]
fn an_import_stops_at_a_bad_block_keeps_what_came_before_and_goes_on() {
    let ledger = ledger();
    let blocks = foreign_blocks(5);
    let mut broken = blocks.clone();
    broken[3].header.state_root = B256::repeat_byte(9);
    let options = ImportOptions { batch: 2 };
    let error = import(&ledger, broken.into_iter().map(Ok), options, |_| {}).unwrap_err();
    assert!(matches!(error, NodeError::InvalidBlock { number: 4, .. }), "{error}");
    assert_eq!(ledger.head().number, 3);
    let imported = import(&ledger, blocks.clone().into_iter().map(Ok), options, |_| {}).unwrap();
    assert_eq!(
        (imported.progress.known, imported.progress.blocks, imported.head.number),
        (3, 2, 5)
    );
    let orphan = blocks[4].clone();
    let orphan = recover_block(ledger.spec().seal_block(Block {
        header: entente_chain::Header { parent_hash: B256::repeat_byte(7), ..orphan.header },
        body: orphan.body,
    }))
    .unwrap();
    assert!(matches!(
        ledger.check(&Arc::new(orphan)).unwrap_err(),
        NodeError::UnknownParent { .. }
    ));
}
