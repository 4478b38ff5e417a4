//! `entente keys`

use super::say;
use crate::{cli::KeysCommand, exit::Failure};
use alloy_primitives::{Address, hex, keccak256};
use entente_chain::{NodeKey, address_of};
use std::{fs, io::Write, path::Path};

pub(crate) fn run(command: KeysCommand) -> Result<(), Failure> {
    match command {
        KeysCommand::New { file } => create(&file),
        KeysCommand::Inspect { file } => inspect(&file),
    }
}

fn create(file: &Path) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::other(format!("{}: {error}", file.display()));
    let key = NodeKey::random();
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = options.open(file).map_err(failed)?;
    out.write_all(key.to_hex().as_bytes()).map_err(failed)?;
    out.sync_all().map_err(failed)?;
    describe(&key, file);
    Ok(())
}

fn inspect(file: &Path) -> Result<(), Failure> {
    let text = fs::read_to_string(file)
        .map_err(|error| Failure::other(format!("{}: {error}", file.display())))?;
    let key = NodeKey::from_hex(text.trim())
        .map_err(|error| Failure::configuration(format!("{}: {error}", file.display())))?;
    describe(&key, file);
    Ok(())
}

fn describe(key: &NodeKey, file: &Path) {
    let public = key.public_key();
    let address: Address = address_of(&public);
    debug_assert_eq!(
        address,
        Address::from_slice(&keccak256(public)[12..]),
        "Besu derives addresses alike"
    );
    say(format_args!("file        {}", file.display()));
    say(format_args!("address     {address}"));
    say(format_args!("public key  0x{}", hex::encode(public)));
    say(format_args!("enode       enode://{}@127.0.0.1:30303", hex::encode(public)));
}
