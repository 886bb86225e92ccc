//! An explanation for programs.

use crate::cli::data;
use crate::cli::data::list;
use crate::cli::data::object;
use crate::cli::data::text;
use crate::cli::explain::Explanation;
use crate::cli::replica::Standing;
use crate::diag::Place;
use crate::document::node::Node;
use crate::study::diff::outcome::Outcome;
use crate::study::nearest::Alternative;
use crate::study::trace::Step;
use crate::study::trace::share::Shares;
use crate::value::Literal;

/// The explanation as data.
pub fn data(explanation: &Explanation<'_>) -> Node {
    let file = &explanation.flag.origin.file;
    let trace = &explanation.trace;
    let mut decided = vec![
        ("at", text(at(file, trace.decided.place))),
        ("what", text(&*trace.decided.text)),
    ];
    let rule = trace.decided.rule.as_deref();
    decided.extend(rule.map(|rule| ("rule", text(rule))));
    let alternatives = explanation.alternatives.iter().map(alternative);
    let mut members = vec![
        ("key", text(&*explanation.flag.key)),
        ("answer", answer(&explanation.outcome)),
        ("reason", text(explanation.reason)),
        ("decidedBy", object(decided)),
        ("trace", list(trace.steps.iter().map(|s| step(file, s)))),
        ("alternatives", list(alternatives)),
        (
            "alternativesComplete",
            data::value(&Literal::Bool(explanation.whole)),
        ),
    ];
    members.extend(
        explanation
            .standing
            .as_ref()
            .map(|from| ("answeredBy", standing(from))),
    );
    object(members)
}

fn standing(standing: &Standing) -> Node {
    object([
        ("replica", text(&*standing.replica)),
        ("generation", data::number(standing.generation)),
        ("source", text(&*standing.source)),
        ("sync", text(&*standing.sync)),
        ("age", data::number(standing.age)),
    ])
}

/// `file:line:column`
pub fn at(file: &str, place: Place) -> String {
    format!("{file}:{}:{}", place.line, place.column)
}

/// What a caller sees, as data.
pub fn answer(outcome: &Outcome) -> Node {
    match outcome {
        Outcome::Variant(name, value) => {
            object([("variant", text(&**name)), ("value", data::value(value))])
        }
        Outcome::Error(code) => object([("errorCode", text(code.text()))]),
        Outcome::Caller | Outcome::Hidden(_) => {
            object([("default", data::value(&Literal::Bool(true)))])
        }
    }
}

fn step(file: &str, from: &Step) -> Node {
    let saw = from.saw.iter();
    let saw = saw.map(|(name, value)| (name.as_str(), data::value(value)));
    let mut members = vec![
        ("at", text(at(file, from.place))),
        ("operator", text(&*from.operator)),
        ("condition", text(&*from.text)),
        ("saw", object(saw)),
        ("operands", list(from.operands.iter().map(data::value))),
    ];
    match &from.result {
        Some(result) => members.push(("result", data::value(result))),
        None => members.push(("fault", data::value(&Literal::Bool(true)))),
    }
    if let Some(from) = &from.shares {
        members.push(("bucket", shares(from)));
    }
    if !from.steps.is_empty() {
        members.push((
            "steps",
            list(from.steps.iter().map(|inner| step(file, inner))),
        ));
    }
    object(members)
}

fn shares(shares: &Shares) -> Node {
    let number = |n: u32| data::number(f64::from(n));
    let each = shares.shares.iter().map(|share| {
        object([
            ("value", data::value(&share.value)),
            ("from", number(share.from)),
            ("to", number(share.to)),
        ])
    });
    object([
        ("key", text(&*shares.key)),
        ("hash", number(shares.hash)),
        ("bucket", number(shares.bucket)),
        ("buckets", number(shares.total)),
        ("shares", list(each)),
    ])
}

fn alternative(alternative: &Alternative) -> Node {
    let attributes = alternative.attributes.iter().map(|other| {
        object([
            ("attribute", text(&*other.attribute)),
            ("is", data::value(&other.is)),
            ("condition", text(&*other.condition)),
            ("example", data::value(&other.example)),
        ])
    });
    let number = |n: u64| data::number(n as f64);
    let hashes = alternative.hashes.iter().map(|other| {
        object([
            ("key", text(&*other.key)),
            ("is", number(other.is)),
            ("from", number(other.from)),
            ("to", number(other.to)),
        ])
    });
    object([
        ("answer", answer(&alternative.outcome)),
        ("attributes", list(attributes)),
        ("hashes", list(hashes)),
    ])
}
