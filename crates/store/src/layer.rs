//! What one block did: kept in memory until it is flushed to the tables.

use crate::record::{AccountRecord, NodeKey};
use alloy_primitives::{Address, B256, Bytes, U256};
use entente_chain::{Header, Receipt, RecoveredBlock, SealedBlock};
use std::{mem::size_of, ops::Range, sync::Arc};

/// An account that changed; `slots` are its range in [`StateDelta::slots`].
#[derive(Clone, Debug)]
pub(crate) struct AccountDelta {
    pub(crate) hashed: B256,
    pub(crate) address: Address,
    pub(crate) before: Option<AccountRecord>,
    pub(crate) after: Option<AccountRecord>,
    pub(crate) slots: Range<usize>,
}

/// A slot that changed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SlotDelta {
    pub(crate) hashed: B256,
    pub(crate) before: U256,
    pub(crate) after: U256,
}

/// The difference between two states, with the trie nodes that differ. Sorted by key throughout.
#[derive(Debug, Default)]
pub(crate) struct StateDelta {
    pub(crate) state_root: B256,
    pub(crate) accounts: Vec<AccountDelta>,
    pub(crate) slots: Vec<SlotDelta>,
    pub(crate) codes: Vec<(B256, Bytes)>,
    pub(crate) nodes: Vec<(NodeKey, Option<Bytes>)>,
}

impl StateDelta {
    pub(crate) fn account(&self, hashed: &B256) -> Option<&AccountDelta> {
        let at = self.accounts.binary_search_by(|account| account.hashed.cmp(hashed)).ok()?;
        self.accounts.get(at)
    }

    pub(crate) fn slots_of(&self, account: &AccountDelta) -> &[SlotDelta] {
        &self.slots[account.slots.clone()]
    }

    pub(crate) fn slot(&self, account: &B256, slot: &B256) -> Option<&SlotDelta> {
        let slots = self.slots_of(self.account(account)?);
        let at = slots.binary_search_by(|change| change.hashed.cmp(slot)).ok()?;
        slots.get(at)
    }

    pub(crate) fn node(&self, key: &NodeKey) -> Option<&Option<Bytes>> {
        let at = self.nodes.binary_search_by(|(have, _)| have.cmp(key)).ok()?;
        self.nodes.get(at).map(|(_, node)| node)
    }

    pub(crate) fn code(&self, hash: &B256) -> Option<&Bytes> {
        let at = self.codes.binary_search_by(|(have, _)| have.cmp(hash)).ok()?;
        self.codes.get(at).map(|(_, code)| code)
    }

    fn bytes(&self) -> usize {
        let nodes: usize =
            self.nodes.iter().map(|(_, node)| node.as_ref().map_or(0, |node| node.len())).sum();
        let codes: usize = self.codes.iter().map(|(_, code)| code.len()).sum();
        // The index holds what is here once more.
        2 * (self.accounts.len() * size_of::<AccountDelta>()
            + self.slots.len() * size_of::<SlotDelta>()
            + self.nodes.len() * size_of::<(NodeKey, Option<Bytes>)>())
            + nodes
            + codes
    }
}

/// The state after a block, computed and not yet bound to it: a header needs the root before it has a hash.
#[derive(Clone, Debug)]
pub struct PreparedState {
    pub(crate) delta: Arc<StateDelta>,
}

impl PreparedState {
    /// Root of the state trie after the block.
    pub fn state_root(&self) -> B256 {
        self.delta.state_root
    }

    /// Joins the state with the block that leads to it. `total_difficulty` includes the block's own.
    pub fn seal(
        self,
        block: Arc<RecoveredBlock>,
        receipts: Vec<Receipt>,
        total_difficulty: U256,
    ) -> Arc<Layer> {
        let logs = |receipt: &Receipt| {
            receipt
                .logs()
                .iter()
                .map(|log| 64 + log.data.data.len() + 32 * log.topics().len())
                .sum::<usize>()
        };
        let receipt_bytes: usize =
            receipts.iter().map(|receipt| size_of::<Receipt>() + logs(receipt)).sum();
        let body: usize = block.body.transactions.iter().map(|tx| 400 + tx_input(tx)).sum();
        let bytes = 1024 + self.delta.bytes() + receipt_bytes + body;
        Arc::new(Layer {
            block,
            receipts: Arc::new(receipts),
            total_difficulty,
            delta: self.delta,
            bytes,
        })
    }
}

fn tx_input(tx: &entente_chain::Transaction) -> usize {
    alloy_consensus::Transaction::input(tx).len()
}

/// An executed block with everything that it leads to: state, trie nodes, receipts. Immutable; in memory until flushed.
#[derive(Debug)]
pub struct Layer {
    block: Arc<RecoveredBlock>,
    receipts: Arc<Vec<Receipt>>,
    total_difficulty: U256,
    pub(crate) delta: Arc<StateDelta>,
    bytes: usize,
}

impl Layer {
    /// The block.
    pub const fn block(&self) -> &Arc<RecoveredBlock> {
        &self.block
    }

    /// One receipt a transaction.
    pub fn receipts(&self) -> &[Receipt] {
        &self.receipts
    }

    pub(crate) const fn shared_receipts(&self) -> &Arc<Vec<Receipt>> {
        &self.receipts
    }

    /// Sum of the difficulties of the chain up to this block, its own included.
    pub const fn total_difficulty(&self) -> U256 {
        self.total_difficulty
    }

    /// Root of the state trie after the block.
    pub fn state_root(&self) -> B256 {
        self.delta.state_root
    }

    /// Addresses of the accounts that the block changed.
    pub fn changed_accounts(&self) -> impl Iterator<Item = Address> + '_ {
        self.delta.accounts.iter().map(|account| account.address)
    }

    /// The block's height.
    pub fn number(&self) -> u64 {
        self.block.number()
    }

    /// About how much memory it takes, in bytes.
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// The same with another header: seals are put in after execution. The block keeps its hash; the caller has made sure that it holds.
    pub fn with_header(&self, header: Header) -> Arc<Self> {
        let (sealed, senders) = (*self.block).clone().into_parts();
        let mut block = sealed.block;
        block.header = header;
        let sealed = SealedBlock { hash: sealed.hash, block };
        let block = RecoveredBlock::new(sealed, senders)
            .expect("the senders are those of the same transactions");
        Arc::new(Self {
            block: Arc::new(block),
            receipts: self.receipts.clone(),
            total_difficulty: self.total_difficulty,
            delta: self.delta.clone(),
            bytes: self.bytes,
        })
    }
}
