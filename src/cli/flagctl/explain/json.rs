//! `flagctl explain -o json` and `-o yaml`: an explanation as a JSON value.

use crate::analysis::explain::counterfactual::Counterfactual;
use crate::analysis::explain::field_trace::FieldStep;
use crate::analysis::explain::trace::fractional::FractionalTrace;
use crate::analysis::explain::trace::step::TraceStep;
use crate::cli::flagctl::explain::explanation::Explanation;
use crate::cli::input::replica::evaluation::ReplicaStatus;
use crate::cli::json_node::array;
use crate::cli::json_node::boolean;
use crate::cli::json_node::from_literal;
use crate::cli::json_node::number;
use crate::cli::json_node::object;
use crate::cli::json_node::string;
use crate::cli::output::outcome_json::outcome_to_json;
use crate::cli::output::position::format_position;
use crate::document::syntax_tree::Node;

/// Converts an explanation.
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
    let field = explanation.deciding_field();
    decided.extend(field.map(|step| ("field", field_step(file, step))));
    let alternatives = explanation.alternatives.iter().map(alternative);
    let mut members = vec![
        ("key", string(&*explanation.flag.key)),
        ("answer", outcome_to_json(&explanation.outcome)),
        ("reason", string(explanation.reason)),
        ("decidedBy", object(decided)),
        (
            "fields",
            array(explanation.fields.iter().map(|f| field_step(file, f))),
        ),
        ("trace", array(trace.steps.iter().map(|s| step(file, s)))),
        ("alternatives", array(alternatives)),
        (
            "alternativesComplete",
            boolean(explanation.alternatives_complete),
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

fn replica_status(status: &ReplicaStatus) -> Node {
    object([
        ("replica", string(&*status.name)),
        ("generation", number(status.generation)),
        ("source", string(&*status.source)),
        ("sync", string(&*status.sync_state)),
        ("age", number(status.age_seconds)),
    ])
}

/// A rollout field that was tested.
fn field_step(file: &str, from: &FieldStep) -> Node {
    object([
        ("at", string(format_position(file, from.position))),
        ("field", string(&*from.field)),
        ("decides", boolean(from.decides)),
        ("what", string(&*from.text)),
    ])
}

fn step(file: &str, from: &TraceStep) -> Node {
    let read = from.attributes_read.iter();
    let read = read.map(|(name, value)| (name.as_str(), from_literal(value)));
    let mut members = vec![
        ("at", string(format_position(file, from.position))),
        ("operator", string(&*from.operator)),
        ("condition", string(&*from.text)),
        ("saw", object(read)),
        ("operands", array(from.operands.iter().map(from_literal))),
    ];
    match &from.result {
        Some(result) => members.push(("result", from_literal(result))),
        None => members.push(("fault", boolean(true))),
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
    let integer = |n: u32| number(f64::from(n));
    let each = shares.shares.iter().map(|share| {
        object([
            ("value", from_literal(&share.value)),
            ("from", integer(share.first_bucket)),
            ("to", integer(share.end_bucket)),
        ])
    });
    object([
        ("key", string(&*shares.key)),
        ("hash", integer(shares.hash)),
        ("bucket", integer(shares.bucket)),
        ("buckets", integer(shares.total)),
        ("shares", array(each)),
    ])
}

fn alternative(alternative: &Counterfactual) -> Node {
    let attributes = alternative.attribute_changes.iter().map(|other| {
        object([
            ("attribute", string(&*other.attribute)),
            ("is", from_literal(&other.current)),
            ("condition", string(&*other.condition)),
            ("example", from_literal(&other.example)),
        ])
    });
    let integer = |n: u64| number(n as f64);
    let hashes = alternative.hash_changes.iter().map(|other| {
        object([
            ("key", string(&*other.key)),
            ("is", integer(other.current)),
            ("from", integer(other.from)),
            ("to", integer(other.to)),
        ])
    });
    object([
        ("answer", outcome_to_json(&alternative.outcome)),
        ("attributes", array(attributes)),
        ("hashes", array(hashes)),
    ])
}
