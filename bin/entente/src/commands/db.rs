//! `entente db`

use super::say;
use crate::{
    cli::{ChainArgs, DbCommand},
    data_dir::DataDir,
    exit::{Code, Failure},
    node_start::open_store,
};
use entente_store::Store;
use indicatif::{ProgressBar, ProgressStyle};

/// Memory for cached state, in MiB: maintenance reads everything once.
const CACHE_MB: u64 = 64;

pub(crate) fn run(command: DbCommand) -> Result<(), Failure> {
    match command {
        DbCommand::Check { chain } => check(&chain),
        DbCommand::Stats { chain, json } => stats(&chain, json),
    }
}

fn open(chain: &ChainArgs) -> Result<Store, Failure> {
    let dir = DataDir::existing(&chain.data_path)?;
    open_store(Some(&dir), CACHE_MB, &chain.genesis()?)
}

fn check(chain: &ChainArgs) -> Result<(), Failure> {
    let store = open(chain)?;
    let bar = ProgressBar::new_spinner();
    bar.set_style(
        ProgressStyle::with_template("{spinner} {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner()),
    );
    let report = store.check(|step| {
        bar.set_message(step.to_string());
        bar.tick();
    })?;
    bar.finish_and_clear();
    say(&report);
    if report.findings.is_empty() {
        Ok(())
    } else {
        Err(Failure::new(
            Code::Damaged,
            format!(
                "{} findings; restore the directory from a backup, or remove it and import or sync the chain again",
                report.findings.len()
            ),
        ))
    }
}

fn stats(chain: &ChainArgs, json: bool) -> Result<(), Failure> {
    let stats = open(chain)?.stats()?;
    if json {
        say(serde_json::to_string_pretty(&stats).map_err(Failure::other)?);
    } else {
        say(&stats);
    }
    Ok(())
}
