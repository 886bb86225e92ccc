//! Encodes the response to a request for one flag, in protobuf and JSON.
//!
//! One protobuf encoding serves all three contracts: it encodes zero values explicitly, as `flagd.evaluation.v2`
//! requires, and omits missing values, which the older contracts decode as zero.

use std::fmt::Write as _;

use ecow::EcoString;

use crate::decision::FlagType;
use crate::json;
use crate::number;
use crate::ruleset::CompiledFlag;
use crate::value::OwnedValue;
use crate::wire::EvaluationApi;
use crate::wire::protobuf::encode_field;
use crate::wire::protobuf::encode_struct;

/// The reason of a flag that is disabled.
pub const REASON_DISABLED: &str = "DISABLED";
/// The reason of a flag that has no default variant. flagd's schema.v1 responds with its internal reason `FALLBACK`.
pub const REASON_NO_DEFAULT: &str = "DEFAULT";

/// Appends the response with a variant. Returns false, and appends nothing, if the value is not of type `want`.
pub fn encode_protobuf(
    out: &mut Vec<u8>,
    value: &OwnedValue,
    want: FlagType,
    reason: &str,
    variant: &str,
    metadata: &[(EcoString, OwnedValue)],
) -> bool {
    match (want, value) {
        (FlagType::Boolean, OwnedValue::Bool(b)) => encode_field::varint(out, 1, u64::from(*b)),
        (FlagType::String, OwnedValue::Text(s)) => encode_field::string(out, 1, s),
        (FlagType::Float, OwnedValue::Number(n)) => encode_field::double(out, 1, *n),
        (FlagType::Int, OwnedValue::Number(n)) => {
            encode_field::varint(out, 1, number::truncate_to_i64(*n).cast_unsigned());
        }
        (FlagType::Object, OwnedValue::Map(members)) => {
            encode_field::message(out, 1, |out| {
                encode_struct::encode_struct_fields(out, members);
            });
        }
        _ => return false,
    }
    write_protobuf_reason_variant_metadata(out, reason, variant, metadata);
    true
}

/// Appends the response without a variant, for any type.
pub fn encode_protobuf_without_value(
    out: &mut Vec<u8>,
    reason: &str,
    metadata: &[(EcoString, OwnedValue)],
) {
    write_protobuf_reason_variant_metadata(out, reason, "", metadata);
}

/// Appends the response without a variant and with an empty object as its value, as in the older contracts.
pub fn encode_protobuf_empty_object(
    out: &mut Vec<u8>,
    reason: &str,
    metadata: &[(EcoString, OwnedValue)],
) {
    encode_field::message(out, 1, |_| {});
    write_protobuf_reason_variant_metadata(out, reason, "", metadata);
}

fn write_protobuf_reason_variant_metadata(
    out: &mut Vec<u8>,
    reason: &str,
    variant: &str,
    metadata: &[(EcoString, OwnedValue)],
) {
    encode_field::string(out, 2, reason);
    if !variant.is_empty() {
        encode_field::string(out, 3, variant);
    }
    encode_field::message(out, 4, |out| {
        encode_struct::encode_struct_fields(out, metadata);
    });
}

/// The response with a variant, in JSON.
pub fn encode_json(
    flag: &CompiledFlag,
    metadata: &[(EcoString, OwnedValue)],
    index: u16,
    want: FlagType,
    reason: &str,
    api: EvaluationApi,
) -> String {
    let mut out = String::with_capacity(160);
    let index = usize::from(index);
    let value = flag.variant_values.get(index);
    out.push_str(match value {
        Some(OwnedValue::Bool(true)) => "{\"value\":true",
        Some(OwnedValue::Bool(false)) => "{\"value\":false",
        _ => "{\"value\":",
    });
    match value {
        Some(OwnedValue::Bool(_)) => {}
        Some(OwnedValue::Number(n)) if want == FlagType::Int => {
            let _ = write!(out, "\"{}\"", number::truncate_to_i64(*n));
        }
        Some(value) => json::write_value(&mut out, value),
        None => out.push_str("null"),
    }
    let variant = flag.variant_names.get(index).map_or("", AsRef::as_ref);
    let shown = !variant.is_empty() || api != EvaluationApi::EvaluationV2;
    write_json_reason_variant_metadata(&mut out, metadata, reason, shown.then_some(variant));
    out
}

/// The response without a variant, in JSON. The older contracts cannot omit the value, which is then zero.
pub fn encode_json_without_value(
    metadata: &[(EcoString, OwnedValue)],
    want: FlagType,
    reason: &str,
    api: EvaluationApi,
) -> String {
    let zero = match want {
        FlagType::Boolean => "false",
        FlagType::String => "\"\"",
        FlagType::Int => "\"0\"",
        FlagType::Float => "0",
        FlagType::Object => "{}",
    };
    let mut out = String::from("{");
    let explicit = api != EvaluationApi::EvaluationV2;
    if explicit {
        out.push_str("\"value\":");
        out.push_str(zero);
    }
    write_json_reason_variant_metadata(&mut out, metadata, reason, explicit.then_some(""));
    out
}

fn write_json_reason_variant_metadata(
    out: &mut String,
    metadata: &[(EcoString, OwnedValue)],
    reason: &str,
    variant: Option<&str>,
) {
    out.push_str(if out.len() > 1 {
        ",\"reason\":\""
    } else {
        "\"reason\":\""
    });
    out.push_str(reason);
    if let Some(variant) = variant {
        out.push_str("\",\"variant\":");
        json::write_string(out, variant);
        out.push_str(",\"metadata\":");
    } else {
        out.push_str("\",\"metadata\":");
    }
    json::write_object(out, metadata);
    out.push('}');
}
