//! The form of a flag, by which a flag in the wrong place is recognized, and names that contain what belongs behind them.

use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// Returns true if a value has the form of a flag.
pub fn is_flag(node: &Node) -> bool {
    let state = node.member_ignore_case("state").and_then(Node::as_text);
    let has = |name: &str| node.member_ignore_case(name).is_some();
    matches!(state, Some("ENABLED" | "DISABLED"))
        || node
            .member_ignore_case("variants")
            .is_some_and(|v| v.as_map().is_some())
        || has("variants") && has("defaultVariant")
}

/// Returns true if a value is an object, and all its members have the form of a flag.
pub fn is_group_of_flags(node: &Node) -> bool {
    let members = node.as_map().unwrap_or_default();
    !members.is_empty() && members.iter().all(|member| is_flag(&member.value))
}

/// The key and the value of a member such as `KEY:VALUE`, which has no space and so no value.
pub fn split_key(member: &Member) -> Option<(&str, &str)> {
    let is_null = matches!(member.value.kind, NodeKind::Null);
    let parts = member.key.split_once(':').filter(|_| is_null);
    parts.filter(|(key, value)| !key.is_empty() && !value.is_empty())
}

/// The help for a key that cannot be what it seems: without a space behind its colon, or with a character in it that
/// looks like a space.
pub fn explain_key(member: &Member) -> Option<String> {
    if let Some((key, value)) = split_key(member) {
        return Some(format!(
            "a space is missing behind the colon: write `{key}: {value}`"
        ));
    }
    let lookalike =
        |c: char| !c.is_ascii() && (c.is_whitespace() || matches!(c, '\u{200b}' | '\u{feff}'));
    let c = member.key.chars().find(|c| lookalike(*c))?;
    Some(format!(
        "the name contains U+{:04X}, which only looks like a space: write ordinary spaces",
        u32::from(c)
    ))
}

/// The message for a value of the wrong type.
///
/// # Errors
/// Always.
pub fn type_error(value: &Node, want: &str) -> Result<(), String> {
    Err(format!("is {}, must be {want}", value.type_name()))
}
