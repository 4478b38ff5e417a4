//! The shipped contracts: the committed artifacts match their sources, and their tests pass.

use crate::{count, steps::Step, tools};

/// Installs the pinned compiler and Foundry, checks the artifacts, runs the tests.
pub(crate) fn step() -> Step {
    let alone =
        "cd contracts && npm ci --ignore-scripts && node compile.mjs --check && npx forge test";
    Step::new(
        "contracts",
        "the compiled contracts match their sources; forge test",
        alone,
        |repo| {
            tools::need_node()?;
            let folder = repo.path("contracts");
            repo.run("npm", &["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
                .within(&folder)
                .checked()?;
            repo.run("node", &["compile.mjs", "--check"]).within(&folder).checked()?;
            repo.run("npx", &["--no-install", "forge", "test"])
                .within(&folder)
                .counted(count::forge)
        },
    )
}
