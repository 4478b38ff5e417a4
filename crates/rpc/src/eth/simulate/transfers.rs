//! Logs of a call, with transfers of ether among them in the shape of ERC-20's (the simulation standard's `traceTransfers`).

use alloy_primitives::{Address, B256, Log, LogData, U256, address, b256};
use entente_evm::revm::{
    Inspector,
    context_interface::{ContextTr, JournalTr},
    interpreter::{CallInputs, CallOutcome, CreateInputs, CreateOutcome},
};

/// The address that stands for ether.
const ETHER: Address = address!("eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee");
/// `Transfer(address,address,uint256)`.
const TRANSFER: B256 = b256!("ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");

/// Collects logs as they are written, and takes back those of frames that fail.
#[derive(Debug)]
pub(super) struct Transfers {
    /// Whether ether's transfers are told of at all.
    told: bool,
    logs: Vec<Log>,
    /// How many logs there were when each open frame began.
    frames: Vec<usize>,
}

impl Transfers {
    pub(super) const fn new(told: bool) -> Self {
        Self { told, logs: Vec::new(), frames: Vec::new() }
    }

    /// What was logged, now that the call is over.
    pub(super) fn take(&mut self) -> Vec<Log> {
        std::mem::take(&mut self.logs)
    }

    fn transfer(&mut self, from: Address, to: Address, value: U256) {
        if !self.told || value.is_zero() {
            return;
        }
        let topics = vec![TRANSFER, from.into_word(), to.into_word()];
        let data = value.to_be_bytes::<32>().into();
        self.logs.push(Log { address: ETHER, data: LogData::new_unchecked(topics, data) });
    }

    fn end(&mut self, worked: bool) {
        if let Some(before) = self.frames.pop()
            && !worked
        {
            self.logs.truncate(before);
        }
    }
}

impl<C: ContextTr> Inspector<C> for Transfers {
    fn log(&mut self, _: &mut C, log: Log) {
        self.logs.push(log);
    }

    fn call(&mut self, _: &mut C, inputs: &mut CallInputs) -> Option<CallOutcome> {
        self.frames.push(self.logs.len());
        if let Some(value) = inputs.transfer_value() {
            self.transfer(inputs.transfer_from(), inputs.transfer_to(), value);
        }
        None
    }

    fn call_end(&mut self, _: &mut C, _: &CallInputs, outcome: &mut CallOutcome) {
        self.end(outcome.result.result.is_ok());
    }

    fn create(&mut self, context: &mut C, inputs: &mut CreateInputs) -> Option<CreateOutcome> {
        self.frames.push(self.logs.len());
        let caller = context
            .journal_mut()
            .load_account(inputs.caller())
            .map(|account| account.data.info.nonce);
        if let Ok(nonce) = caller {
            self.transfer(inputs.caller(), inputs.created_address(nonce), inputs.value());
        }
        None
    }

    fn create_end(&mut self, _: &mut C, _: &CreateInputs, outcome: &mut CreateOutcome) {
        self.end(outcome.result.result.is_ok());
    }

    fn selfdestruct(&mut self, contract: Address, target: Address, value: U256) {
        self.transfer(contract, target, value);
    }
}
