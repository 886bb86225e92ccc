//! Checks the values of variants: a typed call can return the variants of one type only, and no call can return null.

use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// Reports null variants, variants of another type than most, and lists. Callers of such a variant get an error.
pub fn check_variant_types(flag: &str, variants: &[Member], report: &mut DiagnosticSink) {
    let is_null = |variant: &&Member| matches!(variant.value.kind, NodeKind::Null);
    for variant in variants.iter().filter(is_null) {
        let message = format!(
            "variant `{}` of flag `{flag}` is null: callers that get it get an error",
            variant.key
        );
        let help =
            "write a value; for the default in the caller's code, remove `defaultVariant` instead";
        report.error(Code::VariantType, variant.value.position, message, help);
    }
    let typed: Vec<&Member> = variants.iter().filter(|v| !is_null(v)).collect();
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
        (NodeKind::Number(_), NodeKind::Text(text)) if text.trim().parse::<f64>().is_ok() => {
            format!("write {text} without quotes")
        }
        (NodeKind::Text(_), NodeKind::Bool(_) | NodeKind::Number(_)) => {
            "put quotes around it".to_owned()
        }
        _ => general_help(),
    }
}

fn general_help() -> String {
    "give all variants one type: a call for another type returns TYPE_MISMATCH".to_owned()
}
