//! An explanation for programs.

use crate::cli::data;
use crate::cli::data::array;
use crate::cli::data::object;
use crate::cli::data::string;
use crate::cli::explain::Explanation;
use crate::cli::replica::ReplicaStatus;
use crate::diag::Position;
use crate::document::node::Node;
use crate::study::diff::outcome::Outcome;
use crate::study::nearest::Counterfactual;
use crate::study::trace::TraceStep;
use crate::study::trace::share::FractionalTrace;
use crate::value::OwnedValue;

/// The explanation as data.
pub fn to_json(explanation: &Explanation<'_>) -> Node {
    let file = &explanation.flag.origin.file;
    let trace = &explanation.trace;
    let mut decided = vec![
        (
            "at",
            string(format_position(file, trace.decided_by.position)),
        ),
        ("what", string(&*trace.decided_by.text)),
    ];
    let rule = trace.decided_by.json_pointer.as_deref();
    decided.extend(rule.map(|rule| ("rule", string(rule))));
    let alternatives = explanation.alternatives.iter().map(alternative);
    let mut members = vec![
        ("key", string(&*explanation.flag.key)),
        ("answer", outcome(&explanation.outcome)),
        ("reason", string(explanation.reason)),
        ("decidedBy", object(decided)),
        ("trace", array(trace.steps.iter().map(|s| step(file, s)))),
        ("alternatives", array(alternatives)),
        (
            "alternativesComplete",
            data::from_literal(&OwnedValue::Bool(explanation.alternatives_complete)),
        ),
    ];
    members.extend(
        explanation
            .replica_status
            .as_ref()
            .map(|from| ("answeredBy", replica_status(from))),
    );
    object(members)
}

fn replica_status(standing: &ReplicaStatus) -> Node {
    object([
        ("replica", string(&*standing.name)),
        ("generation", data::number(standing.generation)),
        ("source", string(&*standing.source)),
        ("sync", string(&*standing.sync_state)),
        ("age", data::number(standing.age_seconds)),
    ])
}

/// `file:line:column`
pub fn format_position(file: &str, place: Position) -> String {
    format!("{file}:{}:{}", place.line, place.column)
}

/// What a caller sees, as data.
pub fn outcome(outcome: &Outcome) -> Node {
    match outcome {
        Outcome::Variant(name, value) => object([
            ("variant", string(&**name)),
            ("value", data::from_literal(value)),
        ]),
        Outcome::Error(code) => object([("errorCode", string(code.as_str()))]),
        Outcome::CallerDefault | Outcome::Opaque(_) => {
            object([("default", data::from_literal(&OwnedValue::Bool(true)))])
        }
    }
}

fn step(file: &str, from: &TraceStep) -> Node {
    let saw = from.attributes_read.iter();
    let saw = saw.map(|(name, value)| (name.as_str(), data::from_literal(value)));
    let mut members = vec![
        ("at", string(format_position(file, from.position))),
        ("operator", string(&*from.operator)),
        ("condition", string(&*from.text)),
        ("saw", object(saw)),
        (
            "operands",
            array(from.operands.iter().map(data::from_literal)),
        ),
    ];
    match &from.result {
        Some(result) => members.push(("result", data::from_literal(result))),
        None => members.push(("fault", data::from_literal(&OwnedValue::Bool(true)))),
    }
    if let Some(from) = &from.fractional {
        members.push(("bucket", shares(from)));
    }
    if !from.substeps.is_empty() {
        members.push((
            "steps",
            array(from.substeps.iter().map(|inner| step(file, inner))),
        ));
    }
    object(members)
}

fn shares(shares: &FractionalTrace) -> Node {
    let number = |n: u32| data::number(f64::from(n));
    let each = shares.shares.iter().map(|share| {
        object([
            ("value", data::from_literal(&share.value)),
            ("from", number(share.first_bucket)),
            ("to", number(share.end_bucket)),
        ])
    });
    object([
        ("key", string(&*shares.key)),
        ("hash", number(shares.hash)),
        ("bucket", number(shares.bucket)),
        ("buckets", number(shares.total)),
        ("shares", array(each)),
    ])
}

fn alternative(alternative: &Counterfactual) -> Node {
    let attributes = alternative.attribute_changes.iter().map(|other| {
        object([
            ("attribute", string(&*other.attribute)),
            ("is", data::from_literal(&other.current)),
            ("condition", string(&*other.condition)),
            ("example", data::from_literal(&other.example)),
        ])
    });
    let number = |n: u64| data::number(n as f64);
    let hashes = alternative.hash_changes.iter().map(|other| {
        object([
            ("key", string(&*other.key)),
            ("is", number(other.current)),
            ("from", number(other.from)),
            ("to", number(other.to)),
        ])
    });
    object([
        ("answer", outcome(&alternative.outcome)),
        ("attributes", array(attributes)),
        ("hashes", array(hashes)),
    ])
}
