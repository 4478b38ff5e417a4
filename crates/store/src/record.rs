//! How things lie in the tables: keys and values as bytes. Decoders are total and give None for what cannot be.

use crate::log::Location;
use alloy_consensus::{Eip658Value, Receipt as BareReceipt, ReceiptWithBloom, TxType};
use alloy_primitives::{Address, B256, KECCAK256_EMPTY, Log, U256};
use alloy_rlp::{Decodable, Encodable, RlpEncodable};
use entente_chain::{Header, Receipt, SealedHeader};
use entente_evm::Account;
use entente_trie::{EMPTY_ROOT, Nibbles};

/// An account with the root of its storage: what the state trie commits to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, RlpEncodable)]
pub struct AccountRecord {
    /// Transactions sent, or contracts created.
    pub nonce: u64,
    /// Wei.
    pub balance: U256,
    /// Root of the storage trie; [`EMPTY_ROOT`] without storage.
    pub storage_root: B256,
    /// keccak256 of the code.
    pub code_hash: B256,
}

impl AccountRecord {
    pub(crate) const fn new(account: Account, storage_root: B256) -> Self {
        let Account { nonce, balance, code_hash } = account;
        Self { nonce, balance, storage_root, code_hash }
    }

    /// The account as the executor knows it.
    pub const fn account(&self) -> Account {
        Account { nonce: self.nonce, balance: self.balance, code_hash: self.code_hash }
    }

    /// The account's value in the state trie (Yellow Paper, 4.1).
    pub fn trie_value(&self) -> Vec<u8> {
        alloy_rlp::encode(self)
    }
}

const HAS_ROOT: u8 = 0x10;
const HAS_CODE: u8 = 0x20;

/// Flags with the nonce's length, the balance's length, nonce, balance, and root and code hash where they are not the empty ones.
pub(crate) fn put_account(out: &mut Vec<u8>, account: &AccountRecord) {
    let nonce = account.nonce.to_be_bytes();
    let nonce = &nonce[account.nonce.leading_zeros() as usize / 8..];
    let balance = Word::of(account.balance);
    let mut flags = nonce.len() as u8;
    if account.storage_root != EMPTY_ROOT {
        flags |= HAS_ROOT;
    }
    if account.code_hash != KECCAK256_EMPTY {
        flags |= HAS_CODE;
    }
    out.extend_from_slice(&[flags, balance.len() as u8]);
    out.extend_from_slice(nonce);
    out.extend_from_slice(&balance);
    if flags & HAS_ROOT != 0 {
        out.extend_from_slice(account.storage_root.as_slice());
    }
    if flags & HAS_CODE != 0 {
        out.extend_from_slice(account.code_hash.as_slice());
    }
}

pub(crate) fn take_account(bytes: &[u8]) -> Option<AccountRecord> {
    let (&[flags, balance_len], mut rest) = bytes.split_first_chunk::<2>()?;
    if flags & 0xc0 != 0 {
        return None;
    }
    let mut take = |len: usize| {
        let (taken, left) = rest.split_at_checked(len)?;
        rest = left;
        Some(taken)
    };
    let nonce = u64::try_from(U256::try_from_be_slice(take(usize::from(flags & 0x0f))?)?).ok()?;
    let balance = U256::try_from_be_slice(take(usize::from(balance_len))?)?;
    let mut hash =
        |flag, empty| if flags & flag != 0 { take(32).map(B256::from_slice) } else { Some(empty) };
    let storage_root = hash(HAS_ROOT, EMPTY_ROOT)?;
    let code_hash = hash(HAS_CODE, KECCAK256_EMPTY)?;
    rest.is_empty().then_some(AccountRecord { nonce, balance, storage_root, code_hash })
}

/// The value of the accounts table: the address, so that accounts can be listed by it, and the account.
pub(crate) fn put_addressed(out: &mut Vec<u8>, address: Address, account: &AccountRecord) {
    out.extend_from_slice(address.as_slice());
    put_account(out, account);
}

pub(crate) fn take_addressed(bytes: &[u8]) -> Option<(Address, AccountRecord)> {
    let (address, account) = bytes.split_first_chunk::<20>()?;
    Some((Address::from(address), take_account(account)?))
}

/// A value of the account history: empty where there was no account.
pub(crate) fn take_past_account(bytes: &[u8]) -> Option<Option<AccountRecord>> {
    if bytes.is_empty() { Some(None) } else { take_account(bytes).map(Some) }
}

/// A number as bytes, most significant first, without leading zeros.
pub(crate) struct Word {
    bytes: [u8; 32],
    zeros: usize,
}

impl Word {
    pub(crate) const fn of(value: U256) -> Self {
        Self { bytes: value.to_be_bytes(), zeros: value.leading_zeros() / 8 }
    }
}

impl std::ops::Deref for Word {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[self.zeros..]
    }
}

pub(crate) fn take_word(bytes: &[u8]) -> Option<U256> {
    U256::try_from_be_slice(bytes)
}

pub(crate) fn slot_key(account: &B256, slot: &B256) -> [u8; 64] {
    let mut key = [0; 64];
    key[..32].copy_from_slice(account.as_slice());
    key[32..].copy_from_slice(slot.as_slice());
    key
}

pub(crate) fn account_history_key(account: &B256, height: u64) -> [u8; 40] {
    let mut key = [0; 40];
    key[..32].copy_from_slice(account.as_slice());
    key[32..].copy_from_slice(&height.to_be_bytes());
    key
}

pub(crate) fn slot_history_key(account: &B256, slot: &B256, height: u64) -> [u8; 72] {
    let mut key = [0; 72];
    key[..64].copy_from_slice(&slot_key(account, slot));
    key[64..].copy_from_slice(&height.to_be_bytes());
    key
}

pub(crate) fn take_height(bytes: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(bytes.try_into().ok()?))
}

/// Which trie a node belongs to, and where in it. The account trie has no owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NodeKey {
    pub(crate) owner: Option<B256>,
    pub(crate) path: Nibbles,
}

impl NodeKey {
    /// The key in the table, put into a buffer.
    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        match &self.owner {
            None => out.push(0),
            Some(owner) => {
                out.push(1);
                out.extend_from_slice(owner.as_slice());
            }
        }
        out.extend(self.path.iter());
    }
}

pub(crate) fn put_location(out: &mut Vec<u8>, at: &Location) {
    out.extend_from_slice(&at.segment.to_be_bytes());
    out.extend_from_slice(&at.offset.to_be_bytes());
    out.extend_from_slice(&at.len.to_be_bytes());
}

pub(crate) fn take_location(bytes: &[u8]) -> Option<Location> {
    let bytes: &[u8; 16] = bytes.try_into().ok()?;
    Some(Location {
        segment: u32::from_be_bytes(bytes[..4].try_into().ok()?),
        offset: u64::from_be_bytes(bytes[4..12].try_into().ok()?),
        len: u32::from_be_bytes(bytes[12..].try_into().ok()?),
    })
}

pub(crate) fn put_header(out: &mut Vec<u8>, header: &Header, hash: B256, total_difficulty: U256) {
    out.extend_from_slice(hash.as_slice());
    total_difficulty.encode(out);
    header.encode(out);
}

pub(crate) fn take_header(bytes: &[u8]) -> Option<(SealedHeader, U256)> {
    let (hash, mut rest) = bytes.split_first_chunk::<32>()?;
    let total_difficulty = U256::decode(&mut rest).ok()?;
    let header = Header::decode(&mut rest).ok()?;
    rest.is_empty().then(|| (SealedHeader { hash: B256::from(hash), header }, total_difficulty))
}

/// Transaction's place: height and index.
pub(crate) fn transaction_place(height: u64, index: u32) -> [u8; 12] {
    let mut value = [0; 12];
    value[..8].copy_from_slice(&height.to_be_bytes());
    value[8..].copy_from_slice(&index.to_be_bytes());
    value
}

pub(crate) fn take_transaction_place(bytes: &[u8]) -> Option<(u64, u32)> {
    let (height, index) = bytes.split_first_chunk::<8>()?;
    Some((u64::from_be_bytes(*height), u32::from_be_bytes(index.try_into().ok()?)))
}

/// Receipts as an RLP list of `[type, status or root, cumulative gas, logs]`. Blooms are left out: they follow from the logs and would be most of it.
pub(crate) fn put_receipts(out: &mut Vec<u8>, receipts: &[Receipt]) {
    let mut list = Vec::with_capacity(receipts.len() * 64);
    for receipt in receipts {
        let Some(bare) = receipt.as_receipt() else { continue };
        let kind = receipt.tx_type() as u8;
        let payload_length = kind.length()
            + bare.status.length()
            + bare.cumulative_gas_used.length()
            + bare.logs.length();
        alloy_rlp::Header { list: true, payload_length }.encode(&mut list);
        kind.encode(&mut list);
        bare.status.encode(&mut list);
        bare.cumulative_gas_used.encode(&mut list);
        bare.logs.encode(&mut list);
    }
    alloy_rlp::Header { list: true, payload_length: list.len() }.encode(out);
    out.extend_from_slice(&list);
}

pub(crate) fn take_receipts(mut bytes: &[u8]) -> Option<Vec<Receipt>> {
    let mut list = alloy_rlp::Header::decode_bytes(&mut bytes, true).ok()?;
    let mut receipts = Vec::new();
    while !list.is_empty() {
        let mut item = alloy_rlp::Header::decode_bytes(&mut list, true).ok()?;
        let kind = TxType::try_from(u8::decode(&mut item).ok()?).ok()?;
        let status = Eip658Value::decode(&mut item).ok()?;
        let cumulative_gas_used = u64::decode(&mut item).ok()?;
        let logs = Vec::<Log>::decode(&mut item).ok()?;
        if !item.is_empty() {
            return None;
        }
        let bare = BareReceipt { status, cumulative_gas_used, logs };
        receipts.push(Receipt::from_typed(kind, ReceiptWithBloom::from(bare)));
    }
    bytes.is_empty().then_some(receipts)
}

/// An account that a block changed, and the slots that changed with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChangedKeys {
    pub(crate) address: Address,
    pub(crate) slots: Vec<B256>,
}

pub(crate) fn put_changed(
    out: &mut Vec<u8>,
    address: Address,
    slots: impl ExactSizeIterator<Item = B256>,
) {
    out.extend_from_slice(address.as_slice());
    out.extend_from_slice(&(slots.len() as u32).to_be_bytes());
    for slot in slots {
        out.extend_from_slice(slot.as_slice());
    }
}

pub(crate) fn take_changed(mut bytes: &[u8]) -> Option<Vec<ChangedKeys>> {
    let mut changed = Vec::new();
    while !bytes.is_empty() {
        let (address, rest) = bytes.split_first_chunk::<20>()?;
        let (count, rest) = rest.split_first_chunk::<4>()?;
        let len = (u32::from_be_bytes(*count) as usize).checked_mul(32)?;
        let (slots, rest) = rest.split_at_checked(len)?;
        let slots = slots.chunks_exact(32).map(B256::from_slice).collect();
        changed.push(ChangedKeys { address: Address::from(address), slots });
        bytes = rest;
    }
    Some(changed)
}
