//! Formats conditions and values as one line of text.

pub mod bucketing_key;
pub mod value_set;

use std::fmt::Write as _;

use crate::document::syntax_tree::Node;
use crate::json;
use crate::number;
use crate::rule::syntax::JsonLogicNode;
use crate::value::OwnedValue;

/// The maximum number of list items that are shown.
const MAX_ITEMS: usize = 6;

/// The maximum number of characters of a condition that are shown.
const MAX_CHARS: usize = 160;

/// The maximum number of characters of a number without an exponent.
const MAX_NUMBER_CHARS: usize = 24;

/// A condition in one line, for instance `country == "DE"`.
pub fn format_condition(node: &Node) -> String {
    let mut out = String::new();
    write_expr(&mut out, node);
    truncate(out)
}

/// Writes a number in decimal, or with an exponent if that would be longer than [`MAX_NUMBER_CHARS`].
fn write_number(out: &mut String, n: f64) {
    let before = out.len();
    number::write_decimal(out, n);
    if out.len() - before > MAX_NUMBER_CHARS {
        out.truncate(before);
        let _ = write!(out, "{n:e}");
    }
}

/// A value in one line, as JSON.
pub fn format_value(literal: &OwnedValue) -> String {
    let mut out = String::new();
    write_literal(&mut out, literal);
    truncate(out)
}

fn truncate(text: String) -> String {
    match text.char_indices().nth(MAX_CHARS) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

fn write_expr(out: &mut String, node: &Node) {
    let member = match JsonLogicNode::from_node(node) {
        JsonLogicNode::Value(node) => return write_literal(out, &node.to_owned_value()),
        JsonLogicNode::List(items) => return write_list(out, items.iter(), write_expr),
        JsonLogicNode::Operation(member) => member,
    };
    let items = member.arguments();
    match (&*member.key, items) {
        ("var", [name, ..]) => match name.as_text() {
            Some(name) => out.push_str(name),
            None => write_call(out, "var", items),
        },
        ("!", [item]) => {
            out.push_str("not ");
            write_operand(out, item);
        }
        ("!!", [item]) => write_operand(out, item),
        ("sem_ver", [value, order, version]) => {
            write_operand(out, value);
            let _ = write!(out, " {} ", order.as_text().unwrap_or("sem_ver"));
            out.push_str("version ");
            write_operand(out, version);
        }
        (
            name @ ("==" | "!=" | "===" | "!==" | "<" | "<=" | ">" | ">=" | "in" | "starts_with"
            | "ends_with" | "%" | "+" | "-" | "*" | "/"),
            [left, right],
        ) => {
            write_operand(out, left);
            let _ = write!(out, " {name} ");
            write_operand(out, right);
        }
        (name @ ("and" | "or"), items) => {
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    let _ = write!(out, " {name} ");
                }
                write_operand(out, item);
            }
        }
        (name, items) => write_call(out, name, items),
    }
}

/// Writes an operand, in parentheses if it is a compound expression.
fn write_operand(out: &mut String, node: &Node) {
    let compound = node.single_member().is_some_and(|member| {
        let items = member.arguments().len();
        let name = &*member.key;
        items > 1 && !matches!(name, "var" | "if" | "fractional" | "cat")
    });
    if compound {
        out.push('(');
    }
    write_expr(out, node);
    if compound {
        out.push(')');
    }
}

fn write_call(out: &mut String, name: &str, items: &[Node]) {
    out.push_str(name);
    write_list(out, items.iter(), write_expr);
}

fn write_list<'n, T: 'n>(
    out: &mut String,
    items: impl ExactSizeIterator<Item = &'n T>,
    write: impl Fn(&mut String, &T),
) {
    let len = items.len();
    out.push('[');
    for (at, item) in items.take(MAX_ITEMS).enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        write(out, item);
    }
    if len > MAX_ITEMS {
        let _ = write!(out, ", … {len} in all");
    }
    out.push(']');
}

fn write_literal(out: &mut String, literal: &OwnedValue) {
    match literal {
        OwnedValue::Null => out.push_str("null"),
        OwnedValue::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        OwnedValue::Number(n) => write_number(out, *n),
        OwnedValue::Text(text) => json::write_string(out, text),
        OwnedValue::List(items) => write_list(out, items.iter(), write_literal),
        OwnedValue::Map(members) => {
            out.push('{');
            for (at, (name, value)) in members.iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                json::write_string(out, name);
                out.push_str(": ");
                write_literal(out, value);
            }
            out.push('}');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::format_value;
    use crate::value::OwnedValue;

    #[test]
    fn numbers_are_formatted_briefly() {
        for (n, want) in [
            (7.125, "7.125"),
            (1e21, "1000000000000000000000"),
            (5e-324, "5e-324"),
            (-1e-300, "-1e-300"),
        ] {
            assert_eq!(format_value(&OwnedValue::Number(n)), want);
        }
    }
}
