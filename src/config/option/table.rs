//! The table of all options of `fanion start`, by group.
//!
//! The command line, the environment, the configuration file and `--print-config` all read this table. Code refers to
//! an option by its static, such as `ports::PORT`, so that an unknown name does not compile. Options that flagd has
//! keep its names and defaults.

pub mod authentication;
pub mod configuration;
pub mod evaluation;
pub mod flags;
pub mod limits;
pub mod ports;
pub mod streams;
pub mod telemetry;
pub mod tls;

use crate::config::option::spec::OptionSpec;
use crate::config::option::table::configuration::CONFIG;
use crate::config::option::table::configuration::PRINT_CONFIG;

/// The options by their heading in help.
pub static OPTION_GROUPS: [(&str, &[&OptionSpec]); 9] = [
    ("Sources", flags::FLAGS),
    ("Ports", ports::PORTS),
    ("TLS", tls::TLS),
    ("Authentication", authentication::AUTHENTICATION),
    ("Evaluation", evaluation::EVALUATION),
    ("Streams", streams::STREAMS),
    ("Limits", limits::LIMITS),
    ("Telemetry", telemetry::TELEMETRY),
    ("Configuration", configuration::CONFIGURATION),
];

/// Returns all options, in the order of the table.
pub fn options() -> impl Iterator<Item = &'static OptionSpec> {
    OPTION_GROUPS
        .iter()
        .flat_map(|(_, rows)| rows.iter().copied())
}

/// Returns the option called `name`, for text that a user wrote.
pub fn option(name: &str) -> Option<&'static OptionSpec> {
    options().find(|row| row.name == name)
}

/// Returns false for the options that select or print the configuration.
pub fn is_allowed_in_file(option: &OptionSpec) -> bool {
    ![CONFIG.name, PRINT_CONFIG.name].contains(&option.name)
}
