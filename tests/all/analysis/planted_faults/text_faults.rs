//! Faults in the text of a file, which the parser reads as something else.

use serde_json::Value;

use crate::analysis::planted_faults::Plant;
use crate::support::random_flags::SeededRng;

fn replace(document: &Value, from: &str, to: &str) -> Option<String> {
    let text = document.to_string();
    text.contains(from).then(|| text.replacen(from, to, 1))
}

/// The last flag in a second document.
fn second_document(document: &Value, _: &mut SeededRng) -> Option<String> {
    let mut first = document.clone();
    let moved = first["flags"].as_object_mut()?.remove("search.ranking")?;
    let second = serde_json::json!({"flags": {"search.ranking": moved}});
    Some(format!("{first}\n---\n{second}\n"))
}

/// A copy of the first flag under its own key, in front of a flag that was to be renamed.
fn copied_flag(document: &Value, _: &mut SeededRng) -> Option<String> {
    let copied = document["flags"].get("search.ranking")?;
    let text = document.to_string();
    let at = text.rfind("\"cart.checkout\":{")?;
    let (before, behind) = text.split_at(at);
    let end = behind
        .find(",\"home.banner\"")
        .or_else(|| behind.find(",\"mail.digest\""))?;
    let (own, rest) = behind.split_at(end);
    Some(format!("{before}{own},\"cart.checkout\":{copied}{rest}"))
}

/// The faults.
pub const FAULTS: &[(&str, Plant)] = &[
    ("second document", second_document),
    ("copied flag", copied_flag),
    ("trailing zero", |d, _| replace(d, "\"2.10.0\"", "2.10")),
    ("octal number", |d, _| replace(d, "\"10\"]", "010]")),
    ("missing space in variants", |d, _| {
        replace(d, "\"off\":false", "off:false")
    }),
    ("comment in place of a value", |d, _| {
        replace(d, "\"#888888\"", " #888888\n")
    }),
    ("tag in place of an operator", |d, _| {
        replace(d, "\"!=\":", "!= ")
    }),
    ("no closing bracket", |d, _| replace(d, "]", "")),
];
