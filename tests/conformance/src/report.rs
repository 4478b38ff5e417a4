//! What came of each case, and how it is told.

use crate::exceptions::Exceptions;
use std::{
    any::Any,
    collections::BTreeMap,
    fmt::Write as _,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

/// One case of a suite: its name and, if it failed, why.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) case: String,
    pub(crate) failure: Option<String>,
}

impl Outcome {
    /// Runs a case. A panic is a failure of that case alone.
    pub(crate) fn of(case: String, run: impl FnOnce() -> Result<(), String>) -> Self {
        let failure = match catch_unwind(AssertUnwindSafe(run)) {
            Ok(result) => result.err(),
            Err(panic) => Some(format!("panicked: {}", panic_text(panic.as_ref()))),
        };
        Self { case, failure }
    }

    /// A case that could not even be read.
    pub(crate) const fn failed(case: String, why: String) -> Self {
        Self { case, failure: Some(why) }
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without a message")
}

/// A suite after its run, the named exceptions taken into account.
#[derive(Debug, Default)]
pub(crate) struct SuiteReport {
    pub(crate) name: &'static str,
    pub(crate) passed: usize,
    pub(crate) excepted: usize,
    /// Case and reason.
    pub(crate) failures: Vec<(String, String)>,
    pub(crate) time: Duration,
}

impl SuiteReport {
    /// Holds the outcomes against the exceptions. `whole` says that no case was left out, so that exceptions without a case are errors.
    pub(crate) fn new(
        name: &'static str,
        outcomes: Vec<Outcome>,
        exceptions: &Exceptions,
        whole: bool,
        time: Duration,
    ) -> Self {
        let mut report = Self { name, time, ..Self::default() };
        let mut used = BTreeMap::new();
        for outcome in outcomes {
            let exception = exceptions.find(name, &outcome.case);
            if let Some(exception) = exception {
                *used.entry(exception.case.as_str()).or_insert(0usize) += 1;
            }
            match (outcome.failure, exception) {
                (None, None) => report.passed += 1,
                (Some(_), Some(_)) => report.excepted += 1,
                (Some(why), None) => report.failures.push((outcome.case, why)),
                (None, Some(exception)) => report.failures.push((
                    outcome.case,
                    format!(
                        "it passes; take its exception out of exceptions.toml (\"{}\")",
                        exception.reason
                    ),
                )),
            }
        }
        if whole {
            for exception in exceptions
                .of_suite(name)
                .filter(|exception| !used.contains_key(exception.case.as_str()))
            {
                report.failures.push((
                    exception.case.clone(),
                    "exceptions.toml names it, but there is no such case".into(),
                ));
            }
        }
        report.failures.sort();
        report
    }

    /// One line: name, counts, time.
    pub(crate) fn line(&self) -> String {
        let mut line = format!(
            "{:<22} {:>6} passed {:>5} failed",
            self.name,
            self.passed,
            self.failures.len()
        );
        if self.excepted > 0 {
            let _ = write!(line, " {:>4} excepted", self.excepted);
        }
        let _ = write!(line, "  ({:.1} s)", self.time.as_secs_f64());
        line
    }

    /// The failures, at most `limit` of them.
    pub(crate) fn failure_lines(&self, limit: usize) -> Vec<String> {
        let mut lines: Vec<_> = self
            .failures
            .iter()
            .take(limit)
            .map(|(case, why)| format!("  {}: {case}: {why}", self.name))
            .collect();
        if self.failures.len() > limit {
            lines.push(format!(
                "  {}: ... and {} more (--failures N shows N)",
                self.name,
                self.failures.len() - limit
            ));
        }
        lines
    }
}
