//! The fuzz targets, each for a while.

use crate::{count, steps::Step};

/// Runs the targets through `fuzz/run.sh`, which knows how they are built.
pub(crate) fn step(seconds: u64, targets: Vec<String>) -> Step {
    let alone = format!("cargo xtask fuzz --seconds {seconds}");
    Step::new("fuzz", "every fuzz target for a few seconds", alone, move |repo| {
        repo.run("fuzz/run.sh", &[&seconds.to_string()]).args(&targets).counted(count::fuzz)
    })
}
