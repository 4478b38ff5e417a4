//! Reading how many tests passed and failed out of what test runners print.

/// Takes a line; gives passed and failed when the line says so.
pub(crate) type Counter = fn(&str) -> Option<(u64, u64)>;

/// `test result: ok. 12 passed; 0 failed; ...` of cargo's own runner.
pub(crate) fn cargo_test(line: &str) -> Option<(u64, u64)> {
    let rest = line.trim().strip_prefix("test result: ")?;
    Some((before(rest, " passed")?, before(rest, " failed")?))
}

/// `12 passed, 0 failed`, alone on a line.
pub(crate) fn closing_line(line: &str) -> Option<(u64, u64)> {
    let (passed, failed) = line.trim().split_once(" passed, ")?;
    Some((passed.parse().ok()?, failed.strip_suffix(" failed")?.parse().ok()?))
}

/// `Ran 3 test suites in 12ms: 48 tests passed, 0 failed, 0 skipped (48 total tests)` of forge.
pub(crate) fn forge(line: &str) -> Option<(u64, u64)> {
    let line = plain(line);
    let (_, rest) = line
        .strip_prefix("Ran ")?
        .split_once(": ")
        .filter(|(ran, _)| ran.contains("test suite"))?;
    Some((before(rest, " tests passed")?, before(rest, " failed")?))
}

/// A row of the clients' table: name, passed, failed, skipped, seconds, verdict.
pub(crate) fn clients(line: &str) -> Option<(u64, u64)> {
    let columns: Vec<_> = line.split_whitespace().collect();
    let [_, passed, failed, _, seconds, verdict, ..] = columns.as_slice() else { return None };
    seconds.parse::<f64>().ok()?;
    let (passed, failed) = (passed.parse().unwrap_or(0), failed.parse().unwrap_or(0));
    // A suite can fail as a whole, without a test that failed.
    let whole = u64::from(*verdict == "FAILED" && failed == 0);
    matches!(*verdict, "ok" | "FAILED").then_some((passed, failed + whole))
}

/// A row of the fuzz targets' table: target, executions, executions a second, coverage, inputs, verdict.
pub(crate) fn fuzz(line: &str) -> Option<(u64, u64)> {
    let columns: Vec<_> = line.split_whitespace().collect();
    match columns.as_slice() {
        [_, executions, _, _, _, "ok"] => executions.parse::<u64>().ok().map(|_| (1, 0)),
        [_, .., "exit", code] => code.parse::<i32>().ok().map(|_| (0, 1)),
        _ => None,
    }
}

/// The number right before a text.
fn before(line: &str, text: &str) -> Option<u64> {
    let (head, _) = line.split_once(text)?;
    head.rsplit(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// A line without the escapes that colour it.
fn plain(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((head, tail)) = rest.split_once("\u{1b}[") {
        plain.push_str(head);
        rest = tail.split_once('m').map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_runner_is_read() {
        assert_eq!(
            cargo_test("test result: ok. 12 passed; 1 failed; 0 ignored; 0 measured"),
            Some((12, 1))
        );
        assert_eq!(cargo_test("running 12 tests"), None);
        assert_eq!(closing_line("37306 passed, 0 failed"), Some((37306, 0)));
        assert_eq!(closing_line("state 12 passed 0 failed"), None);
        let forge_line = "Ran 3 test suites in 1.5s (2.0s CPU time): \u{1b}[32m48\u{1b}[0m tests passed, 2 failed, 0 skipped (50 total tests)";
        assert_eq!(forge(forge_line), Some((48, 2)));
        assert_eq!(forge("Ran 12 tests for test/Letter.t.sol:LetterTest"), None);
    }

    #[test]
    fn a_fuzz_target_is_one_test() {
        assert_eq!(
            fuzz("rlp                 1048576     209715       1204      512  ok"),
            Some((1, 0))
        );
        assert_eq!(
            fuzz("genesis                4711       2000        800       32  exit 77"),
            Some((0, 1))
        );
        assert_eq!(
            fuzz("target           executions   a second   coverage   inputs  result"),
            None
        );
    }

    #[test]
    fn a_client_suite_that_fails_as_a_whole_counts_as_one() {
        assert_eq!(clients("ethers           21        0        1      3.2   ok"), Some((21, 0)));
        assert_eq!(
            clients("viem              -        -        -      3.2   FAILED (took too long)"),
            Some((0, 1))
        );
        assert_eq!(
            clients("raw              10        2        0      3.2   FAILED"),
            Some((10, 2))
        );
        assert_eq!(clients("suite        passed   failed  skipped  seconds   result"), None);
    }
}
