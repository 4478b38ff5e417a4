//! The commands, one a file.

mod chain;
mod db;
mod genesis;
mod keys;
mod node;
mod progress;
mod quickstart;
mod reference;

use crate::{
    cli::{Cli, Command},
    exit::Failure,
};
use clap::CommandFactory;

/// Runs a command to its end.
pub(crate) fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Quickstart(args) => quickstart::run(&args),
        Command::Node(args) => node::run(&args),
        Command::Genesis(command) => genesis::run(command),
        Command::Chain(command) => chain::run(command),
        Command::Db(command) => db::run(command),
        Command::Keys(command) => keys::run(command),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "entente", &mut std::io::stdout());
            Ok(())
        }
        Command::Reference { page } => reference::run(&page),
    }
}

/// Prints a line of a command's result.
#[expect(clippy::print_stdout, reason = "a command's result goes to standard output")]
pub(crate) fn say(line: impl std::fmt::Display) {
    println!("{line}");
}
