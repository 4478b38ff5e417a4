//! What lies where in a data directory.

use crate::{cli::ChainArgs, exit::Failure};
use entente_chain::Genesis;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Genesis files of networks with millions of accounts are large, but not larger than this.
const MAX_GENESIS: u64 = 2 * 1024 * 1024 * 1024;

/// A data directory: `chain/` (blocks and state), `key` (the node's), `pool.journal`, `entente.ipc`.
#[derive(Clone, Debug)]
pub(crate) struct DataDir(PathBuf);

impl DataDir {
    /// Makes the directory when it is not there.
    pub(crate) fn create(path: &Path) -> Result<Self, Failure> {
        fs::create_dir_all(path).map_err(|error| {
            Failure::other(format!("data directory {}: {error}", path.display()))
        })?;
        Ok(Self(path.to_owned()))
    }

    /// Takes a directory that must be there.
    pub(crate) fn existing(path: &Path) -> Result<Self, Failure> {
        if path.join("chain").is_dir() {
            Ok(Self(path.to_owned()))
        } else {
            Err(Failure::other(format!(
                "{} holds no chain; give the data directory with --data-path",
                path.display()
            )))
        }
    }

    pub(crate) fn chain(&self) -> PathBuf {
        self.0.join("chain")
    }

    pub(crate) fn pool_journal(&self) -> PathBuf {
        self.0.join("pool.journal")
    }

    pub(crate) fn ipc(&self) -> PathBuf {
        self.0.join("entente.ipc")
    }
}

/// Reads a genesis file.
pub(crate) fn read_genesis(path: &Path) -> Result<Genesis, Failure> {
    let shown = path.display();
    let failed =
        |error: std::io::Error| Failure::configuration(format!("genesis file {shown}: {error}"));
    let length = fs::metadata(path).map_err(failed)?.len();
    if length > MAX_GENESIS {
        return Err(Failure::configuration(format!(
            "genesis file {shown}: {length} bytes is more than the {MAX_GENESIS} that are read"
        )));
    }
    let text = fs::read_to_string(path).map_err(failed)?;
    Ok(Genesis::from_json(&text, &shown.to_string())?)
}

impl ChainArgs {
    pub(crate) fn genesis(&self) -> Result<Genesis, Failure> {
        self.genesis_file.as_deref().map_or_else(|| Ok(Genesis::dev()), read_genesis)
    }
}
