//! Code that has been prepared for the interpreter, kept across blocks and calls.
//!
//! Preparing code (finding its jump destinations) costs more than running a short contract, so it is done once a hash.

use crate::EvmError;
use alloy_primitives::{B256, Bytes};
use quick_cache::{Weighter, sync::Cache};
use revm::bytecode::Bytecode;

#[derive(Clone)]
struct ByLength;

impl Weighter<B256, Bytecode> for ByLength {
    fn weight(&self, _: &B256, code: &Bytecode) -> u64 {
        // The jump table takes an eighth of the code's length; the rest is the entry itself.
        let length = code.original_byte_slice().len() as u64;
        length + length / 8 + 256
    }
}

/// A cache of prepared code, bounded in bytes. Shared by all executions of a chain.
pub(crate) struct CodeCache(Cache<B256, Bytecode, ByLength>);

impl CodeCache {
    pub(crate) fn new(bytes: u64) -> Self {
        // The expected number of items only sizes the first allocation: a contract is some kilobytes.
        let items = usize::try_from(bytes / 8192).unwrap_or(usize::MAX).max(64);
        Self(Cache::with_weighter(items, bytes, ByLength))
    }

    pub(crate) fn get(
        &self,
        hash: B256,
        load: impl FnOnce() -> Result<Bytes, EvmError>,
    ) -> Result<Bytecode, EvmError> {
        if let Some(code) = self.0.get(&hash) {
            return Ok(code);
        }
        let raw = load()?;
        let code =
            Bytecode::new_raw_checked(raw.clone()).unwrap_or_else(|_| Bytecode::new_legacy(raw));
        self.0.insert(hash, code.clone());
        Ok(code)
    }
}
