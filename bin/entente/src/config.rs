//! Configuration: flags over `ENTENTE_` environment over `entente.toml`.
//!
//! The keys of the file are the flags of `entente node` without their dashes in front. What the file says becomes the flag's default, so that clap
//! itself keeps the order of precedence; a key that no flag has is an error that names the nearest one.

use crate::{cli::Cli, exit::Failure};
use clap::{ArgAction, Command, CommandFactory, FromArgMatches};
use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};
use toml::{Table, Value};

/// Looked for in the working directory.
pub(crate) const DEFAULT_FILE: &str = "entente.toml";
/// A configuration file is small; anything larger is something else.
const MAX_FILE: u64 = 1024 * 1024;
/// Keys that say where the file is can't stand in it.
pub(crate) const NOT_IN_FILE: [&str; 3] = ["config-file", "help", "version"];

/// Parses the command line with environment and configuration file beneath it. Usage errors end the process as clap does.
pub(crate) fn parse(args: impl Iterator<Item = OsString>) -> Result<Cli, Failure> {
    let args: Vec<OsString> = args.collect();
    let mut command = Cli::command();
    if let Some(file) = config_file(&args) {
        command = with_file(command, &file)?;
    }
    let matches = command.get_matches_from(args);
    Cli::from_arg_matches(&matches).map_err(|error| error.exit())
}

/// The file that `entente node` would read; None for other commands and when there is none.
fn config_file(args: &[OsString]) -> Option<PathBuf> {
    args.iter().skip(1).any(|arg| arg == "node").then_some(())?;
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        let text = arg.to_string_lossy();
        if text == "--config-file" {
            return rest.next().map(PathBuf::from);
        }
        if let Some(path) = text.strip_prefix("--config-file=") {
            return Some(path.into());
        }
    }
    if let Some(path) = std::env::var_os("ENTENTE_CONFIG_FILE") {
        return Some(path.into());
    }
    Path::new(DEFAULT_FILE).exists().then(|| DEFAULT_FILE.into())
}

fn with_file(command: Command, path: &Path) -> Result<Command, Failure> {
    let shown = path.display();
    let length = fs::metadata(path)
        .map_err(|error| {
            Failure::configuration(format!("{shown}: {error}; give another with --config-file"))
        })?
        .len();
    if length > MAX_FILE {
        return Err(Failure::configuration(format!(
            "{shown}: {length} bytes is no configuration file (at most {MAX_FILE})"
        )));
    }
    let text = fs::read_to_string(path)
        .map_err(|error| Failure::configuration(format!("{shown}: {error}")))?;
    let table: Table =
        text.parse().map_err(|error| Failure::configuration(format!("{shown}: {error}")))?;
    apply(command, &table, &shown.to_string())
}

/// Makes the file's values the defaults of the flags that they name.
fn apply(mut command: Command, table: &Table, file: &str) -> Result<Command, Failure> {
    for (key, value) in table {
        let known = known_keys(&command);
        if !known.contains(key) {
            return Err(Failure::configuration(unknown(file, key, &known)));
        }
        let values = strings(value).map_err(|found| {
            Failure::configuration(format!(
                "{file}: {key}: found {found}, expected a string, number, boolean or a list of them"
            ))
        })?;
        command = set_default(command, key, values)
            .map_err(|reason| Failure::configuration(format!("{file}: {key}: {reason}")))?;
    }
    Ok(command)
}

fn known_keys(command: &Command) -> Vec<String> {
    let node = command.find_subcommand("node").into_iter();
    node.flat_map(Command::get_arguments)
        .chain(command.get_arguments())
        .filter_map(|arg| arg.get_long())
        .filter(|long| !NOT_IN_FILE.contains(long))
        .map(str::to_owned)
        .collect()
}

fn unknown(file: &str, key: &str, known: &[String]) -> String {
    let nearest = known
        .iter()
        .map(|known| (strsim::jaro_winkler(key, known), known))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match nearest {
        Some((_, nearest)) => format!("{file}: unknown key `{key}`; did you mean `{nearest}`?"),
        None => format!("{file}: unknown key `{key}`; `entente node --help` lists the keys"),
    }
}

fn strings(value: &Value) -> Result<Vec<String>, &'static str> {
    match value {
        Value::String(text) => Ok(vec![text.clone()]),
        Value::Integer(number) => Ok(vec![number.to_string()]),
        Value::Boolean(flag) => Ok(vec![flag.to_string()]),
        Value::Array(items) => {
            items.iter().map(strings).collect::<Result<Vec<_>, _>>().map(|lists| lists.concat())
        }
        Value::Float(_) => Err("a fraction"),
        Value::Datetime(_) => Err("a date"),
        Value::Table(_) => Err("a table"),
    }
}

fn set_default(command: Command, key: &str, values: Vec<String>) -> Result<Command, String> {
    let in_node = command
        .find_subcommand("node")
        .is_some_and(|node| node.get_arguments().any(|arg| arg.get_long() == Some(key)));
    let holder = if in_node { command.find_subcommand("node") } else { Some(&command) };
    let arg = holder
        .and_then(|holder| holder.get_arguments().find(|arg| arg.get_long() == Some(key)))
        .ok_or("no such flag")?;
    let id = arg.get_id().clone();
    let many = arg.get_value_delimiter().is_some();
    let switch = matches!(arg.get_action(), ArgAction::SetTrue);
    if !many && values.len() != 1 {
        return Err("found a list, expected one value".into());
    }
    if switch && !matches!(values[0].as_str(), "true" | "false") {
        return Err(format!("found {:?}, expected true or false", values[0]));
    }
    let change = move |arg: clap::Arg| {
        let arg = arg.required(false);
        if many {
            arg.default_values(values)
        } else {
            arg.default_value(values.into_iter().next().unwrap_or_default())
        }
    };
    // A file that names the genesis takes the requirement to name it off the command line.
    Ok(if in_node {
        command.mut_subcommand("node", move |node| node.mut_arg(id, change))
    } else {
        command.mut_arg(id, change)
    })
}
