//! Where a call runs: a state, the header of a block, and what the client pretends of both.
//!
//! Calls, estimates, access lists and traces of calls all start here; so does each block of a simulation.

use crate::{
    Api,
    api::StateAt,
    error::{RpcError, RpcResult},
    types::{
        call::CallRequest,
        overrides::{self, BlockOverrides, StateOverrides},
    },
};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, keccak256, map::AddressMap};
use entente_chain::Header;
use entente_evm::{
    Account, BlockEvm, BlockState, EvmContext, EvmError, Interrupt, Outcome, StateView,
    revm::{
        DatabaseCommit, ExecuteEvm, Inspector,
        bytecode::Bytecode,
        context::{TxEnv, either::Either},
        context_interface::block::BlobExcessGasAndPrice,
        interpreter::interpreter::EthInterpreter,
        state::{
            Account as RevmAccount, AccountInfo, AccountStatus, EvmStorageSlot, TransactionId,
        },
    },
    transaction_error,
};
use entente_store::Snapshot;
use std::collections::BTreeMap;

/// A state on which block hashes may be pretended.
#[derive(Debug)]
struct SiteView {
    state: Snapshot,
    hashes: BTreeMap<u64, B256>,
}

impl StateView for SiteView {
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
        match self.hashes.get(&number) {
            Some(hash) => Ok(*hash),
            None => self.state.block_hash(number),
        }
    }
}

/// A place for calls. Make one, take an EVM from it, run calls in that.
#[derive(Debug)]
pub(crate) struct CallSite {
    view: SiteView,
    header: Header,
    overrides: StateOverrides,
    blob_base_fee: Option<u64>,
}

impl CallSite {
    /// The state after a block, with the client's overrides.
    ///
    /// # Errors
    /// When an override contradicts itself or there are too many of them.
    pub(crate) fn new(
        api: &Api,
        at: StateAt,
        overrides: Option<StateOverrides>,
        block: Option<BlockOverrides>,
    ) -> RpcResult<Self> {
        let overrides = overrides.unwrap_or_default();
        overrides::check(&overrides, api.limits.override_entries)?;
        let mut site = Self {
            view: SiteView { state: at.state, hashes: BTreeMap::new() },
            header: at.header.header,
            overrides,
            blob_base_fee: None,
        };
        if let Some(block) = block {
            site.pretend_block(api, block)?;
        }
        Ok(site)
    }

    fn pretend_block(&mut self, api: &Api, block: BlockOverrides) -> RpcResult<()> {
        if block.beacon_root.is_some() || block.withdrawals.is_some() {
            return Err(RpcError::params(
                "block overrides beaconRoot and withdrawals mean something to eth_simulateV1 only",
            ));
        }
        let header = &mut self.header;
        if let Some(number) = block.number {
            header.number = number.0;
        }
        if let Some(time) = block.time {
            header.timestamp = time.0;
        }
        if let Some(limit) = block.gas_limit {
            header.gas_limit = limit.0;
        }
        if let Some(recipient) = block.fee_recipient {
            header.beneficiary = recipient;
        }
        if let Some(random) = block.prev_randao {
            header.mix_hash = random;
        }
        if let Some(fee) = block.base_fee_per_gas {
            header.base_fee_per_gas = Some(fee.0);
        }
        if let Some(difficulty) = block.difficulty {
            header.difficulty = difficulty;
        }
        self.blob_base_fee = block.blob_base_fee.map(|fee| fee.0);
        let hashes = block.block_hash.unwrap_or_default();
        if hashes.len() > api.limits.override_entries {
            return Err(RpcError::limit(format!(
                "{} block hashes are overridden; one request may override {}",
                hashes.len(),
                api.limits.override_entries
            )));
        }
        self.view.hashes = hashes.into_iter().map(|(number, hash)| (number.0, hash)).collect();
        Ok(())
    }

    /// The header that calls see, overrides included.
    pub(crate) const fn header(&self) -> &Header {
        &self.header
    }

    /// An EVM for calls: overrides are in force, and what only matters to real transactions (nonce, balance for fees, base fee, block gas,
    /// EIP-3607, EIP-7825) is not looked at until a call asks for it ([`CallSite::prepare`]).
    pub(crate) fn evm<'a, I>(
        &'a self,
        api: &'a Api,
        inspector: I,
        interrupt: Interrupt,
    ) -> RpcResult<BlockEvm<'a, I>> {
        self.evm_on(api, api.chain.executor().state(&self.view), inspector, interrupt)
    }

    /// The state that it stands on, without the overrides of accounts.
    pub(crate) fn view(&self) -> &dyn StateView {
        &self.view
    }

    /// The same EVM on a state that transactions have changed already.
    pub(crate) fn evm_on<'a, I>(
        &'a self,
        api: &'a Api,
        mut state: BlockState<'a>,
        inspector: I,
        interrupt: Interrupt,
    ) -> RpcResult<BlockEvm<'a, I>> {
        let executor = api.chain.executor();
        apply(&mut state, &self.overrides)?;
        let mut evm = executor.evm(&self.header, state, inspector, interrupt);
        relax(&mut evm);
        if let Some(fee) = self.blob_base_fee {
            evm.ctx.block.blob_excess_gas_and_price = Some(BlobExcessGasAndPrice {
                excess_blob_gas: self.header.excess_blob_gas.unwrap_or(0),
                blob_gasprice: fee.into(),
            });
        }
        for (from, account) in &self.overrides {
            if let Some(to) = account.move_precompile_to_address
                && !evm.precompiles.move_to(*from, to)
            {
                return Err(RpcError::params(format!("account {from} is not a precompile")));
            }
        }
        Ok(evm)
    }

    /// A call as a transaction for this EVM, and the EVM's checks as the call wants them. Without a gas limit it gets the most that a call may have.
    pub(crate) fn prepare<I>(
        &self,
        api: &Api,
        evm: &mut BlockEvm<'_, I>,
        call: &CallRequest,
    ) -> RpcResult<TxEnv> {
        call.validate(api.chain.spec().chain_id)?;
        let strict = call.strict == Some(true);
        evm.ctx.cfg.disable_balance_check = !strict;
        evm.ctx.cfg.disable_base_fee = !(strict && call.names_price());
        let cap = gas_cap(api);
        let gas = call.gas.map_or(cap, |gas| gas.0.min(cap));
        let caller = call.from.unwrap_or_default();
        let nonce = match call.nonce {
            Some(nonce) => nonce.0,
            None => state_of(evm).account(caller)?.map_or(0, |account| account.nonce),
        };
        let mut tx = tx_env(api, call, gas, nonce);
        if !strict && tx.tx_type == 3 {
            // Nobody pays: the price that is asked for is met.
            let price =
                evm.ctx.block.blob_excess_gas_and_price.map_or(0, |blob| blob.blob_gasprice);
            tx.max_fee_per_blob_gas = tx.max_fee_per_blob_gas.max(price);
        }
        Ok(tx)
    }
}

/// The state that an EVM runs on.
pub(crate) fn state_of<'e, 'a, I>(evm: &'e mut BlockEvm<'a, I>) -> &'e mut BlockState<'a> {
    &mut evm.ctx.journaled_state.database
}

/// The most gas that a call may have.
pub(crate) const fn gas_cap(api: &Api) -> u64 {
    // 0 means no cap of the operator's; the interpreter's counters still want some room above.
    if api.limits.gas_cap == 0 { u64::MAX / 2 } else { api.limits.gas_cap }
}

/// Runs a call without keeping its effects.
pub(crate) fn run<'a, I: Inspector<EvmContext<'a>, EthInterpreter>>(
    evm: &mut BlockEvm<'a, I>,
    tx: TxEnv,
) -> RpcResult<Outcome> {
    evm.transact(tx).map_err(|error| transaction_error(error).into())
}

/// Switches off what only matters to real transactions.
pub(crate) fn relax<I>(evm: &mut BlockEvm<'_, I>) {
    let cfg = &mut evm.ctx.cfg;
    cfg.disable_nonce_check = true;
    cfg.disable_eip3607 = true;
    cfg.disable_block_gas_limit = true;
    cfg.disable_balance_check = true;
    cfg.disable_base_fee = true;
    cfg.tx_gas_limit_cap = Some(u64::MAX);
}

/// A call with a gas limit and a nonce, as revm takes it.
pub(crate) fn tx_env(api: &Api, call: &CallRequest, gas_limit: u64, nonce: u64) -> TxEnv {
    let tx_type = call.transaction_type();
    let (gas_price, gas_priority_fee) = match (call.gas_price, tx_type) {
        // A plain price under a newer type: it is the fee and the tip.
        (Some(price), 2..) => (price.0, Some(price.0)),
        (Some(price), _) => (price.0, None),
        (None, 2..) => {
            let tip = call.max_priority_fee_per_gas.unwrap_or_default().0;
            (call.max_fee_per_gas.map_or(tip, |fee| fee.0), Some(tip))
        }
        (None, _) => (0, None),
    };
    TxEnv {
        tx_type,
        caller: call.from.unwrap_or_default(),
        gas_limit,
        gas_price,
        kind: call.to.map_or(TxKind::Create, TxKind::Call),
        value: call.value.unwrap_or_default(),
        data: call.input(),
        nonce,
        chain_id: Some(api.chain.spec().chain_id),
        access_list: call.access_list.clone().unwrap_or_default(),
        gas_priority_fee,
        blob_hashes: call.blob_versioned_hashes.clone().unwrap_or_default(),
        max_fee_per_blob_gas: call.max_fee_per_blob_gas.unwrap_or_default().0,
        authorization_list: call
            .authorization_list
            .iter()
            .flatten()
            .cloned()
            .map(Either::Left)
            .collect(),
    }
}

/// Puts overrides into a state.
pub(crate) fn apply(state: &mut BlockState<'_>, overrides: &StateOverrides) -> RpcResult<()> {
    for (address, wanted) in overrides {
        let before = state.account(*address)?;
        let mut info = AccountInfo::default();
        if let Some(account) = before {
            info.balance = account.balance;
            info.nonce = account.nonce;
            info.code_hash = account.code_hash;
        }
        if let Some(balance) = wanted.balance {
            info.balance = balance;
        }
        if let Some(nonce) = wanted.nonce {
            info.nonce = nonce.0;
        }
        if let Some(code) = &wanted.code {
            info.code_hash = keccak256(code);
            let code = Bytecode::new_raw_checked(code.clone())
                .unwrap_or_else(|_| Bytecode::new_legacy(code.clone()));
            info.code = Some(code);
        }
        let mut status = AccountStatus::Touched;
        if wanted.state.is_some() || before.is_none() {
            // All storage that was there is gone.
            status |= AccountStatus::Created;
        }
        let slots = wanted.state.as_ref().or(wanted.state_diff.as_ref());
        let storage = slots
            .into_iter()
            .flatten()
            .map(|(slot, value)| {
                (U256::from_be_bytes(slot.0), pretended(U256::from_be_bytes(value.0)))
            })
            .collect();
        let mut account = RevmAccount::from(info);
        account.status = status;
        account.storage = storage;
        let mut changes = AddressMap::default();
        changes.insert(*address, account);
        state.commit(changes);
    }
    Ok(())
}

/// A slot with a value that differs from what it was: the state takes changed slots only.
fn pretended(value: U256) -> EvmStorageSlot {
    EvmStorageSlot::new_changed(!value, value, TransactionId::ZERO)
}
