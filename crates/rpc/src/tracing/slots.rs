//! Storage as the struct logger shows it: at each SLOAD and SSTORE, all slots that the contract has read or written so far.
//!
//! The recorder learns of slots from revm's journal, which says nothing of a slot that was warm already (EIP-2930). Operands and results of the steps
//! say it all.

use alloy_primitives::{
    Address, B256, U256,
    map::{AddressMap, HashSet},
};
use alloy_rpc_types_trace::geth::DefaultFrame;
use entente_evm::revm::bytecode::opcode;
use std::collections::BTreeMap;

/// What the steps of one run read and wrote.
#[derive(Debug, Default)]
pub(super) struct Slots {
    known: AddressMap<HashSet<U256>>,
    /// The access under way: contract, slot, and the value if it is being written.
    begun: Option<(Address, U256, Option<U256>)>,
    /// Contract, slot and value of each access, in their order.
    seen: Vec<(Address, U256, U256)>,
}

impl Slots {
    /// A recorded step begins. Says how many slots it will show.
    pub(super) fn begin(&mut self, op: u8, contract: Address, stack: &[U256]) -> usize {
        self.begun = match (op, stack) {
            (opcode::SLOAD, [.., slot]) => Some((contract, *slot, None)),
            (opcode::SSTORE, [.., value, slot]) => Some((contract, *slot, Some(*value))),
            _ => None,
        };
        let Some((_, slot, _)) = self.begun else { return 0 };
        let known = self.known.entry(contract).or_default();
        known.insert(slot);
        known.len()
    }

    /// The step is done, without a fault.
    pub(super) fn end(&mut self, stack: &[U256]) {
        if let Some((contract, slot, written)) = self.begun.take() {
            let value = written.or_else(|| stack.last().copied()).unwrap_or_default();
            self.seen.push((contract, slot, value));
        }
    }

    /// Puts the slots into the trace.
    pub(super) fn tell(&self, frame: &mut DefaultFrame) {
        let mut storage = AddressMap::<BTreeMap<B256, B256>>::default();
        let logs = frame.struct_logs.iter_mut();
        let accesses =
            logs.filter(|log| log.error.is_none() && matches!(log.op.as_ref(), "SLOAD" | "SSTORE"));
        for (log, (contract, slot, value)) in accesses.zip(&self.seen) {
            let slots = storage.entry(*contract).or_default();
            slots.insert(B256::from(*slot), B256::from(*value));
            log.storage = Some(slots.clone());
        }
    }
}
