//! Lint: an `and` of two values of one attribute, which no context meets, and an `or` of two inequalities, which all meet.

use crate::analysis::format;
use crate::analysis::model::var_path;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::value::OwnedValue;

/// Reports such an operation; returns true if it is one.
pub fn check(flag: &str, member: &Member, report: &mut DiagnosticSink) -> bool {
    let operators = match &*member.key {
        "and" => ["==", "==="],
        "or" => ["!=", "!=="],
        _ => return false,
    };
    let items = member.arguments();
    let compared: Vec<_> = items
        .iter()
        .filter_map(|item| comparison(item, operators))
        .collect();
    let pairs = compared.iter().enumerate();
    let mut pairs =
        pairs.flat_map(|(at, first)| compared.iter().skip(at + 1).map(move |last| (first, last)));
    let Some((first, last)) = pairs.find(|(a, b)| a.path == b.path && a.value != b.value) else {
        return false;
    };
    let (path, [first, last]) = (
        &first.path,
        [first, last].map(|part| format::format_condition(part.node)),
    );
    let (message, help) = if &*member.key == "and" {
        (
            format!(
                "no context meets the `and` in flag `{flag}`: `{path}` has a single value, which cannot satisfy both `{first}` and `{last}`"
            ),
            format!(
                "combine the conditions with `or`, or write `{{ \"in\": [{{ \"var\": \"{path}\" }}, LIST] }}`"
            ),
        )
    } else {
        (
            format!(
                "every context meets the `or` in flag `{flag}`: `{first}` or `{last}` holds for each value of `{path}`"
            ),
            format!(
                "combine the conditions with `and`, or write `{{ \"!\": [{{ \"in\": [{{ \"var\": \"{path}\" }}, LIST] }}] }}`"
            ),
        )
    };
    report.error(Code::UnreachableBranch, member.position, message, help);
    true
}

/// A comparison of an attribute with a constant.
struct AttributeValue<'n> {
    node: &'n Node,
    path: String,
    value: OwnedValue,
}

fn comparison<'n>(node: &'n Node, operators: [&str; 2]) -> Option<AttributeValue<'n>> {
    let member = node.single_member()?;
    let [left, right] = member.arguments() else {
        return None;
    };
    let (path, constant) = match (
        var_path::constant_var_path(left),
        var_path::constant_var_path(right),
    ) {
        (Some(path), None) => (path, right),
        (None, Some(path)) => (path, left),
        _ => return None,
    };
    let value = constant.to_owned_value();
    // Other types are converted before they are compared.
    let is_text = matches!(&value, OwnedValue::Text(_));
    (operators.contains(&&*member.key) && is_text).then_some(AttributeValue { node, path, value })
}
