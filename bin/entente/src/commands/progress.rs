//! How an import shows itself: a bar on a terminal, lines in a log.

use entente_node::ImportProgress;
use indicatif::{ProgressBar, ProgressStyle};
use std::time::{Duration, Instant};

/// How often a line is logged where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Shows how far an import is, measured in bytes of its file.
pub(crate) struct ImportBar {
    bar: ProgressBar,
    last_line: Instant,
}

impl ImportBar {
    pub(crate) fn new(total_bytes: u64) -> Self {
        let bar = ProgressBar::new(total_bytes);
        let style = ProgressStyle::with_template("{bar:32} {percent:>3}%  {msg}  {eta} left")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style);
        Self { bar, last_line: Instant::now() }
    }

    pub(crate) fn update(&mut self, read_bytes: u64, progress: &ImportProgress) {
        let figures = figures(progress);
        self.bar.set_position(read_bytes);
        if self.bar.is_hidden() && self.last_line.elapsed() >= LINE_EVERY {
            self.last_line = Instant::now();
            tracing::info!(target: "entente", "{figures}");
        }
        self.bar.set_message(figures);
    }

    pub(crate) fn finish(self) {
        self.bar.finish_and_clear();
    }
}

/// `block 1,234  567 blocks/s  89.0 Mgas/s`
pub(crate) fn figures(progress: &ImportProgress) -> String {
    let seconds = progress.elapsed.as_secs_f64().max(0.001);
    let rate = |count: u64| count as f64 / seconds;
    format!(
        "block {}  {:.0} blocks/s  {:.0} tx/s  {:.1} Mgas/s",
        progress.height,
        rate(progress.blocks),
        rate(progress.transactions),
        rate(progress.gas) / 1e6
    )
}
