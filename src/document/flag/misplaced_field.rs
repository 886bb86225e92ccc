//! Fields of a flag that are written in its `metadata` or among its `variants`, where they have no effect.

use smallvec::SmallVec;

use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::document::schema;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// The names of the fields that a flag has.
pub type WrittenFields = SmallVec<[&'static str; 8]>;

/// Reports fields of the flag called `flag` among the members of its `metadata`.
pub fn check_metadata(
    flag: &str,
    members: &[Member],
    written: &WrittenFields,
    report: &mut DiagnosticSink,
) {
    for member in members {
        if let Some(name) = misplaced_field(member, written, &[]) {
            let message = format!(
                "`{name}` in `metadata` of flag `{flag}` has no effect: it is a field of the flag"
            );
            let help = "write it beside `metadata`, not in it";
            report.error(Code::UnknownMember, member.position, message, help);
        }
    }
}

/// Reports a field of the flag among its variants. Returns true if `member` is one.
pub fn check_variant(
    flag: &str,
    member: &Member,
    variants: &[Member],
    written: &WrittenFields,
    report: &mut DiagnosticSink,
) -> bool {
    let Some(name) = misplaced_field(member, written, variants) else {
        return false;
    };
    let message = format!(
        "`{name}` of flag `{flag}` is written in `variants`, but belongs beside `variants`"
    );
    let help = "write it beside `variants`; in YAML, indent it like `variants`";
    report.error(Code::VariantType, member.position, message, help);
    true
}

/// The field of a flag that a member is meant to be, by its name and its value, unless the flag has that field.
/// `siblings` are the variants beside it, if it is one of them.
fn misplaced_field(
    member: &Member,
    written: &WrittenFields,
    siblings: &[Member],
) -> Option<&'static str> {
    let field = schema::FLAG.field(&member.key);
    let name = field
        .or_else(|| schema::ROLLOUT_FIELDS.field(&member.key))?
        .name;
    let others = || siblings.iter().filter(|other| other.key != member.key);
    let names_sibling = |text: &str| others().any(|other| *other.key == *text);
    let same_type = |other: &Member| other.value.type_name() == member.value.type_name();
    let is_one_of_a_kind = !others().any(same_type);
    let fits = match (name, &member.value.kind) {
        ("defaultVariant" | "safeVariant", NodeKind::Text(text)) => {
            siblings.is_empty() || names_sibling(text)
        }
        ("state", NodeKind::Text(text)) => {
            matches!(&**text, "ENABLED" | "DISABLED") && is_one_of_a_kind
        }
        ("targeting", NodeKind::Map(members)) => {
            !members.is_empty() && is_one_of_a_kind || is_rule(&member.value)
        }
        ("metadata", NodeKind::Map(_)) => !siblings.is_empty() && is_one_of_a_kind,
        ("variants", NodeKind::Map(_)) | ("kill", NodeKind::Bool(_)) => is_one_of_a_kind,
        ("rollout", _) => has_field(&member.value, &schema::ROLLOUT) && is_one_of_a_kind,
        ("requires", _) => has_field(&member.value, &schema::PREREQUISITE) && is_one_of_a_kind,
        _ => false,
    };
    (fits && !written.contains(&name)).then_some(name)
}

/// Returns true for an operation that is usually a whole rule.
fn is_rule(node: &Node) -> bool {
    let operation = node.single_member();
    operation.is_some_and(|member| matches!(&*member.key, "if" | "?:" | "fractional" | "$ref"))
}

/// Returns true if an object, or an object in a list, has a field of a schema.
fn has_field(node: &Node, object: &schema::ObjectSchema) -> bool {
    let items = node.items_or_self().iter();
    let mut members = items.flat_map(|item| item.as_map().unwrap_or_default());
    members.any(|member| object.field(&member.key).is_some())
}
