//! What the tables as a whole have reached.

use crate::{
    StoreError,
    kv::{Batch, Table, Tables},
    log::Position,
};
use alloy_primitives::B256;

/// Format of directory and tables written by this version.
pub(crate) const FORMAT: u32 = 1;

const KEY: &[u8] = b"store";

/// The one row of the meta table. Written with every batch that changes what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Meta {
    pub(crate) genesis: B256,
    /// Height that the tables have reached.
    pub(crate) flushed: u64,
    /// Oldest height whose state can be read.
    pub(crate) oldest: u64,
    /// The log from here on is not in the tables.
    pub(crate) log: Position,
    /// The tables are on their way back to this height.
    pub(crate) rewinding: Option<u64>,
}

impl Meta {
    pub(crate) fn put(&self, batch: &mut Batch) {
        let mut value = Vec::with_capacity(77);
        // The format comes first, for ever, so that later versions can be told apart.
        value.extend_from_slice(&FORMAT.to_be_bytes());
        value.extend_from_slice(self.genesis.as_slice());
        value.extend_from_slice(&self.flushed.to_be_bytes());
        value.extend_from_slice(&self.oldest.to_be_bytes());
        value.extend_from_slice(&self.log.segment.to_be_bytes());
        value.extend_from_slice(&self.log.offset.to_be_bytes());
        value.push(u8::from(self.rewinding.is_some()));
        value.extend_from_slice(&self.rewinding.unwrap_or(0).to_be_bytes());
        batch.put(Table::Meta, KEY, &value);
    }

    fn take(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; 69] = bytes.try_into().ok()?;
        let u64_at = |at: usize| Some(u64::from_be_bytes(bytes[at..at + 8].try_into().ok()?));
        let segment = u32::from_be_bytes(bytes[48..52].try_into().ok()?);
        Some(Self {
            genesis: B256::from_slice(&bytes[..32]),
            flushed: u64_at(32)?,
            oldest: u64_at(40)?,
            log: Position { segment, offset: u64_at(52)? },
            rewinding: if bytes[60] == 1 { Some(u64_at(61)?) } else { None },
        })
    }

    /// Reads it; None when the tables are empty.
    ///
    /// # Errors
    /// [`StoreError::NewerFormat`] when a newer version wrote it; [`StoreError::Corrupt`] also when it is missing from tables that are not empty.
    pub(crate) fn read(tables: &Tables) -> Result<Option<Self>, StoreError> {
        let split = |bytes: &[u8]| {
            let (format, rest) = bytes.split_first_chunk::<4>()?;
            Some((u32::from_be_bytes(*format), rest.to_vec()))
        };
        let Some((found, rest)) = tables.get(Table::Meta, KEY, split)? else {
            // It was written together with the first of the headers.
            let mut empty = true;
            tables.scan(Table::Headers, &[], |_, _| {
                empty = false;
                Ok(false)
            })?;
            return if empty { Ok(None) } else { Err(StoreError::missing(Table::Meta, KEY)) };
        };
        if found > FORMAT {
            return Err(StoreError::NewerFormat { found, supported: FORMAT });
        }
        let undecodable = || StoreError::record(Table::Meta, KEY, "it cannot be decoded");
        Self::take(&rest).map(Some).ok_or_else(undecodable)
    }
}
