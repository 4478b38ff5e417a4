//! `entente chain`

use super::{
    progress::{ImportBar, figures},
    say,
};
use crate::{
    cli::{ChainArgs, ChainCommand},
    data_dir::{DataDir, read_genesis},
    exit::Failure,
    node_start::{open_store, pruning},
};
use entente_chain::{BlockFile, EngineConfig, Genesis};
use entente_evm::Executor;
use entente_node::{ImportOptions, Imported, Ledger, NodeError, import};
use std::{
    fs::{File, OpenOptions},
    io::{BufWriter, Write},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// Memory for cached state while importing, in MiB.
const CACHE_MB: u64 = 512;
const CODE_CACHE: u64 = 64 * 1024 * 1024;

pub(crate) fn run(command: ChainCommand) -> Result<(), Failure> {
    match command {
        ChainCommand::Import { chain, no_seals, history_blocks, files } => {
            let genesis = chain.genesis()?;
            check_seals(&genesis, no_seals)?;
            let dir = DataDir::create(&chain.data_path)?;
            let ledger = open(&genesis, Some(&dir), history_blocks)?;
            for file in &files {
                import_file(&ledger, file)?;
            }
            Ok(ledger.store().flush()?)
        }
        ChainCommand::Export { chain, from, to, file } => export(&chain, from, to, &file),
        ChainCommand::Verify { genesis_file, no_seals, file } => {
            let genesis = read_genesis(&genesis_file)?;
            check_seals(&genesis, no_seals)?;
            import_file(&open(&genesis, None, None)?, &file)
        }
    }
}

/// Seals are checked by the engines; a chain whose engine is not here yet is imported only when the caller says that seals need no check.
fn check_seals(genesis: &Genesis, no_seals: bool) -> Result<(), Failure> {
    match &genesis.spec.engine {
        EngineConfig::Solo => Ok(()),
        _ if no_seals => Ok(()),
        EngineConfig::Ethash { .. } => Err(Failure::configuration(
            "proof-of-work seals are not checked by this program; import with --no-seals if you trust the file",
        )),
        EngineConfig::Section { key, .. } => Err(Failure::configuration(format!(
            "the seals of `{key}` can't be checked by this version; import with --no-seals if you trust the file"
        ))),
    }
}

fn open(
    genesis: &Genesis,
    dir: Option<&DataDir>,
    history_blocks: Option<u64>,
) -> Result<Ledger, Failure> {
    let store = open_store(dir, CACHE_MB, genesis)?;
    let executor =
        Executor::new(Arc::new(genesis.spec.clone()), CODE_CACHE).map_err(NodeError::from)?;
    Ok(Ledger::open(store, executor, pruning(history_blocks))?)
}

fn import_file(ledger: &Ledger, path: &Path) -> Result<(), Failure> {
    let shown = path.display();
    let failed = |error: std::io::Error| Failure::other(format!("{shown}: {error}"));
    let file = File::open(path).map_err(failed)?;
    let mut bar = ImportBar::new(file.metadata().map_err(failed)?.len());
    let read = Arc::new(AtomicU64::new(0));
    let blocks = {
        let read = read.clone();
        let mut blocks = BlockFile::new(file);
        std::iter::from_fn(move || {
            let block = blocks.next();
            read.store(blocks.position(), Ordering::Relaxed);
            block.map(|block| block.map_err(NodeError::from))
        })
    };
    let result = import(ledger, blocks, ImportOptions::default(), |progress| {
        bar.update(read.load(Ordering::Relaxed), progress);
    });
    bar.finish();
    let head = ledger.head();
    match result {
        Ok(imported) => {
            summary(&imported);
            Ok(())
        }
        Err(error) => {
            let failure = Failure::from(error);
            say(format_args!(
                "stopped; the chain stands at block {} ({}), nothing before the bad block is lost",
                head.number, head.hash
            ));
            Err(failure)
        }
    }
}

fn summary(imported: &Imported) {
    let progress = &imported.progress;
    if progress.known > 0 {
        say(format_args!("{} blocks were here already", progress.known));
    }
    say(format_args!(
        "imported {} blocks, {} transactions in {:.1} s: {}",
        progress.blocks,
        progress.transactions,
        progress.elapsed.as_secs_f64(),
        figures(progress)
    ));
    say(format_args!("head {} ({})", imported.head.number, imported.head.hash));
}

fn export(chain: &ChainArgs, from: u64, to: Option<u64>, path: &Path) -> Result<(), Failure> {
    let genesis = chain.genesis()?;
    let ledger = open(&genesis, Some(&DataDir::existing(&chain.data_path)?), None)?;
    let head = ledger.head().number;
    let to = to.unwrap_or(head);
    if from > to || to > head {
        return Err(Failure::configuration(format!(
            "blocks {from} to {to} are not all here: the chain stands at {head}"
        )));
    }
    let failed = |error: std::io::Error| Failure::other(format!("{}: {error}", path.display()));
    let file = OpenOptions::new().write(true).create_new(true).open(path).map_err(failed)?;
    let mut out = BufWriter::with_capacity(1024 * 1024, file);
    for height in from..=to {
        let block = ledger.store().block(height)?.ok_or_else(|| {
            Failure::other(format!(
                "block {height} is missing from the store; run entente db check"
            ))
        })?;
        out.write_all(&alloy_rlp::encode(&block.block)).map_err(failed)?;
    }
    out.into_inner().map_err(|error| failed(error.into_error()))?.sync_all().map_err(failed)?;
    say(format_args!("wrote blocks {from} to {to} to {}", path.display()));
    Ok(())
}
