//! `--print-config`: the resolved options as a YAML configuration file, with the origin of each value; and the changed
//! options in one line, for the log.

use std::fmt::Write as _;

use crate::config::fractional;
use crate::config::option::origin::ResolvedOption;
use crate::config::option::spec::OptionKind;
use crate::config::option::spec::OptionSpec;
use crate::config::option::table;
use crate::config::option::table::evaluation::FRACTIONAL;
use crate::config::option::table::flags;
use crate::config::option::text_conversion::json_array;
use crate::config::option::text_conversion::json_object;
use crate::config::option::text_conversion::yaml_scalar;

/// Returns the configuration in YAML: one option per line, followed by a comment with the origin of its value.
pub fn render_yaml(options: &[ResolvedOption]) -> String {
    let mut out = format!("# fanion {}\n", env!("CARGO_PKG_VERSION"));
    for resolved in in_table_order(options) {
        let row = resolved.option;
        if !table::is_allowed_in_file(row) {
            continue;
        }
        let (json, origin, note) = (&resolved.json, &resolved.origin, note(resolved));
        let _ = writeln!(out, "{}: {json} # {origin}{note}", row.name);
    }
    out
}

/// Returns the options with another value than the default, as `NAME=VALUE`, except those that name the sources.
pub fn render_changed(options: &[ResolvedOption]) -> String {
    let changed = in_table_order(options).filter_map(|resolved| {
        let row = resolved.option;
        let is_source = [flags::URI.name, flags::SOURCES.name].contains(&row.name);
        let is_changed = !is_source && resolved.json != default_json(row);
        is_changed.then(|| format!("{}={}", row.name, resolved.json))
    });
    changed.collect::<Vec<_>>().join(" ")
}

/// Returns the resolved options in the order of the table.
fn in_table_order(options: &[ResolvedOption]) -> impl Iterator<Item = &ResolvedOption> {
    table::options().filter_map(|row| {
        options
            .iter()
            .find(|resolved| resolved.option.name == row.name)
    })
}

/// Returns the default of an option in the form of [`ResolvedOption::json`].
fn default_json(row: &OptionSpec) -> String {
    match row.kind {
        OptionKind::Single | OptionKind::Boolean => yaml_scalar(row, row.default),
        OptionKind::Repeated | OptionKind::JsonArray => json_array(std::iter::empty()),
        OptionKind::KeyValues => json_object(&[]),
    }
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
