//! `--print-config`: the resolved options as a YAML configuration file, with the origin of each value.

use std::fmt::Write as _;

use crate::config::option::origin::ResolvedOption;
use crate::config::option::table;

/// The configuration in YAML, one option a line, and behind each where it comes from.
pub fn render_yaml(options: &[ResolvedOption]) -> String {
    let mut out = format!("# fanion {}\n", env!("CARGO_PKG_VERSION"));
    for row in table::options() {
        let found = options
            .iter()
            .find(|resolved| resolved.option.name == row.name);
        let Some(resolved) = found.filter(|_| table::is_allowed_in_file(row)) else {
            continue;
        };
        let _ = writeln!(out, "{}: {} # {}", row.name, resolved.json, resolved.origin);
    }
    out
}
