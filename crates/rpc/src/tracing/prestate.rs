//! The last touches that make a prestate what geth's tracer gives: code hashes, and no account before the transaction that was not there.

use crate::error::{RpcError, RpcResult};
use alloy_primitives::{Address, B256, KECCAK256_EMPTY};
use alloy_rpc_types_trace::geth::{AccountState, GethTrace, PreStateFrame};
use entente_evm::{BlockState, Outcome, ViewError, revm::DatabaseRef};
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Account {
    #[serde(flatten)]
    state: AccountState,
    #[serde(skip_serializing_if = "Option::is_none")]
    code_hash: Option<B256>,
}

#[derive(Serialize)]
struct Difference {
    post: BTreeMap<Address, Account>,
    pre: BTreeMap<Address, Account>,
}

/// Finishes a frame over the state before the transaction.
pub(super) fn finish(
    frame: PreStateFrame,
    outcome: &Outcome,
    before: &BlockState<'_>,
) -> RpcResult<GethTrace> {
    let json = match frame {
        PreStateFrame::Default(accounts) => serde_json::to_value(earlier(accounts.0, before)?),
        PreStateFrame::Diff(mode) => {
            let mut difference =
                Difference { post: BTreeMap::new(), pre: earlier(mode.pre, before)? };
            for (address, state) in mode.post {
                let was = before.basic_ref(address).map_err(unread)?.map(|info| info.code_hash);
                let is = outcome.state.get(&address).map(|account| account.info.code_hash);
                let is = is.filter(|is| *is != was.unwrap_or(KECCAK256_EMPTY));
                // Code that is gone has the hash of nothing at all.
                let code_hash = is.map(|is| if is == KECCAK256_EMPTY { B256::ZERO } else { is });
                difference.post.insert(address, Account { state, code_hash });
            }
            serde_json::to_value(difference)
        }
    };
    json.map(GethTrace::JS).map_err(|error| RpcError::internal(&error))
}

fn earlier(
    accounts: BTreeMap<Address, AccountState>,
    before: &BlockState<'_>,
) -> RpcResult<BTreeMap<Address, Account>> {
    let mut there = BTreeMap::new();
    for (address, state) in accounts {
        let info = before.basic_ref(address).map_err(unread)?;
        if let Some(info) = info.filter(|info| !info.is_empty()) {
            let code_hash = Some(info.code_hash).filter(|hash| *hash != KECCAK256_EMPTY);
            there.insert(address, Account { state, code_hash });
        }
    }
    Ok(there)
}

fn unread(ViewError(error): ViewError) -> RpcError {
    error.into()
}
