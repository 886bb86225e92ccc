//! A comparison for people: on a terminal, and in a pull request.

use std::fmt::Write as _;

use ecow::EcoString;

use crate::cli::output;
use crate::diag::Diagnostic;
use crate::diag::Place;
use crate::study::diff::Change;
use crate::study::diff::Verdict;
use crate::study::diff::cell::Cell;
use crate::study::diff::cell::Transition;
use crate::study::show;
use crate::value::Literal;

/// The changes as columns, and the promises that are broken.
pub fn table(changes: &[Change], broken: &[Diagnostic]) -> String {
    let mut page = rows(changes);
    if !broken.is_empty() {
        page.push_str("\nBROKEN PROMISES\n");
    }
    for told in broken {
        let (place, message) = located(told);
        let _ = writeln!(page, "  {place}: {}: {message}", told.code.id());
        let _ = writeln!(page, "    help: {}", told.help);
    }
    page
}

fn rows(changes: &[Change]) -> String {
    let mut rows = Vec::new();
    for change in changes.iter().filter(|c| c.verdict != Verdict::Same) {
        let key = || name(change);
        let told = |what: &str, who: &str| {
            vec![
                key(),
                change.verdict.name().to_owned(),
                what.to_owned(),
                who.to_owned(),
            ]
        };
        for (cell, transition) in moves(change) {
            let mut row = told(&share(transition), &who(cell));
            row.push(examples(transition));
            rows.push(row);
        }
        for why in &change.unknown {
            let mut row = told("unknown", why);
            if let Some(verdict) = row.get_mut(1) {
                "unknown".clone_into(verdict);
            }
            rows.push(row);
        }
        if change.cells.is_empty() && change.unknown.is_empty() {
            rows.push(told(plain(change.verdict), ""));
        }
    }
    if rows.is_empty() {
        return "nothing that decides was changed\n".to_owned();
    }
    let head = ["KEY", "VERDICT", "CHANGE", "OF", "EXAMPLES"];
    rows.insert(0, head.map(str::to_owned).into());
    output::columns(&rows)
}

/// Where a promise is broken, and how.
fn located(told: &Diagnostic) -> (String, &str) {
    let Place { line, column } = told.place;
    (format!("{}:{line}:{column}", told.file), &told.message)
}

/// The changes for a pull request, and the promises that are broken.
pub fn markdown(changes: &[Change], broken: &[Diagnostic]) -> String {
    let mut page = String::from("## Who flips\n");
    let shown: Vec<&Change> = changes
        .iter()
        .filter(|c| c.verdict != Verdict::Same)
        .collect();
    if shown.is_empty() {
        page.push_str("\nNothing that decides was changed.\n");
    }
    for change in shown {
        let _ = writeln!(page, "\n### `{}`\n", name(change));
        if !change.cells.is_empty() {
            page.push_str("| change | of | examples |\n|---|---|---|\n");
        }
        for (cell, transition) in moves(change) {
            let cells = [share(transition), who(cell), examples(transition)];
            let cells = cells.map(|cell| cell.replace('|', "\\|"));
            let _ = writeln!(page, "| {} |", cells.join(" | "));
        }
        for why in &change.unknown {
            let _ = writeln!(page, "\n**Unknown**: {why}");
        }
        if change.cells.is_empty() && change.unknown.is_empty() {
            let _ = writeln!(page, "{}.", capital(plain(change.verdict)));
        }
    }
    let same = changes
        .iter()
        .filter(|c| c.verdict == Verdict::Same)
        .count();
    let _ = writeln!(page, "\n{same} other flags are as they were.");
    if !broken.is_empty() {
        page.push_str("\n## Broken promises\n\n");
    }
    for told in broken {
        let (place, message) = located(told);
        let _ = writeln!(page, "- **{}** {place}: {message}", told.code.id());
        let _ = writeln!(page, "  ({})", told.help);
    }
    page
}

fn moves(change: &Change) -> impl Iterator<Item = (&Cell, &Transition)> {
    let cells = change.cells.iter();
    cells.flat_map(|cell| {
        cell.transitions
            .iter()
            .map(move |transition| (cell, transition))
    })
}

fn name(change: &Change) -> String {
    match &change.set {
        Some(set) => format!("{} ({set})", change.key),
        None => change.key.to_string(),
    }
}

fn plain(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Equivalent => "proved equivalent: everyone gets the same answer",
        Verdict::Added => "a new flag",
        Verdict::Removed => "callers get FLAG_NOT_FOUND",
        Verdict::Same | Verdict::Changed | Verdict::Unknown => "",
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// `off→on 4.00 %`
fn share(transition: &Transition) -> String {
    let percent = transition.share * 100.0;
    let change = transition.from.to(&transition.to);
    // Two digits, or as many as a small share needs.
    match percent {
        p if p >= 0.01 => format!("{change} {p:.2} %"),
        p => format!("{change} {p:.2e} %"),
    }
}

fn who(cell: &Cell) -> String {
    let conditions: Vec<&str> = cell.conditions.iter().map(|c| c.text.as_str()).collect();
    if conditions.is_empty() {
        return "everyone".to_owned();
    }
    conditions.join(", ")
}

/// The examples by their targeting keys where that says it all, or as JSON.
fn examples(transition: &Transition) -> String {
    let example = |members: &[(EcoString, Literal)]| match members {
        [(name, Literal::Text(unit))] if &**name == "targetingKey" => unit.to_string(),
        members => show::value(&Literal::Map(members.into())),
    };
    let examples = transition.examples.iter();
    let examples: Vec<String> = examples.map(|asker| example(&asker.members)).collect();
    examples.join(" ")
}
