//! Blocks on a small state; every expectation is calculated by hand from the EIPs named.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use alloy_consensus::{SignableTransaction, TxEip1559, TxLegacy};
use alloy_primitives::{
    Address, B256, Bytes, KECCAK256_EMPTY, Signature, TxKind, U256, address, bytes, keccak256,
};
use entente_chain::{ChainSpec, Fork, ForkSchedule, Header, Transaction};
use entente_evm::{Account, EvmError, Executor, Interrupt, StateView, TransactionError};
use revm::{ExecuteEvm, inspector::NoOpInspector};
use std::{collections::BTreeMap, sync::Arc};

use entente_evm::revm;

const ALICE: Address = address!("00000000000000000000000000000000000a11ce");
const BOB: Address = address!("0000000000000000000000000000000000000b0b");
const MINER: Address = address!("00000000000000000000000000000000000c01b5");
const CODE: Address = address!("000000000000000000000000000000000000c0de");

#[derive(Default)]
struct World {
    accounts: BTreeMap<Address, Account>,
    slots: BTreeMap<(Address, U256), U256>,
    codes: BTreeMap<B256, Bytes>,
}

impl World {
    fn with_balance(mut self, address: Address, wei: u64) -> Self {
        self.accounts.insert(address, Account { balance: U256::from(wei), ..Account::default() });
        self
    }

    fn with_code(mut self, address: Address, code: Bytes, slots: &[(u64, u64)]) -> Self {
        let code_hash = keccak256(&code);
        self.accounts.insert(address, Account { nonce: 1, balance: U256::ZERO, code_hash });
        self.codes.insert(code_hash, code);
        for (slot, value) in slots {
            self.slots.insert((address, U256::from(*slot)), U256::from(*value));
        }
        self
    }
}

impl StateView for World {
    fn account(&self, address: Address) -> Result<Option<Account>, EvmError> {
        Ok(self.accounts.get(&address).copied())
    }

    fn storage(&self, address: Address, slot: U256) -> Result<U256, EvmError> {
        Ok(self.slots.get(&(address, slot)).copied().unwrap_or_default())
    }

    fn has_storage(&self, address: Address) -> Result<bool, EvmError> {
        Ok(self.slots.iter().any(|((owner, _), value)| *owner == address && !value.is_zero()))
    }

    fn code(&self, hash: B256) -> Result<Bytes, EvmError> {
        self.codes.get(&hash).cloned().ok_or_else(|| EvmError::State(format!("no code {hash}")))
    }

    fn block_hash(&self, _: u64) -> Result<B256, EvmError> {
        Ok(B256::ZERO)
    }
}

fn spec(last: Fork) -> Arc<ChainSpec> {
    Arc::new(ChainSpec::new(1337, ForkSchedule::all_until(last)))
}

fn executor(last: Fork) -> Executor {
    Executor::new(spec(last), 1 << 20).unwrap()
}

fn header(gas_limit: u64) -> Header {
    Header {
        number: 1,
        timestamp: 1,
        gas_limit,
        beneficiary: MINER,
        base_fee_per_gas: Some(7),
        excess_blob_gas: Some(0),
        parent_beacon_block_root: Some(B256::ZERO),
        ..Header::default()
    }
}

fn signature() -> Signature {
    Signature::new(U256::ONE, U256::ONE, false)
}

fn transfer(nonce: u64, to: Address, wei: u64, gas_limit: u64) -> Transaction {
    let tx = TxEip1559 {
        chain_id: 1337,
        nonce,
        gas_limit,
        max_fee_per_gas: 10,
        max_priority_fee_per_gas: 2,
        to: TxKind::Call(to),
        value: U256::from(wei),
        ..TxEip1559::default()
    };
    Transaction::Eip1559(tx.into_signed(signature()))
}

#[test]
fn a_transfer_moves_value_pays_the_tip_and_burns_the_base_fee() {
    let world = World::default().with_balance(ALICE, 1_000_000);
    let executor = executor(Fork::Osaka);
    let mut block = executor.begin(&header(30_000_000), &world).unwrap();
    let receipt = block.transact(&transfer(0, BOB, 5, 21_000), ALICE).unwrap();
    assert!(receipt.status());
    assert_eq!(receipt.cumulative_gas_used(), 21_000);
    let executed = block.finish(Some(&[]), &[]).unwrap();
    assert_eq!(executed.gas_used, 21_000);
    let after: BTreeMap<_, _> =
        executed.changes.accounts.iter().map(|change| (change.address, change.after)).collect();
    // EIP-1559: the sender pays base fee 7 + tip 2 a gas; the beneficiary gets the tip alone.
    let alice = after[&ALICE].unwrap();
    assert_eq!(alice.balance, U256::from(1_000_000 - 5 - 21_000 * 9));
    assert_eq!(alice.nonce, 1);
    assert_eq!(after[&BOB].unwrap().balance, U256::from(5));
    assert_eq!(after[&MINER].unwrap().balance, U256::from(21_000 * 2));
    assert_eq!(after.len(), 3);
    assert!(executed.changes.accounts.is_sorted_by_key(|change| change.hashed));
    assert_eq!(
        executed.changes.accounts[0].hashed,
        keccak256(executed.changes.accounts[0].address)
    );
}

#[test]
fn a_transaction_that_does_not_fit_leaves_the_block_as_it_was() {
    let world = World::default().with_balance(ALICE, 10_000_000);
    let executor = executor(Fork::Osaka);
    let mut block = executor.begin(&header(50_000), &world).unwrap();
    block.transact(&transfer(0, BOB, 1, 21_000), ALICE).unwrap();
    let refused = block.transact(&transfer(1, BOB, 1, 30_000), ALICE).unwrap_err();
    assert!(
        matches!(refused, TransactionError::BlockGas { wanted: 30_000, left: 29_000 }),
        "{refused}"
    );
    let refused = block.transact(&transfer(7, BOB, 1, 21_000), ALICE).unwrap_err();
    assert!(matches!(refused, TransactionError::Invalid(_)), "{refused}");
    block.transact(&transfer(1, BOB, 1, 21_000), ALICE).unwrap();
    assert_eq!(block.receipts().len(), 2);
    let executed = block.finish(None, &[]).unwrap();
    let bob = executed.changes.accounts.iter().find(|change| change.address == BOB).unwrap();
    assert_eq!(bob.after.unwrap().balance, U256::from(2));
}

#[test]
fn selfdestruct_before_cancun_wipes_what_was_read_and_what_was_not() {
    // SLOAD(1) POP, SSTORE(2, 9), SELFDESTRUCT(bob)
    let code = bytes!("600154506009600255").to_vec();
    let code: Bytes = [code, vec![0x73], BOB.to_vec(), vec![0xff]].concat().into();
    let world = World::default().with_balance(ALICE, 10_000_000).with_code(
        CODE,
        code,
        &[(1, 11), (2, 22), (3, 33)],
    );
    let executor = executor(Fork::Shanghai);
    let mut block = executor.begin(&header(30_000_000), &world).unwrap();
    assert!(block.transact(&transfer(0, CODE, 0, 100_000), ALICE).unwrap().status());
    let executed = block.finish(Some(&[]), &[]).unwrap();
    let change = executed.changes.accounts.iter().find(|change| change.address == CODE).unwrap();
    assert!(change.wiped);
    assert_eq!(change.after, None);
    let slots: BTreeMap<_, _> =
        change.slots.iter().map(|slot| (slot.slot, (slot.before, slot.after))).collect();
    assert_eq!(slots[&U256::from(1)], (U256::from(11), U256::ZERO));
    assert_eq!(slots[&U256::from(2)], (U256::from(22), U256::ZERO));
}

#[test]
fn selfdestruct_from_cancun_on_keeps_an_old_contract() {
    let code: Bytes = [vec![0x73], BOB.to_vec(), vec![0xff]].concat().into();
    let world = World::default().with_balance(ALICE, 10_000_000).with_code(CODE, code, &[(1, 11)]);
    let executor = executor(Fork::Cancun);
    let mut block = executor.begin(&header(30_000_000), &world).unwrap();
    block.transact(&transfer(0, CODE, 4, 100_000), ALICE).unwrap();
    let executed = block.finish(Some(&[]), &[]).unwrap();
    // EIP-6780: the balance goes, the account stays; it ends as it began, so it is no change.
    assert!(!executed.changes.accounts.iter().any(|change| change.address == CODE));
    let bob = executed.changes.accounts.iter().find(|change| change.address == BOB).unwrap();
    assert_eq!(bob.after.unwrap().balance, U256::from(4));
}

#[test]
fn withdrawals_are_credited_in_gwei_and_empty_ones_leave_no_account() {
    let world = World::default();
    let executor = executor(Fork::Shanghai);
    let block = executor.begin(&header(30_000_000), &world).unwrap();
    let withdrawal = |address, amount| alloy_eips::eip4895::Withdrawal {
        index: 0,
        validator_index: 0,
        address,
        amount,
    };
    let executed = block
        .finish(Some(&[withdrawal(ALICE, 3), withdrawal(BOB, 0)]), &[(MINER, U256::from(8))])
        .unwrap();
    let after: BTreeMap<_, _> =
        executed.changes.accounts.iter().map(|change| (change.address, change.after)).collect();
    assert_eq!(after[&ALICE].unwrap().balance, U256::from(3_000_000_000u64));
    assert_eq!(after[&MINER].unwrap().balance, U256::from(8));
    assert!(!after.contains_key(&BOB));
}

#[test]
fn deployed_code_is_among_the_changes() {
    // PUSH1 0 PUSH1 0 RETURN would deploy nothing; this returns the one byte 0x00 (STOP).
    let init = bytes!("60016000f3");
    let world = World::default().with_balance(ALICE, 100_000_000);
    let executor = executor(Fork::London);
    let tx = TxLegacy {
        chain_id: Some(1337),
        nonce: 0,
        gas_price: 10,
        gas_limit: 100_000,
        to: TxKind::Create,
        value: U256::ZERO,
        input: init,
    };
    let mut block = executor.begin(&header(30_000_000), &world).unwrap();
    assert!(
        block.transact(&Transaction::Legacy(tx.into_signed(signature())), ALICE).unwrap().status()
    );
    let executed = block.finish(None, &[]).unwrap();
    let code = Bytes::from_static(&[0]);
    assert_eq!(executed.changes.codes, vec![(keccak256(&code), code)]);
    let contract =
        executed.changes.accounts.iter().find(|change| change.address == ALICE.create(0)).unwrap();
    // EIP-161: a contract begins at nonce 1.
    assert_eq!(contract.after.unwrap().nonce, 1);
    assert_ne!(contract.after.unwrap().code_hash, KECCAK256_EMPTY);
}

#[test]
fn nothing_is_created_over_storage() {
    // EIP-7610: the creation fails as over code, and takes all its gas with it.
    let target = ALICE.create(0);
    let mut world = World::default().with_balance(ALICE, 10_000_000).with_balance(target, 5);
    world.slots.insert((target, U256::from(1)), U256::from(2));
    let executor = executor(Fork::London);
    let tx = TxLegacy {
        chain_id: Some(1337),
        nonce: 0,
        gas_price: 10,
        gas_limit: 100_000,
        to: TxKind::Create,
        value: U256::ZERO,
        input: bytes!("60016000f3"),
    };
    let mut block = executor.begin(&header(30_000_000), &world).unwrap();
    let receipt = block.transact(&Transaction::Legacy(tx.into_signed(signature())), ALICE).unwrap();
    assert!(!receipt.status());
    assert_eq!(receipt.cumulative_gas_used(), 100_000);
    let executed = block.finish(None, &[]).unwrap();
    assert!(executed.changes.accounts.iter().all(|change| change.address != target));
}

#[test]
fn an_account_with_storage_and_no_code_has_the_hash_of_no_code() {
    // PUSH20 BOB EXTCODEHASH PUSH1 0 SSTORE. EIP-1052: the hash of the empty string for an account that is there.
    let mut code = vec![0x73];
    code.extend_from_slice(BOB.as_slice());
    code.extend_from_slice(&[0x3f, 0x60, 0x00, 0x55]);
    let mut world = World::default()
        .with_balance(ALICE, 10_000_000)
        .with_balance(BOB, 5)
        .with_code(CODE, code.into(), &[]);
    world.slots.insert((BOB, U256::from(1)), U256::from(2));
    let executor = executor(Fork::London);
    let mut block = executor.begin(&header(30_000_000), &world).unwrap();
    assert!(block.transact(&transfer(0, CODE, 0, 100_000), ALICE).unwrap().status());
    let executed = block.finish(None, &[]).unwrap();
    let contract = executed.changes.accounts.iter().find(|change| change.address == CODE).unwrap();
    assert_eq!(contract.slots[0].after, U256::from_be_bytes(KECCAK256_EMPTY.0));
}

#[test]
fn a_raised_interrupt_stops_an_endless_loop() {
    // JUMPDEST PUSH1 0 JUMP
    let world =
        World::default().with_balance(ALICE, 10_000_000).with_code(CODE, bytes!("5b600056"), &[]);
    let executor = executor(Fork::Osaka);
    let interrupt = Interrupt::armed();
    interrupt.raise();
    let mut evm =
        executor.evm(&header(30_000_000), executor.state(&world), NoOpInspector, interrupt);
    evm.ctx.cfg.disable_balance_check = true;
    let tx = revm::context::TxEnv {
        caller: ALICE,
        kind: TxKind::Call(CODE),
        gas_limit: 16_000_000,
        gas_price: 7,
        chain_id: Some(1337),
        ..Default::default()
    };
    let error = evm.transact(tx).unwrap_err();
    assert!(error.to_string().contains("interrupted"), "{error}");
}

#[test]
fn another_stack_size_is_refused_by_name() {
    let mut spec = (*spec(Fork::Osaka)).clone();
    spec.evm_stack_size = Some(2048);
    let error = Executor::new(Arc::new(spec), 1 << 20).unwrap_err();
    assert!(error.to_string().contains("evmStackSize 2048"), "{error}");
}
