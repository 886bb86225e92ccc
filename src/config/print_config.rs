//! `--print-config`: what is in effect, as a configuration file that could be read back.

use std::fmt::Write as _;

use crate::config::option_resolver::ResolvedOption;
use crate::config::option_table;

/// The configuration in YAML, one option a line, and behind each where it comes from.
pub fn render_yaml(options: &[ResolvedOption]) -> String {
    let mut out = format!("# fanion {}\n", env!("CARGO_PKG_VERSION"));
    for row in option_table::options() {
        let found = options
            .iter()
            .find(|settled| settled.option.name == row.name);
        // Which file was read, and that this was asked for, would not be options of a file.
        let Some(settled) = found.filter(|_| !matches!(row.name, "config" | "print-config")) else {
            continue;
        };
        let _ = writeln!(out, "{}: {} # {}", row.name, settled.json, settled.origin);
    }
    out
}
