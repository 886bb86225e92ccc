//! Reports unknown members of a document, and members of a document that are written in `flags`.

use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::diag::Severity;
use crate::diag::SourceNote;
use crate::diag::closest_match;
use crate::document::flag::form;
use crate::document::schema;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// Reports an unknown member, unless it is an annotation or holds anchors: an error if it says something that does not
/// apply.
pub fn report_unknown_member(member: &Member, report: &mut DiagnosticSink) {
    let key = &*member.key;
    if schema::is_annotation(key) {
        return;
    }
    let mut message = format!("unknown member `{key}` of the document, ignored");
    let near = closest_match(key, schema::DOCUMENT.field_names());
    let mut severity = Severity::Error;
    let help = if let Some(help) = form::explain_key(member) {
        help
    } else if form::is_flag(&member.value) {
        message =
            format!("`{key}` stands beside `flags`, but has the form of a flag, and is ignored");
        "move it into `flags`; in YAML, indent it below `flags`".to_owned()
    } else if form::is_group_of_flags(&member.value) {
        format!("`{key}` holds flags: move them into `flags`")
    } else if key == "flagSetId" {
        "write it in `metadata`".to_owned()
    } else if is_field_of_flag(key) {
        "it is a field of a flag: move it into its flag; in YAML, indent it below the flag"
            .to_owned()
    } else if schema::ROLLOUT.field(key).is_some() {
        "it is a field of a rollout: write it in `rollout` of a flag".to_owned()
    } else if let Some(meant) = near {
        format!("did you mean `{meant}`?")
    } else if has_anchor(&member.value, report) {
        return;
    } else {
        severity = Severity::Warning;
        "remove it; if it is a flag, move it into `flags`; if it holds anchors, begin its name with `x-`"
            .to_owned()
    };
    report.push(
        severity,
        Code::UnknownMember,
        member.position,
        message,
        help,
    );
}

fn is_field_of_flag(key: &str) -> bool {
    let field = schema::FLAG.field(key);
    let field = field.or_else(|| schema::ROLLOUT_FIELDS.field(key));
    field.is_some_and(|field| !matches!(field.name, "key" | "source" | "metadata"))
}

/// Returns true if a value, or a value in it, has an anchor.
fn has_anchor(node: &Node, report: &DiagnosticSink) -> bool {
    report.note(node.position) == Some(&SourceNote::Anchor)
        || node.children().any(|child| has_anchor(child, report))
}

/// Reports a member of the document that is written in `flags`, and so is read as a flag. Returns the value of that flag,
/// empty if it was reported: its members are no fields.
pub fn check_flag_key(
    key: &str,
    position: Position,
    value: Node,
    report: &mut DiagnosticSink,
) -> Node {
    let of_document = schema::DOCUMENT
        .field(key)
        .is_some_and(|field| field.name != "flags");
    let is_field = |member: &Member| {
        schema::FLAG.field_ignore_case(&member.key).is_some()
            || schema::ROLLOUT_FIELDS
                .field_ignore_case(&member.key)
                .is_some()
    };
    let is_flag = value
        .as_map()
        .is_none_or(|members| members.iter().any(is_field));
    if !of_document || is_flag {
        return value;
    }
    let message = format!("`{key}` is written in `flags`, and is read as a flag");
    let help = "it is a member of the document: write it beside `flags`";
    report.error(Code::UnknownMember, position, message, help);
    Node {
        position: value.position,
        kind: NodeKind::Null,
    }
}
