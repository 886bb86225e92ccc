//! A comparison for people: on a terminal, and in a pull request.

use std::fmt::Write as _;

use ecow::EcoString;

use crate::analysis::diff::DiffStatus;
use crate::analysis::diff::FlagDiff;
use crate::analysis::diff::changed_cell::ChangedCell;
use crate::analysis::diff::changed_cell::Transition;
use crate::analysis::format;
use crate::cli::output::output_format;
use crate::diag::Diagnostic;
use crate::diag::Position;
use crate::value::OwnedValue;

/// The changes as columns, and the promises that are broken.
pub fn table(changes: &[FlagDiff], broken: &[Diagnostic]) -> String {
    let mut page = rows(changes);
    if !broken.is_empty() {
        page.push_str("\nBROKEN PROMISES\n");
    }
    for told in broken {
        let (place, message) = position_and_message(told);
        let _ = writeln!(page, "  {place}: {}: {message}", told.code.id());
        let _ = writeln!(page, "    help: {}", told.help);
    }
    page
}

fn rows(changes: &[FlagDiff]) -> String {
    let mut rows = Vec::new();
    for change in changes.iter().filter(|c| c.status != DiffStatus::Same) {
        let key = || flag_name(change);
        let told = |what: &str, who: &str| {
            vec![
                key(),
                change.status.name().to_owned(),
                what.to_owned(),
                who.to_owned(),
            ]
        };
        for (cell, transition) in transitions(change) {
            let mut row = told(&format_transition(transition), &format_conditions(cell));
            row.push(format_examples(transition));
            rows.push(row);
        }
        for why in &change.unknown_reasons {
            let mut row = told("unknown", why);
            if let Some(verdict) = row.get_mut(1) {
                "unknown".clone_into(verdict);
            }
            rows.push(row);
        }
        if change.cells.is_empty() && change.unknown_reasons.is_empty() {
            rows.push(told(verdict_description(change.status), ""));
        }
    }
    if rows.is_empty() {
        return "nothing that decides was changed\n".to_owned();
    }
    let head = ["KEY", "VERDICT", "CHANGE", "OF", "EXAMPLES"];
    rows.insert(0, head.map(str::to_owned).into());
    output_format::align_columns(&rows)
}

/// Where a promise is broken, and how.
fn position_and_message(told: &Diagnostic) -> (String, &str) {
    let Position { line, column } = told.position;
    (format!("{}:{line}:{column}", told.file), &told.message)
}

/// The changes for a pull request, and the promises that are broken.
pub fn markdown(changes: &[FlagDiff], broken: &[Diagnostic]) -> String {
    let mut page = String::from("## Who flips\n");
    let shown: Vec<&FlagDiff> = changes
        .iter()
        .filter(|c| c.status != DiffStatus::Same)
        .collect();
    if shown.is_empty() {
        page.push_str("\nNothing that decides was changed.\n");
    }
    for change in shown {
        let _ = writeln!(page, "\n### `{}`\n", flag_name(change));
        if !change.cells.is_empty() {
            page.push_str("| change | of | examples |\n|---|---|---|\n");
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
    let same = changes
        .iter()
        .filter(|c| c.status == DiffStatus::Same)
        .count();
    let _ = writeln!(page, "\n{same} other flags are as they were.");
    if !broken.is_empty() {
        page.push_str("\n## Broken promises\n\n");
    }
    for told in broken {
        let (place, message) = position_and_message(told);
        let _ = writeln!(page, "- **{}** {place}: {message}", told.code.id());
        let _ = writeln!(page, "  ({})", told.help);
    }
    page
}

fn transitions(change: &FlagDiff) -> impl Iterator<Item = (&ChangedCell, &Transition)> {
    let cells = change.cells.iter();
    cells.flat_map(|cell| {
        cell.transitions
            .iter()
            .map(move |transition| (cell, transition))
    })
}

fn flag_name(change: &FlagDiff) -> String {
    match &change.flag_set {
        Some(set) => format!("{} ({set})", change.key),
        None => change.key.to_string(),
    }
}

fn verdict_description(verdict: DiffStatus) -> &'static str {
    match verdict {
        DiffStatus::Equivalent => "proved equivalent: everyone gets the same answer",
        DiffStatus::Added => "a new flag",
        DiffStatus::Removed => "callers get FLAG_NOT_FOUND",
        DiffStatus::Same | DiffStatus::Changed | DiffStatus::Unknown => "",
    }
}

fn capitalize(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// `off→on 4.00 %`
fn format_transition(transition: &Transition) -> String {
    let percent = transition.fraction_of_units * 100.0;
    let change = transition.from.format_transition(&transition.to);
    // Two digits, or as many as a small share needs.
    match percent {
        p if p >= 0.01 => format!("{change} {p:.2} %"),
        p => format!("{change} {p:.2e} %"),
    }
}

fn format_conditions(cell: &ChangedCell) -> String {
    let conditions: Vec<&str> = cell.conditions.iter().map(|c| c.text.as_str()).collect();
    if conditions.is_empty() {
        return "everyone".to_owned();
    }
    conditions.join(", ")
}

/// The examples by their targeting keys where that says it all, or as JSON.
fn format_examples(transition: &Transition) -> String {
    let example = |members: &[(EcoString, OwnedValue)]| match members {
        [(name, OwnedValue::Text(unit))] if &**name == "targetingKey" => unit.to_string(),
        members => format::format_value(&OwnedValue::Map(members.into())),
    };
    let examples = transition.examples.iter();
    let examples: Vec<String> = examples.map(|asker| example(&asker.attributes)).collect();
    examples.join(" ")
}
