//! Lint: attribute paths in the notation of another language, and names below `$flagd` that flagd does not set.

use crate::analysis::lint::targeting::operand::template;
use crate::analysis::model::var_path;
use crate::analysis::model::var_path::TIMESTAMP_PATH;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::diag::suggest_one_of;
use crate::document::syntax_tree::Member;

/// The attributes that flagd sets.
const OF_FLAGD: [&str; 2] = ["$flagd.flagKey", TIMESTAMP_PATH];

/// Reports the path of a `var`; returns true if it is reported.
pub fn check(flag: &str, member: &Member, report: &mut DiagnosticSink) -> bool {
    let Some(read) = var_path::parse_var(member) else {
        return false;
    };
    let (path, place) = (read.path, member.value.position);
    if var_path::is_reserved(path) {
        if path == "$flagd" || OF_FLAGD.contains(&path) {
            return false;
        }
        let message =
            format!("flag `{flag}` reads `{path}`, which flagd does not set: it is always null");
        let help = suggest_one_of(path, OF_FLAGD);
        report.error(Code::UnknownAttribute, place, message, help);
        return true;
    }
    // A caller may send `$browser`, but not `$.browser`.
    let is_notation = ["$.", "$[", "${"]
        .iter()
        .any(|start| path.starts_with(start))
        || !path.starts_with('$');
    let other = || attribute_path(path).filter(|_| is_notation);
    let Some(meant) = of_flagd(path).or_else(other) else {
        return false;
    };
    let message = format!(
        "flag `{flag}` reads the attribute `{path}`, a name that no caller is likely to send"
    );
    let help = format!("did you mean `{meant}`?");
    report.warn(Code::UnknownAttribute, place, message, help);
    true
}

/// The attribute of flagd that a path is meant to be.
fn of_flagd(path: &str) -> Option<String> {
    let bare = path
        .trim_start_matches('$')
        .replace(['_', '-'], "")
        .to_ascii_lowercase();
    let known = |name: &&str| {
        let name = name.trim_start_matches('$').to_ascii_lowercase();
        let last = name.trim_start_matches("flagd.");
        bare == name || path.starts_with('$') && bare == last
    };
    OF_FLAGD
        .iter()
        .find(|name| known(name))
        .map(|name| (*name).to_owned())
}

/// The path with dots that a text in another notation stands for: `$.user.plan`, `$plan`, `user[plan]`, `/user/plan`,
/// `${plan}`.
pub fn attribute_path(text: &str) -> Option<String> {
    if let Some(name) = template::template_name(text) {
        return Some(name.to_owned());
    }
    let is_pointer = text.starts_with('/') && text.len() > 1;
    let is_json_path = text.starts_with('$') && text.len() > 1 && !text.starts_with("$$");
    let is_indexed = text.contains('[') && text.ends_with(']');
    if !is_pointer && !is_json_path && !is_indexed || text.contains(' ') {
        return None;
    }
    let body = if is_json_path { text.get(1..)? } else { text };
    let separators: &[char] = if is_pointer {
        &['/']
    } else {
        &['.', '[', ']', '"', '\'']
    };
    let steps: Vec<&str> = body
        .split(separators)
        .filter(|step| !step.is_empty())
        .collect();
    (!steps.is_empty()).then(|| steps.join("."))
}
