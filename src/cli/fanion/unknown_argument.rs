//! Suggestions for unknown arguments, such as the value in `--debug false`. flagd ignores such arguments.

use clap::Error;
use clap::error::ContextKind;
use clap::error::ContextValue;
use clap::error::ErrorKind;

use crate::config::option::spec::OptionKind;
use crate::config::option::spec::OptionSpec;
use crate::config::option::table;

/// Adds the suggestion to the error for an unknown argument.
pub fn add_suggestion(mut error: Error, arguments: &[String]) -> Error {
    let stray = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(stray)) if error.kind() == ErrorKind::UnknownArgument => stray,
        _ => return error,
    };
    if let Some(hint) = suggestion(arguments, stray) {
        let hint = ContextValue::StyledStrs(vec![hint.into()]);
        error.insert(ContextKind::Suggested, hint);
    }
    error
}

fn suggestion(arguments: &[String], stray: &str) -> Option<String> {
    if stray.starts_with('-') {
        return None;
    }
    let index = arguments.iter().rposition(|argument| argument == stray)?;
    let before = arguments.get(..index)?;
    let row = before
        .iter()
        .rev()
        .find_map(|argument| find_option(argument))?;
    let name = row.name;
    match row.kind {
        OptionKind::Boolean => Some(format!("write `--{name}={stray}`")),
        OptionKind::Repeated | OptionKind::KeyValues => Some(format!(
            "repeat the option for another value: `--{name} {stray}`"
        )),
        OptionKind::Single | OptionKind::JsonArray => None,
    }
}

/// Returns the option that the argument names, if the argument has no value.
fn find_option(argument: &str) -> Option<&'static OptionSpec> {
    table::options().find(|row| {
        argument.strip_prefix("--") == Some(row.name)
            || row
                .short
                .is_some_and(|short| argument == format!("-{short}"))
    })
}
