//! Every option is resolved once and listed in README.md.

use ::fanion::config::option::table;

use crate::support::options::resolve_options;

#[test]
fn every_option_is_resolved_once_and_listed_in_the_readme() {
    let config = resolve_options(&["-f", "file:x"], &[]).expect("right");
    let mut settled: Vec<_> = config
        .resolved_options
        .iter()
        .map(|s| s.option.name)
        .collect();
    let mut rows: Vec<_> = table::options().map(|row| row.name).collect();
    settled.sort_unstable();
    rows.sort_unstable();
    assert_eq!(settled, rows);
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md"));
    let readme = readme.expect("README.md");
    for row in table::options() {
        let short = row.short.map_or(String::new(), |c| format!(", `-{c}`"));
        let default = match row.default {
            "" => String::new(),
            default => format!("{default} "),
        };
        let (name, variable) = (row.name, row.env_var());
        let cells = format!("| `--{name}`{short} | `{variable}` | {default}|");
        assert!(readme.contains(&cells), "no row in the README: {cells}");
    }
}
