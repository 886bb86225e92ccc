//! The parts of a bucketing key: constant text, an attribute, or an opaque expression.

use ecow::EcoString;

use crate::rule::coerce;
use crate::value::OwnedValue;
use crate::value::Value;

/// A part of a bucketing key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyPart {
    /// Constant text.
    Text(EcoString),
    /// The value of an attribute, by its index.
    Attribute(usize),
    /// The value of an opaque expression, by its index.
    Opaque(usize),
}

/// The attributes among parts, each once, in the order of their indices.
pub fn key_attributes<'p>(parts: impl IntoIterator<Item = &'p KeyPart>) -> Vec<usize> {
    let parts = parts.into_iter();
    let mut attributes: Vec<usize> = parts
        .filter_map(|part| match part {
            KeyPart::Attribute(at) => Some(*at),
            KeyPart::Text(_) | KeyPart::Opaque(_) => None,
        })
        .collect();
    attributes.sort_unstable();
    attributes.dedup();
    attributes
}

/// The parts with adjacent texts joined, trimmed at both ends as `cat` does.
pub fn normalize_key(parts: Vec<KeyPart>) -> Vec<KeyPart> {
    let mut normal: Vec<KeyPart> = Vec::new();
    for part in parts {
        match (normal.last_mut(), part) {
            (Some(KeyPart::Text(before)), KeyPart::Text(text)) => {
                *before = format!("{before}{text}").into();
            }
            (_, part) => normal.push(part),
        }
    }
    if let Some(KeyPart::Text(first)) = normal.first_mut() {
        *first = first.trim_start().into();
    }
    if let Some(KeyPart::Text(last)) = normal.last_mut() {
        *last = last.trim_end().into();
    }
    normal.retain(|part| !matches!(part, KeyPart::Text(text) if text.is_empty()));
    normal
}

/// A value as `cat` writes it; `None` if `cat` rejects it.
pub fn concat_text(literal: &OwnedValue) -> Option<EcoString> {
    let mut text = String::new();
    let value = match literal {
        OwnedValue::Null => Value::Null,
        OwnedValue::Bool(b) => Value::Bool(*b),
        OwnedValue::Number(n) => Value::Number(*n),
        OwnedValue::Text(text) => Value::Text(text),
        OwnedValue::List(_) | OwnedValue::Map(_) => return None,
    };
    coerce::write_text(&mut text, value).ok()?;
    Some(text.into())
}

/// The bucketing key with the texts of its attributes; `None` if a text is unknown or a part is opaque.
pub fn render_key(
    parts: &[KeyPart],
    text_of: impl Fn(usize) -> Option<EcoString>,
) -> Option<String> {
    let mut key = String::new();
    for part in parts {
        match part {
            KeyPart::Text(text) => key.push_str(text),
            KeyPart::Attribute(at) => key.push_str(&text_of(*at)?),
            KeyPart::Opaque(_) => return None,
        }
    }
    Some(key)
}
