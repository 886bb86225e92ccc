//! `flagctl diff -o markdown`: the changes as a Markdown page for pull requests.

use std::fmt::Write as _;

use crate::analysis::diff::DiffStatus;
use crate::analysis::diff::FlagDiff;
use crate::cli::flagctl::diff::change_text::flag_name;
use crate::cli::flagctl::diff::change_text::format_conditions;
use crate::cli::flagctl::diff::change_text::format_examples;
use crate::cli::flagctl::diff::change_text::format_transition;
use crate::cli::flagctl::diff::change_text::transitions;
use crate::cli::flagctl::diff::change_text::verdict_description;
use crate::cli::output::position::format_position;
use crate::diag::Diagnostic;

/// The changes, and the stickiness violations.
pub fn render(changes: &[FlagDiff], violations: &[Diagnostic]) -> String {
    let mut page = String::from("## Changed results\n");
    let changed = |change: &&FlagDiff| change.status != DiffStatus::Same;
    let shown: Vec<&FlagDiff> = changes.iter().filter(changed).collect();
    if shown.is_empty() {
        page.push_str("\nNo change affects an evaluation.\n");
    }
    for change in &shown {
        write_change(&mut page, change);
    }
    let same = changes.len() - shown.len();
    let _ = writeln!(page, "\n{same} other flags are unchanged.");
    if !violations.is_empty() {
        page.push_str("\n## Stickiness violations\n\n");
    }
    for violation in violations {
        let position = format_position(&violation.file, violation.position);
        let (code, message) = (violation.code.id(), &violation.message);
        let _ = writeln!(page, "- **{code}** {position}: {message}");
        let _ = writeln!(page, "  ({})", violation.help);
    }
    page
}

fn write_change(page: &mut String, change: &FlagDiff) {
    let _ = writeln!(page, "\n### `{}`\n", flag_name(change));
    if !change.cells.is_empty() {
        page.push_str("| change | contexts | examples |\n|---|---|---|\n");
    }
    for (cell, transition) in transitions(change) {
        let cells = [
            format_transition(transition),
            format_conditions(cell),
            format_examples(transition),
        ];
        let cells = cells.map(|cell| cell.replace('|', "\\|"));
        let _ = writeln!(page, "| {} |", cells.join(" | "));
    }
    for why in &change.unknown_reasons {
        let _ = writeln!(page, "\n**Unknown**: {why}");
    }
    if change.cells.is_empty() && change.unknown_reasons.is_empty() {
        let _ = writeln!(page, "{}.", capitalize(verdict_description(change.status)));
    }
}

fn capitalize(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
