//! Steps, and how a run of them is told.

use crate::{command::Repo, count};
use std::time::{Duration, Instant};

/// What came of a step.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// It went through; so many tests passed and failed in it. A step that counts nothing stands for one test.
    Done { passed: u64, failed: u64 },
    /// It did not run, for a reason that is no fault of the code.
    Skipped(String),
}

/// The outcome, or why the step failed as a whole.
pub(crate) type Result = std::result::Result<Outcome, String>;

/// A part of a chore that can be run alone.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// The command that runs this step and nothing else.
    alone: String,
    run: Box<dyn Fn(&Repo) -> Result>,
}

impl Step {
    pub(crate) fn new(
        name: &'static str,
        about: &'static str,
        alone: impl Into<String>,
        run: impl Fn(&Repo) -> Result + 'static,
    ) -> Self {
        Self { name, about, alone: alone.into(), run: Box::new(run) }
    }
}

/// Runs steps, all of them whatever happens, and tells what came of each. True when nothing failed.
pub(crate) fn run(chore: &str, steps: &[&Step], repo: &Repo) -> bool {
    let mut lines = Vec::new();
    let (mut passed, mut failed) = (0, 0);
    for step in steps {
        println!("\n=== {}: {}\n    alone: {}", step.name, step.about, step.alone);
        let started = Instant::now();
        let result = (step.run)(repo);
        let time = minutes(started.elapsed());
        let verdict = match result {
            Ok(Outcome::Done { passed: good, failed: bad }) => {
                passed += good;
                failed += bad;
                if bad == 0 {
                    format!("ok ({good} passed)")
                } else {
                    format!("FAILED ({good} passed, {bad} failed); again: {}", step.alone)
                }
            }
            Ok(Outcome::Skipped(why)) => format!("skipped: {why}"),
            Err(why) => {
                failed += 1;
                format!("FAILED: {why}; again: {}", step.alone)
            }
        };
        println!("--- {}: {verdict}, {time}", step.name);
        lines.push(format!("{:<14} {time:>7}  {verdict}", step.name));
    }
    println!("\ncargo xtask {chore}:");
    for line in lines {
        println!("  {line}");
    }
    println!("{passed} passed, {failed} failed");
    failed == 0
}

fn minutes(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{}:{:02} min", seconds / 60, seconds % 60)
}

/// The one test that has a step of its own.
const KILLS: &str = "nothing_acknowledged_is_lost_when_the_node_is_killed";

/// Unit and integration tests of every crate, and the examples in their documentation.
pub(crate) fn cargo_tests() -> Step {
    let alone = format!("cargo test --workspace -- --skip {KILLS}");
    Step::new("unit", "unit, integration and documentation tests of every crate", alone, |repo| {
        repo.cargo(&["test", "--workspace", "--no-fail-fast", "--", "--skip", KILLS])
            .counted(count::cargo_test)
    })
}

/// kill -9 under load.
pub(crate) fn kills() -> Step {
    let alone = "ENTENTE_KILLS=100 cargo test -p entente --test crash";
    Step::new("kill-9", "a node killed at random moments under load loses nothing", alone, |repo| {
        repo.cargo(&["test", "--package", "entente", "--test", "crash"]).counted(count::cargo_test)
    })
}

/// The release build that conformance and clients use.
pub(crate) fn build() -> Step {
    let alone = "cargo build --release --package entente --package entente-conformance";
    Step::new("build", "the binary and the conformance runner, as released", alone, |repo| {
        repo.cargo(&[
            "build",
            "--release",
            "--package",
            "entente",
            "--package",
            "entente-conformance",
        ])
        .checked()
    })
}

/// The released binary, for steps that start it.
pub(crate) fn build_binary(repo: &Repo) -> std::result::Result<(), String> {
    repo.cargo(&["build", "--release", "--package", "entente"]).checked().map(drop)
}

/// rustfmt.
pub(crate) fn format() -> Step {
    Step::new("format", "rustfmt", "cargo fmt --all --check", |repo| {
        repo.cargo(&["fmt", "--all", "--check"]).checked()
    })
}

/// clippy, every warning an error.
pub(crate) fn clippy() -> Step {
    let alone = "cargo clippy --workspace --all-targets -- -D warnings";
    Step::new("clippy", "lints of the workspace, each an error", alone, |repo| {
        repo.cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]).checked()
    })
}
