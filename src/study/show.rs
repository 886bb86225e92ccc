//! Conditions and values in words.

use std::fmt::Write as _;

use crate::document::node::Node;
use crate::json;
use crate::number;
use crate::rule::expr::Expr;
use crate::study::uses::arguments;
use crate::value::Literal;

/// How many items of a list are shown.
const ITEMS: usize = 6;
/// How many characters of a condition are shown.
const LENGTH: usize = 160;
/// How many characters a number may have without an exponent.
const DIGITS: usize = 24;

/// A condition in one line, for instance `country == "DE"`.
pub fn condition(node: &Node) -> String {
    let mut out = String::new();
    write(&mut out, node);
    shortened(out)
}

/// A number as it is written, or with an exponent where that would be long.
fn write_number(out: &mut String, n: f64) {
    let before = out.len();
    number::write_plain(out, n);
    if out.len() - before > DIGITS {
        out.truncate(before);
        let _ = write!(out, "{n:e}");
    }
}

/// A value in one line, as JSON.
pub fn value(literal: &Literal) -> String {
    let mut out = String::new();
    write_literal(&mut out, literal);
    shortened(out)
}

fn shortened(text: String) -> String {
    match text.char_indices().nth(LENGTH) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

fn write(out: &mut String, node: &Node) {
    let member = match Expr::of(node) {
        Expr::Value(node) => return write_literal(out, &node.to_literal()),
        Expr::List(items) => return list(out, items.iter(), write),
        Expr::Operation(member) => member,
    };
    let items = arguments(member);
    match (&*member.key, items) {
        ("var", [name, ..]) => match name.as_text() {
            Some(name) => out.push_str(name),
            None => call(out, "var", items),
        },
        ("!", [item]) => {
            out.push_str("not ");
            inner(out, item);
        }
        ("!!", [item]) => inner(out, item),
        ("sem_ver", [value, order, version]) => {
            inner(out, value);
            let _ = write!(out, " {} ", order.as_text().unwrap_or("sem_ver"));
            out.push_str("version ");
            inner(out, version);
        }
        (
            name @ ("==" | "!=" | "===" | "!==" | "<" | "<=" | ">" | ">=" | "in" | "starts_with"
            | "ends_with" | "%" | "+" | "-" | "*" | "/"),
            [left, right],
        ) => {
            inner(out, left);
            let _ = write!(out, " {name} ");
            inner(out, right);
        }
        (name @ ("and" | "or"), items) => {
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    let _ = write!(out, " {name} ");
                }
                inner(out, item);
            }
        }
        (name, items) => call(out, name, items),
    }
}

/// An operand: in parentheses where it would otherwise be torn apart.
fn inner(out: &mut String, node: &Node) {
    let compound = node.only_member().is_some_and(|member| {
        let items = arguments(member).len();
        let name = &*member.key;
        items > 1 && !matches!(name, "var" | "if" | "fractional" | "cat")
    });
    if compound {
        out.push('(');
    }
    write(out, node);
    if compound {
        out.push(')');
    }
}

fn call(out: &mut String, name: &str, items: &[Node]) {
    out.push_str(name);
    list(out, items.iter(), write);
}

fn list<'n, T: 'n>(
    out: &mut String,
    items: impl ExactSizeIterator<Item = &'n T>,
    write: impl Fn(&mut String, &T),
) {
    let len = items.len();
    out.push('[');
    for (at, item) in items.take(ITEMS).enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        write(out, item);
    }
    if len > ITEMS {
        let _ = write!(out, ", … {len} in all");
    }
    out.push(']');
}

fn write_literal(out: &mut String, literal: &Literal) {
    match literal {
        Literal::Null => out.push_str("null"),
        Literal::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Literal::Number(n) => write_number(out, *n),
        Literal::Text(text) => json::write_text(out, text),
        Literal::List(items) => list(out, items.iter(), write_literal),
        Literal::Map(members) => {
            out.push('{');
            for (at, (name, value)) in members.iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                json::write_text(out, name);
                out.push_str(": ");
                write_literal(out, value);
            }
            out.push('}');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::value;
    use crate::value::Literal;

    #[test]
    fn a_number_takes_no_more_room_than_it_needs() {
        for (n, want) in [
            (7.125, "7.125"),
            (1e21, "1000000000000000000000"),
            (5e-324, "5e-324"),
            (-1e-300, "-1e-300"),
        ] {
            assert_eq!(value(&Literal::Number(n)), want);
        }
    }
}
