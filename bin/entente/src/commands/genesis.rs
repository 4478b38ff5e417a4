//! `entente genesis`

use super::say;
use crate::{cli::GenesisCommand, data_dir::read_genesis, exit::Failure};

pub(crate) fn run(command: GenesisCommand) -> Result<(), Failure> {
    let GenesisCommand::Check { file, json } = command;
    let explanation = read_genesis(&file)?.explain();
    if json {
        let text = serde_json::to_string_pretty(&explanation).map_err(Failure::other)?;
        say(text);
    } else {
        say(explanation);
    }
    Ok(())
}
