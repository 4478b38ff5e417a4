//! A state, a block and the ways to trace it.

use super::super::{
    budget::Budget,
    geth::{self, Tracer},
    parity::{self, Wanted},
    replay::Replay,
};
use crate::error::RpcResult;
use alloy_consensus::{SignableTransaction as _, TxEip1559, TxLegacy};
use alloy_eips::eip2930::{AccessList, AccessListItem};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256, address, keccak256};
use alloy_rpc_types_trace::parity::TraceType;
use entente_chain::{
    Block, Body, ChainSpec, Fork, ForkSchedule, Header, RecoveredBlock, SealedBlock, Transaction,
};
use entente_evm::{Account, EvmError, Executor, Interrupt, StateView};
use revm_inspectors::tracing::TransactionContext;
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc};

pub(super) const ALICE: Address = address!("00000000000000000000000000000000000a11ce");
pub(super) const MINER: Address = address!("00000000000000000000000000000000000c01b5");
pub(super) const ROOT: Address = address!("000000000000000000000000000000000000c0de");
/// What Alice begins with, in wei.
pub(super) const FUNDS: u64 = 1_000_000_000;
/// Gas limit of each transaction.
pub(super) const GAS: u64 = 200_000;

#[derive(Debug, Default)]
pub(super) struct World {
    accounts: BTreeMap<Address, Account>,
    slots: BTreeMap<(Address, U256), U256>,
    codes: BTreeMap<B256, Bytes>,
}

impl World {
    /// Alice and her money.
    pub(super) fn new() -> Self {
        let mut world = Self::default();
        world.accounts.insert(ALICE, Account { balance: U256::from(FUNDS), ..Account::default() });
        world
    }

    pub(super) fn with_code(mut self, address: Address, code: &[u8], balance: u64) -> Self {
        let code_hash = keccak256(code);
        self.accounts
            .insert(address, Account { nonce: 1, balance: U256::from(balance), code_hash });
        self.codes.insert(code_hash, Bytes::copy_from_slice(code));
        self
    }

    pub(super) fn with_slot(mut self, address: Address, slot: u64, value: u64) -> Self {
        self.slots.insert((address, U256::from(slot)), U256::from(value));
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

    fn code(&self, hash: B256) -> Result<Bytes, EvmError> {
        self.codes.get(&hash).cloned().ok_or_else(|| EvmError::State(format!("no code {hash}")))
    }

    fn block_hash(&self, _: u64) -> Result<B256, EvmError> {
        Ok(B256::ZERO)
    }
}

/// A block of Alice's transactions, each to `to` with `value`, on a state.
pub(super) struct Scene {
    world: World,
    executor: Executor,
    pub(super) block: RecoveredBlock,
    pub(super) interrupt: Interrupt,
    pub(super) budget: usize,
}

impl Scene {
    pub(super) fn new(world: World, fork: Fork, calls: &[(Address, u64)]) -> Self {
        let spec = Arc::new(ChainSpec::new(1337, ForkSchedule::all_until(fork)));
        let header = Header {
            number: 1,
            timestamp: 1,
            gas_limit: 30_000_000,
            beneficiary: MINER,
            base_fee_per_gas: Some(7),
            ..Header::default()
        };
        let transactions =
            calls.iter().zip(0..).map(|((to, value), nonce)| transaction(fork, *to, *value, nonce));
        let body = Body { transactions: transactions.collect(), ..Body::default() };
        let sealed = SealedBlock { hash: B256::repeat_byte(0xbb), block: Block { header, body } };
        let block = RecoveredBlock::new(sealed, vec![ALICE; calls.len()]).unwrap();
        let executor = Executor::new(spec, 1 << 20).unwrap();
        Self { world, executor, block, interrupt: Interrupt::default(), budget: 64 << 20 }
    }

    /// Alice calls `ROOT` once.
    pub(super) fn call(world: World) -> Self {
        Self::new(world, Fork::Prague, &[(ROOT, 0)])
    }

    /// The same, with a slot of `ROOT` in the transaction's access list.
    pub(super) fn warmed(world: World, slot: u64) -> Self {
        let list = AccessList(vec![AccessListItem {
            address: ROOT,
            storage_keys: vec![B256::from(U256::from(slot))],
        }]);
        let tx = TxEip1559 { access_list: list, ..plain(ROOT, 0, 0) };
        let mut scene = Self::call(world);
        let (mut sealed, senders) = scene.block.into_parts();
        sealed.block.body.transactions = vec![Transaction::Eip1559(tx.into_signed(signature()))];
        scene.block = RecoveredBlock::new(sealed, senders).unwrap();
        scene
    }

    pub(super) fn replay(&self) -> Replay<'_> {
        Replay {
            executor: &self.executor,
            before: &self.world,
            block: &self.block,
            interrupt: &self.interrupt,
        }
    }

    /// All transactions under the tracer that these options of a client name.
    pub(super) fn try_geth(&self, options: Value) -> RpcResult<Vec<Value>> {
        let tracer = Tracer::new(serde_json::from_value(options).unwrap())?;
        let budget = Budget::new(self.budget);
        self.replay().trace(
            0..=usize::MAX,
            &budget,
            || tracer.recorder(&budget),
            |_, outcome, evm| {
                let trace = geth::trace(TransactionContext::default(), outcome, evm, &budget)?;
                Ok(serde_json::to_value(trace).unwrap())
            },
        )
    }

    /// The only transaction.
    pub(super) fn geth(&self, options: Value) -> Value {
        self.try_geth(options).unwrap().remove(0)
    }

    /// The calls of all transactions, as `trace_block` lists them.
    pub(super) fn calls(&self) -> Vec<Value> {
        let (wanted, budget) = (Wanted::calls(), Budget::new(self.budget));
        let calls = self.replay().trace(
            0..=usize::MAX,
            &budget,
            || Ok(wanted.recorder(&budget)),
            |index, _, evm| parity::localized(&self.block, index, evm, &budget),
        );
        calls
            .unwrap()
            .into_iter()
            .flatten()
            .map(|call| serde_json::to_value(call).unwrap())
            .collect()
    }

    /// What is wanted of the only transaction.
    pub(super) fn parity(&self, types: Vec<TraceType>) -> RpcResult<Value> {
        let (wanted, budget) = (Wanted::new(types), Budget::new(self.budget));
        let results = self.replay().trace(
            0..=0,
            &budget,
            || Ok(wanted.recorder(&budget)),
            |_, outcome, evm| wanted.results(outcome, evm, &budget, None),
        )?;
        Ok(serde_json::to_value(&results[0]).unwrap())
    }
}

const fn signature() -> Signature {
    Signature::new(U256::ONE, U256::ONE, false)
}

/// Pays the base fee of 7 and a tip of 2 wei for each unit of gas.
fn plain(to: Address, value: u64, nonce: u64) -> TxEip1559 {
    TxEip1559 {
        chain_id: 1337,
        nonce,
        gas_limit: GAS,
        max_fee_per_gas: 10,
        max_priority_fee_per_gas: 2,
        to: TxKind::Call(to),
        value: U256::from(value),
        ..TxEip1559::default()
    }
}

fn transaction(fork: Fork, to: Address, value: u64, nonce: u64) -> Transaction {
    if fork >= Fork::London {
        return Transaction::Eip1559(plain(to, value, nonce).into_signed(signature()));
    }
    let tx = TxLegacy {
        chain_id: Some(1337),
        nonce,
        gas_price: 9,
        gas_limit: GAS,
        to: TxKind::Call(to),
        value: U256::from(value),
        ..TxLegacy::default()
    };
    Transaction::Legacy(tx.into_signed(signature()))
}
