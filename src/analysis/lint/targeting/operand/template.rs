//! Lint: a text in the syntax of a template, such as `${plan}`, in place of a `var`.

use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::document::syntax_tree::Member;
use crate::rule::syntax;

/// The beginnings and ends of names in templates.
const BRACKETS: [(&str, &str); 6] = [
    ("${", "}"),
    ("{{", "}}"),
    ("{%", "%}"),
    ("#{", "}"),
    ("<%=", "%>"),
    ("%(", ")s"),
];

/// The name in a text that is a template and nothing else.
pub fn template_name(text: &str) -> Option<&str> {
    BRACKETS.iter().find_map(|(open, close)| {
        let name = text
            .trim()
            .strip_prefix(*open)?
            .strip_suffix(*close)?
            .trim();
        let name = name.trim_start_matches("$.").trim_start_matches('.');
        let fits = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        (!name.is_empty() && name.chars().all(fits)).then_some(name)
    })
}

/// Reports a template among the arguments of an operation; returns true if there is one.
pub fn check(flag: &str, member: &Member, report: &mut DiagnosticSink) -> bool {
    // A result, the name of a variant, may be any text.
    if matches!(&*member.key, "if" | "?:") || syntax::is_fractional(&member.key) {
        return false;
    }
    let mut arguments = member.arguments().iter();
    let found = arguments.find_map(|node| Some((node, template_name(node.as_text()?)?)));
    let Some((node, name)) = found else {
        return false;
    };
    let text = node.as_text().unwrap_or("");
    let message = format!(
        "`{}` in flag `{flag}` has the text `{text}` as an argument: flags have no templates",
        member.key
    );
    let help = format!("write `{{ \"var\": \"{name}\" }}` in place of `\"{text}\"`");
    report.error(Code::ConstantCondition, node.position, message, help);
    true
}
