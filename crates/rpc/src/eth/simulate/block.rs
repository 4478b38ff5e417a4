//! One simulated block after another, on one state.

use super::{
    BlockCalls, CallError, NO_BEACON_ROOT, SimulatedBlock, SimulatedCall, code, no_signature,
    transfers::Transfers,
};
use crate::{
    Api,
    api::StateAt,
    call_site::{apply, gas_cap, relax, state_of, tx_env},
    error::{RpcError, RpcResult, check, halt_text},
    types::{
        block::RpcBlock,
        call::CallRequest,
        hexa::Quantity,
        log::{Position, RpcLog},
        overrides::{self, BlockOverrides, StateOverrides},
    },
};
use alloy_consensus::{
    EMPTY_OMMER_ROOT_HASH, Eip658Value, EthereumTypedTransaction, Receipt as BareReceipt,
    ReceiptWithBloom, Signed, TxEip1559, TxEip2930, TxEip4844, TxEip7702, TxLegacy,
    proofs::calculate_withdrawals_root,
};
use alloy_eips::eip4895::{Withdrawal, Withdrawals};
use alloy_primitives::{Address, B256, Bloom, Bytes, Log, U256};
use entente_chain::{
    Block, Body, Fork, Header, Receipt, RecoveredBlock, SealedBlock, SealedHeader, Transaction,
};
use entente_evm::{
    Account, BlockEvm, BlockState, EvmError, Interrupt, Outcome, StateView, TransactionError,
    before_transactions, collect_requests,
    revm::{
        DatabaseCommit as _, InspectEvm as _,
        context::TxEnv,
        context_interface::{
            block::BlobExcessGasAndPrice,
            result::{ExecutionResult, InvalidTransaction},
        },
    },
    transaction_error,
};
use entente_node::{receipts_root, transactions_root};
use entente_store::{Snapshot, StoreError};
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet};

/// What a request asks of all its blocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Options {
    pub(super) trace_transfers: bool,
    pub(super) validation: bool,
    pub(super) full: bool,
}

/// What the simulation stands on: a state, and the hashes of the blocks that were simulated so far.
#[derive(Debug)]
pub(super) struct Ground {
    state: Snapshot,
    header: SealedHeader,
    hashes: Mutex<BTreeMap<u64, B256>>,
}

impl Ground {
    pub(super) fn new(base: StateAt) -> Self {
        Self { state: base.state, header: base.header, hashes: Mutex::default() }
    }
}

impl StateView for Ground {
    fn account(&self, address: Address) -> Result<Option<Account>, EvmError> {
        self.state.account(address)
    }

    fn storage(&self, address: Address, slot: U256) -> Result<U256, EvmError> {
        self.state.storage(address, slot)
    }

    fn has_storage(&self, address: Address) -> Result<bool, EvmError> {
        self.state.has_storage(address)
    }

    fn code(&self, hash: B256) -> Result<Bytes, EvmError> {
        self.state.code(hash)
    }

    fn block_hash(&self, number: u64) -> Result<B256, EvmError> {
        if number == self.header.number {
            return Ok(self.header.hash);
        }
        match self.hashes.lock().get(&number) {
            Some(hash) => Ok(*hash),
            None => self.state.block_hash(number),
        }
    }
}

/// A simulation under way.
pub(super) struct Simulation<'a> {
    api: &'a Api,
    ground: &'a Ground,
    options: Options,
    interrupt: &'a Interrupt,
    /// None only while a block's EVM has it.
    state: Option<BlockState<'a>>,
    parent: SealedHeader,
    /// Gas that the whole request may still use.
    gas_left: u64,
}

/// A block's calls as they come out of the EVM: what is answered once its hash is known.
struct Ran {
    transactions: Vec<Transaction>,
    senders: Vec<Address>,
    receipts: Vec<Receipt>,
    calls: Vec<(SimulatedCall, Vec<Log>)>,
    gas_used: u64,
    blob_gas_used: u64,
}

impl<'a> Simulation<'a> {
    pub(super) fn new(
        api: &'a Api,
        ground: &'a Ground,
        options: Options,
        interrupt: &'a Interrupt,
    ) -> Self {
        Self {
            api,
            ground,
            options,
            interrupt,
            state: Some(api.chain.executor().state(ground)),
            parent: ground.header.clone(),
            gas_left: gas_cap(api),
        }
    }

    /// Runs a block, whose number and time are set.
    pub(super) fn run(&mut self, wanted: BlockCalls) -> RpcResult<SimulatedBlock> {
        let overrides = wanted.block_overrides.unwrap_or_default();
        let accounts = wanted.state_overrides.unwrap_or_default();
        overrides::check(&accounts, self.api.limits.override_entries)?;
        check_moves(&accounts)?;
        let withdrawals = overrides.withdrawals.clone().unwrap_or_default();
        let mut header = self.header(&overrides);
        let mut evm = self.open(&header, &overrides, &accounts)?;
        let ran = self.calls(&mut evm, &header, &wanted.calls)?;
        self.close(&mut evm, &mut header, &ran, &withdrawals)?;
        self.state = Some(std::mem::replace(
            state_of(&mut evm),
            self.api.chain.executor().state(self.ground),
        ));
        Ok(self.assemble(header, ran, withdrawals))
    }

    fn header(&self, overrides: &BlockOverrides) -> Header {
        let (spec, parent) = (self.api.chain.spec(), &self.parent);
        let mut header = Header {
            parent_hash: parent.hash,
            ommers_hash: EMPTY_OMMER_ROOT_HASH,
            beneficiary: overrides.fee_recipient.unwrap_or(parent.beneficiary),
            number: overrides.number.unwrap_or_default().0,
            timestamp: overrides.time.unwrap_or_default().0,
            gas_limit: overrides.gas_limit.map_or(parent.gas_limit, |limit| limit.0),
            difficulty: overrides.difficulty.unwrap_or(parent.difficulty),
            mix_hash: overrides.prev_randao.unwrap_or_default(),
            ..Header::default()
        };
        spec.fill_fork_fields(&mut header, parent);
        if header.base_fee_per_gas.is_some() {
            // Nobody pays without validation, so that a price below the base fee is none.
            let free = (!self.options.validation).then_some(0);
            header.base_fee_per_gas =
                overrides.base_fee_per_gas.map(|fee| fee.0).or(free).or(header.base_fee_per_gas);
        }
        if header.parent_beacon_block_root.is_some() {
            header.parent_beacon_block_root = Some(overrides.beacon_root.unwrap_or(NO_BEACON_ROOT));
        }
        header
    }

    fn open(
        &mut self,
        header: &Header,
        overrides: &BlockOverrides,
        accounts: &StateOverrides,
    ) -> RpcResult<BlockEvm<'a, Transfers>> {
        let executor = self.api.chain.executor();
        let mut state =
            self.state.take().ok_or_else(|| RpcError::server("a block before this one failed"))?;
        apply(&mut state, accounts)?;
        let inspector = Transfers::new(self.options.trace_transfers);
        let mut evm = executor.evm(header, state, inspector, self.interrupt.clone());
        before_transactions(&mut evm, executor.spec().fork(header), header)?;
        relax(&mut evm);
        let cfg = &mut evm.ctx.cfg;
        cfg.disable_balance_check = false;
        cfg.disable_nonce_check = !self.options.validation;
        cfg.disable_base_fee = !self.options.validation;
        if let Some(fee) = overrides.blob_base_fee {
            evm.ctx.block.blob_excess_gas_and_price = Some(BlobExcessGasAndPrice {
                excess_blob_gas: header.excess_blob_gas.unwrap_or(0),
                blob_gasprice: fee.0.into(),
            });
        }
        for (from, account) in accounts {
            if let Some(to) = account.move_precompile_to_address
                && !evm.precompiles.move_to(*from, to)
            {
                return Err(RpcError::server(format!("account {from} is not a precompile")));
            }
        }
        Ok(evm)
    }

    fn calls(
        &mut self,
        evm: &mut BlockEvm<'a, Transfers>,
        header: &Header,
        calls: &[CallRequest],
    ) -> RpcResult<Ran> {
        let mut ran = Ran {
            transactions: Vec::with_capacity(calls.len()),
            senders: Vec::with_capacity(calls.len()),
            receipts: Vec::with_capacity(calls.len()),
            calls: Vec::with_capacity(calls.len()),
            gas_used: 0,
            blob_gas_used: 0,
        };
        for call in calls {
            check(self.interrupt)?;
            self.call(evm, header, call, &mut ran)?;
        }
        Ok(ran)
    }

    fn call(
        &mut self,
        evm: &mut BlockEvm<'a, Transfers>,
        header: &Header,
        call: &CallRequest,
        ran: &mut Ran,
    ) -> RpcResult<()> {
        call.validate(self.api.chain.spec().chain_id)?;
        let room = header.gas_limit.saturating_sub(ran.gas_used);
        let gas = match call.gas {
            Some(gas) if gas.0 > room => {
                return Err(RpcError::new(
                    code::BLOCK_GAS,
                    format!(
                        "block gas limit reached: {} + {} > {}",
                        ran.gas_used, gas.0, header.gas_limit
                    ),
                ));
            }
            Some(gas) => gas.0.min(self.gas_left),
            None => room.min(self.gas_left),
        };
        let caller = call.from.unwrap_or_default();
        let nonce = match call.nonce {
            Some(nonce) => nonce.0,
            None => state_of(evm).account(caller)?.map_or(0, |account| account.nonce),
        };
        let env = tx_env(self.api, call, gas, nonce);
        let transaction = unsigned(call, &env);
        ran.blob_gas_used += alloy_consensus::Transaction::blob_gas_used(&transaction).unwrap_or(0);
        let inspector = Transfers::new(self.options.trace_transfers);
        let Outcome { result, state, .. } =
            evm.inspect(env, inspector).map_err(|error| refused(transaction_error(error)))?;
        state_of(evm).commit(state);
        let logs = if result.is_success() { evm.inspector.take() } else { Vec::new() };
        let used = result.tx_gas_used();
        self.gas_left = self.gas_left.saturating_sub(used);
        ran.gas_used += used;
        ran.receipts.push(receipt(&transaction, ran.gas_used, &result));
        ran.transactions.push(transaction);
        ran.senders.push(caller);
        ran.calls.push((outcome(result), logs));
        Ok(())
    }

    /// What comes after a block's calls, and the members of its header that follow from them.
    fn close(
        &self,
        evm: &mut BlockEvm<'a, Transfers>,
        header: &mut Header,
        ran: &Ran,
        withdrawals: &[Withdrawal],
    ) -> RpcResult<()> {
        let spec = self.api.chain.spec();
        let fork = spec.fork(header);
        if fork >= Fork::Prague && header.requests_hash.is_some() {
            let requests = collect_requests(evm, spec, header, &ran.receipts)?;
            header.requests_hash = Some(requests.requests_hash());
        }
        let state = state_of(evm);
        for withdrawal in withdrawals {
            state.credit(withdrawal.address, U256::from(withdrawal.amount_wei()), false)?;
        }
        header.state_root = self.state_root(state)?;
        header.transactions_root = transactions_root(&ran.transactions);
        header.receipts_root = receipts_root(&ran.receipts);
        header.logs_bloom =
            ran.receipts.iter().fold(Bloom::ZERO, |bloom, receipt| bloom | *receipt.logs_bloom());
        header.gas_used = ran.gas_used;
        header.blob_gas_used = header.blob_gas_used.map(|_| ran.blob_gas_used);
        header.withdrawals_root =
            header.withdrawals_root.map(|_| calculate_withdrawals_root(withdrawals));
        Ok(())
    }

    /// The changes since the base make one step of the trie, whatever number of blocks they come from.
    fn state_root(&self, state: &BlockState<'_>) -> RpcResult<B256> {
        let base = &self.ground.state;
        match base.prepare(base.height() + 1, &state.changes()?) {
            Ok(prepared) => Ok(prepared.state_root()),
            Err(StoreError::ProofTooOld { .. }) => Ok(B256::ZERO),
            Err(error) => Err(error.into()),
        }
    }

    fn assemble(
        &mut self,
        header: Header,
        ran: Ran,
        withdrawals: Vec<Withdrawal>,
    ) -> SimulatedBlock {
        let hash = self.api.chain.spec().hash_header(&header);
        self.ground.hashes.lock().insert(header.number, hash);
        self.parent = SealedHeader { hash, header: header.clone() };
        let position = Position { hash, number: header.number, timestamp: header.timestamp };
        let (dialect, mut first) = (self.api.dialect, 0);
        let calls = ran
            .calls
            .into_iter()
            .zip(&ran.transactions)
            .enumerate()
            .map(|(index, ((mut call, logs), tx))| {
                let place = (*tx.tx_hash(), index);
                call.logs = logs
                    .iter()
                    .enumerate()
                    .map(|(at, log)| RpcLog::new(log, position, place, first + at, dialect))
                    .collect();
                first += logs.len();
                call
            })
            .collect();
        let withdrawals = header.withdrawals_root.map(|_| Withdrawals::new(withdrawals));
        let body = Body { transactions: ran.transactions, ommers: Vec::new(), withdrawals };
        let sealed = SealedBlock { hash, block: Block { header, body } };
        let block = RecoveredBlock::new(sealed, ran.senders)
            .expect("one sender was pushed with each transaction");
        SimulatedBlock { block: RpcBlock::new(&block, self.options.full, None, dialect), calls }
    }
}

/// Precompiles may not move onto themselves, nor two to one place.
fn check_moves(accounts: &StateOverrides) -> RpcResult<()> {
    let mut taken = BTreeSet::new();
    for (from, account) in accounts {
        let Some(to) = account.move_precompile_to_address else { continue };
        if to == *from {
            return Err(RpcError::new(
                code::MOVE_TO_SELF,
                format!("precompile {from} is moved to itself"),
            ));
        }
        if !taken.insert(to) {
            return Err(RpcError::new(
                code::MOVE_TWICE,
                format!("two precompiles are moved to {to}"),
            ));
        }
    }
    Ok(())
}

/// The transaction that a call would be, unsigned.
fn unsigned(call: &CallRequest, env: &TxEnv) -> Transaction {
    let chain_id = env.chain_id.unwrap_or_default();
    let (nonce, gas_limit, value, input) = (env.nonce, env.gas_limit, env.value, env.data.clone());
    let tip = env.gas_priority_fee.unwrap_or(0);
    let (access_list, to) = (env.access_list.clone(), env.kind);
    let callee = to.to().copied().unwrap_or_default();
    let typed: EthereumTypedTransaction<TxEip4844> = match env.tx_type {
        0 if call.gas_price.is_some() => TxLegacy {
            chain_id: Some(chain_id),
            nonce,
            gas_price: env.gas_price,
            gas_limit,
            to,
            value,
            input,
        }
        .into(),
        1 if call.gas_price.is_some() => TxEip2930 {
            chain_id,
            nonce,
            gas_price: env.gas_price,
            gas_limit,
            to,
            value,
            access_list,
            input,
        }
        .into(),
        3 => TxEip4844 {
            chain_id,
            nonce,
            gas_limit,
            max_fee_per_gas: env.gas_price,
            max_priority_fee_per_gas: tip,
            to: callee,
            value,
            access_list,
            blob_versioned_hashes: env.blob_hashes.clone(),
            max_fee_per_blob_gas: env.max_fee_per_blob_gas,
            input,
        }
        .into(),
        4 => TxEip7702 {
            chain_id,
            nonce,
            gas_limit,
            max_fee_per_gas: env.gas_price,
            max_priority_fee_per_gas: tip,
            to: callee,
            value,
            access_list,
            authorization_list: call.authorization_list.clone().unwrap_or_default(),
            input,
        }
        .into(),
        _ => TxEip1559 {
            chain_id,
            nonce,
            gas_limit,
            max_fee_per_gas: env.gas_price,
            max_priority_fee_per_gas: tip,
            to,
            value,
            access_list,
            input,
        }
        .into(),
    };
    envelope(typed)
}

fn envelope(typed: EthereumTypedTransaction<TxEip4844>) -> Transaction {
    let signature = no_signature();
    match typed {
        EthereumTypedTransaction::Legacy(tx) => {
            Transaction::Legacy(Signed::new_unhashed(tx, signature))
        }
        EthereumTypedTransaction::Eip2930(tx) => {
            Transaction::Eip2930(Signed::new_unhashed(tx, signature))
        }
        EthereumTypedTransaction::Eip1559(tx) => {
            Transaction::Eip1559(Signed::new_unhashed(tx, signature))
        }
        EthereumTypedTransaction::Eip4844(tx) => {
            Transaction::Eip4844(Signed::new_unhashed(tx, signature))
        }
        EthereumTypedTransaction::Eip7702(tx) => {
            Transaction::Eip7702(Signed::new_unhashed(tx, signature))
        }
    }
}

fn receipt(
    transaction: &Transaction,
    cumulative_gas_used: u64,
    result: &ExecutionResult,
) -> Receipt {
    let logs = if result.is_success() { result.logs().to_vec() } else { Vec::new() };
    let bare =
        BareReceipt { status: Eip658Value::Eip658(result.is_success()), cumulative_gas_used, logs };
    Receipt::from_typed(transaction.tx_type(), ReceiptWithBloom::from(bare))
}

fn outcome(result: ExecutionResult) -> SimulatedCall {
    let gas = result.gas();
    let mut call = SimulatedCall {
        return_data: Bytes::new(),
        logs: Vec::new(),
        gas_used: Quantity(gas.tx_gas_used()),
        max_used_gas: Quantity(gas.total_gas_spent().max(gas.tx_gas_used())),
        status: Quantity(result.is_success().into()),
        error: None,
    };
    match result {
        ExecutionResult::Success { output, .. } => call.return_data = output.into_data(),
        ExecutionResult::Revert { output, .. } => {
            let error = RpcError::reverted(output.clone());
            call.return_data = output;
            call.error = Some(CallError {
                code: error.code,
                message: error.message.into_owned(),
                data: error.data,
            });
        }
        ExecutionResult::Halt { reason, .. } => {
            call.error =
                Some(CallError { code: code::VM, message: halt_text(&reason), data: None });
        }
    }
    call
}

/// A call that could not stand in a block fails the request, under the standard's code.
fn refused(error: TransactionError) -> RpcError {
    use InvalidTransaction as Invalid;
    let code = match &error {
        TransactionError::Invalid(invalid) => match invalid {
            Invalid::NonceTooLow { .. } => code::NONCE_TOO_LOW,
            Invalid::NonceTooHigh { .. } => code::NONCE_TOO_HIGH,
            Invalid::GasPriceLessThanBasefee => code::BASE_FEE,
            Invalid::CallGasCostMoreThanGasLimit { .. }
            | Invalid::GasFloorMoreThanGasLimit { .. } => code::INTRINSIC_GAS,
            Invalid::LackOfFundForMaxFee { .. } => code::FUNDS,
            Invalid::CallerGasLimitMoreThanBlock => code::BLOCK_GAS,
            Invalid::RejectCallerWithCode => code::NOT_AN_EOA,
            Invalid::CreateInitCodeSizeLimit => code::INIT_CODE,
            _ => return error.into(),
        },
        _ => return error.into(),
    };
    RpcError { code, ..error.into() }
}
