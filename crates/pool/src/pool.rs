//! The pool and what can be asked of it.

use crate::{
    BestTransactions, DropReason, Dropped, PoolConfig, PoolTransaction, SENDER_BYTES, Standing,
    best::Heads,
    dropped::DropLog,
    eviction::Tails,
    journal,
    sender::{ByAge, SenderQueue, Settling, Slot, gas},
};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, BlockNumber, Bytes, U256, map::B256HashMap};
use entente_chain::Fork;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

/// The newest block, and the rules that hold for the one after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadInfo {
    /// The newest block's number.
    pub number: BlockNumber,
    /// Its time, in seconds.
    pub timestamp: u64,
    /// The next block's base fee in wei; none before London.
    pub base_fee: Option<u64>,
    /// The block gas limit.
    pub gas_limit: u64,
    /// The fork that the next block is under.
    pub fork: Fork,
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// The most gas that one transaction may ask for (EIP-7825, or the chain's own `pertxgaslimit`); none while no such cap is in force.
    pub transaction_gas_limit: Option<u64>,
}

/// What the newest state says of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountState {
    /// Transaction count.
    pub nonce: u64,
    /// Wei.
    pub balance: U256,
    /// Its code; none or empty for a plain account. An EIP-7702 delegation is code, too, and does not keep an account from sending.
    pub code: Option<Bytes>,
}

/// The newest state, as far as the pool needs it.
pub trait AccountSource {
    /// An account. One that does not exist is an empty one.
    ///
    /// # Errors
    /// What kept the state from being read, in words.
    fn account(&self, address: Address) -> Result<AccountState, String>;
}

/// What adding a transaction did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Added {
    /// The transaction's hash.
    pub hash: B256,
    /// The transaction of the same nonce that it replaced.
    pub replaced: Option<B256>,
    /// Whether it can be executed as things stand.
    pub pending: bool,
    /// The sender's other transactions that can be executed now that this one is there, in nonce order.
    pub promoted: Vec<B256>,
    /// Transactions that left the pool on its account: to make room, or because their nonces turned out to be used.
    pub evicted: Vec<B256>,
}

/// One sender's transactions, in nonce order.
#[derive(Clone, Debug, Default)]
pub struct SenderContent {
    /// Those that can be executed.
    pub pending: Vec<Arc<PoolTransaction>>,
    /// Those that cannot yet.
    pub queued: Vec<Arc<PoolTransaction>>,
}

/// How full the pool is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Transactions that can be executed.
    pub pending: usize,
    /// Transactions that cannot yet.
    pub queued: usize,
    /// Those among them that were handed in at this node.
    pub local: usize,
    /// Senders.
    pub senders: usize,
    /// Bytes in use: the transactions' [footprints](PoolTransaction::footprint) and [`SENDER_BYTES`] a sender.
    pub bytes: usize,
    /// Bytes allowed.
    pub max_bytes: usize,
}

/// The transactions that wait. See the [crate's page](crate) for what it does with them.
pub struct Pool {
    pub(crate) config: PoolConfig,
    pub(crate) head: Option<HeadInfo>,
    pub(crate) next_arrival: u64,
    pub(crate) senders: BTreeMap<Address, SenderQueue>,
    hashes: B256HashMap<(Address, u64)>,
    heads: Heads,
    pub(crate) tails: Tails,
    /// Queued transactions by when they became so.
    pub(crate) queued_by_age: ByAge,
    /// All transactions by when they came, kept only if the configuration limits their life.
    pub(crate) all_by_age: ByAge,
    /// How many transactions ask for how much gas: tells at once whether a new block gas limit touches any.
    gas_limits: BTreeMap<u64, usize>,
    pub(crate) bytes: usize,
    pending: usize,
    local: usize,
    pub(crate) drops: DropLog,
    /// Senders whose account could not be read at the last block.
    pub(crate) unread: BTreeSet<Address>,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("status", &self.status())
            .field("head", &self.head)
            .finish_non_exhaustive()
    }
}

impl Pool {
    /// An empty pool.
    pub fn new(config: PoolConfig) -> Self {
        Self {
            head: None,
            next_arrival: 0,
            senders: BTreeMap::new(),
            hashes: B256HashMap::default(),
            heads: Heads::default(),
            tails: Tails::new(config.local_priority),
            queued_by_age: ByAge::new(),
            all_by_age: ByAge::new(),
            gas_limits: BTreeMap::new(),
            bytes: 0,
            pending: 0,
            local: 0,
            drops: DropLog::new(config.remembered_drops),
            unread: BTreeSet::new(),
            config,
        }
    }

    /// The limits that it was made with.
    pub const fn config(&self) -> &PoolConfig {
        &self.config
    }

    /// A transaction by its hash.
    pub fn get(&self, hash: B256) -> Option<&Arc<PoolTransaction>> {
        let (sender, nonce) = self.hashes.get(&hash)?;
        Some(&self.senders.get(sender)?.get(*nonce)?.tx)
    }

    /// Whether a transaction is here.
    pub fn contains(&self, hash: B256) -> bool {
        self.hashes.contains_key(&hash)
    }

    /// Whether a transaction that is here can be executed, and if not, what it waits for.
    pub fn standing(&self, hash: B256) -> Option<Standing> {
        let (sender, nonce) = self.hashes.get(&hash)?;
        Some(self.senders.get(sender)?.standing(*nonce, self.gas_limit()))
    }

    /// Why a transaction is not here any more; none when it is, was never, or left too long ago to be remembered.
    pub fn why(&self, hash: B256) -> Option<&Dropped> {
        if self.contains(hash) { None } else { self.drops.get(&hash) }
    }

    /// The nonce after a sender's executable transactions; none when it has no such, and the account's own nonce is the next.
    pub fn pending_nonce(&self, sender: Address) -> Option<u64> {
        self.senders.get(&sender).filter(|queue| queue.executable_len() > 0).map(|queue| queue.end)
    }

    /// One sender's transactions.
    pub fn by_sender(&self, sender: Address) -> SenderContent {
        self.senders.get(&sender).map(content_of).unwrap_or_default()
    }

    /// All transactions by sender.
    pub fn content(&self) -> BTreeMap<Address, SenderContent> {
        self.senders.iter().map(|(sender, queue)| (*sender, content_of(queue))).collect()
    }

    /// All transactions, by sender and nonce.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<PoolTransaction>> {
        self.senders.values().flat_map(SenderQueue::slots).map(|slot| &slot.tx)
    }

    /// How full the pool is.
    pub fn status(&self) -> Status {
        Status {
            pending: self.pending,
            queued: self.hashes.len() - self.pending,
            local: self.local,
            senders: self.senders.len(),
            bytes: self.bytes,
            max_bytes: self.config.max_bytes,
        }
    }

    /// Begins a walk over the executable transactions, the best at this base fee first.
    pub fn best(&self, base_fee: Option<u64>) -> BestTransactions {
        BestTransactions::new(base_fee)
    }

    /// The transactions handed in at this node, by sender and nonce.
    pub fn local_transactions(&self) -> Vec<Arc<PoolTransaction>> {
        self.iter().filter(|tx| tx.local).cloned().collect()
    }

    /// The journal's records of the transactions handed in at this node, by sender and nonce; joined they are a whole journal.
    pub fn journal(&self) -> impl Iterator<Item = Vec<u8>> {
        self.iter().filter(|tx| tx.local).map(|tx| journal::encode(&tx.tx.encoded_2718()))
    }

    pub(crate) fn heads(&self) -> &Heads {
        &self.heads
    }

    pub(crate) fn head_of(&self, sender: Address) -> Option<&Arc<PoolTransaction>> {
        self.senders.get(&sender)?.head().map(|slot| &slot.tx)
    }

    pub(crate) fn executable(&self, sender: Address, nonce: u64) -> Option<&Arc<PoolTransaction>> {
        self.senders.get(&sender)?.executable(nonce).map(|slot| &slot.tx)
    }

    pub(crate) fn gas_limit(&self) -> u64 {
        self.head.map_or(u64::MAX, |head| head.gas_limit)
    }

    /// The highest gas that any transaction asks for.
    pub(crate) fn most_gas(&self) -> u64 {
        self.gas_limits.last_key_value().map_or(0, |(gas, _)| *gas)
    }

    /// Changes a sender's queue, and keeps the orders over all senders in step with it. Gives the result and what became executable; none
    /// when there is no such queue. An emptied queue is taken away.
    pub(crate) fn edit<R>(
        &mut self,
        sender: Address,
        now: u64,
        change: impl FnOnce(&mut SenderQueue, &mut Settling<'_>) -> R,
    ) -> Option<(R, Vec<B256>)> {
        let gas_limit = self.gas_limit();
        let queue = self.senders.get_mut(&sender)?;
        self.heads.remove(queue);
        self.tails.remove(queue);
        self.pending -= queue.executable_len();
        let mut settling =
            Settling { now, gas_limit, queued: &mut self.queued_by_age, promoted: Vec::new() };
        let result = change(queue, &mut settling);
        let promoted = settling.promoted;
        self.pending += queue.executable_len();
        self.heads.insert(queue);
        self.tails.insert(queue);
        if queue.len() == 0 {
            self.senders.remove(&sender);
            self.bytes -= SENDER_BYTES;
        }
        Some((result, promoted))
    }

    /// Counts a transaction in that has been put into its queue.
    pub(crate) fn count_in(&mut self, tx: &PoolTransaction) {
        self.hashes.insert(tx.hash, (tx.sender, tx.nonce()));
        self.bytes += tx.footprint();
        self.local += usize::from(tx.local);
        *self.gas_limits.entry(gas(tx)).or_default() += 1;
        if self.config.lifetime_ms.is_some() {
            self.all_by_age.insert((tx.received, tx.sender, tx.nonce()));
        }
    }

    /// Counts a transaction out that has been taken from its queue, and remembers why.
    pub(crate) fn count_out(&mut self, slot: &Slot, reason: DropReason, now: u64) -> Dropped {
        let tx = &slot.tx;
        self.hashes.remove(&tx.hash);
        self.bytes -= tx.footprint();
        self.local -= usize::from(tx.local);
        if let Some(count) = self.gas_limits.get_mut(&gas(tx)) {
            *count -= 1;
            if *count == 0 {
                self.gas_limits.remove(&gas(tx));
            }
        }
        self.all_by_age.remove(&(tx.received, tx.sender, tx.nonce()));
        let dropped = Dropped {
            hash: tx.hash,
            sender: tx.sender,
            nonce: tx.nonce(),
            local: tx.local,
            reason,
            at: now,
            block: self.head.map_or(0, |head| head.number),
        };
        self.drops.push(dropped.clone());
        dropped
    }

    /// Takes a transaction out by its place.
    pub(crate) fn drop_one(
        &mut self,
        sender: Address,
        nonce: u64,
        reason: DropReason,
        now: u64,
    ) -> Option<Dropped> {
        let (slot, _) = self.edit(sender, now, |queue, with| queue.take(nonce, with))?;
        Some(self.count_out(&slot?, reason, now))
    }

    pub(crate) fn place(&self, hash: B256) -> Option<(Address, u64)> {
        self.hashes.get(&hash).copied()
    }
}

fn content_of(queue: &SenderQueue) -> SenderContent {
    let mut content = SenderContent::default();
    for slot in queue.slots() {
        let list =
            if slot.queued_since.is_none() { &mut content.pending } else { &mut content.queued };
        list.push(Arc::clone(&slot.tx));
    }
    content
}
