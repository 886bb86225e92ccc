//! Text of a flag change for the table and the Markdown page: name, transition, conditions and examples.

use ecow::EcoString;

use crate::analysis::diff::DiffStatus;
use crate::analysis::diff::FlagDiff;
use crate::analysis::diff::changed_cell::ChangedCell;
use crate::analysis::diff::changed_cell::Transition;
use crate::analysis::format;
use crate::value::OwnedValue;

/// Each transition with its cell.
pub fn transitions(change: &FlagDiff) -> impl Iterator<Item = (&ChangedCell, &Transition)> {
    change.cells.iter().flat_map(|cell| {
        let transitions = cell.transitions.iter();
        transitions.map(move |transition| (cell, transition))
    })
}

/// The key, followed by the flag set if the flag is in one.
pub fn flag_name(change: &FlagDiff) -> String {
    match &change.flag_set {
        Some(set) => format!("{} ({set})", change.key),
        None => change.key.to_string(),
    }
}

/// A sentence for a flag without transitions.
pub fn verdict_description(verdict: DiffStatus) -> &'static str {
    match verdict {
        DiffStatus::Equivalent => "proved equivalent: every context gets the same result",
        DiffStatus::Added => "new flag",
        DiffStatus::Removed => "callers get FLAG_NOT_FOUND",
        DiffStatus::Same | DiffStatus::Changed | DiffStatus::Unknown => "",
    }
}

/// The transition with the percentage of users, as in `off→on 4.00 %`.
pub fn format_transition(transition: &Transition) -> String {
    let percent = transition.fraction_of_units * 100.0;
    let change = transition.format_outcomes();
    // Two decimal places, or scientific notation below 0.01 %.
    match percent {
        p if p >= 0.01 => format!("{change} {p:.2} %"),
        p => format!("{change} {p:.2e} %"),
    }
}

/// The conditions of a cell, or `all`, with the bucketing attribute without which a context is not in the cell.
pub fn format_conditions(cell: &ChangedCell) -> String {
    let conditions: Vec<&str> = cell.conditions.iter().map(|c| c.text.as_str()).collect();
    let units = cell.unit_attributes.join(" and ");
    match (conditions.is_empty(), units.is_empty()) {
        (true, true) => "all".to_owned(),
        (true, false) => format!("all with {units}"),
        (false, true) => conditions.join(", "),
        (false, false) => format!("{}, with {units}", conditions.join(", ")),
    }
}

/// The example contexts: the targeting key if it is the only attribute, else JSON.
pub fn format_examples(transition: &Transition) -> String {
    let example = |members: &[(EcoString, OwnedValue)]| match members {
        [(name, OwnedValue::Text(unit))] if &**name == "targetingKey" => unit.to_string(),
        members => format::format_value(&OwnedValue::Map(members.into())),
    };
    let examples = transition.examples.iter();
    let examples: Vec<String> = examples
        .map(|context| example(&context.attributes))
        .collect();
    examples.join(" ")
}
