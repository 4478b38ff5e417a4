//! `entente`: the command line.
//!
//! `main` parses, dispatches and turns the outcome into an exit code; each command is a file under [`commands`].

mod cli;
mod commands;
mod config;
mod data_dir;
mod exit;
mod logging;
mod node_start;

use exit::Failure;
use std::process::ExitCode;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn run() -> Result<(), Failure> {
    let cli = config::parse(std::env::args_os())?;
    let _logs = logging::start(&cli.logging, cli.command.default_level())?;
    entente_chain::install_crypto();
    commands::run(cli.command)
}
