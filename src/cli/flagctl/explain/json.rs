//! An explanation for programs.

use crate::analysis::explain::counterfactual::Counterfactual;
use crate::analysis::explain::trace::TraceStep;
use crate::analysis::explain::trace::fractional::FractionalTrace;
use crate::analysis::outcome::Outcome;
use crate::cli::flagctl::explain::Explanation;
use crate::cli::input::replica::evaluation::ReplicaStatus;
use crate::cli::output::json_value;
use crate::cli::output::json_value::array;
use crate::cli::output::json_value::object;
use crate::cli::output::json_value::string;
use crate::diag::Position;
use crate::document::syntax_tree::Node;
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
            json_value::from_literal(&OwnedValue::Bool(explanation.alternatives_complete)),
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
        ("generation", json_value::number(standing.generation)),
        ("source", string(&*standing.source)),
        ("sync", string(&*standing.sync_state)),
        ("age", json_value::number(standing.age_seconds)),
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
            ("value", json_value::from_literal(value)),
        ]),
        Outcome::Error(code) => object([("errorCode", string(code.as_str()))]),
        Outcome::CallerDefault | Outcome::Opaque(_) => {
            object([("default", json_value::from_literal(&OwnedValue::Bool(true)))])
        }
    }
}

fn step(file: &str, from: &TraceStep) -> Node {
    let saw = from.attributes_read.iter();
    let saw = saw.map(|(name, value)| (name.as_str(), json_value::from_literal(value)));
    let mut members = vec![
        ("at", string(format_position(file, from.position))),
        ("operator", string(&*from.operator)),
        ("condition", string(&*from.text)),
        ("saw", object(saw)),
        (
            "operands",
            array(from.operands.iter().map(json_value::from_literal)),
        ),
    ];
    match &from.result {
        Some(result) => members.push(("result", json_value::from_literal(result))),
        None => members.push(("fault", json_value::from_literal(&OwnedValue::Bool(true)))),
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
    let number = |n: u32| json_value::number(f64::from(n));
    let each = shares.shares.iter().map(|share| {
        object([
            ("value", json_value::from_literal(&share.value)),
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
            ("is", json_value::from_literal(&other.current)),
            ("condition", string(&*other.condition)),
            ("example", json_value::from_literal(&other.example)),
        ])
    });
    let number = |n: u64| json_value::number(n as f64);
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
