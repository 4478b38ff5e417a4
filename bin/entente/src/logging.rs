//! Logs: human or JSON, to standard error, by target and level.

use crate::{cli::LoggingArgs, exit::Failure};
use std::str::FromStr;
use tracing_subscriber::{
    Layer, Registry,
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

/// How a log line looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LogFormat {
    /// A line for people, with colours on a terminal.
    #[default]
    Human,
    /// A JSON object a line.
    Json,
}

/// Keeps nothing today; held until the end so that writers can be flushed by dropping it.
#[derive(Debug)]
pub(crate) struct Logs;

/// Besu's level names (`INFO`, `WARN`, `OFF`, ...) or directives such as `info,entente::pool=debug`.
fn filter(text: &str) -> Result<Targets, Failure> {
    if let Ok(level) = LevelFilter::from_str(text) {
        // Libraries stay quiet unless asked for by name.
        return Ok(Targets::new()
            .with_default(level.min(LevelFilter::WARN))
            .with_target("entente", level));
    }
    let expected = "a level (off, error, warn, info, debug, trace) or directives such as info,entente::pool=debug";
    Targets::from_str(text).map_err(|error| {
        Failure::configuration(format!("--logging {text}: {error}; expected {expected}"))
    })
}

/// Starts logging. `default` holds where neither flag, environment nor file says otherwise.
pub(crate) fn start(args: &LoggingArgs, default: &str) -> Result<Logs, Failure> {
    let filter = filter(args.logging.as_deref().unwrap_or(default))?;
    let layer: Box<dyn Layer<Registry> + Send + Sync> = match args.log_format {
        LogFormat::Human => {
            let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
            Box::new(fmt::layer().with_writer(std::io::stderr).with_ansi(colours).with_target(true))
        }
        LogFormat::Json => {
            Box::new(fmt::layer().json().flatten_event(true).with_writer(std::io::stderr))
        }
    };
    tracing_subscriber::registry()
        .with(layer.with_filter(filter))
        .try_init()
        .map_err(|error| Failure::other(format!("logging could not be started: {error}")))?;
    Ok(Logs)
}
