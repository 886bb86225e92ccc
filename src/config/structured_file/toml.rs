//! Parses TOML into the same syntax tree as YAML and JSON.

use toml::Spanned;
use toml::de::DeTable;
use toml::de::DeValue;

use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::json::position_at;

/// Parses a text; mistakes are added to `report`.
pub fn parse(text: &str, report: &mut DiagnosticSink) -> Option<Node> {
    match DeTable::parse(text) {
        Ok(table) => Some(Node {
            position: position_at(text, 0),
            kind: NodeKind::Map(convert_table(text, table.get_ref())),
        }),
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            report.error(Code::Syntax, position_at(text, at), error.message(), "");
            None
        }
    }
}

fn convert_table(text: &str, table: &DeTable<'_>) -> Vec<Member> {
    let member = |(key, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
        let name: &std::borrow::Cow<'_, str> = key.get_ref();
        Member {
            key: name.as_ref().into(),
            position: position_at(text, key.span().start),
            value: convert_value(text, value),
        }
    };
    table.iter().map(member).collect()
}

fn convert_value(text: &str, value: &Spanned<DeValue<'_>>) -> Node {
    let number = |digits: &str| digits.replace('_', "").parse().unwrap_or(f64::NAN);
    let kind = match value.get_ref() {
        DeValue::String(text) => NodeKind::Text(text.as_ref().into()),
        DeValue::Integer(integer) => match i64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(whole) => NodeKind::Number(whole as f64),
            Err(_) => NodeKind::Text(text.get(value.span()).unwrap_or("").into()),
        },
        DeValue::Float(float) => NodeKind::Number(number(float.as_str())),
        DeValue::Boolean(truth) => NodeKind::Bool(*truth),
        DeValue::Datetime(time) => NodeKind::Text(time.to_string().into()),
        DeValue::Array(items) => {
            NodeKind::List(items.iter().map(|item| convert_value(text, item)).collect())
        }
        DeValue::Table(table) => NodeKind::Map(convert_table(text, table)),
    };
    let place = position_at(text, value.span().start);
    Node {
        position: place,
        kind,
    }
}
