//! Precompiled contracts, movable for calls that override state (`movePrecompileToAddress`).

use alloy_primitives::{Address, map::AddressMap};
use revm::{
    context_interface::ContextTr,
    handler::{EthPrecompiles, PrecompileProvider},
    interpreter::{CallInputs, InterpreterResult},
    primitives::{AddressSet, hardfork::SpecId},
};

/// The fork's precompiles, some of which a call may have moved elsewhere.
#[derive(Debug)]
pub struct Precompiles {
    ethereum: EthPrecompiles,
    /// New address to the precompile's own.
    moved: AddressMap<Address>,
    addresses: AddressSet,
}

impl Precompiles {
    pub(crate) fn new(spec: SpecId) -> Self {
        let ethereum = EthPrecompiles::new(spec);
        let addresses = ethereum.warm_addresses().clone();
        Self { ethereum, moved: AddressMap::default(), addresses }
    }

    /// Whether a precompile answers at this address.
    pub fn answers_at(&self, address: &Address) -> bool {
        self.addresses.contains(address)
    }

    /// Moves a precompile. False when there is none at `from`.
    pub fn move_to(&mut self, from: Address, to: Address) -> bool {
        if !self.addresses.remove(&from) {
            return false;
        }
        let own = self.moved.remove(&from).unwrap_or(from);
        self.moved.insert(to, own);
        self.addresses.insert(to);
        true
    }
}

impl<CTX: ContextTr<Cfg: revm::context_interface::Cfg<Spec = SpecId>>> PrecompileProvider<CTX>
    for Precompiles
{
    type Output = InterpreterResult;

    fn set_spec(&mut self, spec: SpecId) -> bool {
        let changed =
            <EthPrecompiles as PrecompileProvider<CTX>>::set_spec(&mut self.ethereum, spec);
        if changed && self.moved.is_empty() {
            self.addresses = self.ethereum.warm_addresses().clone();
        }
        changed
    }

    fn run(
        &mut self,
        context: &mut CTX,
        inputs: &CallInputs,
    ) -> Result<Option<InterpreterResult>, String> {
        if self.moved.is_empty() {
            return self.ethereum.run(context, inputs);
        }
        if !self.addresses.contains(&inputs.bytecode_address) {
            return Ok(None);
        }
        match self.moved.get(&inputs.bytecode_address) {
            None => self.ethereum.run(context, inputs),
            Some(own) => {
                let mut inputs = inputs.clone();
                inputs.bytecode_address = *own;
                self.ethereum.run(context, &inputs)
            }
        }
    }

    fn warm_addresses(&self) -> &AddressSet {
        &self.addresses
    }
}
