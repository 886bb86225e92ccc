//! Every option is resolved once and has a row in docs/options.md.

use ::fanion::config::option::table;

use crate::support::options::resolve_options;

#[test]
fn every_option_is_resolved_once_and_documented() {
    let config = resolve_options(&["-f", "file:x"], &[]).expect("valid options");
    let mut resolved: Vec<_> = config
        .resolved_options
        .iter()
        .map(|resolved| resolved.option.name)
        .collect();
    let mut rows: Vec<_> = table::options().map(|row| row.name).collect();
    resolved.sort_unstable();
    rows.sort_unstable();
    assert_eq!(resolved, rows);
    let page = include_str!("../../../docs/options.md");
    for row in table::options() {
        let short = row.short.map_or(String::new(), |c| format!(", `-{c}`"));
        let default = match row.default {
            "" => String::new(),
            default => format!("{default} "),
        };
        let (name, variable) = (row.name, row.env_var());
        let cells = format!("| `--{name}`{short} | `{variable}` | {default}|");
        assert!(page.contains(&cells), "docs/options.md has no row {cells}");
    }
}
