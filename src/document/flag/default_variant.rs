//! Parses and validates `defaultVariant`.

use crate::decision::ErrorCode;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::diag::suggest_one_of;
use crate::document::flag::FlagDefinition;
use crate::document::flag::form::type_error;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::number;
use crate::value::OwnedValue;

/// Parses `defaultVariant` of a flag whose variants are known.
///
/// # Errors
/// If the value is no text.
pub fn parse_default_variant(flag: &mut FlagDefinition, value: &Node) -> Result<(), String> {
    match &value.kind {
        NodeKind::Null => Ok(()),
        NodeKind::Text(name) => {
            flag.default_variant = Some(name.clone()).filter(|name| !name.is_empty());
            Ok(())
        }
        NodeKind::Bool(_) | NodeKind::Number(_) => {
            let own = value.to_owned_value();
            let name = written(&own).unwrap_or_default();
            let known = flag.variants.iter().any(|(key, _)| **key == *name);
            match variant_of_value(flag, &own).filter(|_| !known) {
                Some(variant) => {
                    let want = format!(
                        "the name of a variant; the variant with this value is `\"{variant}\"`"
                    );
                    type_error(value, &want)
                }
                None => type_error(value, "a string; put quotes around it"),
            }
        }
        NodeKind::List(_) | NodeKind::Map(_) => type_error(value, "a string"),
    }
}

/// The variant whose value this is.
fn variant_of_value<'f>(flag: &'f FlagDefinition, value: &OwnedValue) -> Option<&'f str> {
    let found = flag.variants.iter().find(|(_, known)| known == value);
    found.map(|(name, _)| &**name)
}

/// A scalar as it is written.
fn written(value: &OwnedValue) -> Option<String> {
    match value {
        OwnedValue::Bool(b) => Some(b.to_string()),
        OwnedValue::Number(n) => {
            let mut text = String::new();
            number::write_general(&mut text, *n);
            Some(text)
        }
        OwnedValue::Text(text) => Some(text.to_string()),
        OwnedValue::Null | OwnedValue::List(_) | OwnedValue::Map(_) => None,
    }
}

/// Reports a default variant that the flag does not have; the flag then returns an error.
pub fn validate_default_variant(
    flag: &mut FlagDefinition,
    position: Position,
    report: &mut DiagnosticSink,
) {
    let Some(default) = &flag.default_variant else {
        return;
    };
    let names = || flag.variants.iter().map(|(name, _)| &**name);
    if flag.error_code.is_some() || names().any(|name| name == &**default) {
        return;
    }
    // The variant `on:true` is reported already: its colon has no space.
    let is_reported = names().any(|name| {
        name.strip_prefix(&**default)
            .is_some_and(|rest| rest.starts_with(':'))
    });
    if !is_reported {
        let message = format!(
            "`defaultVariant` of flag `{}` is `{default}`, which is not a variant",
            flag.key
        );
        report.error(
            Code::DefaultVariant,
            position,
            message,
            default_help(flag, default),
        );
    }
    flag.error_code = Some(ErrorCode::General);
}

fn default_help(flag: &FlagDefinition, default: &str) -> String {
    if flag.variants.is_empty() {
        return format!("add `variants` with `{default}` among them");
    }
    let of_value = flag.variants.iter();
    let mut of_value = of_value.filter(|(_, value)| written(value).as_deref() == Some(default));
    match (of_value.next(), of_value.next()) {
        (Some((name, _)), None) => {
            format!("write the name of the variant with this value: `{name}`")
        }
        _ => suggest_one_of(default, flag.variants.iter().map(|(name, _)| &**name)),
    }
}
