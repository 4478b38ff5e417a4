//! A naive model of a chain: the whole state of every height in ordered maps, and the store compared with it.

#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]

use alloy_consensus::{
    EMPTY_OMMER_ROOT_HASH, Receipt as BareReceipt, ReceiptWithBloom, SignableTransaction, TxLegacy,
};
use alloy_eips::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, Log, Signature, U256, keccak256};
use entente_chain::{
    Block, Body, Header, Receipt, RecoveredBlock, SealedBlock, SealedHeader, Transaction,
    spec::GenesisAccount,
};
use entente_evm::{Account, AccountChange, SlotChange, StateChanges, StateView};
use entente_store::{AccountRecord, GenesisState, Layer, Snapshot, Store, StoreError};
use entente_trie::{EMPTY_ROOT, ordered_root, root_of_sorted, verify_proof};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelAccount {
    pub account: Account,
    pub slots: BTreeMap<U256, U256>,
}

pub type ModelState = BTreeMap<Address, ModelAccount>;

pub const ADDRESSES: u8 = 6;
pub const SLOTS: u64 = 8;

pub fn address(n: u8) -> Address {
    Address::repeat_byte(n % ADDRESSES + 1)
}

pub fn slot(n: u64) -> U256 {
    U256::from(n % SLOTS)
}

pub fn hash_slot(slot: U256) -> B256 {
    keccak256(slot.to_be_bytes::<32>())
}

pub fn storage_root(account: &ModelAccount) -> B256 {
    let leaves: BTreeMap<B256, Vec<u8>> = account
        .slots
        .iter()
        .map(|(slot, value)| (hash_slot(*slot), alloy_rlp::encode(value)))
        .collect();
    root_of_sorted(leaves)
}

pub fn record(account: &ModelAccount) -> AccountRecord {
    let Account { nonce, balance, code_hash } = account.account;
    AccountRecord { nonce, balance, code_hash, storage_root: storage_root(account) }
}

pub fn state_root(state: &ModelState) -> B256 {
    let leaves: BTreeMap<B256, Vec<u8>> = state
        .iter()
        .map(|(address, account)| (keccak256(address), record(account).trie_value()))
        .collect();
    root_of_sorted(leaves)
}

/// What one account of a block goes through.
#[derive(Clone, Debug)]
pub enum Touch {
    Set {
        who: u8,
        balance: u8,
        writes: Vec<(u64, u8)>,
    },
    /// Destroyed; some of its slots had been touched before.
    Destroy {
        who: u8,
        touched: Vec<u64>,
    },
    /// Destroyed and made anew, with new storage.
    Recreate {
        who: u8,
        writes: Vec<(u64, u8)>,
    },
    Deploy {
        who: u8,
        code: u8,
    },
}

#[derive(Clone, Debug)]
pub struct ModelBlock {
    pub block: Arc<RecoveredBlock>,
    pub receipts: Vec<Receipt>,
    pub total_difficulty: U256,
    pub changes: StateChanges,
    pub state: ModelState,
}

#[derive(Debug)]
pub struct Model {
    pub genesis: SealedHeader,
    pub alloc: BTreeMap<Address, GenesisAccount>,
    /// The chain as acknowledged, from the genesis block on.
    pub chain: Vec<ModelBlock>,
    /// Every block ever made: a crash may leave one that was not acknowledged.
    pub made: HashMap<B256, ModelBlock>,
    pub oldest: u64,
    salt: u64,
}

impl Default for Model {
    fn default() -> Self {
        Self::new()
    }
}

fn change_of(state: &ModelState, who: Address) -> AccountChange {
    let before = state.get(&who).map(|account| account.account);
    AccountChange {
        hashed: keccak256(who),
        address: who,
        before,
        after: before,
        wiped: false,
        slots: Vec::new(),
    }
}

fn slot_changes(before: &BTreeMap<U256, U256>, writes: &[(u64, u8)]) -> BTreeMap<U256, SlotChange> {
    let mut changes = BTreeMap::new();
    for (n, value) in writes {
        let slot = slot(*n);
        let was = before.get(&slot).copied().unwrap_or_default();
        let after = U256::from(value % 4);
        changes.insert(slot, SlotChange { hashed: hash_slot(slot), slot, before: was, after });
    }
    changes
}

impl Model {
    pub fn new() -> Self {
        let mut alloc = BTreeMap::new();
        let mut state = ModelState::new();
        for n in 0..3 {
            let storage = (0..u64::from(n))
                .map(|at| (B256::from(slot(at)), U256::from(at + 1)))
                .collect::<BTreeMap<_, _>>();
            let code = if n == 2 { Bytes::from_static(b"\x60\x00") } else { Bytes::new() };
            let account = Account {
                nonce: u64::from(n),
                balance: U256::from(1000),
                code_hash: keccak256(&code),
            };
            let slots =
                storage.iter().map(|(slot, value)| (U256::from_be_bytes(slot.0), *value)).collect();
            state.insert(address(n), ModelAccount { account, slots });
            alloc.insert(
                address(n),
                GenesisAccount { nonce: account.nonce, balance: account.balance, code, storage },
            );
        }
        let header = Header {
            state_root: state_root(&state),
            difficulty: U256::from(7),
            ..Header::default()
        };
        let genesis = SealedHeader { hash: header.hash_slow(), header: header.clone() };
        let sealed =
            SealedBlock { hash: genesis.hash, block: Block { header, body: Body::default() } };
        let block = Arc::new(RecoveredBlock::new(sealed, Vec::new()).unwrap());
        let first = ModelBlock {
            block,
            receipts: Vec::new(),
            total_difficulty: U256::from(7),
            changes: StateChanges::default(),
            state,
        };
        Self { genesis, alloc, chain: vec![first], made: HashMap::new(), oldest: 0, salt: 0 }
    }

    /// Starts over from another first state; `alloc` has been changed to fit.
    pub fn regenesis(&mut self, state: ModelState) {
        let mut header = self.genesis.header.clone();
        header.state_root = state_root(&state);
        self.genesis = SealedHeader { hash: header.hash_slow(), header: header.clone() };
        let sealed =
            SealedBlock { hash: self.genesis.hash, block: Block { header, body: Body::default() } };
        let first = &mut self.chain[0];
        first.block = Arc::new(RecoveredBlock::new(sealed, Vec::new()).unwrap());
        first.state = state;
    }

    pub fn genesis(&self) -> GenesisState<'_> {
        GenesisState { header: &self.genesis, alloc: &self.alloc }
    }

    pub fn height(&self) -> u64 {
        self.chain.len() as u64 - 1
    }

    pub fn head(&self) -> &ModelBlock {
        self.chain.last().unwrap()
    }

    /// What some touches do to a state, as the executor says it and as the model has it.
    pub fn apply(state: &ModelState, touches: &[Touch]) -> (StateChanges, ModelState) {
        let mut after = state.clone();
        let mut changes: BTreeMap<B256, AccountChange> = BTreeMap::new();
        let mut codes = BTreeMap::new();
        for touch in touches {
            let (Touch::Set { who, .. }
            | Touch::Destroy { who, .. }
            | Touch::Recreate { who, .. }
            | Touch::Deploy { who, .. }) = touch;
            let who = address(*who);
            let mut change = change_of(state, who);
            // Each account at most once a block.
            if changes.contains_key(&change.hashed) {
                continue;
            }
            let old = state.get(&who).cloned().unwrap_or_default();
            match touch {
                Touch::Set { balance, writes, .. } => {
                    let slots = slot_changes(&old.slots, writes);
                    change.slots =
                        slots.values().filter(|slot| slot.before != slot.after).copied().collect();
                    let mut new = old.clone();
                    new.account.balance = U256::from(*balance);
                    new.account.nonce += 1;
                    for slot in slots.values() {
                        new.slots.insert(slot.slot, slot.after);
                    }
                    new.slots.retain(|_, value| !value.is_zero());
                    change.after = Some(new.account);
                    after.insert(who, new);
                }
                Touch::Destroy { touched, .. } => {
                    if change.before.is_none() {
                        continue;
                    }
                    let writes: Vec<_> = touched.iter().map(|n| (*n, 0)).collect();
                    change.slots = slot_changes(&old.slots, &writes).into_values().collect();
                    change.wiped = true;
                    change.after = None;
                    after.remove(&who);
                }
                Touch::Recreate { writes, .. } => {
                    if change.before.is_none() {
                        continue;
                    }
                    let slots = slot_changes(&old.slots, writes);
                    change.slots = slots.values().copied().collect();
                    change.wiped = true;
                    let mut new = ModelAccount {
                        account: Account { nonce: 1, ..Account::default() },
                        ..ModelAccount::default()
                    };
                    new.slots = slots
                        .values()
                        .map(|slot| (slot.slot, slot.after))
                        .filter(|(_, value)| !value.is_zero())
                        .collect();
                    change.after = Some(new.account);
                    after.insert(who, new);
                }
                Touch::Deploy { code, .. } => {
                    let bytes = Bytes::from(vec![*code; usize::from(*code) + 1]);
                    let hash = keccak256(&bytes);
                    codes.insert(hash, bytes);
                    let mut new = old.clone();
                    new.account.code_hash = hash;
                    change.after = Some(new.account);
                    after.insert(who, new);
                }
            }
            change.slots.sort_by_key(|slot| slot.hashed);
            changes.insert(change.hashed, change);
        }
        let changes = StateChanges {
            accounts: changes.into_values().collect(),
            codes: codes.into_iter().collect(),
        };
        (changes, after)
    }

    /// Makes a block on a parent. It is not on the chain yet.
    pub fn make_on(&mut self, parent: &ModelBlock, touches: &[Touch]) -> ModelBlock {
        self.salt += 1;
        let (changes, state) = Self::apply(&parent.state, touches);
        let number = parent.block.number() + 1;
        let tx = TxLegacy {
            nonce: self.salt,
            gas_limit: 21_000,
            input: vec![7; (self.salt % 50) as usize].into(),
            ..TxLegacy::default()
        };
        let tx: Transaction = tx.into_signed(Signature::test_signature()).into();
        let log = Log::new_unchecked(
            address(1),
            vec![B256::with_last_byte(1)],
            Bytes::from(number.to_be_bytes()),
        );
        let bare = BareReceipt {
            status: (!self.salt.is_multiple_of(3)).into(),
            cumulative_gas_used: 21_000,
            logs: vec![log],
        };
        let receipts = vec![Receipt::Legacy(ReceiptWithBloom::from(bare))];
        let header = Header {
            parent_hash: parent.block.hash,
            ommers_hash: EMPTY_OMMER_ROOT_HASH,
            number,
            state_root: state_root(&state),
            transactions_root: ordered_root(&[tx.encoded_2718()]),
            receipts_root: ordered_root(&[receipts[0].encoded_2718()]),
            difficulty: U256::from(self.salt % 5 + 1),
            timestamp: self.salt,
            ..Header::default()
        };
        let total_difficulty = parent.total_difficulty + header.difficulty;
        let body = Body { transactions: vec![tx], ommers: Vec::new(), withdrawals: None };
        let sealed = SealedBlock { hash: header.hash_slow(), block: Block { header, body } };
        let block = Arc::new(RecoveredBlock::new(sealed, vec![address(3)]).unwrap());
        let made = ModelBlock { block, receipts, total_difficulty, changes, state };
        self.made.insert(made.block.hash, made.clone());
        made
    }
}

/// Has the store work a block out on a state.
pub fn layer(snapshot: &Snapshot, block: &ModelBlock) -> Arc<Layer> {
    let prepared = snapshot.prepare(block.block.number(), &block.changes).unwrap();
    assert_eq!(
        prepared.state_root(),
        block.block.header.state_root,
        "state root of block {}",
        block.block.number()
    );
    prepared.seal(block.block.clone(), block.receipts.clone(), block.total_difficulty)
}

pub fn expect_state(snapshot: &Snapshot, state: &ModelState) {
    for n in 0..ADDRESSES {
        let who = address(n);
        let expected = state.get(&who);
        assert_eq!(
            snapshot.account(who).unwrap(),
            expected.map(|account| account.account),
            "account {who} at {}",
            snapshot.height()
        );
        assert_eq!(snapshot.account_with_root(who).unwrap(), expected.map(record));
        for at in 0..SLOTS {
            let value = expected
                .and_then(|account| account.slots.get(&slot(at)))
                .copied()
                .unwrap_or_default();
            assert_eq!(
                snapshot.storage(who, slot(at)).unwrap(),
                value,
                "slot {at} of {who} at {}",
                snapshot.height()
            );
        }
        if let Some(account) = expected {
            let code = snapshot.code(account.account.code_hash).unwrap();
            assert_eq!(keccak256(&code), account.account.code_hash);
        }
    }
}

pub fn expect_proofs(snapshot: &Snapshot, state: &ModelState) {
    let root = state_root(state);
    assert_eq!(snapshot.state_root().unwrap(), root);
    for n in 0..ADDRESSES {
        let who = address(n);
        let slots: Vec<_> = (0..SLOTS).map(slot).collect();
        let proof = snapshot.proof(who, &slots).unwrap();
        let expected = state.get(&who);
        let leaf = verify_proof(root, keccak256(who), &proof.proof).unwrap();
        assert_eq!(leaf, expected.map(|account| record(account).trie_value()));
        let storage = expected.map_or(EMPTY_ROOT, storage_root);
        for (slot, proof) in slots.iter().zip(&proof.storage) {
            let value = expected.and_then(|account| account.slots.get(slot)).copied();
            assert_eq!(proof.value, value.unwrap_or_default());
            let leaf = verify_proof(storage, hash_slot(*slot), &proof.proof).unwrap();
            assert_eq!(leaf, value.map(alloy_rlp::encode));
        }
    }
}

/// Everything that the store says of the block at a height.
pub fn expect_block(store: &Store, model: &Model, height: u64) {
    let expected = &model.chain[height as usize];
    let hash = expected.block.hash;
    assert_eq!(store.canonical_hash(height).unwrap(), Some(hash), "hash at {height}");
    assert_eq!(store.header_by_hash(hash).unwrap(), Some(expected.block.sealed_header()));
    assert_eq!(store.block(height).unwrap().as_deref(), Some(&*expected.block));
    assert_eq!(store.block_by_hash(hash).unwrap().as_deref(), Some(&*expected.block));
    assert_eq!(store.receipts(height).unwrap().as_deref(), Some(&expected.receipts));
    assert_eq!(store.total_difficulty(height).unwrap(), Some(expected.total_difficulty));
    for (index, tx) in expected.block.body.transactions.iter().enumerate() {
        assert_eq!(store.transaction(*tx.tx_hash()).unwrap(), Some((height, index as u32)));
    }
}

pub fn expect_height(store: &Store, model: &Model, height: u64) {
    expect_block(store, model, height);
    match store.snapshot_at(height) {
        Ok(snapshot) => {
            assert!(height >= model.oldest);
            let state = &model.chain[height as usize].state;
            expect_state(&snapshot, state);
            expect_proofs(&snapshot, state);
        }
        Err(StoreError::Pruned { oldest, .. }) => {
            assert!(
                height < oldest && oldest <= model.oldest,
                "{height} {oldest} {}",
                model.oldest
            );
        }
        Err(error) => panic!("{error}"),
    }
}

pub fn expect_all(store: &Store, model: &Model) {
    assert_eq!(store.head().header.hash, model.head().block.hash);
    for height in 0..=model.height() {
        expect_height(store, model, height);
    }
    assert_eq!(store.canonical_hash(model.height() + 1).unwrap(), None);
    assert!(matches!(store.snapshot_at(model.height() + 1), Err(StoreError::UnknownBlock(_))));
}

/// Executes again what the log holds beyond the tables.
pub fn replay(store: &Store, model: &Model) -> u64 {
    let mut count = 0;
    for block in store.replay().unwrap() {
        let block = block.unwrap();
        let made = &model.made[&block.hash];
        assert_eq!(*made.block, block);
        store.apply_replayed(layer(&store.snapshot(), made)).unwrap();
        count += 1;
    }
    count
}
