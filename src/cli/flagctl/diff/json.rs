//! A comparison for programs.

use crate::analysis::diff::DiffStatus;
use crate::analysis::diff::FlagDiff;
use crate::analysis::diff::changed_cell::ChangedCell;
use crate::analysis::diff::changed_cell::HashInterval;
use crate::analysis::diff::changed_cell::Transition;
use crate::analysis::model::concrete_eval::OwnedContext;
use crate::cli::flagctl::explain::json::outcome;
use crate::cli::output::json_value;
use crate::cli::output::json_value::array;
use crate::cli::output::json_value::object;
use crate::cli::output::json_value::string;
use crate::diag::Diagnostic;
use crate::diag::Position;
use crate::document::syntax_tree::Node;
use crate::value::OwnedValue;

/// The changes of all flags as data, and the promises that are broken; flags that stayed as they were are only counted.
pub fn to_json(changes: &[FlagDiff], broken: &[Diagnostic]) -> Node {
    let shown = changes.iter().filter(|c| c.status != DiffStatus::Same);
    let same = changes.len() - shown.clone().count();
    object([
        ("flags", array(shown.map(change))),
        ("same", json_value::number(same as f64)),
        ("promises", array(broken.iter().map(stickiness_violation))),
    ])
}

fn stickiness_violation(broken: &Diagnostic) -> Node {
    let Position { line, column } = broken.position;
    object([
        ("code", string(broken.code.id())),
        ("file", string(&*broken.file)),
        ("line", json_value::number(line.into())),
        ("column", json_value::number(column.into())),
        ("message", string(&*broken.message)),
        ("help", string(&*broken.help)),
    ])
}

fn change(change: &FlagDiff) -> Node {
    let set = change
        .flag_set
        .as_deref()
        .map_or_else(|| json_value::from_literal(&OwnedValue::Null), string);
    let unknown = change.unknown_reasons.iter().map(|why| string(&**why));
    object([
        ("key", string(&*change.key)),
        ("flagSetId", set),
        ("verdict", string(change.status.name())),
        ("cells", array(change.cells.iter().map(cell))),
        ("unknown", array(unknown)),
    ])
}

fn cell(cell: &ChangedCell) -> Node {
    let conditions = cell.conditions.iter().map(|condition| {
        object([
            ("attribute", string(&*condition.path)),
            ("condition", string(&*condition.text)),
        ])
    });
    object([
        ("where", array(conditions)),
        (
            "transitions",
            array(cell.transitions.iter().map(transition)),
        ),
    ])
}

fn transition(transition: &Transition) -> Node {
    let pieces = transition.hash_intervals.iter();
    let pieces = pieces.map(|piece| array(piece.iter().map(interval)));
    object([
        ("from", outcome(&transition.from)),
        ("to", outcome(&transition.to)),
        (
            "percent",
            json_value::number(transition.fraction_of_units * 100.0),
        ),
        ("hashes", array(pieces)),
        ("examples", array(transition.examples.iter().map(example))),
    ])
}

fn interval(interval: &HashInterval) -> Node {
    object([
        ("key", string(&*interval.key)),
        ("from", json_value::number(interval.from as f64)),
        ("to", json_value::number(interval.to as f64)),
    ])
}

/// A context as data; the time stands beside it, for nobody can send it.
pub fn example(asker: &OwnedContext) -> Node {
    let context = (
        "context",
        json_value::from_literal(&OwnedValue::Map(asker.attributes.clone())),
    );
    let time = asker
        .seconds
        .map(|seconds| ("time", json_value::number(seconds)));
    object([context].into_iter().chain(time))
}
