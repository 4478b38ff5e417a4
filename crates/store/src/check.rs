//! `entente db check`: everything is read, and compared with everything else.
//!
//! Nothing is repaired: what is wrong is said, by file or table and key. Both log and tables are checked against the checksums of their records; the log
//! against itself (each block on the one before it) and its own roots; the tables against the log up to the height that they have reached; the state against the header's
//! root, with every trie node on the way.

use crate::{
    Store, StoreError,
    kv::{Table, Tables},
    log::{Location, Position, Record},
    record::{self, NodeKey},
    shared::Shared,
    view::View,
};
use alloy_consensus::EMPTY_ROOT_HASH;
use alloy_eips::Encodable2718;
use alloy_primitives::{B256, Bytes, KECCAK256_EMPTY, keccak256};
use entente_chain::RecoveredBlock;
use entente_trie::{Nibbles, TrieBuilder, ordered_root};
use std::{cell::RefCell, fmt, sync::Arc};

/// Findings after which no more are listed; they are counted all the same.
const MAX_LISTED: usize = 1_000;

/// How far a check has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckStep {
    /// Reading the block log; blocks so far.
    Log {
        /// Blocks read so far.
        blocks: u64,
    },
    /// Reading a table; records so far.
    Table {
        /// Which table.
        table: &'static str,
        /// Records read so far.
        records: u64,
    },
    /// Comparing the tables with the log; blocks so far.
    Blocks {
        /// Blocks compared so far.
        blocks: u64,
    },
    /// Computing the state root; accounts so far.
    State {
        /// Accounts read so far.
        accounts: u64,
    },
}

impl fmt::Display for CheckStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log { blocks } => write!(f, "reading the block log: {blocks} blocks"),
            Self::Table { table, records } => write!(f, "reading table {table}: {records} records"),
            Self::Blocks { blocks } => {
                write!(f, "comparing the tables with the log: {blocks} blocks")
            }
            Self::State { accounts } => write!(f, "computing the state root: {accounts} accounts"),
        }
    }
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// Blocks in the log that are on the chain.
    pub blocks: u64,
    /// Height of the tables.
    pub flushed: u64,
    /// Records in all tables.
    pub records: u64,
    /// Accounts of the newest state in the tables.
    pub accounts: u64,
    /// Its slots.
    pub slots: u64,
    /// Its trie nodes.
    pub nodes: u64,
    /// What is wrong, each with its place: the first thousand.
    pub findings: Vec<String>,
    /// How many more there were.
    pub unlisted: u64,
}

impl CheckReport {
    fn find(&mut self, finding: impl fmt::Display) {
        if self.findings.len() < MAX_LISTED {
            self.findings.push(finding.to_string());
        } else {
            self.unlisted += 1;
        }
    }

    /// Takes a finding; passes on what kept the check itself from going on.
    fn absorb<T>(&mut self, result: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(StoreError::Corrupt { place, what }) => {
                self.find(format_args!("{place}: {what}"));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

impl fmt::Display for CheckReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { blocks, flushed, records, accounts, slots, nodes, .. } = self;
        writeln!(
            f,
            "{blocks} blocks in the log; tables at height {flushed} with {records} records"
        )?;
        write!(f, "state: {accounts} accounts, {slots} slots, {nodes} trie nodes")?;
        for finding in &self.findings {
            write!(f, "\n- {finding}")?;
        }
        if self.unlisted > 0 {
            write!(f, "\n- and {} more", self.unlisted)?;
        }
        if self.findings.is_empty() {
            write!(f, "\nno damage found")?;
        }
        Ok(())
    }
}

impl Store {
    /// Checks log and tables as they are on disk now. `progress` is told now and then where it is.
    ///
    /// # Errors
    /// Only what keeps it from reading on; damage is in the report.
    pub fn check(&self, progress: impl FnMut(CheckStep)) -> Result<CheckReport, StoreError> {
        let view = self.shared().view();
        let report = CheckReport { flushed: view.base.flushed, ..CheckReport::default() };
        let mut check = Check { shared: self.shared(), view, report, progress, nodes: 0 };
        let chain = check.log()?;
        check.tables()?;
        check.blocks(&chain)?;
        check.state()?;
        Ok(check.report)
    }
}

struct Check<'a, P> {
    shared: &'a Shared,
    view: Arc<View>,
    report: CheckReport,
    progress: P,
    nodes: u64,
}

impl<P: FnMut(CheckStep)> Check<'_, P> {
    /// Reads the whole log. Gives the chain that it says: hash and place by height.
    fn log(&mut self) -> Result<Vec<(B256, Location)>, StoreError> {
        let mut chain: Vec<(B256, Location)> = Vec::new();
        let (report, progress) = (&mut self.report, &mut self.progress);
        let end = self.shared.log.tail();
        self.shared.log.audit(Position::default(), end, |found| {
            let (at, record) = match found {
                Ok(found) => found,
                Err(error) => return report.absorb(Err::<(), _>(error)).map(drop),
            };
            match record {
                Record::Block(block) => {
                    let height = block.number();
                    // After damage the next block has no parent to compare; the damage has been said.
                    if let Some((parent, _)) = usize::try_from(height)
                        .ok()
                        .and_then(|height| chain.get(height.wrapping_sub(1)))
                        && *parent != block.header.parent_hash
                    {
                        report.find(format_args!(
                            "{at}: block {height} does not stand on the block before it"
                        ));
                    }
                    check_body(&block, &at, report);
                    chain.resize(height as usize, (B256::ZERO, at));
                    chain.push((block.hash, at));
                    if height.is_multiple_of(1024) {
                        progress(CheckStep::Log { blocks: height });
                    }
                }
                Record::Rewind { to, hash } => {
                    chain.truncate(to as usize + 1);
                    if chain.last().is_none_or(|(found, _)| *found != hash && !found.is_zero()) {
                        report.find(format_args!(
                            "{at}: it goes back to block {to} ({hash}), which is not there"
                        ));
                    }
                }
            }
            Ok(())
        })?;
        self.report.blocks = chain.len() as u64;
        Ok(chain)
    }

    /// Reads every record of every table.
    fn tables(&mut self) -> Result<(), StoreError> {
        for table in Table::ALL {
            let mut records = 0;
            let (report, progress) = (&mut self.report, &mut self.progress);
            self.view.base.tables.audit(table, |value| {
                records += 1;
                if records % 65_536 == 0 {
                    progress(CheckStep::Table { table: table.name(), records });
                }
                report.absorb(value).map(drop)
            })?;
            self.report.records += records;
        }
        Ok(())
    }

    /// Compares what the tables keep of each block with the log.
    fn blocks(&mut self, chain: &[(B256, Location)]) -> Result<(), StoreError> {
        let view = self.view.clone();
        for height in 0..=view.base.flushed {
            if height.is_multiple_of(1024) {
                (self.progress)(CheckStep::Blocks { blocks: height });
            }
            let Some((hash, at)) = chain.get(height as usize).filter(|(hash, _)| !hash.is_zero())
            else {
                self.report.find(format_args!(
                    "block log: block {height}, which the tables have, is not there"
                ));
                continue;
            };
            let record = self.shared.log.read(*at);
            let Some(Record::Block(block)) = self.report.absorb(record)? else { continue };
            let compared = compare_block(&view, &block, *hash, at, &mut self.report);
            self.report.absorb(compared)?;
            if height > view.base.oldest {
                let history = check_history(&view.base.tables, height);
                self.report.absorb(history)?;
            }
        }
        Ok(())
    }

    /// Builds all tries from the flat state and compares nodes and root.
    fn state(&mut self) -> Result<(), StoreError> {
        let view = self.view.clone();
        let tables = &view.base.tables;
        // Nodes come out while leaves go in; they are compared in between.
        let made = RefCell::new(Vec::new());
        let mut builder = TrieBuilder::new(|path: &Nibbles, node: &[u8]| {
            made.borrow_mut()
                .push((NodeKey { owner: None, path: *path }, Bytes::copy_from_slice(node)));
        });
        let scanned = tables.scan(Table::Accounts, &[], |key, value| {
            let decoded = <[u8; 32]>::try_from(key).ok().zip(record::take_addressed(value));
            let (hashed, (address, account)) = decoded
                .ok_or_else(|| StoreError::record(Table::Accounts, key, "it cannot be decoded"))?;
            let hashed = B256::from(hashed);
            if keccak256(address) != hashed {
                self.report.find(StoreError::record(
                    Table::Accounts,
                    key,
                    "its address is not that of its key",
                ));
            }
            let root = self.storage(tables, &hashed)?;
            if root != account.storage_root {
                let what =
                    format!("its storage root is {}, its slots give {root}", account.storage_root);
                self.report.find(StoreError::record(Table::Accounts, key, what));
            }
            self.code(tables, account.code_hash)?;
            self.report.accounts += 1;
            if self.report.accounts.is_multiple_of(8192) {
                (self.progress)(CheckStep::State { accounts: self.report.accounts });
            }
            builder.leaf(hashed, &account.trie_value());
            self.compare_nodes(tables, &made);
            Ok(true)
        });
        if self.report.absorb(scanned)?.is_none() {
            self.report.find("state: its root could not be computed because of this damage");
            return Ok(());
        }
        let root = builder.finish();
        self.compare_nodes(tables, &made);
        self.compare_totals(root)
    }

    fn compare_nodes(&mut self, tables: &Tables, made: &RefCell<Vec<(NodeKey, Bytes)>>) {
        for (key, node) in made.borrow_mut().drain(..) {
            compare_node(tables, &key, &node, &mut self.nodes, &mut self.report);
        }
    }

    fn compare_totals(&mut self, root: B256) -> Result<(), StoreError> {
        let base = &self.view.base;
        let header = base.header(base.flushed);
        if let Some(Some((header, _))) = self.report.absorb(header)?
            && header.state_root != root
        {
            let height = base.flushed;
            self.report.find(format_args!(
                "state: its root is {root}, the header of block {height} says {}",
                header.state_root
            ));
        }
        for (table, counted) in [(Table::Slots, self.report.slots), (Table::Nodes, self.nodes)] {
            let there = base.tables.0.count(table)?;
            if there != counted {
                self.report.find(format_args!(
                    "table {}: {there} records, of which {counted} belong to the state",
                    table.name()
                ));
            }
        }
        self.report.nodes = self.nodes;
        Ok(())
    }

    fn storage(&mut self, tables: &Tables, account: &B256) -> Result<B256, StoreError> {
        let (report, nodes) = (&mut self.report, &mut self.nodes);
        let mut slots = 0;
        let mut builder = TrieBuilder::new(|path: &Nibbles, node: &[u8]| {
            let key = NodeKey { owner: Some(*account), path: *path };
            compare_node(tables, &key, node, nodes, report);
        });
        tables.scan_from(Table::Slots, account.as_slice(), 32, |key, value| {
            let slot = key.get(32..).and_then(|slot| <[u8; 32]>::try_from(slot).ok());
            let decoded = slot.zip(record::take_word(value).filter(|value| !value.is_zero()));
            let (slot, value) = decoded
                .ok_or_else(|| StoreError::record(Table::Slots, key, "it cannot be decoded"))?;
            slots += 1;
            builder.leaf(B256::from(slot), &alloy_rlp::encode(value));
            Ok(true)
        })?;
        let root = builder.finish();
        self.report.slots += slots;
        Ok(root)
    }

    fn code(&mut self, tables: &Tables, hash: B256) -> Result<(), StoreError> {
        if hash == KECCAK256_EMPTY {
            return Ok(());
        }
        let found = tables.get(Table::Codes, hash.as_slice(), |code| Some(keccak256(code)));
        match self.report.absorb(found)? {
            Some(None) => self.report.find(StoreError::missing(Table::Codes, hash.as_slice())),
            Some(Some(found)) if found != hash => {
                self.report.find(StoreError::record(
                    Table::Codes,
                    hash.as_slice(),
                    format!("it is the code with hash {found}"),
                ));
            }
            _ => {}
        }
        Ok(())
    }
}

fn check_body(block: &RecoveredBlock, at: &Location, report: &mut CheckReport) {
    let encoded: Vec<_> = block.body.transactions.iter().map(Encodable2718::encoded_2718).collect();
    let root = if encoded.is_empty() { EMPTY_ROOT_HASH } else { ordered_root(&encoded) };
    if root != block.header.transactions_root {
        let (number, said) = (block.number(), block.header.transactions_root);
        report.find(format_args!(
            "{at}: block {number} has transactions root {root}, its header says {said}"
        ));
    }
}

/// Compares the rows of one block with the block.
fn compare_block(
    view: &View,
    block: &RecoveredBlock,
    hash: B256,
    at: &Location,
    report: &mut CheckReport,
) -> Result<(), StoreError> {
    let height = block.number();
    let (key, tables) = (height.to_be_bytes(), &view.base.tables);
    let (header, _) =
        view.base.header(height)?.ok_or_else(|| StoreError::missing(Table::Headers, &key))?;
    if header.hash != hash || header.header != block.header {
        report.find(StoreError::record(Table::Headers, &key, "it is not the header in the log"));
    }
    let place = tables.get(Table::Places, &key, record::take_location)?;
    if place != Some(*at) {
        report.find(StoreError::record(Table::Places, &key, format!("the block is at {at}")));
    }
    if tables.get(Table::Hashes, hash.as_slice(), record::take_height)? != Some(height) {
        report.find(StoreError::record(
            Table::Hashes,
            hash.as_slice(),
            format!("it should name block {height}"),
        ));
    }
    for (index, tx) in block.body.transactions.iter().enumerate() {
        let found = tables.get(
            Table::Transactions,
            tx.tx_hash().as_slice(),
            record::take_transaction_place,
        )?;
        if found != Some((height, index as u32)) {
            let what = format!("it should name transaction {index} of block {height}");
            report.find(StoreError::record(Table::Transactions, tx.tx_hash().as_slice(), what));
        }
    }
    let receipts = tables.get(Table::Receipts, &key, record::take_receipts)?;
    let receipts = receipts.ok_or_else(|| StoreError::missing(Table::Receipts, &key))?;
    let encoded: Vec<_> = receipts.iter().map(Encodable2718::encoded_2718).collect();
    let root = if encoded.is_empty() { EMPTY_ROOT_HASH } else { ordered_root(&encoded) };
    if root != block.header.receipts_root {
        let what = format!(
            "they give receipts root {root}, the header says {}",
            block.header.receipts_root
        );
        report.find(StoreError::record(Table::Receipts, &key, what));
    }
    Ok(())
}

/// Whether the values before a block are there.
fn check_history(tables: &Tables, height: u64) -> Result<(), StoreError> {
    let key = height.to_be_bytes();
    let changed = tables.get(Table::Changes, &key, record::take_changed)?;
    for account in changed.ok_or_else(|| StoreError::missing(Table::Changes, &key))? {
        let hashed = keccak256(account.address);
        let key = record::account_history_key(&hashed, height);
        tables
            .get(Table::AccountHistory, &key, record::take_past_account)?
            .ok_or_else(|| StoreError::missing(Table::AccountHistory, &key))?;
        for slot in &account.slots {
            let key = record::slot_history_key(&hashed, slot, height);
            tables
                .get(Table::SlotHistory, &key, record::take_word)?
                .ok_or_else(|| StoreError::missing(Table::SlotHistory, &key))?;
        }
    }
    Ok(())
}

fn compare_node(
    tables: &Tables,
    key: &NodeKey,
    node: &[u8],
    nodes: &mut u64,
    report: &mut CheckReport,
) {
    *nodes += 1;
    let mut bytes = Vec::with_capacity(97);
    key.put(&mut bytes);
    match tables.get(Table::Nodes, &bytes, |stored| Some(Bytes::copy_from_slice(stored))) {
        Ok(Some(stored)) if *stored == *node => {}
        Ok(Some(_)) => report.find(StoreError::record(
            Table::Nodes,
            &bytes,
            "it is not the node that the state gives",
        )),
        Ok(None) => report.find(StoreError::missing(Table::Nodes, &bytes)),
        // Its damage was found when the table was read.
        Err(_) => {}
    }
}
