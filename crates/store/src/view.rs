//! What the store looks like at one moment: tables, layers above them, head. Immutable; a commit, a flush or a rewind publishes the next one.

use crate::{
    StoreError,
    index::Index,
    kv::{Table, Tables},
    layer::Layer,
    log::Location,
    record::{self, AccountRecord},
};
use alloy_primitives::{B256, U256};
use entente_chain::SealedHeader;
use std::sync::Arc;

/// The newest block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its header.
    pub header: SealedHeader,
    /// Sum of the difficulties up to it, its own included.
    pub total_difficulty: U256,
}

/// The tables as they stood after some flush.
#[derive(Clone, Debug)]
pub(crate) struct Base {
    pub(crate) tables: Tables,
    /// Number of the flush since the store was opened; see [`crate::cache`].
    pub(crate) generation: u64,
    /// Height that the tables have reached.
    pub(crate) flushed: u64,
    /// Oldest height whose state can be read.
    pub(crate) oldest: u64,
}

/// A layer with its place in the log.
#[derive(Clone, Debug)]
pub(crate) struct Committed {
    pub(crate) layer: Arc<Layer>,
    pub(crate) at: Location,
}

#[derive(Debug)]
pub(crate) struct View {
    pub(crate) base: Base,
    pub(crate) index: Arc<Index>,
    /// Heights `base.flushed + 1` and up, in their order.
    pub(crate) layers: Vec<Committed>,
    pub(crate) head: Head,
    /// Bytes of all layers.
    pub(crate) bytes: usize,
}

impl View {
    pub(crate) fn height(&self) -> u64 {
        self.head.header.number
    }

    /// The layer at a height, if that is above the tables.
    pub(crate) fn layer(&self, height: u64) -> Option<&Committed> {
        let above = height.checked_sub(self.base.flushed + 1)?;
        self.layers.get(usize::try_from(above).ok()?)
    }

    /// The next view, with layers on top that are in the index already.
    pub(crate) fn with(&self, new: &[Committed]) -> Self {
        let layers: Vec<_> = self.layers.iter().chain(new).cloned().collect();
        Self::new(self.base.clone(), self.index.clone(), layers, &self.head)
    }

    /// A view whose head is its last layer, or `below` without layers.
    pub(crate) fn new(base: Base, index: Arc<Index>, layers: Vec<Committed>, below: &Head) -> Self {
        let head = layers.last().map_or_else(
            || below.clone(),
            |last| Head {
                header: last.layer.block().sealed_header(),
                total_difficulty: last.layer.total_difficulty(),
            },
        );
        let bytes = layers.iter().map(|committed| committed.layer.bytes()).sum();
        Self { base, index, layers, head, bytes }
    }
}

impl Base {
    /// The header at a flushed height.
    pub(crate) fn header(&self, height: u64) -> Result<Option<(SealedHeader, U256)>, StoreError> {
        if height > self.flushed {
            return Ok(None);
        }
        self.tables.get(Table::Headers, &height.to_be_bytes(), record::take_header)
    }

    /// The head of the tables.
    pub(crate) fn head(&self) -> Result<Head, StoreError> {
        let missing = || StoreError::missing(Table::Headers, &self.flushed.to_be_bytes());
        let (header, total_difficulty) = self.header(self.flushed)?.ok_or_else(missing)?;
        Ok(Head { header, total_difficulty })
    }

    /// An account of the newest state in the tables.
    pub(crate) fn account(&self, hashed: &B256) -> Result<Option<AccountRecord>, StoreError> {
        let take = |bytes: &[u8]| record::take_addressed(bytes).map(|(_, account)| account);
        self.tables.get(Table::Accounts, hashed.as_slice(), take)
    }

    /// A slot of the newest state in the tables.
    pub(crate) fn slot(&self, account: &B256, slot: &B256) -> Result<U256, StoreError> {
        let value =
            self.tables.get(Table::Slots, &record::slot_key(account, slot), record::take_word)?;
        Ok(value.unwrap_or_default())
    }

    /// What the first block above `height` that changed an account found; None when none of the flushed ones did.
    pub(crate) fn past_account(
        &self,
        hashed: &B256,
        height: u64,
    ) -> Result<Option<Option<AccountRecord>>, StoreError> {
        let from = record::account_history_key(hashed, height + 1);
        let mut found = None;
        self.tables.scan_from(Table::AccountHistory, &from, 32, |key, value| {
            let account = record::take_past_account(value).ok_or_else(|| {
                StoreError::record(Table::AccountHistory, key, "it cannot be decoded")
            })?;
            found = Some(account);
            Ok(false)
        })?;
        Ok(found)
    }

    /// The same for a slot.
    pub(crate) fn past_slot(
        &self,
        account: &B256,
        slot: &B256,
        height: u64,
    ) -> Result<Option<U256>, StoreError> {
        let from = record::slot_history_key(account, slot, height + 1);
        let mut found = None;
        self.tables.scan_from(Table::SlotHistory, &from, 64, |key, value| {
            let word = record::take_word(value).ok_or_else(|| {
                StoreError::record(Table::SlotHistory, key, "it cannot be decoded")
            })?;
            found = Some(word);
            Ok(false)
        })?;
        Ok(found)
    }
}
