//! TOML into the nodes that YAML and JSON are read into.

use toml::Spanned;
use toml::de::DeTable;
use toml::de::DeValue;

use crate::diag::Code;
use crate::diag::Report;
use crate::document::node::Kind;
use crate::document::node::Member;
use crate::document::node::Node;
use crate::json::place;

/// Reads a text.
pub fn read(text: &str, report: &mut Report) -> Option<Node> {
    match DeTable::parse(text) {
        Ok(table) => Some(Node {
            place: place(text, 0),
            kind: Kind::Map(members(text, table.get_ref())),
        }),
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            report.error(Code::Syntax, place(text, at), error.message(), "");
            None
        }
    }
}

fn members(text: &str, table: &DeTable<'_>) -> Vec<Member> {
    let member = |(key, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
        let name: &std::borrow::Cow<'_, str> = key.get_ref();
        Member {
            key: name.as_ref().into(),
            place: place(text, key.span().start),
            value: node(text, value),
        }
    };
    table.iter().map(member).collect()
}

fn node(text: &str, value: &Spanned<DeValue<'_>>) -> Node {
    let number = |digits: &str| digits.replace('_', "").parse().unwrap_or(f64::NAN);
    let kind = match value.get_ref() {
        DeValue::String(text) => Kind::Text(text.as_ref().into()),
        DeValue::Integer(integer) => match i64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(whole) => Kind::Number(whole as f64),
            Err(_) => Kind::Text(text.get(value.span()).unwrap_or("").into()),
        },
        DeValue::Float(float) => Kind::Number(number(float.as_str())),
        DeValue::Boolean(truth) => Kind::Bool(*truth),
        DeValue::Datetime(time) => Kind::Text(time.to_string().into()),
        DeValue::Array(items) => Kind::List(items.iter().map(|item| node(text, item)).collect()),
        DeValue::Table(table) => Kind::Map(members(text, table)),
    };
    let place = place(text, value.span().start);
    Node { place, kind }
}
