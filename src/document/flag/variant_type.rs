//! Checks the values of variants: a typed call can return the variants of one type only, and no call can return null.

use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::diag::SourceNote;
use crate::document::flag::form;
use crate::document::flag::misplaced_field;
use crate::document::flag::misplaced_field::WrittenFields;
use crate::document::number_token::number_in_text;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// Reports fields of the flag among its variants, null variants, variants of another type than most, and lists. Callers of
/// such a variant get an error.
pub fn check_variant_types(
    flag: &str,
    variants: &[Member],
    written: &WrittenFields,
    report: &mut DiagnosticSink,
) {
    let is_variant =
        |member: &&Member| !misplaced_field::check_variant(flag, member, variants, written, report);
    let own: Vec<&Member> = variants.iter().filter(is_variant).collect();
    let is_null = |variant: &&&Member| matches!(variant.value.kind, NodeKind::Null);
    for variant in own.iter().filter(is_null) {
        report_null(flag, variant, report);
    }
    let typed: Vec<&Member> = own.iter().filter(|v| !is_null(v)).copied().collect();
    let Some(usual) = most_common_type(&typed) else {
        return;
    };
    let usual_name = usual.value.type_name();
    if let Some(other) = typed.iter().find(|v| v.value.type_name() != usual_name) {
        let message = format!(
            "variants of flag `{flag}` differ in type: `{}` is {usual_name}, but `{}` is {}",
            usual.key,
            other.key,
            other.value.type_name()
        );
        let help = help_for_type(&usual.value, &other.value);
        report.error(Code::VariantType, other.value.position, message, help);
    } else if matches!(usual.value.kind, NodeKind::List(_)) {
        let message = format!(
            "variant `{}` of flag `{flag}` is an array, which no typed call returns",
            usual.key
        );
        let help = "write an object with the array as a member; only OFREP returns an array";
        report.warn(Code::VariantType, usual.value.position, message, help);
    }
}

fn report_null(flag: &str, variant: &Member, report: &mut DiagnosticSink) {
    let (name, position) = (&variant.key, variant.value.position);
    let (why, help) = if let Some((key, value)) = form::split_key(variant) {
        let why = "has no value: a space is missing behind the colon".to_owned();
        (why, format!("write `{key}: {value}`"))
    } else if let Some(SourceNote::Comment(text)) = report.note(position) {
        let why = format!("is null, because `#` begins a comment: `{text}`");
        let value = text.split(" #").next().unwrap_or(text).trim_end();
        (why, format!("quote the value: `\"{value}\"`"))
    } else {
        let help =
            "write a value; for the default in the caller's code, remove `defaultVariant` instead";
        (
            "is null: callers that get this variant get an error".to_owned(),
            help.to_owned(),
        )
    };
    let message = format!("variant `{name}` of flag `{flag}` {why}");
    report.error(Code::VariantType, position, message, help);
}

/// The first variant of the type that most variants have.
fn most_common_type<'v>(variants: &[&'v Member]) -> Option<&'v Member> {
    let same = |variant: &Member| {
        let name = variant.value.type_name();
        variants
            .iter()
            .filter(|v| v.value.type_name() == name)
            .count()
    };
    let mut best: Option<(&Member, usize)> = None;
    let mut names: Vec<&str> = Vec::new();
    for variant in variants {
        if names.contains(&variant.value.type_name()) {
            continue;
        }
        names.push(variant.value.type_name());
        let count = same(variant);
        if best.is_none_or(|(_, most)| count > most) {
            best = Some((variant, count));
        }
    }
    best.map(|(variant, _)| variant)
}

fn help_for_type(usual: &Node, other: &Node) -> String {
    match (&usual.kind, &other.kind) {
        (NodeKind::Bool(_), NodeKind::Text(text)) => match &*text.to_ascii_lowercase() {
            "yes" | "on" | "y" => format!("write true: `{text}` is a string here"),
            "no" | "off" | "n" => format!("write false: `{text}` is a string here"),
            "true" | "false" => format!("write {text} without quotes"),
            _ => general_help(),
        },
        (NodeKind::Number(_), NodeKind::Text(text)) => match number_in_text(text) {
            Some(number) if number == text.trim() => format!("write {text} without quotes"),
            Some(number) => format!("write {number}: `{text}` is a string here"),
            None if text.starts_with(|c: char| c.is_ascii_digit()) => {
                format!("write a number: `{text}` is a string here")
            }
            None => general_help(),
        },
        (NodeKind::Text(_), NodeKind::Bool(_) | NodeKind::Number(_)) => {
            "put quotes around it".to_owned()
        }
        _ => general_help(),
    }
}

fn general_help() -> String {
    "give all variants one type: a call for another type returns TYPE_MISMATCH".to_owned()
}
