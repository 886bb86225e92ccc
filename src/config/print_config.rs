//! `--print-config`: the resolved options as a YAML configuration file, with the origin of each value.

use std::fmt::Write as _;

use crate::config::fractional;
use crate::config::option::origin::ResolvedOption;
use crate::config::option::table;
use crate::config::option::table::evaluation::FRACTIONAL;

/// Returns the configuration in YAML: one option per line, followed by a comment with the origin of its value.
pub fn render_yaml(options: &[ResolvedOption]) -> String {
    let mut out = format!("# fanion {}\n", env!("CARGO_PKG_VERSION"));
    for row in table::options() {
        let found = options
            .iter()
            .find(|resolved| resolved.option.name == row.name);
        let Some(resolved) = found.filter(|_| table::is_allowed_in_file(row)) else {
            continue;
        };
        let (json, origin, note) = (&resolved.json, &resolved.origin, note(resolved));
        let _ = writeln!(out, "{}: {json} # {origin}{note}", row.name);
    }
    out
}

/// Returns the note that follows the origin: for `fractional`, the evaluators that use the same buckets.
fn note(resolved: &ResolvedOption) -> String {
    if resolved.option.name != FRACTIONAL.name {
        return String::new();
    }
    let version = fractional::parse(resolved.json.trim_matches('"'));
    version.map_or_else(String::new, |version| {
        let (name, agreement) = (fractional::name(version), fractional::agreement(version));
        format!("; bucketing {name}: {agreement}")
    })
}
