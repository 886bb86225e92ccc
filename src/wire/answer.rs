//! The answer to a request for one flag.
//!
//! One protobuf encoding serves all three contracts: it spells out values that are zero, as `flagd.evaluation.v2` must,
//! and leaves out what is not there, which the older contracts read as zero.

use std::borrow::Cow;
use std::fmt::Write as _;

use ecow::EcoString;

use crate::decision::FlagType;
use crate::number;
use crate::ruleset::Flag;
use crate::selector::Selector;
use crate::value::Literal;
use crate::wire::Contract;
use crate::wire::field;
use crate::wire::structure;

/// The reason of a flag that is disabled.
pub const DISABLED: &str = "DISABLED";
/// The reason of a flag that has no default variant. flagd's schema.v1 says `FALLBACK`, a word of its inside.
pub const NO_DEFAULT: &str = "DEFAULT";

/// The metadata of an answer: the flag's over what is repeated of the selector.
pub fn metadata<'f>(flag: &'f Flag, selector: &Selector) -> Cow<'f, [(EcoString, Literal)]> {
    let Some((key, value)) = selector.reflection() else {
        return Cow::Borrowed(&flag.metadata);
    };
    match flag
        .metadata
        .binary_search_by(|(known, _)| (**known).cmp(key))
    {
        Ok(_) => Cow::Borrowed(&flag.metadata),
        Err(at) => {
            let mut all = flag.metadata.to_vec();
            all.insert(at, (key.into(), Literal::Text(value.into())));
            Cow::Owned(all)
        }
    }
}

/// Appends the answer with a variant; `false`, and nothing, if the variant's value is not of the type wanted.
pub fn write_proto(
    out: &mut Vec<u8>,
    value: &Literal,
    want: FlagType,
    reason: &str,
    variant: &str,
    metadata: &[(EcoString, Literal)],
) -> bool {
    match (want, value) {
        (FlagType::Boolean, Literal::Bool(b)) => field::varint(out, 1, u64::from(*b)),
        (FlagType::String, Literal::Text(s)) => field::text(out, 1, s),
        (FlagType::Float, Literal::Number(n)) => field::double(out, 1, *n),
        (FlagType::Int, Literal::Number(n)) => {
            field::varint(out, 1, number::truncate(*n).cast_unsigned());
        }
        (FlagType::Object, Literal::Map(members)) => {
            field::message(out, 1, |out| structure::write_fields(out, members));
        }
        _ => return false,
    }
    write_proto_rest(out, reason, variant, metadata);
    true
}

/// Appends the answer without a variant, of any type.
pub fn write_proto_without_value(
    out: &mut Vec<u8>,
    reason: &str,
    metadata: &[(EcoString, Literal)],
) {
    write_proto_rest(out, reason, "", metadata);
}

/// Appends the same with an empty object for a value, as the older contracts have it.
pub fn write_proto_empty_object(
    out: &mut Vec<u8>,
    reason: &str,
    metadata: &[(EcoString, Literal)],
) {
    field::message(out, 1, |_| {});
    write_proto_rest(out, reason, "", metadata);
}

fn write_proto_rest(
    out: &mut Vec<u8>,
    reason: &str,
    variant: &str,
    metadata: &[(EcoString, Literal)],
) {
    field::text(out, 2, reason);
    if !variant.is_empty() {
        field::text(out, 3, variant);
    }
    field::message(out, 4, |out| structure::write_fields(out, metadata));
}

/// The answer with a variant, in JSON.
pub fn json(
    flag: &Flag,
    metadata: &[(EcoString, Literal)],
    index: u16,
    want: FlagType,
    reason: &str,
    contract: Contract,
) -> String {
    let mut out = String::with_capacity(160);
    let index = usize::from(index);
    out.push_str("{\"value\":");
    match flag.values.get(index) {
        Some(Literal::Number(n)) if want == FlagType::Int => {
            let _ = write!(out, "\"{}\"", number::truncate(*n));
        }
        Some(value) => structure::write_json(&mut out, value),
        None => out.push_str("null"),
    }
    let variant = flag.names.get(index).map_or("", AsRef::as_ref);
    let shown = !variant.is_empty() || contract != Contract::Evaluation2;
    write_rest(&mut out, metadata, reason, shown.then_some(variant));
    out
}

/// The answer without a variant, in JSON: the older contracts cannot leave the value out.
pub fn json_without_value(
    metadata: &[(EcoString, Literal)],
    want: FlagType,
    reason: &str,
    contract: Contract,
) -> String {
    let zero = match want {
        FlagType::Boolean => "false",
        FlagType::String => "\"\"",
        FlagType::Int => "\"0\"",
        FlagType::Float => "0",
        FlagType::Object => "{}",
    };
    let mut out = String::from("{");
    let explicit = contract != Contract::Evaluation2;
    if explicit {
        out.push_str("\"value\":");
        out.push_str(zero);
    }
    write_rest(&mut out, metadata, reason, explicit.then_some(""));
    out
}

fn write_rest(
    out: &mut String,
    metadata: &[(EcoString, Literal)],
    reason: &str,
    variant: Option<&str>,
) {
    if out.len() > 1 {
        out.push(',');
    }
    out.push_str("\"reason\":\"");
    out.push_str(reason);
    out.push('"');
    if let Some(variant) = variant {
        out.push_str(",\"variant\":");
        crate::json::write_text(out, variant);
    }
    out.push_str(",\"metadata\":");
    structure::write_members(out, metadata);
    out.push('}');
}
