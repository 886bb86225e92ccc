//! Lints of bucketing keys: keys that change per request, constant keys, and keys that many contexts share.

use crate::analysis::flag_file::flag_view::FlagView;
use crate::analysis::lint::targeting::visit;
use crate::analysis::model::var_path;
use crate::analysis::model::var_path::TIMESTAMP_PATH;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::rule::syntax;
use crate::rule::syntax::JsonLogicNode;

/// Names of attributes that differ with every request, in lower case and without separators.
const PER_REQUEST_NAMES: [&str; 18] = [
    "requestid",
    "xrequestid",
    "reqid",
    "traceid",
    "spanid",
    "traceparent",
    "correlationid",
    "transactionid",
    "messageid",
    "eventid",
    "random",
    "rand",
    "nonce",
    "timestamp",
    "time",
    "now",
    "requesttime",
    "date",
];

/// Reports the bucketing keys of a flag that do not identify a unit.
pub fn check(subject: &FlagView<'_>, report: &mut DiagnosticSink) {
    let Some(targeting) = &subject.flag.targeting else {
        return;
    };
    let flag = &subject.flag.key;
    visit::visit_operations(targeting, &mut |member| {
        if syntax::is_fractional(&member.key) {
            check_fractional(flag, member, report);
        }
    });
}

fn check_fractional(flag: &str, member: &Member, report: &mut DiagnosticSink) {
    let NodeKind::List(items) = &member.value.kind else {
        return;
    };
    let Some(first) = items.first() else {
        return;
    };
    match JsonLogicNode::from_node(first) {
        JsonLogicNode::Operation(_) => check_key(flag, first, report),
        JsonLogicNode::Value(node) => match &node.kind {
            NodeKind::Text(name) if &*member.key == "fractionalEvaluation" => {
                check_per_request_name(flag, name, node.position, report);
            }
            NodeKind::Text(text) => {
                let message = format!("bucketing key of flag `{flag}` is the constant `{text}`");
                report_constant_key(message, node.position, report);
            }
            _ => {}
        },
        JsonLogicNode::List(_) => {}
    }
}

fn check_key(flag: &str, node: &Node, report: &mut DiagnosticSink) {
    let mut clock = false;
    visit::visit_operations(node, &mut |member| {
        clock |= var_path::parse_var(member).is_some_and(|read| read.path == TIMESTAMP_PATH);
    });
    if clock {
        let message = format!(
            "bucketing key of flag `{flag}` contains the time: the variant of a user changes every second"
        );
        let help = "bucket by an attribute that stays the same for a unit, such as `targetingKey`";
        report.error(Code::UnstableBucketingKey, node.position, message, help);
        return;
    }
    let reads = visit::caller_attributes(node);
    if reads.is_empty() && !has_computed_var(node) {
        let message = format!("bucketing key of flag `{flag}` contains no attribute");
        report_constant_key(message, node.position, report);
    }
    for read in &reads {
        check_per_request_name(flag, read.path, read.operation.position, report);
    }
    check_concatenated_key(flag, node, &reads, report);
}

/// Returns true if a `var` has a computed path.
fn has_computed_var(node: &Node) -> bool {
    let mut found = false;
    visit::visit_operations(node, &mut |member| {
        found |= &*member.key == "var" && var_path::parse_var(member).is_none();
    });
    found
}

fn report_constant_key(message: String, place: Position, report: &mut DiagnosticSink) {
    let help = "all units fall into one bucket and get the same variant; omit the key to bucket by the flag's key and \
                `targetingKey`";
    report.error(Code::ConstantBucketingKey, place, message, help);
}

fn check_per_request_name(flag: &str, name: &str, place: Position, report: &mut DiagnosticSink) {
    let last = name.rsplit('.').next().unwrap_or(name);
    let bare = last.replace(['_', '-'], "").to_ascii_lowercase();
    if PER_REQUEST_NAMES.contains(&&*bare) {
        let message = format!(
            "bucketing key of flag `{flag}` contains `{name}`, which differs for every request"
        );
        let help = "bucket by an attribute that stays the same for a unit, such as `targetingKey`";
        report.warn(Code::UnstableBucketingKey, place, message, help);
    }
}

/// Reports a concatenated key of one attribute: it exists even if the attribute is missing.
fn check_concatenated_key(
    flag: &str,
    node: &Node,
    reads: &[var_path::VarRead<'_>],
    report: &mut DiagnosticSink,
) {
    let is_cat = node.single_member().is_some_and(|m| &*m.key == "cat");
    let [only] = reads else {
        return;
    };
    if !is_cat || only.has_default || only.path == "targetingKey" {
        return;
    }
    let name = only.path;
    let message = format!("all contexts without `{name}` fall into one bucket of flag `{flag}`");
    let help = format!(
        "bucket by `{{\"var\": \"{name}\"}}` alone, which falls back to `targetingKey`, or test the attribute first"
    );
    report.warn(Code::SharedBucket, only.operation.position, message, help);
}
