//! Parses `state`.

use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::diag::Severity;
use crate::diag::edit_distance;
use crate::document::flag::FlagDefinition;
use crate::document::flag::form::type_error;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// Words for a state in which the flag is served, in upper case.
const SERVED: [&str; 10] = [
    "ENABLED", "ENABLE", "ON", "ACTIVE", "TRUE", "YES", "LIVE", "STABLE", "RELEASED", "DEFAULT",
];

/// Parses `state`. As in flagd, any text other than `DISABLED` enables the flag.
///
/// # Errors
/// If the value is no text.
pub fn parse_state(
    flag: &mut FlagDefinition,
    value: &Node,
    report: &mut DiagnosticSink,
) -> Result<(), String> {
    let Some(state) = value.as_text() else {
        return match value.kind {
            NodeKind::Null => Ok(()),
            _ => type_error(value, "ENABLED or DISABLED"),
        };
    };
    flag.disabled = state == "DISABLED";
    if !matches!(state, "ENABLED" | "DISABLED") {
        let message = format!(
            "invalid `state` `{state}` of flag `{}`, treated as ENABLED",
            flag.key
        );
        let (severity, help) = if means_served(state) {
            (
                Severity::Warning,
                "write ENABLED or DISABLED, in upper case",
            )
        } else {
            (
                Severity::Error,
                "write DISABLED, in upper case, to switch the flag off, or ENABLED",
            )
        };
        report.push(severity, Code::FlagMember, value.position, message, help);
    }
    Ok(())
}

/// Returns true if a word means that the flag is served, so that the mistake changes nothing.
fn means_served(state: &str) -> bool {
    let word = state.trim().to_ascii_uppercase();
    word.is_empty()
        || SERVED.contains(&&*word)
        || edit_distance(&word, "ENABLED") < edit_distance(&word, "DISABLED").min(4)
}
