//! Help for operators that do not exist: the operator that other languages spell so, or the operation that is missing.

use crate::diag;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::rule::operator::Operator;

/// Spellings of other languages, in lower case, and the operators that they stand for.
const SPELLINGS: [(&str, &str); 56] = [
    ("=", "=="),
    ("eq", "=="),
    ("equal", "=="),
    ("equals", "=="),
    ("equal_to", "=="),
    ("is", "=="),
    ("<>", "!="),
    ("ne", "!="),
    ("neq", "!="),
    ("not_equal", "!="),
    ("not_equals", "!="),
    ("notequals", "!="),
    ("is_not", "!="),
    ("not", "!"),
    ("gt", ">"),
    ("greater_than", ">"),
    ("greaterthan", ">"),
    ("gte", ">="),
    ("ge", ">="),
    ("=>", ">="),
    ("lt", "<"),
    ("less_than", "<"),
    ("lessthan", "<"),
    ("lte", "<="),
    ("le", "<="),
    ("=<", "<="),
    ("&&", "and"),
    ("all_of", "and"),
    ("allof", "and"),
    ("||", "or"),
    ("any_of", "or"),
    ("anyof", "or"),
    ("any", "some"),
    ("contains", "in"),
    ("includes", "in"),
    ("one_of", "in"),
    ("oneof", "in"),
    ("is_in", "in"),
    ("attribute", "var"),
    ("attr", "var"),
    ("variable", "var"),
    ("context", "var"),
    ("property", "var"),
    ("ref", "$ref"),
    ("evaluator", "$ref"),
    ("then", "if"),
    ("else", "if"),
    ("switch", "if"),
    ("ternary", "if"),
    ("percentage", "fractional"),
    ("percent", "fractional"),
    ("split", "fractional"),
    ("distribution", "fractional"),
    ("version", "sem_ver"),
    ("concat", "cat"),
    ("substring", "substr"),
];

/// The help for an operation whose operator does not exist.
pub fn help_for_unknown_operator(member: &Member) -> String {
    let name = &*member.key;
    if matches!(name, "" | "<nil>") {
        return "quote the operator: an unquoted `~` is null in YAML, and `!` begins a tag"
            .to_owned();
    }
    let lower = name.to_ascii_lowercase();
    let spelled = SPELLINGS.iter().find(|(spelling, _)| *spelling == lower);
    let meant = spelled.map(|(_, meant)| *meant);
    if let Some(meant) = meant.or_else(|| diag::closest_match(name, Operator::names())) {
        return format!("did you mean `{meant}`?");
    }
    if matches!(&*lower, "regex" | "regexp" | "matches" | "match" | "like") {
        return "there are no regular expressions: write `starts_with`, `ends_with` or `in`"
            .to_owned();
    }
    match &member.value.kind {
        NodeKind::Text(_) | NodeKind::Number(_) | NodeKind::Bool(_) => {
            format!(
                "to compare an attribute, write `{{ \"==\": [{{ \"var\": \"{name}\" }}, VALUE] }}`"
            )
        }
        NodeKind::List(items) if !items.is_empty() && items.iter().all(is_scalar) => {
            format!("to search a list, write `{{ \"in\": [{{ \"var\": \"{name}\" }}, LIST] }}`")
        }
        _ => "evaluations that reach it return PARSE_ERROR".to_owned(),
    }
}

fn is_scalar(node: &Node) -> bool {
    matches!(
        node.kind,
        NodeKind::Text(_) | NodeKind::Number(_) | NodeKind::Bool(_)
    )
}
