//! The answer to a request for one flag.
//!
//! One protobuf encoding serves all three contracts: it spells out values that are zero, as `flagd.evaluation.v2` must,
//! and leaves out what is not there, which the older contracts read as zero.

use std::borrow::Cow;
use std::fmt::Write as _;

use prost::Message as _;
use prost_types::Struct;

use crate::decision::FlagType;
use crate::number;
use crate::ruleset::Flag;
use crate::selector::Selector;
use crate::value::Literal;
use crate::wire::Contract;
use crate::wire::pb::evaluation2 as pb;
use crate::wire::structure;

/// The reason of a flag that is disabled.
pub const DISABLED: &str = "DISABLED";
/// The reason of a flag that has no default variant. flagd's schema.v1 says `FALLBACK`, a word of its inside.
pub const NO_DEFAULT: &str = "DEFAULT";

/// The metadata of an answer: the flag's over what is repeated of the selector.
pub fn metadata<'f>(flag: &'f Flag, selector: &Selector) -> Cow<'f, [(Box<str>, Literal)]> {
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

/// The answer with a variant; `None` if the variant's value is not of the type wanted.
pub fn proto(
    value: &Literal,
    want: FlagType,
    reason: &str,
    variant: &str,
    metadata: &Struct,
) -> Option<Vec<u8>> {
    let reason = reason.to_owned();
    let variant = Some(variant.to_owned()).filter(|v| !v.is_empty());
    let metadata = Some(metadata.clone());
    macro_rules! encode {
        ($message:ident, $value:expr) => {
            pb::$message {
                value: Some($value),
                reason,
                variant,
                metadata,
            }
            .encode_to_vec()
        };
    }
    Some(match (want, value) {
        (FlagType::Boolean, Literal::Bool(b)) => encode!(ResolveBooleanResponse, *b),
        (FlagType::String, Literal::Text(s)) => encode!(ResolveStringResponse, s.to_string()),
        (FlagType::Float, Literal::Number(n)) => encode!(ResolveFloatResponse, *n),
        (FlagType::Int, Literal::Number(n)) => encode!(ResolveIntResponse, number::truncate(*n)),
        (FlagType::Object, Literal::Map(members)) => {
            encode!(ResolveObjectResponse, structure::to_struct(members))
        }
        _ => return None,
    })
}

/// The answer without a variant, of any type.
pub fn proto_without_value(reason: &str, metadata: &Struct) -> Vec<u8> {
    pb::ResolveBooleanResponse {
        value: None,
        reason: reason.to_owned(),
        variant: None,
        metadata: Some(metadata.clone()),
    }
    .encode_to_vec()
}

/// The same with an empty object for a value, as the older contracts have it.
pub fn proto_empty_object(reason: &str, metadata: &Struct) -> Vec<u8> {
    let mut message = vec![0x0A, 0];
    message.extend(proto_without_value(reason, metadata));
    message
}

/// The answer with a variant, in JSON.
pub fn json(
    flag: &Flag,
    metadata: &[(Box<str>, Literal)],
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
    metadata: &[(Box<str>, Literal)],
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
    metadata: &[(Box<str>, Literal)],
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
