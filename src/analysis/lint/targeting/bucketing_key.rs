//! Lints of bucketing keys: keys that change per request, and constant keys.

use crate::analysis::flag_file::flag_view::FlagView;
use crate::analysis::lint::targeting::constant_condition;
use crate::analysis::lint::targeting::visit;
use crate::analysis::model::owned_context::OwnedContext;
use crate::analysis::model::var_path;
use crate::analysis::model::var_path::TIMESTAMP_PATH;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::diag::Severity;
use crate::document::flag::FlagDefinition;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::rule::syntax;
use crate::rule::syntax::JsonLogicNode;
use crate::value::OwnedValue;

/// A time at which a key is computed, in seconds since 1970.
const EXAMPLE_SECONDS: f64 = 1_700_000_000.0;

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
    visit::visit_operations(targeting, &mut |member| {
        if syntax::is_fractional(&member.key) && !is_misshapen(subject, member) {
            check_fractional(subject.flag, member, report);
        }
    });
}

/// Returns true if loading reports the first argument as a share in another form, not as a key.
fn is_misshapen(subject: &FlagView<'_>, member: &Member) -> bool {
    let Some(first) = member.arguments().first() else {
        return false;
    };
    let may_be_share = match &first.kind {
        NodeKind::Text(name) => subject.flag.variants.iter().any(|(known, _)| known == name),
        NodeKind::Map(_) => true,
        _ => false,
    };
    let mut errors = subject.compiled.diagnostics.iter();
    may_be_share && errors.any(|d| d.severity == Severity::Error && d.position == first.position)
}

fn check_fractional(flag: &FlagDefinition, member: &Member, report: &mut DiagnosticSink) {
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
                check_per_request_name(&flag.key, name, node.position, report);
            }
            NodeKind::Text(text) => report_constant_text(flag, text, node.position, report),
            NodeKind::Number(_) | NodeKind::Bool(_) | NodeKind::Map(_) => {
                report_unusable_constant(flag, node, report);
            }
            NodeKind::Null | NodeKind::List(_) => {}
        },
        JsonLogicNode::List(_) => {}
    }
}

fn check_key(flag: &FlagDefinition, node: &Node, report: &mut DiagnosticSink) {
    let mut clock = false;
    visit::visit_operations(node, &mut |member| {
        clock |= var_path::parse_var(member).is_some_and(|read| read.path == TIMESTAMP_PATH);
    });
    if clock {
        report_time(flag, node, report);
        return;
    }
    let reads = visit::caller_attributes(node);
    if reads.is_empty() && !has_computed_var(node) {
        let message = format!("bucketing key of flag `{}` contains no attribute", flag.key);
        report_constant_key(message, "", node.position, report);
    }
    for read in &reads {
        check_per_request_name(&flag.key, read.path, read.operation.position, report);
    }
}

/// Reports a key that contains the time. A number is not a valid key in the second version of `fractional`.
fn report_time(flag: &FlagDefinition, node: &Node, report: &mut DiagnosticSink) {
    let key_at = |seconds| {
        let context = OwnedContext {
            seconds: Some(seconds),
            ..OwnedContext::default()
        };
        context.evaluate_node(node, &flag.key)
    };
    let is_number = matches!(key_at(EXAMPLE_SECONDS), Some(OwnedValue::Number(_)));
    let effect = if is_number {
        let default = default_result(flag);
        format!(
            "is the time, a number, which is not a valid key: every context gets {default} (with `--fractional v3`, the \
             variant of a user changes every second)"
        )
    } else if key_at(EXAMPLE_SECONDS) == key_at(EXAMPLE_SECONDS + 1.0) {
        "contains the time: the variant of a user changes with time".to_owned()
    } else {
        "contains the time: the variant of a user changes every second".to_owned()
    };
    let message = format!("bucketing key of flag `{}` {effect}", flag.key);
    let help = "bucket by an attribute that stays the same for a unit, such as `targetingKey`";
    report.error(Code::UnstableBucketingKey, node.position, message, help);
}

/// The result if the rule selects no variant, as text.
fn default_result(flag: &FlagDefinition) -> String {
    match &flag.default_variant {
        Some(name) => format!("the default variant `{name}`"),
        None => "no variant".to_owned(),
    }
}

/// Returns true if a `var` has a computed path.
fn has_computed_var(node: &Node) -> bool {
    let mut found = false;
    visit::visit_operations(node, &mut |member| {
        found |= &*member.key == "var" && var_path::parse_var(member).is_none();
    });
    found
}

/// Reports a constant text as key: usually the name of an attribute.
fn report_constant_text(
    flag: &FlagDefinition,
    text: &str,
    position: Position,
    report: &mut DiagnosticSink,
) {
    let message = format!(
        "bucketing key of flag `{}` is the constant `{text}`",
        flag.key
    );
    let meant = constant_condition::attribute_name(text);
    let meant = meant.map(|name| format!("did you mean `{{ \"var\": \"{name}\" }}`? "));
    report_constant_key(message, &meant.unwrap_or_default(), position, report);
}

/// Reports a constant that the second version of `fractional` does not accept as a key.
fn report_unusable_constant(flag: &FlagDefinition, node: &Node, report: &mut DiagnosticSink) {
    let message = format!(
        "bucketing key of flag `{}` is {}, which is not a valid key: every context gets {}",
        flag.key,
        node.type_name(),
        default_result(flag)
    );
    let help = "bucket by an attribute, `{ \"var\": NAME }`, or omit the key to bucket by the flag's key and \
                `targetingKey`";
    report.error(Code::ConstantBucketingKey, node.position, message, help);
}

fn report_constant_key(
    message: String,
    suggestion: &str,
    position: Position,
    report: &mut DiagnosticSink,
) {
    let help = format!(
        "{suggestion}all units fall into one bucket and get the same variant; omit the key to bucket by the flag's key \
         and `targetingKey`"
    );
    report.error(Code::ConstantBucketingKey, position, message, help);
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
