//! Parses the rollout fields of one flag, and `rings` of a document.

mod bucketing;
pub mod field_parser;
mod lifecycle;
pub mod misplaced;
mod percentage;
mod prerequisite;
mod ramp;
mod region;
pub mod ring;
mod rollout;
mod split;

use std::sync::Arc;

use ecow::EcoString;

use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::document::rollout::fields::RolloutFields;
use crate::document::rollout::parse::field_parser::FieldParser;
use crate::document::rollout::parse::lifecycle::parse_lifecycle;
use crate::document::rollout::ring::Rings;
use crate::document::schema;
use crate::document::syntax_tree::Member;
use crate::value::OwnedValue;

/// Parses the rollout fields of the flag called `flag`, which has these variants. `members` are the fields of
/// `schema::ROLLOUT_FIELDS`.
pub fn parse_rollout_fields(
    flag: &str,
    variants: &[(EcoString, OwnedValue)],
    members: &[Member],
    rings: &Arc<Rings>,
    report: &mut DiagnosticSink,
) -> RolloutFields {
    let mut fields = RolloutFields {
        rings: rings.clone(),
        ..RolloutFields::default()
    };
    let mut reader = FieldParser {
        flag,
        variants,
        report,
        code: Code::Rollout,
        faulty: false,
    };
    for member in members {
        let value = &member.value;
        let field = schema::ROLLOUT_FIELDS.field_ignore_case(&member.key);
        match field.map_or("", |field| field.name) {
            "kill" => {
                fields.kill_position = reader.parse_bool(value, "kill").then_some(member.position);
            }
            "safeVariant" => fields.safe_variant = reader.parse_variant(value, "safeVariant"),
            "requires" => fields.requires = reader.parse_prerequisites(value),
            "lifecycle" => fields.lifecycle = parse_lifecycle(flag, value, reader.report),
            "rollout" => fields.rollouts = reader.parse_rollouts(value, rings),
            _ => {}
        }
    }
    fields.faulty = reader.faulty;
    fields
}
