//! Import of a chain of ERC-20 transfers, as a whole and part by part.

use crate::{
    memory,
    workload::{self, Given},
};
use alloy_primitives::{Address, B256, Bytes};
use clap::Args;
use cpu_time::{ProcessTime, ThreadTime};
use entente_chain::{BlockFile, Genesis, RecoveredBlock};
use entente_evm::Executor;
use entente_node::{
    BlockTemplate, ImportOptions, Ledger, NodeError, Pruning, import, receipts_root,
};
use entente_store::{Store, StoreOptions};
use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

type Anyhow = Box<dyn std::error::Error>;

#[derive(Args)]
pub(crate) struct ImportArgs {
    /// Transfers in the chain
    #[arg(long, default_value_t = 200_000)]
    transfers: u64,
    /// Holders that send and receive them
    #[arg(long, default_value_t = 10_000)]
    senders: u64,
    /// Transfers in a block
    #[arg(long, default_value_t = 500)]
    per_block: u64,
    /// Accounts that take no part
    #[arg(long, default_value_t = 0)]
    idle_accounts: u64,
}

fn ledger(store: Store, genesis: &Genesis) -> Result<Ledger, Anyhow> {
    let executor = Executor::new(Arc::new(genesis.spec.clone()), 64 << 20)?;
    Ok(Ledger::open(store, executor, Pruning::Archive)?)
}

fn options() -> StoreOptions {
    StoreOptions { cache_bytes: 128 << 20, ..StoreOptions::default() }
}

/// Builds the chain in memory and writes it to a file.
fn generate(
    args: &ImportArgs,
    genesis: &Genesis,
    keys: &[entente_chain::NodeKey],
    holders: &[Address],
    path: &Path,
) -> Result<(), Anyhow> {
    let (store, _) = Store::open_in_memory(options(), genesis)?;
    let ledger = ledger(store, genesis)?;
    let mut out = BufWriter::new(File::create(path)?);
    let mut index = 0;
    while index < args.transfers {
        let until = (index + args.per_block).min(args.transfers);
        let batch: Vec<_> = (index..until)
            .map(|index| {
                (workload::transfer(keys, holders, index), holders[(index % args.senders) as usize])
            })
            .collect();
        let parent = ledger.head();
        let template = BlockTemplate {
            parent: parent.hash,
            timestamp: parent.timestamp + 1,
            beneficiary: Address::ZERO,
            extra_data: Bytes::new(),
            mix_hash: B256::ZERO,
            difficulty: 0,
            gas_limit_target: genesis.header.gas_limit,
        };
        let layer = ledger.build(&template, &mut Given(batch.into_iter()))?;
        if layer.block().body.transactions.len() as u64 != until - index {
            return Err(format!(
                "block {} took {} of {} transfers",
                layer.block().number(),
                layer.block().body.transactions.len(),
                until - index
            )
            .into());
        }
        out.write_all(&alloy_rlp::encode(&layer.block().block))?;
        ledger.commit(layer.block().hash)?;
        index = until;
    }
    out.into_inner()?.sync_all()?;
    Ok(())
}

pub(crate) fn run(args: &ImportArgs) -> Result<(), Anyhow> {
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("chain.rlp");
    println!(
        "making {} transfers by {} senders, {} a block",
        args.transfers, args.senders, args.per_block
    );
    let keys: Vec<_> = (0..args.senders).map(workload::key).collect();
    let holders: Vec<_> = keys.iter().map(entente_chain::NodeKey::address).collect();
    let genesis = workload::genesis(&holders, args.idle_accounts)?;
    let started = Instant::now();
    generate(args, &genesis, &keys, &holders, &file)?;
    println!(
        "made in {:.1} s, {:.1} MB",
        started.elapsed().as_secs_f64(),
        std::fs::metadata(&file)?.len() as f64 / 1e6
    );
    whole(args, &genesis, &file, &dir.path().join("whole"))?;
    parts(args, &genesis, &file, &dir.path().join("parts"))
}

/// The import as `entente chain import` does it, on all cores.
fn whole(args: &ImportArgs, genesis: &Genesis, file: &Path, data: &Path) -> Result<(), Anyhow> {
    std::fs::create_dir_all(data)?;
    let (store, _) = Store::open(data, options(), genesis)?;
    let ledger = ledger(store, genesis)?;
    let before = memory::resident();
    let (cpu, wall) = (ProcessTime::now(), Instant::now());
    let blocks = BlockFile::new(File::open(file)?).map(|block| block.map_err(NodeError::from));
    let imported = import(&ledger, blocks, ImportOptions::default(), |_| {})?;
    ledger.store().flush()?;
    let (cpu, wall) = (cpu.elapsed(), wall.elapsed());
    let count = imported.progress.transactions;
    println!();
    println!("import as a whole (all cores, state flushed and synced)");
    println!(
        "  {count} transactions, {} blocks in {:.2} s: {:.0} tx/s, {:.0} Mgas/s",
        imported.progress.blocks,
        wall.as_secs_f64(),
        count as f64 / wall.as_secs_f64(),
        imported.progress.gas as f64 / wall.as_secs_f64() / 1e6
    );
    println!("  CPU in all: {:.1} us a transaction (aim 90)", micros(cpu, count));
    println!(
        "  resident: {:.0} MB before, {:.0} MB after, {} accounts",
        before as f64 / 1e6,
        memory::resident() as f64 / 1e6,
        args.senders + args.idle_accounts + 1
    );
    Ok(())
}

fn micros(time: Duration, count: u64) -> f64 {
    time.as_secs_f64() * 1e6 / count.max(1) as f64
}

#[derive(Default)]
struct Parts {
    decode: Duration,
    recover: Duration,
    execute: Duration,
    root: Duration,
    check: Duration,
    commit: Duration,
    flush: Duration,
}

/// The same work on one thread, part by part.
fn parts(args: &ImportArgs, genesis: &Genesis, file: &Path, data: &Path) -> Result<(), Anyhow> {
    std::fs::create_dir_all(data)?;
    let (store, _) = Store::open(data, options(), genesis)?;
    let executor = Executor::new(Arc::new(genesis.spec.clone()), 64 << 20)?;
    let whole = ProcessTime::now();
    let mut parts = Parts::default();
    let mut blocks = BlockFile::new(File::open(file)?);
    loop {
        let clock = ThreadTime::now();
        let Some(block) = blocks.next() else { break };
        let sealed = genesis.spec.seal_block(block?);
        parts.decode += clock.elapsed();
        let clock = ThreadTime::now();
        let block = Arc::new(recover_serially(sealed)?);
        parts.recover += clock.elapsed();
        one_block(&store, &executor, &block, &mut parts)?;
    }
    let before_flush = ProcessTime::now();
    store.flush()?;
    parts.flush = before_flush.elapsed();
    let total = whole.elapsed();
    print_parts(args, &parts, total);
    Ok(())
}

fn recover_serially(sealed: entente_chain::SealedBlock) -> Result<RecoveredBlock, Anyhow> {
    let senders: Result<Vec<_>, _> =
        sealed.block.body.transactions.iter().map(entente_chain::recover_sender).collect();
    RecoveredBlock::new(sealed, senders?)
        .ok_or_else(|| "one sender was recovered for each transaction".into())
}

fn one_block(
    store: &Store,
    executor: &Executor,
    block: &Arc<RecoveredBlock>,
    parts: &mut Parts,
) -> Result<(), Anyhow> {
    let snapshot = store.snapshot();
    let clock = ThreadTime::now();
    let mut execution = executor.begin(&block.header, &snapshot)?;
    for (tx, sender) in block.transactions_with_sender() {
        execution.transact(tx, sender)?;
    }
    let executed = execution.finish(block.body.withdrawals.as_deref().map(Vec::as_slice), &[])?;
    parts.execute += clock.elapsed();
    let clock = ThreadTime::now();
    let prepared = snapshot.prepare(block.number(), &executed.changes)?;
    parts.root += clock.elapsed();
    if prepared.state_root() != block.header.state_root {
        return Err(format!("state root differs at block {}", block.number()).into());
    }
    let clock = ThreadTime::now();
    executor.spec().validate_body(block.sealed())?;
    if receipts_root(&executed.receipts) != block.header.receipts_root {
        return Err(format!("receipts root differs at block {}", block.number()).into());
    }
    parts.check += clock.elapsed();
    let clock = ThreadTime::now();
    store.commit(prepared.seal(block.clone(), executed.receipts, Default::default()))?;
    parts.commit += clock.elapsed();
    Ok(())
}

fn print_parts(args: &ImportArgs, parts: &Parts, total: Duration) {
    println!();
    println!("one thread, part by part, CPU us a transaction");
    let named = [
        ("decode, hash", parts.decode),
        ("recover senders", parts.recover),
        ("execute", parts.execute),
        ("state root", parts.root),
        ("body and receipt roots", parts.check),
        ("commit (log, layers)", parts.commit),
    ];
    let mut sum = Duration::ZERO;
    for (name, time) in named {
        sum += time;
        println!("  {name:<24} {:>6.1}", micros(time, args.transfers));
    }
    println!(
        "  {:<24} {:>6.1}",
        "flush (tables, behind)",
        micros(total.saturating_sub(sum), args.transfers)
    );
    println!(
        "  {:<24} {:>6.1}   (last flush alone {:.0} ms)",
        "in all",
        micros(total, args.transfers),
        parts.flush.as_secs_f64() * 1e3
    );
}
