//! `flagctl diff -o text`: the changes in columns, for terminals.

use std::fmt::Write as _;

use crate::analysis::diff::DiffStatus;
use crate::analysis::diff::FlagDiff;
use crate::cli::flagctl::diff::change_text::flag_name;
use crate::cli::flagctl::diff::change_text::format_conditions;
use crate::cli::flagctl::diff::change_text::format_examples;
use crate::cli::flagctl::diff::change_text::format_transition;
use crate::cli::flagctl::diff::change_text::transitions;
use crate::cli::flagctl::diff::change_text::verdict_description;
use crate::cli::output::columns;
use crate::cli::output::position::format_position;
use crate::diag::Diagnostic;

/// The changes, and the stickiness violations.
pub fn render(changes: &[FlagDiff], violations: &[Diagnostic]) -> String {
    let mut page = render_changes(changes);
    if !violations.is_empty() {
        page.push_str("\nSTICKINESS VIOLATIONS\n");
    }
    for violation in violations {
        let position = format_position(&violation.file, violation.position);
        let (code, message) = (violation.code.id(), &violation.message);
        let _ = writeln!(page, "  {position}: {code}: {message}");
        let _ = writeln!(page, "    help: {}", violation.help);
    }
    page
}

fn render_changes(changes: &[FlagDiff]) -> String {
    let changed = changes.iter().filter(|c| c.status != DiffStatus::Same);
    let rows: Vec<Vec<String>> = changed.flat_map(rows).collect();
    if rows.is_empty() {
        return "no change affects an evaluation\n".to_owned();
    }
    let head = columns::row(["KEY", "VERDICT", "CHANGE", "CONTEXTS", "EXAMPLES"]);
    columns::align_columns(&[vec![head], rows].concat())
}

/// One row for each transition and each reason for an unknown result, or one row for the flag if it has neither.
fn rows(change: &FlagDiff) -> Vec<Vec<String>> {
    let (name, verdict) = (flag_name(change), change.status.name());
    let mut rows = Vec::new();
    for (cell, transition) in transitions(change) {
        rows.push(columns::row([
            &name,
            verdict,
            &format_transition(transition),
            &format_conditions(cell),
            &format_examples(transition),
        ]));
    }
    for why in &change.unknown_reasons {
        rows.push(columns::row([&name, "unknown", "unknown", why]));
    }
    if change.cells.is_empty() && change.unknown_reasons.is_empty() {
        let description = verdict_description(change.status);
        rows.push(columns::row([&name, verdict, description, ""]));
    }
    rows
}
