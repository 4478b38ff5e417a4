//! No contract is created over storage (EIP-7610).
//!
//! revm refuses to create a contract where there is code or a nonce, and knows nothing of storage. An account that has storage and neither of the
//! two is therefore shown to it with a code hash of zero, which revm takes for "no code" everywhere but in that one check. Only the opcode that
//! shows the hash would tell, so it is wrapped; what is written back has the real hash again.
//!
//! Such accounts come from genesis files, or from constructors of chains that began before Spurious Dragon.

use crate::execution::EvmContext;
use alloy_primitives::{Address, B256, KECCAK256_EMPTY, U256};
use revm::interpreter::{
    InstructionContext, InstructionExecResult, instructions::host, interpreter::EthInterpreter,
};

/// The code hash under which revm sees an account that has storage, but neither code nor nonce.
pub(crate) const STORAGE_WITHOUT_CODE: B256 = B256::ZERO;

/// The code hash as the chain has it.
pub(crate) fn real_code_hash(seen: B256) -> B256 {
    if seen == STORAGE_WITHOUT_CODE { KECCAK256_EMPTY } else { seen }
}

/// EXTCODEHASH (EIP-1052): the hash of empty code, not zero, for an account that is shown with the mark and is not empty.
pub(crate) fn extcodehash(
    context: InstructionContext<'_, EvmContext<'_>, EthInterpreter>,
) -> InstructionExecResult {
    let InstructionContext { interpreter, host } = context;
    let address = interpreter.stack.peek(0).map(|word| Address::from_word(B256::from(word)));
    host::extcodehash(InstructionContext { interpreter: &mut *interpreter, host: &mut *host })?;
    if let Ok(address) = address
        && let Some(account) = host.journaled_state.inner.state.get(&address)
        && account.info.code_hash == STORAGE_WITHOUT_CODE
        && !account.info.is_empty()
        && let Some(top) = interpreter.stack.top()
    {
        *top = U256::from_be_bytes(KECCAK256_EMPTY.0);
    }
    Ok(())
}
