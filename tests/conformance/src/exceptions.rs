//! The cases that are known to fail, each with its reason.

use serde::Deserialize;

/// A case that is expected to fail because it contradicts the current standard.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exception {
    /// Name of the suite.
    pub(crate) suite: String,
    /// Name of the case. A `*` at its end stands for anything.
    pub(crate) case: String,
    /// Why it can't pass: which standard says otherwise.
    pub(crate) reason: String,
}

impl Exception {
    fn covers(&self, suite: &str, case: &str) -> bool {
        self.suite == suite
            && match self.case.strip_suffix('*') {
                Some(prefix) => case.starts_with(prefix),
                None => case == self.case,
            }
    }
}

/// All of them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exceptions {
    #[serde(default)]
    exception: Vec<Exception>,
}

impl Exceptions {
    /// The list that is built in.
    pub(crate) fn load() -> Result<Self, String> {
        toml::from_str(include_str!("../exceptions.toml"))
            .map_err(|error| format!("exceptions.toml: {error}"))
    }

    /// The exception that covers a case.
    pub(crate) fn find(&self, suite: &str, case: &str) -> Option<&Exception> {
        self.exception.iter().find(|exception| exception.covers(suite, case))
    }

    /// The exceptions of a suite.
    pub(crate) fn of_suite<'a>(&'a self, suite: &'a str) -> impl Iterator<Item = &'a Exception> {
        self.exception.iter().filter(move |exception| exception.suite == suite)
    }
}
