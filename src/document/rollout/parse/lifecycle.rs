//! Parses `lifecycle` of a flag: unknown and invalid members are warnings.

use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::diag::suggest_one_of;
use crate::document::rollout::lifecycle::FlagPurpose;
use crate::document::rollout::lifecycle::Lifecycle;
use crate::document::rollout::lifecycle::LifecycleStatus;
use crate::document::rollout::timestamp;
use crate::document::schema;
use crate::document::schema::FieldType;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::value::OwnedValue;

const PURPOSES: [(&str, FlagPurpose); 4] = [
    ("release", FlagPurpose::Release),
    ("ops", FlagPurpose::Ops),
    ("experiment", FlagPurpose::Experiment),
    ("permission", FlagPurpose::Permission),
];

const STATUSES: [(&str, LifecycleStatus); 3] = [
    ("active", LifecycleStatus::Active),
    ("fully-rolled-out", LifecycleStatus::FullyRolledOut),
    ("archived", LifecycleStatus::Archived),
];

/// Parses `lifecycle` of a flag. Invalid members are dropped with a warning, because they change no variant. Dates and
/// the status are checked by `analysis::lint`, which also finds them in `metadata`.
pub fn parse_lifecycle(flag: &str, node: &Node, report: &mut DiagnosticSink) -> Lifecycle {
    let mut lifecycle = Lifecycle {
        position: Some(node.position),
        ..Lifecycle::default()
    };
    if node.as_map().is_none() && !matches!(node.kind, NodeKind::Null) {
        let message = format!("`lifecycle` of flag `{flag}` is {}", node.type_name());
        let help = "write it as an object, for instance `{ owner: payments }`";
        report.warn(Code::Lifecycle, node.position, message, help);
    }
    for member in node.as_map().unwrap_or_default() {
        validate_member(flag, member, report);
        set_member(&mut lifecycle, member);
    }
    lifecycle
}

fn validate_member(flag: &str, member: &Member, report: &mut DiagnosticSink) {
    let name = &*member.key;
    let Some(field) = schema::LIFECYCLE.field(name) else {
        if schema::is_annotation(name) {
            return;
        }
        let help = suggest_one_of(name, schema::LIFECYCLE.field_names());
        let message = format!("unknown member `{name}` in `lifecycle` of flag `{flag}`, ignored");
        report.warn(Code::UnknownMember, member.position, message, help);
        return;
    };
    let help = match (&member.value.kind, &field.field_type) {
        (NodeKind::Text(text), FieldType::OptionalChoice(known)) if !known.contains(&&**text) => {
            format!("write one of: {}", known.join(", "))
        }
        (NodeKind::Null | NodeKind::Text(_), _) => return,
        _ => "write a string".to_owned(),
    };
    if !matches!(
        name,
        "status" | "created" | "createdAt" | "expires" | "expectedCleanupDate"
    ) {
        let found = match member.value.as_text() {
            Some(text) => format!("{text:?}"),
            None => member.value.type_name().to_owned(),
        };
        let message = format!("invalid `{name}` of flag `{flag}`: {found}");
        report.warn(Code::Lifecycle, member.value.position, message, help);
    }
}

fn set_member(lifecycle: &mut Lifecycle, member: &Member) {
    let Some(text) = member.value.as_text() else {
        return;
    };
    match &*member.key {
        "owner" => lifecycle.owner = Some(text.into()),
        "kind" => lifecycle.kind = lookup(text, &PURPOSES),
        "created" | "createdAt" => lifecycle.created = parse_day(text),
        "expires" | "expectedCleanupDate" => lifecycle.expires = parse_day(text),
        "status" => lifecycle.status = lookup(text, &STATUSES),
        "ticket" | "jiraTicket" => lifecycle.ticket = Some(text.into()),
        _ => return,
    }
    let value = OwnedValue::Text(text.into());
    lifecycle.metadata.push((member.key.clone(), value));
}

fn lookup<T: Copy>(text: &str, known: &[(&'static str, T)]) -> Option<T> {
    let found = known.iter().find(|(name, _)| *name == text);
    found.map(|(_, found)| *found)
}

fn parse_day(text: &str) -> Option<i64> {
    timestamp::parse_timestamp(text).map(|seconds| seconds.div_euclid(86_400))
}
