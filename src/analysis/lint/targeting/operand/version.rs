//! Lint: versions that `<` and its like compare as texts or as numbers.

use crate::analysis::model::var_path;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::rule::operator::semver::Version;

/// Reports such a comparison; returns true if it is one.
pub fn check(flag: &str, member: &Member, report: &mut DiagnosticSink) -> bool {
    let operator = &*member.key;
    let ([left, right], "<" | "<=" | ">" | ">=") = (member.arguments(), operator) else {
        return false;
    };
    let (path, constant, order) = match (
        var_path::constant_var_path(left),
        var_path::constant_var_path(right),
    ) {
        (Some(path), None) => (path, right, operator),
        (None, Some(path)) => (path, left, mirrored(operator)),
        _ => return false,
    };
    let Some((version, kind)) = version(&path, constant) else {
        return false;
    };
    let message = format!(
        "`{path} {order} {version}` in flag `{flag}` compares {kind}, not versions: 2.10.0 is not above 2.9.0"
    );
    let help = format!(
        "write `{{ \"sem_ver\": [{{ \"var\": \"{path}\" }}, \"{order}\", \"{version}\"] }}`"
    );
    report.warn(
        Code::UnsatisfiableComparison,
        member.position,
        message,
        help,
    );
    true
}

fn mirrored(operator: &str) -> &str {
    match operator {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        _ => "<=",
    }
}

/// The version that a constant is, and the type that is compared.
fn version(path: &str, constant: &Node) -> Option<(String, &'static str)> {
    let last = path.rsplit('.').next().unwrap_or(path).to_ascii_lowercase();
    let is_version = last.contains("version") || last.ends_with("semver");
    match &constant.kind {
        NodeKind::Text(text) => {
            let dots = text.bytes().filter(|b| *b == b'.').count();
            let digits = text.starts_with(|c: char| c.is_ascii_digit() || c == 'v');
            let is_text =
                digits && Version::parse(text).is_some() && (dots == 2 || dots == 1 && is_version);
            is_text.then(|| (text.to_string(), "texts"))
        }
        NodeKind::Number(n) if is_version && n.fract() != 0.0 => Some((n.to_string(), "numbers")),
        _ => None,
    }
}
