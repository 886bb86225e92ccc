//! Who gets another answer by a change: shares, conditions and examples.

use std::sync::Arc;

use maud::Markup;
use maud::html;

use crate::analysis::diff::DiffSide;
use crate::analysis::diff::FlagDiff;
use crate::analysis::diff::changed_cell::ChangedCell;
use crate::analysis::diff::changed_cell::Transition;
use crate::analysis::diff::diff;
use crate::analysis::format;
use crate::document;
use crate::document::DocumentFormat;
use crate::document::DocumentOrigin;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::ruleset;
use crate::value::OwnedValue;
use crate::wire::fleet::definitions::write_document;

/// The example users of each transition.
const EXAMPLES: usize = 3;
/// The most lines.
const MAX_LINES: usize = 20;

/// Returns who gets another answer when a definition replaces another one. Takes up to some hundred milliseconds.
pub fn flips(key: &str, before: Option<&Arc<str>>, after: Option<&Arc<str>>) -> Markup {
    let sides = [before, after].map(|text| {
        let flags = text.map(|text| (key, &**text));
        let origin = DocumentOrigin {
            source: "control".into(),
            file: "control".into(),
        };
        let parsed = document::parse(&write_document(flags), DocumentFormat::Json, &origin);
        let document = parsed.document.unwrap_or_default();
        let (ruleset, _) = ruleset::compile(&document, FractionalVersion::default());
        (document, ruleset)
    });
    let [old, new] = &sides;
    let side = |(document, ruleset)| DiffSide { document, ruleset };
    let differences = diff(side((&old.0, &old.1)), side((&new.0, &new.1)), EXAMPLES);
    markup(&differences)
}

fn markup(differences: &[FlagDiff]) -> Markup {
    let cells = differences.iter().flat_map(|change| &change.cells);
    let lines = cells.flat_map(|cell| cell.transitions.iter().map(move |t| line(cell, t)));
    let lines: Vec<String> = lines.collect();
    let is_unknown = differences
        .iter()
        .any(|change| !change.unknown_reasons.is_empty());
    html! {
        @if lines.is_empty() && !is_unknown { p { "Nobody gets another answer." } }
        ul { @for line in lines.iter().take(MAX_LINES) { li { (line) } } }
        @if lines.len() > MAX_LINES { p { "and " (lines.len() - MAX_LINES) " more groups" } }
        @if is_unknown { p { "The rule is too complex to say who else may get another answer." } }
    }
}

/// Such as `17.50 % of users with plan = "pro": from off to on, for example user-7`.
fn line(cell: &ChangedCell, transition: &Transition) -> String {
    let percent = transition.fraction_of_units * 100.0;
    let who = match percent {
        100.0.. => "Everybody".to_owned(),
        0.01.. => format!("{percent:.2} % of users"),
        _ => "Fewer than 0.01 % of users".to_owned(),
    };
    let conditions: Vec<&str> = cell.conditions.iter().map(|c| c.text.as_str()).collect();
    let conditions = match conditions.as_slice() {
        [] => String::new(),
        all => format!(" with {}", all.join(", ").replace(" === ", " = ")),
    };
    let change = transition.format_outcomes().replace('→', " to ");
    let examples: Vec<String> = transition
        .examples
        .iter()
        .map(|c| example(&c.attributes))
        .collect();
    let examples = match examples.as_slice() {
        [] => String::new(),
        all => format!(", for example {}", all.join(", ")),
    };
    format!("{who}{conditions}: from {change}{examples}")
}

fn example(attributes: &[(ecow::EcoString, OwnedValue)]) -> String {
    match attributes {
        [(name, OwnedValue::Text(unit))] if &**name == "targetingKey" => unit.to_string(),
        attributes => format::format_value(&OwnedValue::Map(attributes.into())),
    }
}
