//! `eth_estimateGas`: the least gas limit that works, by bisection.
//!
//! The steps are geth's, which Besu takes too, so that all three give the same figure: the gas that an unbounded run used bounds it from below, 64/63
//! of it with a stipend on top usually from above (EIP-150 keeps a 64th back at each level), and the bisection between them stops within a tolerance.

use super::call::site;
use crate::{
    Api, Dialect,
    args::Args,
    call_site::{CallSite, gas_cap, run, state_of},
    error::{RpcError, RpcResult, code},
    types::{call::CallRequest, hexa::Quantity},
};
use alloy_primitives::{KECCAK256_EMPTY, U256};
use entente_evm::{
    BlockEvm, Interrupt,
    revm::{
        context::TxEnv,
        context_interface::result::{ExecutionResult, HaltReason},
        inspector::NoOpInspector,
    },
};

/// A transfer's gas; no limit below it can work.
const TRANSFER: u64 = 21_000;
/// What a call that carries value gives its callee (yellow paper, G_callstipend).
const STIPEND: u64 = 2_300;

pub(super) fn estimate_gas(
    api: &Api,
    args: &Args<'_>,
    interrupt: &Interrupt,
) -> RpcResult<Quantity> {
    let call: CallRequest = args.required(0, "call")?;
    let site = site(api, args)?;
    let tolerance = match api.dialect {
        Dialect::Current => api.limits.estimate_tolerance,
        Dialect::Before2024 => 0.0,
    };
    Estimate::new(api, &site, &call, interrupt)?.least(&call, tolerance).map(Quantity)
}

struct Estimate<'a> {
    evm: BlockEvm<'a>,
    tx: TxEnv,
    highest: u64,
    /// Whether the highest limit is what the sender can pay for.
    bound_by_funds: bool,
}

/// What came of a run with some limit.
enum Tried {
    Worked {
        used: u64,
        refunded: u64,
    },
    /// It needs more gas.
    Short,
    /// More gas would not help.
    Failed(RpcError),
}

impl<'a> Estimate<'a> {
    fn new(
        api: &'a Api,
        site: &'a CallSite,
        call: &CallRequest,
        interrupt: &Interrupt,
    ) -> RpcResult<Self> {
        let mut evm = site.evm(api, NoOpInspector, interrupt.clone())?;
        let tx = site.prepare(api, &mut evm, call)?;
        let asked = call.gas.map(|gas| gas.0).filter(|gas| *gas >= TRANSFER);
        let header = site.header();
        let mut highest = asked.unwrap_or(header.gas_limit).min(gas_cap(api));
        if let Some(cap) = api.chain.spec().transaction_gas_cap(header.number, header.timestamp) {
            highest = highest.min(cap);
        }
        let balance = state_of(&mut evm).account(tx.caller)?.unwrap_or_default().balance;
        let affordable = affordable(balance, &tx)?;
        let bound_by_funds = affordable.is_some_and(|gas| gas < highest);
        let highest = highest.min(affordable.unwrap_or(u64::MAX));
        Ok(Self { evm, tx, highest, bound_by_funds })
    }

    fn try_with(&mut self, gas_limit: u64) -> RpcResult<Tried> {
        let tx = TxEnv { gas_limit, ..self.tx.clone() };
        let result = match run(&mut self.evm, tx) {
            Ok(outcome) => outcome.result,
            Err(error) if error.code == code::INTRINSIC_GAS => return Ok(Tried::Short),
            Err(error) => return Err(error),
        };
        Ok(match result {
            ExecutionResult::Success { gas, .. } => {
                Tried::Worked { used: gas.tx_gas_used(), refunded: gas.final_refunded() }
            }
            ExecutionResult::Halt { reason: HaltReason::OutOfGas(_), .. } => Tried::Short,
            result => match RpcError::from_result(result) {
                Err(error) => Tried::Failed(error),
                Ok(_) => Tried::Short,
            },
        })
    }

    fn works(&mut self, gas_limit: u64) -> RpcResult<bool> {
        Ok(matches!(self.try_with(gas_limit)?, Tried::Worked { .. }))
    }

    fn least(&mut self, call: &CallRequest, tolerance: f64) -> RpcResult<u64> {
        if self.is_plain_transfer(call)? && self.highest >= TRANSFER && self.works(TRANSFER)? {
            return Ok(TRANSFER);
        }
        let (used, refunded) = match self.try_with(self.highest)? {
            Tried::Worked { used, refunded } => (used, refunded),
            Tried::Failed(error) => return Err(error),
            Tried::Short if self.bound_by_funds => {
                return Err(RpcError::new(
                    code::INSUFFICIENT_FUNDS,
                    format!(
                        "insufficient funds for gas * price + value: the balance pays for {} gas, which is not enough",
                        self.highest
                    ),
                ));
            }
            Tried::Short => {
                return Err(RpcError::server(format!(
                    "gas required exceeds allowance ({})",
                    self.highest
                )));
            }
        };
        let (mut low, mut high) = (used.saturating_sub(1), self.highest);
        let likely = used.saturating_add(refunded).saturating_add(STIPEND).saturating_mul(64) / 63;
        if likely < high {
            if self.works(likely)? { high = likely } else { low = likely }
        }
        while low + 1 < high {
            #[expect(
                clippy::cast_precision_loss,
                reason = "a ratio of gas figures, compared with a tolerance"
            )]
            let apart = (high - low) as f64 / high as f64;
            if apart < tolerance {
                break;
            }
            // Most calls need little more than they use: when the middle is far up, look nearer first.
            let middle = (low + (high - low) / 2).min(low.saturating_mul(2));
            if self.works(middle)? { high = middle } else { low = middle }
        }
        Ok(high)
    }

    fn is_plain_transfer(&mut self, call: &CallRequest) -> RpcResult<bool> {
        let Some(to) = call.to else { return Ok(false) };
        if !self.tx.data.is_empty() || self.tx.tx_type >= 3 || !self.tx.access_list.is_empty() {
            return Ok(false);
        }
        let account = state_of(&mut self.evm).account(to)?;
        Ok(account.is_none_or(|account| account.code_hash == KECCAK256_EMPTY))
    }
}

/// How much gas the sender can pay for at the price that the call names; None when it names none.
fn affordable(balance: U256, tx: &TxEnv) -> RpcResult<Option<u64>> {
    let left = balance.checked_sub(tx.value).ok_or_else(|| {
        RpcError::new(
            code::INSUFFICIENT_FUNDS,
            format!(
                "insufficient funds for gas * price + value: balance {balance}, value {}",
                tx.value
            ),
        )
    })?;
    if tx.gas_price == 0 {
        return Ok(None);
    }
    Ok(Some(u64::try_from(left / U256::from(tx.gas_price)).unwrap_or(u64::MAX)))
}
