//! The repository, and programs that are run in it.

use crate::{
    count::Counter,
    steps::{Outcome, Result},
};
use std::{
    env,
    ffi::OsStr,
    fmt,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The repository that this program was built from.
#[derive(Clone, Debug)]
pub(crate) struct Repo {
    root: PathBuf,
}

impl Repo {
    pub(crate) fn here() -> Self {
        let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
        Self { root: xtask.parent().unwrap_or(xtask).to_owned() }
    }

    /// A path inside.
    pub(crate) fn path(&self, inside: &str) -> PathBuf {
        self.root.join(inside)
    }

    /// The target directory.
    pub(crate) fn target(&self) -> PathBuf {
        env::var_os("CARGO_TARGET_DIR").map_or_else(|| self.path("target"), PathBuf::from)
    }

    /// The released binary.
    pub(crate) fn entente(&self) -> PathBuf {
        self.target().join("release").join(format!("entente{}", env::consts::EXE_SUFFIX))
    }

    /// Cargo with these arguments. Incremental compilation buys a machine that builds once nothing.
    pub(crate) fn cargo(&self, args: &[&str]) -> Run {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let run = self.run(cargo, args);
        if env::var("CI").is_ok_and(|ci| ci == "true") {
            run.env("CARGO_INCREMENTAL", "0")
        } else {
            run
        }
    }

    /// Any program, in the repository's root.
    pub(crate) fn run(&self, program: impl AsRef<OsStr>, args: &[&str]) -> Run {
        let mut command = Command::new(program);
        command.args(args).current_dir(&self.root);
        Run(command)
    }
}

/// A program about to be run.
pub(crate) struct Run(Command);

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Path::new(self.0.get_program()).file_stem().unwrap_or_default();
        write!(f, "{}", name.to_string_lossy())?;
        self.0.get_args().try_for_each(|arg| write!(f, " {}", arg.to_string_lossy()))
    }
}

impl Run {
    pub(crate) fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.0.args(args);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.0.env(name, value);
        self
    }

    pub(crate) fn within(mut self, folder: &Path) -> Self {
        self.0.current_dir(folder);
        self
    }

    /// Runs it; done when it ends well.
    pub(crate) fn checked(mut self) -> Result {
        let status =
            self.0.status().map_err(|error| format!("`{self}` could not be started: {error}"))?;
        if status.success() {
            Ok(Outcome::Done { passed: 1, failed: 0 })
        } else {
            Err(format!("`{self}` ended with {status}"))
        }
    }

    /// Runs it quietly and gives what it printed.
    pub(crate) fn output(mut self) -> std::result::Result<String, String> {
        let output = self
            .0
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| format!("`{self}` could not be started: {error}"))?;
        if !output.status.success() {
            return Err(format!("`{self}` ended with {}", output.status));
        }
        String::from_utf8(output.stdout)
            .map_err(|error| format!("`{self}` printed something that is not text: {error}"))
    }

    /// Runs it, shows what it prints, and counts tests in it. A run that fails without a failed test is an error; one without any test was skipped.
    pub(crate) fn counted(mut self, counter: Counter) -> Result {
        self.0.stdout(Stdio::piped());
        let mut child =
            self.0.spawn().map_err(|error| format!("`{self}` could not be started: {error}"))?;
        let (mut passed, mut failed) = (0, 0);
        if let Some(stdout) = child.stdout.take() {
            for line in BufReader::new(stdout).lines().map_while(std::result::Result::ok) {
                println!("{line}");
                if let Some((good, bad)) = counter(&line) {
                    passed += good;
                    failed += bad;
                }
            }
        }
        let status = child.wait().map_err(|error| format!("`{self}`: {error}"))?;
        match (status.success(), passed, failed) {
            (true, 0, 0) => Ok(Outcome::Skipped("it ran no test; what it printed says why".into())),
            (false, _, 0) => Err(format!("`{self}` ended with {status}")),
            _ => Ok(Outcome::Done { passed, failed }),
        }
    }
}
