//! Blocks in, state out: builds, checks, keeps and commits blocks on a store.
//!
//! A block is executed once. Its results ([`Layer`]) are kept by hash from building or checking until it is committed or a block of its
//! height is, and blocks may stand several deep on one another before the first is committed.

use crate::{NodeError, Pruning};
use alloy_consensus::EMPTY_OMMER_ROOT_HASH;
use alloy_eips::{Encodable2718, eip4895::Withdrawals};
use alloy_primitives::{Address, B64, B256, Bytes, U256, map::B256Map};
use entente_chain::{
    Block, Body, ChainSpec, Fork, Header, Receipt, RecoveredBlock, SealedBlock, SealedHeader,
    Transaction,
};
use entente_evm::{EvmError, Executed, Executor, StateChanges, TransactionError};
use entente_store::{Layer, Snapshot, Store};
use entente_trie::ordered_root;
use parking_lot::Mutex;
use std::sync::Arc;

/// Most executed blocks that wait for their commit. BFT engines need one a round; import goes deeper by its batch.
const MAX_PENDING: usize = 256;

/// What a block under construction is to hold besides its transactions.
#[derive(Clone, Debug)]
pub struct BlockTemplate {
    /// The block to build on.
    pub parent: B256,
    /// Seconds since the epoch.
    pub timestamp: u64,
    /// Who is paid.
    pub beneficiary: Address,
    /// Extra data, as it stands in the header.
    pub extra_data: Bytes,
    /// Mix hash (PREVRANDAO).
    pub mix_hash: B256,
    /// Difficulty before Paris.
    pub difficulty: u64,
    /// Gas limit to move towards.
    pub gas_limit_target: u64,
}

/// Where the transactions of a block under construction come from.
pub trait TransactionSource {
    /// The next candidate.
    fn next(&mut self) -> Option<(Transaction, Address)>;

    /// The candidate just given does not fit into this block; nothing more of its sender can follow.
    fn skip_sender(&mut self);

    /// The candidate just given can never be executed as things stand.
    fn reject(&mut self, hash: B256, reason: &str);

    /// Whether the time for this block is up.
    fn out_of_time(&self) -> bool;
}

/// A chain's blocks and state, without any will of its own.
pub struct Ledger {
    store: Store,
    executor: Executor,
    pending: Mutex<B256Map<Arc<Layer>>>,
    pruning: Pruning,
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger")
            .field("pending", &self.pending.lock().len())
            .finish_non_exhaustive()
    }
}

impl Ledger {
    /// A ledger on an open store. Executes again what the block log holds beyond the flushed state.
    pub fn open(store: Store, executor: Executor, pruning: Pruning) -> Result<Self, NodeError> {
        let ledger = Self { store, executor, pending: Mutex::default(), pruning };
        ledger.replay()?;
        Ok(ledger)
    }

    fn replay(&self) -> Result<(), NodeError> {
        let mut replayed = 0u64;
        for block in self.store.replay()? {
            let block = Arc::new(block?);
            let parent = self.store.head().header;
            let layer = self.execute(&block, &parent, &self.store.snapshot())?;
            self.store.apply_replayed(layer)?;
            replayed += 1;
        }
        if replayed > 0 {
            tracing::info!(target: "entente::node", blocks = replayed, "executed the tail of the block log again");
        }
        Ok(())
    }

    /// The chain's rules.
    pub fn spec(&self) -> &Arc<ChainSpec> {
        self.executor.spec()
    }

    /// What executes its blocks.
    pub const fn executor(&self) -> &Executor {
        &self.executor
    }

    /// What remembers them.
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// The newest committed block.
    pub fn head(&self) -> SealedHeader {
        self.store.head().header
    }

    /// The state after a block: a committed one that is the head, or executed ones on top of it.
    fn view_after(&self, hash: B256) -> Result<(Snapshot, SealedHeader), NodeError> {
        let snapshot = self.store.snapshot();
        let head = self.store.head().header;
        if hash == head.hash {
            return Ok((snapshot, head));
        }
        let mut above = Vec::new();
        let mut at = hash;
        {
            let pending = self.pending.lock();
            while at != head.hash {
                let layer = pending.get(&at).ok_or(NodeError::NotExecuted(hash))?.clone();
                at = layer.block().header.parent_hash;
                above.push(layer);
                if above.len() > MAX_PENDING {
                    return Err(NodeError::NotExecuted(hash));
                }
            }
        }
        let parent = above.first().map_or(head, |layer| layer.block().sealed_header());
        let snapshot =
            above.into_iter().rev().fold(snapshot, |snapshot, layer| snapshot.over(layer));
        Ok((snapshot, parent))
    }

    /// Builds and executes a block. It is kept until it is committed or overtaken.
    pub fn build(
        &self,
        template: &BlockTemplate,
        source: &mut dyn TransactionSource,
    ) -> Result<Arc<Layer>, NodeError> {
        let layer = self.build_detached(template, source)?;
        self.keep(layer.clone());
        Ok(layer)
    }

    /// Builds and executes a block that nobody will commit (the `pending` block that clients may look at).
    pub fn build_detached(
        &self,
        template: &BlockTemplate,
        source: &mut dyn TransactionSource,
    ) -> Result<Arc<Layer>, NodeError> {
        let (snapshot, parent) = self.view_after(template.parent)?;
        let mut header = self.header_on(template, &parent);
        let mut execution = self.executor.begin(&header, &snapshot)?;
        let (mut transactions, mut senders) = (Vec::new(), Vec::new());
        while !source.out_of_time() {
            // 21,000 is the least that any transaction costs (EIP-2's intrinsic gas).
            if execution.gas_left() < 21_000 {
                break;
            }
            let Some((tx, sender)) = source.next() else { break };
            match execution.transact(&tx, sender) {
                Ok(_) => {
                    transactions.push(tx);
                    senders.push(sender);
                }
                Err(TransactionError::BlockGas { .. } | TransactionError::BlockBlobGas { .. }) => {
                    source.skip_sender();
                }
                Err(TransactionError::Invalid(reason)) => {
                    source.reject(*tx.tx_hash(), &reason.to_string());
                }
                Err(TransactionError::Evm(error)) => return Err(error.into()),
            }
        }
        let withdrawals = header.withdrawals_root.is_some().then(Withdrawals::default);
        let rewards = self.spec().block_rewards(&header, &[]);
        let executed = execution.finish(withdrawals.as_deref().map(Vec::as_slice), &rewards)?;
        let prepared = snapshot.prepare(header.number, &executed.changes)?;
        let body = Body { transactions, ommers: Vec::new(), withdrawals };
        self.fill_in(&mut header, &body, &executed, prepared.state_root());
        let hash = self.spec().hash_header(&header);
        let block =
            RecoveredBlock::new(SealedBlock { hash, block: Block { header, body } }, senders)
                .expect("one sender was pushed with each transaction");
        Ok(self.seal(prepared, Arc::new(block), executed.receipts, &parent))
    }

    /// The header of a block to be built, but for what its execution yields.
    fn header_on(&self, template: &BlockTemplate, parent: &SealedHeader) -> Header {
        let spec = self.spec();
        let number = parent.number + 1;
        let merged = spec.forks.at(number, template.timestamp, U256::from(template.difficulty))
            >= Fork::Paris
            && spec.zero_difficulty_after_paris();
        let mut header = Header {
            parent_hash: parent.hash,
            ommers_hash: EMPTY_OMMER_ROOT_HASH,
            beneficiary: template.beneficiary,
            number,
            timestamp: template.timestamp,
            gas_limit: spec.next_gas_limit(parent, template.gas_limit_target),
            extra_data: template.extra_data.clone(),
            mix_hash: template.mix_hash,
            nonce: B64::ZERO,
            difficulty: if merged { U256::ZERO } else { U256::from(template.difficulty) },
            ..Header::default()
        };
        spec.fill_fork_fields(&mut header, parent);
        header
    }

    fn fill_in(&self, header: &mut Header, body: &Body, executed: &Executed, state_root: B256) {
        header.state_root = state_root;
        header.transactions_root = transactions_root(&body.transactions);
        header.receipts_root = receipts_root(&executed.receipts);
        header.logs_bloom = executed.logs_bloom;
        header.gas_used = executed.gas_used;
        if header.blob_gas_used.is_some() {
            header.blob_gas_used = Some(executed.blob_gas_used);
        }
        if header.requests_hash.is_some() {
            header.requests_hash =
                executed.requests.as_ref().map(|requests| requests.requests_hash());
        }
    }

    /// Checks a block from elsewhere against every rule but the engine's, and executes it. It is kept until it is committed or overtaken.
    pub fn check(&self, block: &Arc<RecoveredBlock>) -> Result<Arc<Layer>, NodeError> {
        if let Some(layer) = self.pending.lock().get(&block.hash) {
            return Ok(layer.clone());
        }
        let parent_hash = block.header.parent_hash;
        let (snapshot, parent) = self.view_after(parent_hash).map_err(|error| match error {
            NodeError::NotExecuted(_) => NodeError::UnknownParent {
                number: block.number(),
                hash: block.hash,
                parent: parent_hash,
            },
            other => other,
        })?;
        let layer = self.execute(block, &parent, &snapshot)?;
        self.keep(layer.clone());
        Ok(layer)
    }

    /// Executes a block on its parent's state and compares every result with what its header says.
    fn execute(
        &self,
        block: &Arc<RecoveredBlock>,
        parent: &SealedHeader,
        snapshot: &Snapshot,
    ) -> Result<Arc<Layer>, NodeError> {
        let invalid = |reason: String| NodeError::InvalidBlock {
            number: block.number(),
            hash: block.hash,
            reason,
        };
        let spec = self.spec();
        spec.validate_header(&block.sealed_header(), parent)
            .map_err(|error| invalid(error.to_string()))?;
        spec.validate_body(block.sealed()).map_err(|error| invalid(error.to_string()))?;
        let executed = self.run(block, snapshot)?;
        check_results(&block.header, &executed).map_err(invalid)?;
        let prepared = snapshot.prepare(block.number(), &executed.changes)?;
        if prepared.state_root() != block.header.state_root {
            return Err(invalid(format!(
                "state root is {} after execution, the header says {}",
                prepared.state_root(),
                block.header.state_root
            )));
        }
        Ok(self.seal(prepared, block.clone(), executed.receipts, parent))
    }

    fn run(&self, block: &RecoveredBlock, snapshot: &Snapshot) -> Result<Executed, NodeError> {
        let number = block.number();
        let root = |changes: &StateChanges| -> Result<B256, EvmError> {
            let prepared = snapshot
                .prepare(number, changes)
                .map_err(|error| EvmError::State(error.to_string()))?;
            Ok(prepared.state_root())
        };
        let mut execution =
            self.executor.begin(&block.header, snapshot)?.with_intermediate_root(&root);
        for (index, (tx, sender)) in block.transactions_with_sender().enumerate() {
            execution.transact(tx, sender).map_err(|error| match error {
                TransactionError::Evm(error) => NodeError::Evm(error),
                other => NodeError::InvalidBlock {
                    number,
                    hash: block.hash,
                    reason: format!("transaction {index} ({}): {other}", tx.tx_hash()),
                },
            })?;
        }
        let rewards = self.spec().block_rewards(&block.header, &block.body.ommers);
        let withdrawals = block.body.withdrawals.as_deref().map(Vec::as_slice);
        Ok(execution.finish(withdrawals, &rewards)?)
    }

    fn seal(
        &self,
        prepared: entente_store::PreparedState,
        block: Arc<RecoveredBlock>,
        receipts: Vec<Receipt>,
        parent: &SealedHeader,
    ) -> Arc<Layer> {
        let before = self.total_difficulty(parent.hash).unwrap_or_default();
        let total = before.saturating_add(block.header.difficulty);
        prepared.seal(block, receipts, total)
    }

    fn total_difficulty(&self, hash: B256) -> Option<U256> {
        let head = self.store.head();
        if head.header.hash == hash {
            return Some(head.total_difficulty);
        }
        self.pending.lock().get(&hash).map(|layer| layer.total_difficulty())
    }

    fn keep(&self, layer: Arc<Layer>) {
        let mut pending = self.pending.lock();
        if pending.len() >= MAX_PENDING {
            // The lowest was overtaken long ago; an engine that still wants it asks for it to be checked again.
            if let Some(lowest) = pending
                .values()
                .min_by_key(|layer| layer.block().number())
                .map(|layer| layer.block().hash)
            {
                pending.remove(&lowest);
            }
        }
        pending.insert(layer.block().hash, layer);
    }

    /// The results of a block that waits for its commit.
    pub fn executed(&self, hash: B256) -> Option<Arc<Layer>> {
        self.pending.lock().get(&hash).cloned()
    }

    /// Replaces the header's extra data of a waiting block (seals) where the chain's hash rule leaves the hash as it was.
    pub fn reseal(&self, hash: B256, extra_data: Bytes) -> Result<(), NodeError> {
        let mut pending = self.pending.lock();
        let layer = pending.get(&hash).ok_or(NodeError::NotExecuted(hash))?;
        let mut header = layer.block().header.clone();
        header.extra_data = extra_data;
        if self.spec().hash_header(&header) != hash {
            return Err(NodeError::InvalidBlock {
                number: header.number,
                hash,
                reason: "sealing it would change its hash".into(),
            });
        }
        let resealed = layer.with_header(header);
        pending.insert(hash, resealed);
        Ok(())
    }

    /// Commits an executed block that stands on the head. It is on disk when this returns.
    pub fn commit(&self, hash: B256) -> Result<Arc<Layer>, NodeError> {
        let layer = self.executed(hash).ok_or(NodeError::NotExecuted(hash))?;
        self.store.commit(layer.clone())?;
        self.committed(layer.block().number());
        Ok(layer)
    }

    /// Commits executed blocks, each on the last, with one sync to disk for all.
    pub fn commit_all(&self, layers: &[Arc<Layer>]) -> Result<(), NodeError> {
        let Some(last) = layers.last() else { return Ok(()) };
        self.store.commit_batch(layers)?;
        self.committed(last.block().number());
        Ok(())
    }

    fn committed(&self, height: u64) {
        self.pending.lock().retain(|_, layer| layer.block().number() > height);
        if let Pruning::Blocks(keep) = self.pruning
            && height.is_multiple_of(keep.clamp(1, 1024))
            && let Err(error) = self.store.prune(keep)
        {
            tracing::warn!(target: "entente::node", %error, "history could not be pruned; it is tried again later");
        }
    }

    /// Undoes every block above `height`; gives them back, newest first.
    pub fn rewind(&self, height: u64) -> Result<Vec<SealedBlock>, NodeError> {
        self.pending.lock().clear();
        Ok(self.store.rewind(height)?)
    }
}

fn check_results(header: &Header, executed: &Executed) -> Result<(), String> {
    if executed.gas_used != header.gas_used {
        return Err(format!(
            "it uses {} gas, the header says {}",
            executed.gas_used, header.gas_used
        ));
    }
    let root = receipts_root(&executed.receipts);
    if root != header.receipts_root {
        return Err(format!(
            "receipts root is {root} after execution, the header says {}",
            header.receipts_root
        ));
    }
    if executed.logs_bloom != header.logs_bloom {
        return Err("the logs bloom of its receipts is not that of the header".into());
    }
    if let (Some(said), Some(requests)) = (header.requests_hash, &executed.requests) {
        let hash = requests.requests_hash();
        if hash != said {
            return Err(format!("requests hash is {hash} after execution, the header says {said}"));
        }
    }
    Ok(())
}

/// Root of the transaction trie: EIP-2718 encodings keyed by their index.
pub fn transactions_root(transactions: &[Transaction]) -> B256 {
    ordered_root(&transactions.iter().map(Encodable2718::encoded_2718).collect::<Vec<_>>())
}

/// Root of the receipt trie: EIP-2718 encodings keyed by their index.
pub fn receipts_root(receipts: &[Receipt]) -> B256 {
    ordered_root(&receipts.iter().map(Encodable2718::encoded_2718).collect::<Vec<_>>())
}
