//! Conversions between the text of an option, nodes of a file, and the JSON that `--print-config` shows.

use ecow::EcoString;

use crate::config::key_value::KeyValues;
use crate::config::option::spec::OptionKind;
use crate::config::option::spec::OptionSpec;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::number;

/// Returns the text of a scalar; `None` for an array or object.
pub fn scalar_text(node: &Node) -> Option<String> {
    match &node.kind {
        NodeKind::Null => Some(String::new()),
        NodeKind::Bool(truth) => Some(truth.to_string()),
        NodeKind::Number(value) => {
            let mut text = String::new();
            number::write_decimal(&mut text, *value);
            Some(text)
        }
        NodeKind::Text(text) => Some(text.to_string()),
        NodeKind::List(_) | NodeKind::Map(_) => None,
    }
}

/// Returns the pairs of an object of scalars.
pub fn string_members(node: &Node) -> Option<KeyValues> {
    let members = node.as_map()?.iter();
    members
        .map(|m| Some((m.key.clone(), scalar_text(&m.value)?.into())))
        .collect()
}

/// Returns a value in YAML: numbers and switches bare, everything else quoted.
pub fn yaml_scalar(row: &OptionSpec, text: &str) -> String {
    // Few enough digits for a 64-bit float, and no leading zero, which YAML may read as octal.
    let whole = text
        .parse::<u32>()
        .is_ok_and(|whole| whole.to_string() == text);
    let bare = row.kind == OptionKind::Boolean || whole;
    if bare {
        text.to_owned()
    } else {
        json_string(text)
    }
}

/// Returns a JSON array of items in JSON.
pub fn json_array(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(", "))
}

/// Returns a JSON string.
pub fn json_string(text: &str) -> String {
    let mut out = String::new();
    crate::json::write_string(&mut out, text);
    out
}

/// Returns a JSON object of strings.
pub fn json_object(pairs: &[(EcoString, EcoString)]) -> String {
    let member = |(key, value): &(EcoString, EcoString)| {
        format!("{}: {}", json_string(key), json_string(value))
    };
    let members: Vec<String> = pairs.iter().map(member).collect();
    format!("{{{}}}", members.join(", "))
}

/// Parses the value of a switch as Go's `strconv.ParseBool` does.
pub fn parse_boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}
