//! A comparison for programs.

use crate::cli::data;
use crate::cli::data::list;
use crate::cli::data::object;
use crate::cli::data::text;
use crate::cli::explain::data::answer;
use crate::diag::Diagnostic;
use crate::diag::Place;
use crate::document::node::Node;
use crate::study::ask::Asker;
use crate::study::diff::Change;
use crate::study::diff::Verdict;
use crate::study::diff::cell::Cell;
use crate::study::diff::cell::Interval;
use crate::study::diff::cell::Transition;
use crate::value::Literal;

/// The changes of all flags as data, and the promises that are broken; flags that stayed as they were are only counted.
pub fn data(changes: &[Change], broken: &[Diagnostic]) -> Node {
    let shown = changes.iter().filter(|c| c.verdict != Verdict::Same);
    let same = changes.len() - shown.clone().count();
    object([
        ("flags", list(shown.map(change))),
        ("same", data::number(same as f64)),
        ("promises", list(broken.iter().map(promise))),
    ])
}

fn promise(broken: &Diagnostic) -> Node {
    let Place { line, column } = broken.place;
    object([
        ("code", text(broken.code.id())),
        ("file", text(&*broken.file)),
        ("line", data::number(line.into())),
        ("column", data::number(column.into())),
        ("message", text(&*broken.message)),
        ("help", text(&*broken.help)),
    ])
}

fn change(change: &Change) -> Node {
    let set = change
        .set
        .as_deref()
        .map_or_else(|| data::value(&Literal::Null), text);
    let unknown = change.unknown.iter().map(|why| text(&**why));
    object([
        ("key", text(&*change.key)),
        ("flagSetId", set),
        ("verdict", text(change.verdict.name())),
        ("cells", list(change.cells.iter().map(cell))),
        ("unknown", list(unknown)),
    ])
}

fn cell(cell: &Cell) -> Node {
    let conditions = cell.conditions.iter().map(|condition| {
        object([
            ("attribute", text(&*condition.attribute)),
            ("condition", text(&*condition.text)),
        ])
    });
    object([
        ("where", list(conditions)),
        ("transitions", list(cell.transitions.iter().map(transition))),
    ])
}

fn transition(transition: &Transition) -> Node {
    let pieces = transition.pieces.iter();
    let pieces = pieces.map(|piece| list(piece.iter().map(interval)));
    object([
        ("from", answer(&transition.from)),
        ("to", answer(&transition.to)),
        ("percent", data::number(transition.share * 100.0)),
        ("hashes", list(pieces)),
        ("examples", list(transition.examples.iter().map(example))),
    ])
}

fn interval(interval: &Interval) -> Node {
    object([
        ("key", text(&*interval.key)),
        ("from", data::number(interval.from as f64)),
        ("to", data::number(interval.to as f64)),
    ])
}

/// A context as data; the time stands beside it, for nobody can send it.
pub fn example(asker: &Asker) -> Node {
    let context = ("context", data::value(&Literal::Map(asker.members.clone())));
    let time = asker.seconds.map(|seconds| ("time", data::number(seconds)));
    object([context].into_iter().chain(time))
}
