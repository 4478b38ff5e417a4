//! Real clients against a real node: ethers, viem, web3.py, Hardhat, Foundry, and raw JSON-RPC.

use crate::{
    count,
    node::Node,
    steps::{Step, build_binary},
    tools,
};

/// Starts a fresh development node and runs `tests/clients/run.mjs` against it, which installs what it needs from npm and PyPI.
pub(crate) fn step() -> Step {
    Step::new(
        "clients",
        "ethers, viem, web3.py, Hardhat and Foundry against a running node",
        "cargo xtask test --only clients",
        |repo| {
            tools::need_node()?;
            build_binary(repo)?;
            let mut node = Node::start(repo)?;
            let mut run = repo.run("node", &["tests/clients/run.mjs"]);
            for (name, value) in node.environment() {
                run = run.env(name, value);
            }
            let result = run.counted(count::clients);
            if !node.is_running() {
                return Err(format!("the node ended during the tests:\n{}", node.log()));
            }
            result
        },
    )
}
