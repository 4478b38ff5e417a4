//! Do we do what Ethereum and Besu do?
//!
//! Runs every case of the test suites that other projects publish against Entente's own crates, and says of each suite how many passed. Cases
//! that contradict the current standard are named, each with the reason, in `exceptions.toml`; an exception that passes is a failure, too.
//! Exit code 0: all pass or are excepted (or there are no fixtures: then it says so). 1: some fail. 2: it could not run.

mod block_tests;
mod chains;
mod exceptions;
mod fixtures;
mod json;
mod report;
mod rlp_tests;
mod rpc_tests;
mod state;
mod state_tests;
mod transaction_tests;
mod trie_tests;

use clap::Parser;
use exceptions::Exceptions;
use fixtures::Fixtures;
use report::{Outcome, SuiteReport};
use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

/// A suite: its name, what it checks, and how it is run.
struct Suite {
    name: &'static str,
    about: &'static str,
    run: fn(&Fixtures) -> Result<Vec<Outcome>, String>,
}

const SUITES: [Suite; 10] = [
    Suite {
        name: "rlp",
        about: "RLP tests: what encodes how, what must be refused",
        run: rlp_tests::run,
    },
    Suite {
        name: "trie",
        about: "trie tests with hashed keys: the root after every change",
        run: trie_tests::run,
    },
    Suite {
        name: "transaction",
        about: "TransactionTests: validity by fork, through pool and block; hash, sender",
        run: transaction_tests::run,
    },
    Suite {
        name: "blocks",
        about: "BlockchainTests: import through the ledger, head and state after it",
        run: block_tests::run,
    },
    Suite {
        name: "state",
        about: "GeneralStateTests: root and logs of one transaction, or its refusal",
        run: state_tests::run,
    },
    Suite {
        name: "chains",
        about: "block files of Besu, geth and GoQuorum, imported on their genesis files",
        run: chains::run,
    },
    Suite {
        name: "extra-data",
        about: "Besu's vectors of QBFT extra data",
        run: chains::extra_data,
    },
    Suite {
        name: "rpc-shanghai",
        about: "execution-apis' requests and answers of July 2023",
        run: rpc_tests::shanghai,
    },
    Suite {
        name: "rpc-cancun",
        about: "execution-apis' requests and answers of October 2023",
        run: rpc_tests::cancun,
    },
    Suite {
        name: "rpc-besu",
        about: "Besu's eth_* requests, answers and HTTP statuses",
        run: rpc_tests::besu,
    },
];

/// Runs the published Ethereum and Besu test suites against Entente.
#[derive(Debug, Parser)]
#[command(name = "conformance")]
struct Args {
    /// Run this suite only; may be repeated
    #[arg(long, value_name = "NAME")]
    suite: Vec<String>,
    /// Report only cases whose name contains this
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Failures to show of each suite
    #[arg(long, default_value_t = 20, value_name = "N")]
    failures: usize,
    /// Name the suites and end
    #[arg(long)]
    list: bool,
    /// Folder to unpack the fixtures into; target/conformance when not given
    #[arg(long, value_name = "DIR")]
    unpack_to: Option<PathBuf>,
}

fn main() -> ExitCode {
    entente_chain::install_crypto();
    let args = Args::parse();
    let mut out = io::stdout().lock();
    // A broken pipe is no concern of the tests'.
    match run(&args, &mut |line| drop(writeln!(out, "{line}"))) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            drop(writeln!(io::stderr(), "conformance: {error}"));
            ExitCode::from(2)
        }
    }
}

fn run(args: &Args, say: &mut dyn FnMut(&str)) -> Result<bool, String> {
    if args.list {
        for suite in &SUITES {
            say(&format!("{:<22} {}", suite.name, suite.about));
        }
        return Ok(true);
    }
    if let Some(unknown) =
        args.suite.iter().find(|name| SUITES.iter().all(|suite| suite.name != **name))
    {
        return Err(format!("there is no suite `{unknown}`; --list names them"));
    }
    let Some(archives) = Fixtures::archives() else {
        say(&format!("skipped: the fixtures are not here. {}", fixtures::SOURCES));
        say("0 passed, 0 failed");
        return Ok(true);
    };
    let target = args
        .unpack_to
        .clone()
        .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/conformance"));
    let fixtures = Fixtures::unpack(&archives, &target)?;
    let exceptions = Exceptions::load()?;
    let (mut passed, mut excepted, mut failed) = (0, 0, 0);
    for suite in SUITES
        .iter()
        .filter(|suite| args.suite.is_empty() || args.suite.iter().any(|name| name == suite.name))
    {
        let started = Instant::now();
        let mut outcomes =
            (suite.run)(&fixtures).map_err(|error| format!("{}: {error}", suite.name))?;
        if let Some(filter) = &args.filter {
            outcomes.retain(|outcome| outcome.case.contains(filter));
        }
        let report = SuiteReport::new(
            suite.name,
            outcomes,
            &exceptions,
            args.filter.is_none(),
            started.elapsed(),
        );
        say(&report.line());
        report.failure_lines(args.failures).iter().for_each(|line| say(line));
        passed += report.passed;
        excepted += report.excepted;
        failed += report.failures.len();
    }
    if excepted > 0 {
        say(&format!(
            "{excepted} more are excepted, each with its reason, in tests/conformance/exceptions.toml"
        ));
    }
    say(&format!("{passed} passed, {failed} failed"));
    Ok(failed == 0)
}
