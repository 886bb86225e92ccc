//! Lint: conditions that are the same for every context, because a `var` was forgotten: comparisons of constants, and
//! constants in place of a condition.

use bumpalo::Bump;

use crate::analysis::flag_file::flag_view::FlagView;
use crate::analysis::format;
use crate::analysis::lint::targeting::condition_visitor::NodeRole;
use crate::analysis::lint::targeting::condition_visitor::VisitedNode;
use crate::analysis::lint::targeting::operand::path_notation;
use crate::analysis::lint::targeting::unknown_attribute::AttributeUsage;
use crate::analysis::model::comparisons::find_uses;
use crate::analysis::model::compiled_expr::CompiledExpr;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::document::flag::FlagDefinition;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::rule::Rule;
use crate::rule::coerce;
use crate::rule::syntax::JsonLogicNode;

/// Reports `visited` if it is such a condition; returns true if it is.
pub fn check(
    subject: &FlagView<'_>,
    visited: VisitedNode<'_, '_>,
    usage: &AttributeUsage,
    report: &mut DiagnosticSink,
) -> bool {
    let (flag, node) = (&*subject.flag.key, visited.node);
    match JsonLogicNode::from_node(node) {
        JsonLogicNode::Operation(member) => check_comparison(flag, node, member, usage, report),
        JsonLogicNode::Value(_) if visited.role == NodeRole::Condition => {
            check_value(subject.flag, node, usage, report)
        }
        JsonLogicNode::List(_) | JsonLogicNode::Value(_) => false,
    }
}

/// Reports a text as a condition. `true`, `false`, null and numbers are taken as intended, and loading reports lists and
/// objects.
fn check_value(
    flag: &FlagDefinition,
    node: &Node,
    usage: &AttributeUsage,
    report: &mut DiagnosticSink,
) -> bool {
    let Some(text) = node.as_text() else {
        return false;
    };
    let holds = if text.is_empty() { "never" } else { "always" };
    let is_variant = flag.variants.iter().any(|(name, _)| **name == *text);
    let what = if is_variant {
        "the name of variant"
    } else {
        "the constant text"
    };
    let message = format!(
        "a condition of flag `{}` is {what} `{text}`, so it {holds} holds",
        flag.key
    );
    let help = match (text, attribute_name(text)) {
        ("true" | "false", _) => format!("remove the quotes: `{text}`"),
        _ if usage.is_evaluator(text) => format!("did you mean `{{ \"$ref\": \"{text}\" }}`?"),
        _ if is_variant => {
            format!("the condition comes first: `{{ \"if\": [CONDITION, \"{text}\", OTHERWISE] }}`")
        }
        (_, Some(name)) => {
            let meant = path_notation::attribute_path(name);
            let name = meant.as_deref().unwrap_or(name);
            format!("did you mean `{{ \"var\": \"{name}\" }}`?")
        }
        (_, None) => help_for_text(text),
    };
    report.error(Code::ConstantCondition, node.position, message, help);
    true
}

/// The help for a text that is no name: the operation that it spells.
fn help_for_text(text: &str) -> String {
    if let Some(name) = path_notation::attribute_path(text) {
        return format!("did you mean `{{ \"var\": \"{name}\" }}`?");
    }
    let operators = ["===", "!==", "==", "!=", ">=", "<=", ">", "<"];
    let comparison = operators.iter().find_map(|operator| {
        let (name, value) = text.split_once(operator)?;
        let name = attribute_name(name.trim())?;
        let value = value.trim().trim_matches(['"', '\'']);
        let is_number = value.parse::<f64>().is_ok();
        let value = if is_number {
            value.to_owned()
        } else {
            format!("\"{value}\"")
        };
        Some(format!(
            "write `{{ \"{operator}\": [{{ \"var\": \"{name}\" }}, {value}] }}`"
        ))
    });
    comparison.unwrap_or_else(|| "write an operation, or `true` or `false`".to_owned())
}

fn check_comparison(
    flag: &str,
    node: &Node,
    member: &Member,
    usage: &AttributeUsage,
    report: &mut DiagnosticSink,
) -> bool {
    let items = member.arguments();
    let compares = find_uses::returns_boolean(&member.key) && !matches!(&*member.key, "!" | "!!");
    if !compares || items.len() < 2 || !items.iter().all(is_constant) {
        return false;
    }
    let compiled = CompiledExpr::new(node, flag);
    let truth = compiled.rule().as_constant();
    let truth = truth.is_some_and(|value| coerce::is_truthy(value.to_value(&Bump::new())));
    let outcome = match compiled.rule() {
        Rule::Invalid(_) => "its evaluation always fails",
        _ if truth => "it always holds",
        _ => "it never holds",
    };
    let condition = format::format_condition(node);
    let message = format!("`{condition}` in flag `{flag}` compares two constants, so {outcome}");
    if let Some(name) = meant_attribute(&member.key, items, usage) {
        let meant = path_notation::attribute_path(name);
        let meant = meant.as_deref().unwrap_or(name);
        let help = format!("did you mean `{{ \"var\": \"{meant}\" }}` instead of `\"{name}\"`?");
        report.error(Code::ConstantCondition, node.position, message, help);
    } else {
        let help = "compare an attribute, `{ \"var\": NAME }`, or write `true` or `false`";
        report.warn(Code::ConstantCondition, node.position, message, help);
    }
    true
}

/// The constant that is probably the name of an attribute: one that other rules read, or the side on which the operator
/// usually has the attribute.
fn meant_attribute<'n>(
    operator: &str,
    items: &'n [Node],
    usage: &AttributeUsage,
) -> Option<&'n str> {
    let order_of_version = (operator == "sem_ver").then_some(1);
    let named = items.iter().enumerate();
    let named = named.filter(|(at, _)| Some(*at) != order_of_version);
    let names: Vec<(usize, &str)> = named
        .filter_map(|(at, item)| Some((at, attribute_name(item.as_text()?)?)))
        .collect();
    if let Some((_, known)) = names.iter().find(|(_, name)| usage.is_read(name)) {
        return Some(known);
    }
    match operator {
        "in" => names.last().map(|(_, name)| *name),
        _ => names.first().map(|(_, name)| *name),
    }
}

/// Returns `text` if it has the form of an attribute path.
pub fn attribute_name(text: &str) -> Option<&str> {
    let mut chars = text.chars();
    let head = chars.next()?;
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '$');
    ((head.is_alphabetic() || matches!(head, '_' | '$')) && chars.all(fits)).then_some(text)
}

/// Returns true if `node` contains no operation.
pub fn is_constant(node: &Node) -> bool {
    match JsonLogicNode::from_node(node) {
        JsonLogicNode::Value(_) => true,
        JsonLogicNode::List(items) => items.iter().all(is_constant),
        JsonLogicNode::Operation(_) => false,
    }
}
