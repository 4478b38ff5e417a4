//! What a block does besides its transactions: system calls and requests.

use crate::{
    EvmError,
    block_state::ViewError,
    execution::{BlockEvm, EvmContext},
};
use alloy_eips::{
    eip2935::HISTORY_STORAGE_ADDRESS, eip4788::BEACON_ROOTS_ADDRESS, eip6110::DEPOSIT_REQUEST_TYPE,
    eip7002::WITHDRAWAL_REQUEST_TYPE, eip7251::CONSOLIDATION_REQUEST_TYPE, eip7685::Requests,
};
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, b256};
use entente_chain::{ChainSpec, Fork, Header, Receipt};
use revm::{
    DatabaseCommit, ExecuteEvm, Inspector, SystemCallEvm,
    context::result::{EVMError, ExecutionResult},
    interpreter::interpreter::EthInterpreter,
};

/// `DepositEvent(bytes,bytes,bytes,bytes,bytes)` of the beacon deposit contract (EIP-6110).
const DEPOSIT_EVENT: B256 =
    b256!("649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5");

/// Runs the system calls that open a block: the parent beacon block root (EIP-4788) and the parent's hash (EIP-2935).
pub fn before_transactions<'a, I: Inspector<EvmContext<'a>, EthInterpreter>>(
    evm: &mut BlockEvm<'a, I>,
    fork: Fork,
    header: &Header,
) -> Result<(), EvmError> {
    if header.number == 0 {
        return Ok(());
    }
    if fork >= Fork::Cancun
        && let Some(root) = header.parent_beacon_block_root
    {
        call(evm, BEACON_ROOTS_ADDRESS, root.0.into())?;
    }
    if fork >= Fork::Prague {
        call(evm, HISTORY_STORAGE_ADDRESS, header.parent_hash.0.into())?;
    }
    Ok(())
}

/// Collects the requests that a block makes of the consensus layer: deposits from logs (EIP-6110), withdrawals (EIP-7002) and
/// consolidations (EIP-7251) from their contracts. Empty ones are left out (EIP-7685).
pub fn collect_requests<'a, I: Inspector<EvmContext<'a>, EthInterpreter>>(
    evm: &mut BlockEvm<'a, I>,
    spec: &ChainSpec,
    header: &Header,
    receipts: &[Receipt],
) -> Result<Requests, EvmError> {
    let mut requests = Requests::default();
    if let Some(contract) = spec.deposit_contract {
        let mut deposits = Vec::new();
        for log in receipts.iter().flat_map(Receipt::logs) {
            if log.address == contract && log.topics().first() == Some(&DEPOSIT_EVENT) {
                deposits.extend_from_slice(&deposit(&log.data.data).ok_or_else(|| {
                    EvmError::InvalidBlock {
                        number: header.number,
                        hash: B256::ZERO,
                        reason: "a deposit event of the deposit contract is malformed (EIP-6110)"
                            .into(),
                    }
                })?);
            }
        }
        push(&mut requests, DEPOSIT_REQUEST_TYPE, &deposits);
    }
    let contracts = [
        (WITHDRAWAL_REQUEST_TYPE, spec.withdrawal_request_contract),
        (CONSOLIDATION_REQUEST_TYPE, spec.consolidation_request_contract),
    ];
    for (kind, contract) in contracts {
        if let Some(contract) = contract
            && let Some(output) = call(evm, contract, Bytes::new())?
        {
            push(&mut requests, kind, &output);
        }
    }
    Ok(requests)
}

fn push(requests: &mut Requests, kind: u8, data: &[u8]) {
    if !data.is_empty() {
        requests.push_request_with_type(kind, data.iter().copied());
    }
}

/// Calls a system contract as the system address; its effects are kept. None when there is no code: networks that never installed the
/// contract (Besu's proof-of-authority ones) skip the call.
fn call<'a, I: Inspector<EvmContext<'a>, EthInterpreter>>(
    evm: &mut BlockEvm<'a, I>,
    contract: Address,
    data: Bytes,
) -> Result<Option<Bytes>, EvmError> {
    let account = evm.ctx.journaled_state.database.account(contract)?;
    if account.is_none_or(|account| account.code_hash == KECCAK256_EMPTY) {
        return Ok(None);
    }
    let result = evm.system_call_one(contract, data);
    let mut state = evm.finalize();
    let result = result.map_err(|error: EVMError<ViewError>| match error {
        EVMError::Database(ViewError(error)) => error,
        other => EvmError::Environment(other.to_string()),
    })?;
    match result {
        ExecutionResult::Success { output, .. } => {
            // The system address pays nothing and is no account of the chain.
            state.remove(&revm::handler::SYSTEM_ADDRESS);
            evm.ctx.journaled_state.database.commit(state);
            Ok(Some(output.into_data()))
        }
        // A failing call leaves no trace; the block fails where the protocol says so (EIP-7002, EIP-7251), which needs the contract broken.
        ExecutionResult::Revert { .. } | ExecutionResult::Halt { .. } => Ok(None),
    }
}

/// The 192 bytes of a deposit request out of the event's ABI data: public key 48, withdrawal credentials 32, amount 8, signature 96, index 8.
fn deposit(data: &[u8]) -> Option<Vec<u8>> {
    // Five dynamic byte strings in a fixed layout (EIP-6110 checks offsets and lengths alike).
    const FIELDS: [(usize, usize); 5] = [(160, 48), (256, 32), (320, 8), (384, 96), (512, 8)];
    let word = |at: usize| -> Option<usize> {
        let word = data.get(at..at + 32)?;
        word[..24].iter().all(|byte| *byte == 0).then(|| {
            let mut low = [0; 8];
            low.copy_from_slice(&word[24..]);
            usize::try_from(u64::from_be_bytes(low)).ok()
        })?
    };
    if data.len() != 576 {
        return None;
    }
    let mut out = Vec::with_capacity(192);
    for (index, (offset, length)) in FIELDS.into_iter().enumerate() {
        if word(index * 32)? != offset || word(offset)? != length {
            return None;
        }
        out.extend_from_slice(data.get(offset + 32..offset + 32 + length)?);
    }
    Some(out)
}
