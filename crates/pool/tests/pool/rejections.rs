//! One test a refusal; gas is computed by hand from the EIPs.

use crate::world::*;
use alloy_consensus::{TxEip2930, TxEip4844, TxEip7702, TxLegacy};
use alloy_eips::{
    eip2930::{AccessList, AccessListItem},
    eip7702::Authorization,
};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256};
use entente_chain::{Fork, Transaction};
use entente_pool::{PoolConfig, Rejected, rules};

fn world() -> World {
    World::new(PoolConfig::default())
}

fn refused(world: &mut World, tx: Transaction) -> String {
    world.add(1, tx).unwrap_err().to_string()
}

fn with_gas(gas_limit: u64, to: TxKind, input: Vec<u8>) -> Transaction {
    signed(TxLegacy { gas_limit, to, input: input.into(), ..legacy(1, 0, 1) })
}

const fn call() -> TxKind {
    TxKind::Call(Address::ZERO)
}

fn authorization() -> alloy_eips::eip7702::SignedAuthorization {
    Authorization { chain_id: U256::ZERO, address: who(9), nonce: 0 }.into_signed(Signature::new(
        U256::from(1),
        U256::from(1),
        false,
    ))
}

fn set_code(authorizations: usize, gas_limit: u64) -> Transaction {
    signed(TxEip7702 {
        chain_id: 1337,
        gas_limit,
        authorization_list: vec![authorization(); authorizations],
        ..TxEip7702::default()
    })
}

#[test]
fn the_same_transaction_twice() {
    let mut world = world();
    world.send(1, 0, 1);
    assert_eq!(refused(&mut world, transfer(1, 0, 1)), "already known");
}

#[test]
fn a_used_nonce() {
    let mut world = world();
    world.account(1).nonce = 5;
    assert_eq!(refused(&mut world, transfer(1, 3, 1)), "nonce too low: next nonce 5, tx nonce 3");
}

#[test]
fn a_nonce_too_far_ahead() {
    let mut world = World::new(PoolConfig { max_nonce_gap: 10, ..PoolConfig::default() });
    world.send(1, 10, 1);
    assert_eq!(
        refused(&mut world, transfer(1, 11, 1)),
        "nonce too high: next nonce 0, tx nonce 11, at most 10 ahead are kept"
    );
}

#[test]
fn the_last_nonce() {
    let mut world = World::new(PoolConfig { max_nonce_gap: u64::MAX, ..PoolConfig::default() });
    assert!(refused(&mut world, transfer(1, u64::MAX, 1)).starts_with("nonce has max value"));
    assert!(world.add(1, transfer(1, u64::MAX - 1, 1)).is_ok());
}

#[test]
fn too_little_money() {
    let mut world = world();
    world.account(1).balance = U256::ZERO;
    assert_eq!(
        refused(&mut world, transfer(1, 0, 1)),
        "insufficient funds for gas * price + value: balance 0, tx cost 21000, overshot 21000"
    );
    // Free gas is free.
    assert!(world.add(1, transfer(1, 0, 0)).is_ok());
}

#[test]
fn too_little_money_beside_what_waits() {
    let mut world = world();
    world.account(1).balance = U256::from(50_000);
    world.send(1, 0, 2);
    assert_eq!(
        refused(&mut world, transfer(1, 1, 1)),
        "insufficient funds for gas * price + value: balance 50000, queued cost 42000, tx cost 21000, overshot 13000"
    );
}

#[test]
fn a_cost_beyond_256_bits_does_not_wrap() {
    let mut world = world();
    let tx = signed(TxLegacy { value: U256::MAX, ..legacy(1, 0, u128::MAX) });
    assert!(
        refused(&mut world, tx)
            .starts_with("insufficient funds for gas * price + value: balance 1000")
    );
}

#[test]
fn intrinsic_gas_of_calldata() {
    // Three zero bytes at 4 and two others at 16 (EIP-2028), or 68 before Istanbul.
    let input = vec![0, 1, 0, 0xff, 0];
    let tx = with_gas(21_043, call(), input.clone());
    assert_eq!(rules::intrinsic_gas(&tx, Fork::Istanbul), 21_000 + 12 + 32);
    assert_eq!(rules::intrinsic_gas(&tx, Fork::Petersburg), 21_000 + 12 + 136);
    let mut world = world();
    world.head.fork = Fork::Cancun;
    assert_eq!(refused(&mut world, tx), "intrinsic gas too low: gas 21043, minimum needed 21044");
    assert!(world.add(1, with_gas(21_044, call(), input)).is_ok());
}

#[test]
fn intrinsic_gas_of_creation() {
    // 33 bytes of init code are two words at 2 gas (EIP-3860).
    let tx = with_gas(100_000, TxKind::Create, vec![1; 33]);
    assert_eq!(rules::intrinsic_gas(&tx, Fork::Frontier), 21_000 + 33 * 68);
    assert_eq!(rules::intrinsic_gas(&tx, Fork::Homestead), 53_000 + 33 * 68);
    assert_eq!(rules::intrinsic_gas(&tx, Fork::Paris), 53_000 + 33 * 16);
    assert_eq!(rules::intrinsic_gas(&tx, Fork::Shanghai), 53_000 + 33 * 16 + 4);
}

#[test]
fn intrinsic_gas_of_lists() {
    // Two addresses at 2,400 and three keys at 1,900 (EIP-2930).
    let item = |keys| AccessListItem { address: who(3), storage_keys: vec![B256::ZERO; keys] };
    let tx = signed(TxEip2930 {
        access_list: AccessList(vec![item(1), item(2)]),
        to: call(),
        ..TxEip2930::default()
    });
    assert_eq!(rules::intrinsic_gas(&tx, Fork::Berlin), 21_000 + 4_800 + 5_700);
    // Two authorizations at 25,000 (EIP-7702).
    assert_eq!(rules::intrinsic_gas(&set_code(2, 0), Fork::Prague), 71_000);
}

#[test]
fn floor_gas_from_prague_on() {
    // 100 non-zero bytes are 400 tokens: 25,000 by EIP-7623, 22,600 to execute.
    let tx = with_gas(24_999, call(), vec![1; 100]);
    assert_eq!(
        (rules::floor_gas(&tx, Fork::Cancun), rules::floor_gas(&tx, Fork::Prague)),
        (0, 25_000)
    );
    let mut world = world();
    assert_eq!(
        refused(&mut world, tx),
        "insufficient gas for floor data gas cost: gas 24999, minimum needed 25000"
    );
    assert!(world.add(1, with_gas(25_000, call(), vec![1; 100])).is_ok());
}

#[test]
fn more_gas_than_a_block_or_a_transaction_may_have() {
    let mut world = world();
    assert_eq!(
        refused(&mut world, with_gas(30_000_001, call(), vec![])),
        "transaction gas limit too high (cap: 16777216, tx: 30000001)"
    );
    world.head.transaction_gas_limit = None;
    assert_eq!(
        refused(&mut world, with_gas(30_000_001, call(), vec![])),
        "exceeds block gas limit: transaction gas 30000001, block gas limit 30000000"
    );
    assert!(world.add(1, with_gas(30_000_000, call(), vec![])).is_ok());
}

#[test]
fn fees_that_make_no_sense_or_are_too_low() {
    let mut world = World::new(PoolConfig { min_gas_price: 5, ..PoolConfig::default() });
    assert_eq!(
        refused(&mut world, signed(dynamic(1, 0, 10, 11))),
        "max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas: 11, maxFeePerGas: 10"
    );
    assert_eq!(
        refused(&mut world, transfer(1, 0, 4)),
        "transaction underpriced: gas price 4, minimum needed 5"
    );
    assert!(world.add(1, transfer(1, 0, 5)).is_ok());
}

#[test]
fn below_the_base_fee_only_where_asked_for() {
    let mut world = world();
    world.head.base_fee = Some(100);
    let waits = world.send(1, 0, 99);
    assert!(world.best(100).is_empty());
    assert_eq!(world.best(99), [waits]);

    let mut world = World::new(PoolConfig { refuse_below_base_fee: true, ..PoolConfig::default() });
    world.head.base_fee = Some(100);
    assert_eq!(
        refused(&mut world, transfer(1, 0, 99)),
        "max fee per gas less than block base fee: maxFeePerGas: 99, baseFee: 100"
    );
}

#[test]
fn too_large() {
    let mut world = World::new(PoolConfig { max_tx_bytes: 200, ..PoolConfig::default() });
    let text = refused(&mut world, with_gas(1_000_000, call(), vec![0; 200]));
    assert!(text.starts_with("oversized data: transaction size 2"), "{text}");
    assert!(text.ends_with("limit 200"), "{text}");
}

#[test]
fn too_much_init_code() {
    let mut world = world();
    let tx = |bytes| with_gas(16_000_000, TxKind::Create, vec![0; bytes]);
    assert_eq!(
        refused(&mut world, tx(49_153)),
        "max initcode size exceeded: code size 49153, limit 49152"
    );
    assert!(world.add(1, tx(49_152)).is_ok());
    world.head.fork = Fork::Paris;
    assert!(world.add(2, tx(49_153)).is_ok());
}

#[test]
fn another_chain() {
    let mut world = world();
    let tx = signed(TxLegacy { chain_id: Some(5), ..legacy(1, 0, 1) });
    assert_eq!(refused(&mut world, tx), "invalid chain id for signer: have 5 want 1337");
}

#[test]
fn no_chain_id() {
    let unprotected = || signed(TxLegacy { chain_id: None, ..legacy(1, 0, 1) });
    let mut world = World::new(PoolConfig { only_replay_protected: true, ..PoolConfig::default() });
    assert_eq!(
        world.submit(1, unprotected(), true).unwrap_err().to_string(),
        "only replay-protected (EIP-155) transactions allowed over RPC"
    );
    // A peer's is no client's mistake, and blocks may carry it.
    assert!(world.submit(1, unprotected(), false).is_ok());
    let mut early = World::new(PoolConfig::default());
    early.head.fork = Fork::TangerineWhistle;
    assert_eq!(early.add(1, transfer(1, 0, 1)), Err(Rejected::ReplayProtectionTooEarly));
    assert!(early.add(1, unprotected()).is_ok());
}

#[test]
fn types_before_their_forks() {
    let mut world = world();
    let access_list = || {
        signed(TxEip2930 { chain_id: 1337, gas_limit: 21_000, to: call(), ..TxEip2930::default() })
    };
    for (fork, tx) in [
        (Fork::Istanbul, access_list()),
        (Fork::Berlin, signed(dynamic(1, 0, 1, 1))),
        (Fork::Cancun, set_code(1, 46_000)),
    ] {
        world.head.fork = fork;
        let text = refused(&mut world, tx);
        assert!(text.starts_with("transaction type not supported: "), "{text}");
        assert!(text.ends_with(fork.name()), "{text}");
    }
    world.head.fork = Fork::Prague;
    assert!(world.add(1, set_code(1, 46_000)).is_ok());
    assert!(world.add(2, access_list()).is_ok());
    assert!(world.add(3, signed(dynamic(1, 0, 1, 1))).is_ok());
}

#[test]
fn blobs_and_empty_authorization_lists() {
    let mut world = world();
    let blob = signed(TxEip4844 { chain_id: 1337, gas_limit: 21_000, ..TxEip4844::default() });
    let text = refused(&mut world, blob);
    assert!(
        text.starts_with("transaction type not supported: this pool takes no blob transactions"),
        "{text}"
    );
    assert_eq!(
        refused(&mut world, set_code(0, 46_000)),
        "EIP-7702 transaction with empty auth list"
    );
}

#[test]
fn a_signature_with_a_high_s() {
    let high = Signature::new(
        U256::from(1),
        alloy_consensus::crypto::SECP256K1N_HALF + U256::from(1),
        false,
    );
    let tx = || {
        Transaction::from(alloy_consensus::SignableTransaction::into_signed(
            TxLegacy { chain_id: None, ..legacy(1, 0, 1) },
            high,
        ))
    };
    let mut world = world();
    assert_eq!(world.add(1, tx()), Err(Rejected::MalleableSignature));
    world.head.fork = Fork::Frontier;
    assert!(world.add(1, tx()).is_ok());
}

#[test]
fn contracts_do_not_send_but_delegated_accounts_do() {
    let mut world = world();
    world.account(1).code = Some(Bytes::from_static(&[0x60]));
    assert_eq!(world.add(1, transfer(1, 0, 1)), Err(Rejected::SenderHasCode(who(1))));
    let mut delegation = vec![0xef, 0x01, 0x00];
    delegation.extend_from_slice(who(2).as_slice());
    world.account(1).code = Some(delegation.into());
    // As many as anybody else may have.
    for nonce in 0..3 {
        world.send(1, nonce, 1);
    }
    assert_eq!(world.pool.status().pending, 3);
}

#[test]
fn more_than_a_senders_share() {
    let mut world =
        World::new(PoolConfig { max_transactions_per_sender: 2, ..PoolConfig::default() });
    world.send(1, 0, 1);
    world.send(1, 1, 1);
    assert!(refused(&mut world, transfer(1, 2, 1)).starts_with("account limit exceeded: "));
    // A replacement adds none.
    assert!(world.add(1, transfer(1, 1, 2)).is_ok());

    let one = world.pool.iter().next().unwrap().footprint();
    let mut world =
        World::new(PoolConfig { max_bytes_per_sender: 2 * one, ..PoolConfig::default() });
    world.send(1, 0, 1);
    world.send(1, 1, 1);
    assert!(refused(&mut world, transfer(1, 2, 1)).starts_with("account limit exceeded: "));
}

#[test]
fn an_unreadable_state() {
    let mut world = world();
    world.accounts.unreadable = true;
    assert_eq!(
        refused(&mut world, transfer(1, 0, 1)),
        "the sender's account could not be read from the newest state: the disk is on fire"
    );
}
