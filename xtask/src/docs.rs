//! The documentation: what rustdoc makes of the code, the book, and the book's reference pages that are generated from the program.

use crate::{
    command::Repo,
    steps::{Outcome, Result, Step, build_binary},
    tools,
};
use std::fs;

/// Pages that `entente reference` prints.
const PAGES: [&str; 3] = ["cli", "config", "rpc"];

/// Generates the reference pages; with `check` compares them with those that are there.
pub(crate) fn reference(check: bool) -> Step {
    let (about, alone) = if check {
        ("the book's reference pages are those of the program", "cargo xtask docs --check")
    } else {
        ("the book's reference pages, from the program", "cargo xtask docs")
    };
    Step::new("reference", about, alone, move |repo| pages(repo, check))
}

fn pages(repo: &Repo, check: bool) -> Result {
    build_binary(repo)?;
    let mut stale = Vec::new();
    for page in PAGES {
        let text = repo.run(repo.entente(), &["reference", page]).output()?;
        let file = repo.path(&format!("docs/src/reference/{page}.md"));
        let current =
            fs::read_to_string(&file).is_ok_and(|found| found.trim_end() == text.trim_end());
        match (current, check) {
            (true, _) => {}
            (false, true) => stale.push(page),
            (false, false) => {
                let text = format!("{}\n", text.trim_end());
                fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))?;
                println!("wrote {}", file.display());
            }
        }
    }
    match stale.is_empty() {
        true => Ok(Outcome::Done { passed: 1, failed: 0 }),
        false => {
            Err(format!("not current: {}; `cargo xtask docs` writes them anew", stale.join(", ")))
        }
    }
}

/// rustdoc, every warning an error.
pub(crate) fn rustdoc() -> Step {
    let alone = "RUSTDOCFLAGS=-Dwarnings cargo doc --no-deps --workspace";
    Step::new("rustdoc", "documentation of the crates, each warning an error", alone, |repo| {
        repo.cargo(&["doc", "--no-deps", "--workspace"]).env("RUSTDOCFLAGS", "-Dwarnings").checked()
    })
}

/// The book.
pub(crate) fn book() -> Step {
    Step::new("book", "the book builds", "mdbook build docs", |repo| {
        let mdbook = tools::mdbook(repo)?;
        repo.run(mdbook, &["build", "docs"]).checked()
    })
}
