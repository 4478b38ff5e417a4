//! The chores of the repository: `cargo xtask test`, `ci`, `conformance`, `bench`, `docs`, `fuzz`.
//!
//! A chore is a list of steps; each says its name, what it runs and how long it took, and installs what it needs or says what is missing. The last
//! line of a run is `N passed, N failed`.
#![expect(clippy::print_stdout, reason = "a chore speaks to the person who runs it")]

mod bench;
mod clients;
mod command;
mod contracts;
mod count;
mod docs;
mod fuzz;
mod node;
mod steps;
mod tools;

use clap::{Args, Parser, Subcommand};
use command::Repo;
use std::process::ExitCode;
use steps::Step;

/// The chores of the Entente repository.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Debug, Subcommand)]
enum Chore {
    /// Run all tests, installing what they need
    Test(Selection),
    /// Check format, lints, dependencies and documentation
    Ci(Selection),
    /// Run the published Ethereum and Besu suites
    Conformance {
        /// Passed on to the runner: --suite NAME, --filter TEXT, --failures N, --list
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
        args: Vec<String>,
    },
    /// Measure: import of a chain, JSON-RPC under load
    Bench {
        /// Passed on to the benchmark: import or rpc, and their options; both with their defaults when nothing is given
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
        args: Vec<String>,
    },
    /// Generate the reference pages of the book
    Docs {
        /// Write nothing; fail when a page is not current
        #[arg(long)]
        check: bool,
    },
    /// Run the fuzz targets
    Fuzz {
        /// Seconds for each target
        #[arg(long, default_value_t = 30)]
        seconds: u64,
        /// Targets; all when none is named
        targets: Vec<String>,
    },
}

/// Which steps of a chore to run.
#[derive(Debug, Args)]
struct Selection {
    /// Run these steps only; may be repeated or separated by commas
    #[arg(long, value_delimiter = ',', value_name = "STEP")]
    only: Vec<String>,
    /// Leave these steps out
    #[arg(long, value_delimiter = ',', value_name = "STEP")]
    skip: Vec<String>,
    /// Name the steps and end
    #[arg(long)]
    list: bool,
}

fn main() -> ExitCode {
    let repo = Repo::here();
    let all = Selection { only: Vec::new(), skip: Vec::new(), list: false };
    match Cli::parse().chore {
        Chore::Test(selection) => choose("test", &test_steps(), &selection, &repo),
        Chore::Ci(selection) => choose("ci", &ci_steps(), &selection, &repo),
        Chore::Conformance { args } => choose("conformance", &[conformance(args)], &all, &repo),
        Chore::Bench { args } => choose("bench", &bench::steps(&args), &all, &repo),
        Chore::Docs { check } => choose("docs", &[docs::reference(check)], &all, &repo),
        Chore::Fuzz { seconds, targets } => {
            choose("fuzz", &[fuzz::step(seconds, targets)], &all, &repo)
        }
    }
}

fn choose(chore: &str, steps: &[Step], selection: &Selection, repo: &Repo) -> ExitCode {
    if selection.list {
        for step in steps {
            println!("{:<14} {}", step.name, step.about);
        }
        return ExitCode::SUCCESS;
    }
    for name in selection.only.iter().chain(&selection.skip) {
        if steps.iter().all(|step| step.name != name) {
            println!("`cargo xtask {chore}` has no step `{name}`; --list names them");
            return ExitCode::from(2);
        }
    }
    let wanted = |step: &&Step| {
        (selection.only.is_empty() || selection.only.iter().any(|name| name == step.name))
            && selection.skip.iter().all(|name| name != step.name)
    };
    let chosen: Vec<_> = steps.iter().filter(wanted).collect();
    if steps::run(chore, &chosen, repo) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Everything that proves something.
fn test_steps() -> Vec<Step> {
    vec![
        steps::cargo_tests(),
        steps::build(),
        conformance(Vec::new()),
        contracts::step(),
        clients::step(),
        steps::kills(),
        fuzz::step(10, Vec::new()),
    ]
}

/// Everything that keeps the code in order.
fn ci_steps() -> Vec<Step> {
    vec![
        steps::format(),
        steps::clippy(),
        tools::deny(),
        tools::advisories(),
        docs::rustdoc(),
        docs::book(),
        docs::reference(true),
    ]
}

fn conformance(args: Vec<String>) -> Step {
    Step::new(
        "conformance",
        "Ethereum's and Besu's published suites",
        "cargo xtask conformance",
        move |repo| {
            let run = ["run", "--release", "--quiet", "--package", "entente-conformance", "--"];
            repo.cargo(&run).args(&args).counted(count::closing_line)
        },
    )
}
