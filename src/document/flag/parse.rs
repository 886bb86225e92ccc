//! Parses the members of one flag: state, variants, default variant, metadata, targeting.

use std::sync::Arc;

use ecow::EcoString;

use crate::decision::ErrorCode;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::document::flag::FlagDefinition;
use crate::document::flag::default_variant;
use crate::document::flag::form::type_error;
use crate::document::flag::merge_metadata;
use crate::document::flag::misplaced_field;
use crate::document::flag::misplaced_field::WrittenFields;
use crate::document::flag::state;
use crate::document::flag::unknown_member;
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
    default_variant::validate_default_variant(&mut flag, default_position, report);
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

/// Parses the members: rollout fields and the default variant last, because they name variants, and unknown members when
/// all others are known.
fn parse_members(
    flag: &mut FlagDefinition,
    members: Vec<Member>,
    defaults: &DocumentDefaults,
    report: &mut DiagnosticSink,
) {
    let mut fields = Vec::new();
    let mut rollout_fields = Vec::new();
    let mut unknown = Vec::new();
    let mut default = None;
    let mut written = WrittenFields::new();
    for member in members {
        if let Some(field) = schema::FLAG.field_ignore_case(&member.key) {
            written.push(field.name);
            if field.name == "defaultVariant" {
                default = Some((field.name, member.value));
            } else {
                fields.push((field.name, member.value));
            }
        } else if let Some(field) = schema::ROLLOUT_FIELDS.field_ignore_case(&member.key) {
            written.push(field.name);
            rollout_fields.push(member);
        } else {
            unknown.push(member);
        }
    }
    for (name, value) in fields.into_iter().chain(default) {
        parse_field(flag, name, value, &written, report);
    }
    unknown_member::report_unknown_members(flag, &unknown, &written, report);
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

fn parse_field(
    flag: &mut FlagDefinition,
    name: &'static str,
    value: Node,
    written: &WrittenFields,
    report: &mut DiagnosticSink,
) {
    let at = value.position;
    let read = match name {
        "state" => state::parse_state(flag, &value, report),
        "variants" => parse_variants(flag, &value, written, report),
        "defaultVariant" => default_variant::parse_default_variant(flag, &value),
        "metadata" => parse_metadata(flag, &value, written, report),
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

fn parse_variants(
    flag: &mut FlagDefinition,
    value: &Node,
    written: &WrittenFields,
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
    check_variant_types(&flag.key, members, written, report);
    flag.variants = members
        .iter()
        .map(|m| (m.key.clone(), m.value.to_owned_value()))
        .collect();
    flag.variants.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(())
}

fn parse_metadata(
    flag: &mut FlagDefinition,
    value: &Node,
    written: &WrittenFields,
    report: &mut DiagnosticSink,
) -> Result<(), String> {
    if matches!(value.kind, NodeKind::Null) {
        return Ok(());
    }
    if let Some(members) = value.as_map() {
        misplaced_field::check_metadata(&flag.key, members, written, report);
    }
    let OwnedValue::Map(own) = value.to_owned_value() else {
        return type_error(value, "an object");
    };
    flag.metadata = merge_metadata(&flag.metadata, own);
    Ok(())
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
