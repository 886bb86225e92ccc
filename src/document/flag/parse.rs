//! Parses the members of one flag: state, variants, default variant, metadata, targeting.

use std::sync::Arc;

use ecow::EcoString;

use crate::decision::ErrorCode;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::diag::did_you_mean;
use crate::document::flag::FlagDefinition;
use crate::document::flag::merge_metadata;
use crate::document::flag::unknown_member::report_unknown_member;
use crate::document::flag::variant_type::check_variant_types;
use crate::document::origin::DocumentOrigin;
use crate::document::preamble::defaults::DocumentDefaults;
use crate::document::rollout::parse;
use crate::document::rollout::parse::misplaced;
use crate::document::schema;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::limits;
use crate::value::OwnedMap;
use crate::value::OwnedValue;

/// Parses the flag called `key`. A flag with a member of the wrong type returns an error when it is evaluated.
pub fn parse_flag(
    key: EcoString,
    position: Position,
    node: Node,
    defaults: &DocumentDefaults,
    origin: &DocumentOrigin,
    report: &mut DiagnosticSink,
) -> FlagDefinition {
    let mut flag = FlagDefinition {
        key,
        position,
        origin: origin.clone(),
        disabled: false,
        variants: Vec::new(),
        default_variant: None,
        targeting: None,
        metadata: defaults.metadata.clone(),
        error_code: None,
        rollout_fields: None,
        portable: true,
    };
    let type_name = node.type_name();
    let default = node.member_ignore_case("defaultVariant");
    let default_position = default.map_or(position, |default| default.position);
    match node.kind {
        NodeKind::Null => {}
        NodeKind::Map(members) => {
            let members = misplaced::relocate_members(&flag.key, members, report);
            parse_members(&mut flag, members, defaults, report);
        }
        NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Text(_) | NodeKind::List(_) => {
            let message = format!("flag `{}` is {type_name}, must be an object", flag.key);
            report.error(
                Code::FlagMember,
                node.position,
                message,
                flag_help(&node.kind),
            );
            flag.error_code = Some(ErrorCode::ParseError);
        }
    }
    validate_default_variant(&mut flag, default_position, report);
    flag
}

/// The help for a flag that is not an object.
fn flag_help(kind: &NodeKind) -> &'static str {
    let without_space = |text: &str| text.contains(':') && !text.contains(' ');
    match kind {
        NodeKind::Text(text) if without_space(text) => {
            "put a space behind the colon: `state: ENABLED`"
        }
        _ => "write an object with `state`, `variants` and `defaultVariant`",
    }
}

/// Parses the members: rollout fields last, because they name variants.
fn parse_members(
    flag: &mut FlagDefinition,
    members: Vec<Member>,
    defaults: &DocumentDefaults,
    report: &mut DiagnosticSink,
) {
    let is_rollout_field = |key: &str| schema::ROLLOUT_FIELDS.field_ignore_case(key).is_some();
    let mut rollout_fields = Vec::new();
    for member in members {
        if is_rollout_field(&member.key) {
            rollout_fields.push(member);
        } else {
            parse_member(flag, &member.key, member.position, member.value, report);
        }
    }
    if !rollout_fields.is_empty() {
        parse_rollout_fields(flag, &rollout_fields, defaults, report);
    }
}

fn parse_rollout_fields(
    flag: &mut FlagDefinition,
    members: &[Member],
    defaults: &DocumentDefaults,
    report: &mut DiagnosticSink,
) {
    let mut fields =
        parse::parse_rollout_fields(&flag.key, &flag.variants, members, &defaults.rings, report);
    fields.targeting.clone_from(&flag.targeting);
    flag.rollout_fields = Some(Arc::new(fields));
}

fn parse_member(
    flag: &mut FlagDefinition,
    key: &str,
    position: Position,
    value: Node,
    report: &mut DiagnosticSink,
) {
    let Some(field) = schema::FLAG.field_ignore_case(key) else {
        report_unknown_member(&flag.key, key, position, &value, report);
        return;
    };
    let at = value.position;
    let name = field.name;
    let read = match name {
        "state" => parse_state(flag, &value, report),
        "variants" => parse_variants(flag, &value, report),
        "defaultVariant" => parse_default_variant(flag, &value),
        "metadata" => parse_metadata(flag, &value),
        "targeting" => {
            flag.targeting = Some(value);
            Ok(())
        }
        _ => Ok(()),
    };
    if let Err(message) = read {
        let message = format!("`{name}` of flag `{}` {message}", flag.key);
        report.error(
            Code::FlagMember,
            at,
            message,
            "the flag returns PARSE_ERROR until this is fixed",
        );
        flag.error_code = Some(ErrorCode::ParseError);
    }
}

fn parse_state(
    flag: &mut FlagDefinition,
    value: &Node,
    report: &mut DiagnosticSink,
) -> Result<(), String> {
    let Some(state) = value.as_text() else {
        return match value.kind {
            NodeKind::Null => Ok(()),
            _ => type_error(value, "ENABLED or DISABLED"),
        };
    };
    flag.disabled = state == "DISABLED";
    if !matches!(state, "ENABLED" | "DISABLED") {
        let message = format!(
            "invalid `state` `{state}` of flag `{}`, treated as ENABLED",
            flag.key
        );
        let help = "write ENABLED or DISABLED, in upper case";
        report.warn(Code::FlagMember, value.position, message, help);
    }
    Ok(())
}

fn parse_variants(
    flag: &mut FlagDefinition,
    value: &Node,
    report: &mut DiagnosticSink,
) -> Result<(), String> {
    let Some(members) = value.as_map() else {
        return match value.kind {
            NodeKind::Null => Ok(()),
            _ => type_error(value, "an object of names and values"),
        };
    };
    if members.len() > limits::VARIANTS {
        return Err(format!(
            "must not have more than {} members",
            limits::VARIANTS
        ));
    }
    check_variant_types(&flag.key, members, report);
    flag.variants = members
        .iter()
        .map(|m| (m.key.clone(), m.value.to_owned_value()))
        .collect();
    flag.variants.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(())
}

fn parse_default_variant(flag: &mut FlagDefinition, value: &Node) -> Result<(), String> {
    match &value.kind {
        NodeKind::Null => Ok(()),
        NodeKind::Text(name) => {
            flag.default_variant = Some(name.clone()).filter(|name| !name.is_empty());
            Ok(())
        }
        NodeKind::Bool(_) => type_error(value, "a string; put quotes around it"),
        NodeKind::Number(_) | NodeKind::List(_) | NodeKind::Map(_) => type_error(value, "a string"),
    }
}

fn parse_metadata(flag: &mut FlagDefinition, value: &Node) -> Result<(), String> {
    if matches!(value.kind, NodeKind::Null) {
        return Ok(());
    }
    let OwnedValue::Map(own) = value.to_owned_value() else {
        return type_error(value, "an object");
    };
    flag.metadata = merge_metadata(&flag.metadata, own);
    Ok(())
}

fn type_error(value: &Node, want: &str) -> Result<(), String> {
    Err(format!("is {}, must be {want}", value.type_name()))
}

fn validate_default_variant(
    flag: &mut FlagDefinition,
    position: Position,
    report: &mut DiagnosticSink,
) {
    let Some(default) = &flag.default_variant else {
        return;
    };
    let names = || flag.variants.iter().map(|(name, _)| name.as_ref());
    if flag.error_code.is_some() || names().any(|name| name == &**default) {
        return;
    }
    let message = format!(
        "`defaultVariant` of flag `{}` is `{default}`, which is not a variant",
        flag.key
    );
    let help = if flag.variants.is_empty() {
        format!("add `variants` with `{default}` among them")
    } else {
        did_you_mean(default, names(), || {
            format!("write one of: {}", names().collect::<Vec<_>>().join(", "))
        })
    };
    report.error(Code::DefaultVariant, position, message, help);
    flag.error_code = Some(ErrorCode::General);
}

/// Parses `metadata` of the flag set.
pub fn parse_flag_set_metadata(node: &Node, report: &mut DiagnosticSink) -> OwnedMap {
    match node.to_owned_value() {
        OwnedValue::Map(members) => merge_metadata(&[], members),
        OwnedValue::Null => OwnedMap::default(),
        _ => {
            let message = format!("`metadata` is {}, must be an object", node.type_name());
            report.error(
                Code::DocumentShape,
                node.position,
                message,
                "write an object of names and values",
            );
            OwnedMap::default()
        }
    }
}
