//! Help for operators that do not exist: the operator that other languages spell so, or the operation that is missing.

use crate::diag;
use crate::document::flag::form;
use crate::document::serialize::flagd_targeting_json;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::NodeKind;
use crate::rule::operator::Operator;

/// Spellings of other languages, in lower case, and the operators that they stand for.
const SPELLINGS: [(&str, &str); 54] = [
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

/// The maximum length of the arguments in a suggestion, in bytes.
const MAX_ARGUMENT_BYTES: usize = 120;

/// The help for an operation whose operator does not exist.
pub fn help_for_unknown_operator(member: &Member) -> String {
    let name = &*member.key;
    if matches!(name, "" | "<nil>") {
        return "quote the operator: an unquoted `~` is null in YAML, and `!` begins a tag"
            .to_owned();
    }
    if let Some(help) = form::explain_key(member) {
        return help;
    }
    let lower = name.to_ascii_lowercase();
    if matches!(
        &*lower,
        "contains" | "includes" | "has" | "contains_text" | "string_contains"
    ) {
        return help_for_contains(member);
    }
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
        NodeKind::List(items) if items.len() > 1 && items.iter().all(|i| i.as_text().is_some()) => {
            format!("to search a list, write `{{ \"in\": [{{ \"var\": \"{name}\" }}, LIST] }}`")
        }
        _ => "evaluations that reach it return PARSE_ERROR".to_owned(),
    }
}

/// The help for `contains`, whose arguments other languages write in the opposite order.
fn help_for_contains(member: &Member) -> String {
    let [text, part] = member.arguments() else {
        return "write `{ \"in\": [TEXT, ATTRIBUTE] }`, with the text that is searched for first"
            .to_owned();
    };
    let mut written = [String::new(), String::new()];
    for (out, node) in written.iter_mut().zip([part, text]) {
        flagd_targeting_json::write_targeting(out, node);
    }
    let [first, second] = written;
    if first.len() + second.len() > MAX_ARGUMENT_BYTES {
        return "write `{ \"in\": [TEXT, ATTRIBUTE] }`, with the text that is searched for first"
            .to_owned();
    }
    match part.kind {
        NodeKind::List(_) => format!(
            "write `{{ \"in\": [{second}, {first}] }}` for a value of the list, or `contains_any` for a list of values"
        ),
        _ => format!(
            "write `{{ \"in\": [{first}, {second}] }}`, with the text that is searched for first"
        ),
    }
}
