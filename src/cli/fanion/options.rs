//! The command-line options of `start`, built from [`option_table`].

use clap::Arg;
use clap::ArgAction;
use clap::ArgMatches;
use clap::Command;

use crate::config::option::resolver::CliOptions;
use crate::config::option::spec::OptionKind;
use crate::config::option::spec::OptionSpec;
use crate::config::option::table;

/// Adds the options to a command.
pub fn add_options(command: Command) -> Command {
    let rows = table::OPTION_GROUPS
        .iter()
        .flat_map(|(heading, rows)| rows.iter().map(move |row| (*heading, *row)));
    command.args(
        rows.enumerate().map(|(order, (heading, row))| {
            build_arg(row).help_heading(heading).display_order(order)
        }),
    )
}

fn build_arg(row: &'static OptionSpec) -> Arg {
    let arg = Arg::new(row.name)
        .long(row.name)
        .value_name(row.value_name)
        .help(help(row));
    let arg = match row.short {
        Some(short) => arg.short(short),
        None => arg,
    };
    match row.kind {
        // As in flagd: `--debug` and `--debug=false`, but not `--debug false`.
        OptionKind::Boolean => arg
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .overrides_with(row.name),
        OptionKind::Single | OptionKind::JsonArray => arg.overrides_with(row.name),
        OptionKind::Repeated | OptionKind::KeyValues => arg.action(ArgAction::Append),
    }
}

fn help(row: &OptionSpec) -> String {
    let form = match row.kind {
        OptionKind::Repeated => ", separated by spaces",
        OptionKind::KeyValues => ", a JSON object",
        OptionKind::Single | OptionKind::JsonArray | OptionKind::Boolean => "",
    };
    let default = if row.default.is_empty() {
        String::new()
    } else {
        format!(" [default: {}]", row.default)
    };
    format!("{} [env: {}{form}]{default}", row.help, row.env_var())
}

/// Returns the options that may also precede the command, as in flagd.
pub fn options_before_subcommand() -> impl Iterator<Item = Arg> {
    let early = |row: &&OptionSpec| matches!(row.name, "config" | "debug");
    table::options()
        .filter(early)
        .map(|row| build_arg(row).hide(true))
}

/// Returns the options of the command line, before and after the name of the command. The latter override the former.
pub fn from_matches(before: &ArgMatches, after: &ArgMatches) -> CliOptions {
    let values = |row: &'static OptionSpec| {
        let find = |matches: &ArgMatches| {
            let values = matches.try_get_many::<String>(row.name).ok()??;
            Some(values.cloned().collect())
        };
        Some((row.name, find(after).or_else(|| find(before))?))
    };
    table::options().filter_map(values).collect()
}
