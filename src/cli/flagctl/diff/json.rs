//! `flagctl diff -o json` and `-o yaml`: the changes as a JSON value.

use crate::analysis::diff::DiffStatus;
use crate::analysis::diff::FlagDiff;
use crate::analysis::diff::changed_cell::ChangedCell;
use crate::analysis::diff::changed_cell::HashInterval;
use crate::analysis::diff::changed_cell::Transition;
use crate::analysis::model::owned_context::OwnedContext;
use crate::cli::json_node;
use crate::cli::json_node::array;
use crate::cli::json_node::number;
use crate::cli::json_node::object;
use crate::cli::json_node::string;
use crate::cli::output::outcome_json::outcome_to_json;
use crate::diag::Diagnostic;
use crate::diag::Position;
use crate::document::syntax_tree::Node;
use crate::value::OwnedValue;

/// The changes of all flags, and the stickiness violations. Unchanged flags are only counted.
pub fn to_json(changes: &[FlagDiff], violations: &[Diagnostic]) -> Node {
    let shown = changes.iter().filter(|c| c.status != DiffStatus::Same);
    let same = changes.len() - shown.clone().count();
    object([
        ("flags", array(shown.map(change))),
        ("same", number(same as f64)),
        (
            "promises",
            array(violations.iter().map(stickiness_violation)),
        ),
    ])
}

fn stickiness_violation(violation: &Diagnostic) -> Node {
    let Position { line, column } = violation.position;
    object([
        ("code", string(violation.code.id())),
        ("file", string(&*violation.file)),
        ("line", number(line.into())),
        ("column", number(column.into())),
        ("message", string(&*violation.message)),
        ("help", string(&*violation.help)),
    ])
}

fn change(change: &FlagDiff) -> Node {
    let flag_set = change.flag_set.as_deref();
    let flag_set = flag_set.map_or_else(json_node::null, string);
    let unknown = change.unknown_reasons.iter().map(|why| string(&**why));
    object([
        ("key", string(&*change.key)),
        ("flagSetId", flag_set),
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
    let units = cell.unit_attributes.iter().map(|path| string(&**path));
    object([
        ("where", array(conditions)),
        ("units", array(units)),
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
        ("from", outcome_to_json(&transition.from)),
        ("to", outcome_to_json(&transition.to)),
        ("percent", number(transition.fraction_of_units * 100.0)),
        ("hashes", array(pieces)),
        ("examples", array(transition.examples.iter().map(example))),
    ])
}

fn interval(interval: &HashInterval) -> Node {
    object([
        ("key", string(&*interval.key)),
        ("from", number(interval.from as f64)),
        ("to", number(interval.to as f64)),
    ])
}

/// A context, and beside it the evaluation time, which no request can set.
fn example(context: &OwnedContext) -> Node {
    let attributes = OwnedValue::Map(context.attributes.clone());
    let attributes = ("context", json_node::from_literal(&attributes));
    let time = context.seconds.map(|seconds| ("time", number(seconds)));
    object([attributes].into_iter().chain(time))
}
