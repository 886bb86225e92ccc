//! The options of `start` as arguments, made from [`table`].

use clap::Arg;
use clap::ArgAction;
use clap::ArgMatches;
use clap::Command;

use crate::config::layers::Typed;
use crate::config::table;
use crate::config::table::Kind;
use crate::config::table::Row;

/// Adds the options to a command.
pub fn arguments(command: Command) -> Command {
    let rows = table::TABLE
        .iter()
        .flat_map(|(heading, rows)| rows.iter().map(move |row| (*heading, row)));
    command.args(
        rows.enumerate().map(|(order, (heading, row))| {
            argument(row).help_heading(heading).display_order(order)
        }),
    )
}

fn argument(row: &'static Row) -> Arg {
    let arg = Arg::new(row.name)
        .long(row.name)
        .value_name(row.value)
        .help(help(row));
    let arg = match row.short {
        Some(short) => arg.short(short),
        None => arg,
    };
    match row.kind {
        // As in flagd: `--debug` and `--debug=false`, but not `--debug false`.
        Kind::Switch => arg
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .overrides_with(row.name),
        Kind::One | Kind::List => arg.overrides_with(row.name),
        Kind::Many | Kind::Pairs => arg.action(ArgAction::Append),
    }
}

fn help(row: &Row) -> String {
    let form = match row.kind {
        Kind::Many => ", separated by spaces",
        Kind::Pairs => ", a JSON object",
        Kind::One | Kind::List | Kind::Switch => "",
    };
    let default = if row.default.is_empty() {
        String::new()
    } else {
        format!(" [default: {}]", row.default)
    };
    format!("{} [env: {}{form}]{default}", row.help, row.variable())
}

/// Options that may also stand before the command, as in flagd.
pub fn early() -> impl Iterator<Item = Arg> {
    let early = |row: &&Row| matches!(row.name, "config" | "debug");
    table::rows()
        .filter(early)
        .map(|row| argument(row).hide(true))
}

/// What was typed, before the command and behind it.
pub fn typed(before: &ArgMatches, behind: &ArgMatches) -> Typed {
    let values = |row: &'static Row| {
        let find = |matches: &ArgMatches| {
            let values = matches.try_get_many::<String>(row.name).ok()??;
            Some(values.cloned().collect())
        };
        Some((row.name, find(behind).or_else(|| find(before))?))
    };
    table::rows().filter_map(values).collect()
}
