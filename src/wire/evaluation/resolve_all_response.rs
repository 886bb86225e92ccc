//! Encodes the response to a request for all flags, in protobuf and JSON.

use std::borrow::Cow;

use ecow::EcoString;

use crate::decision::Decision;
use crate::decision::ErrorCode;
use crate::decision::FlagType;
use crate::json;
use crate::ruleset::CompiledFlag;
use crate::selector::Selector;
use crate::value::OwnedValue;
use crate::wire::Codec;
use crate::wire::EvaluationApi;
use crate::wire::evaluation::resolve_response::REASON_DISABLED;
use crate::wire::protobuf::encode_field;
use crate::wire::protobuf::encode_struct;
use crate::wire::selector_metadata;

/// The entry of one flag.
#[derive(Debug)]
pub struct ResolveAllEntry<'a> {
    flag: &'a CompiledFlag,
    /// The decision that the entry reports.
    pub decision: Decision,
    metadata: Cow<'a, [(EcoString, OwnedValue)]>,
    reason: &'static str,
    variant: &'a str,
    value: Cow<'a, OwnedValue>,
}

impl<'a> ResolveAllEntry<'a> {
    /// The entry for a decision; `None` where the contract leaves the flag out.
    ///
    /// An entry without a variant has the zero value of the default variant's type.
    pub fn new(
        flag: &'a CompiledFlag,
        decision: Decision,
        api: EvaluationApi,
        selector: &Selector,
    ) -> Option<ResolveAllEntry<'a>> {
        let default = flag
            .default_variant
            .and_then(|index| flag.variant_type(index));
        if default.is_none() && api != EvaluationApi::SchemaV1 {
            return None;
        }
        let zero = || default.map(zero_value).map(Cow::Owned);
        // The response has no field for a list or null.
        let decision = match decision {
            Decision::Variant(index, _) if flag.variant_type(index).is_none() => {
                Decision::Error(ErrorCode::TypeMismatch)
            }
            decision => decision,
        };
        let (reason, variant, value) = match decision {
            Decision::Variant(index, reason) => {
                let index = usize::from(index);
                let value = flag.variant_values.get(index).map(Cow::Borrowed);
                let name = flag.variant_names.get(index).map_or("", AsRef::as_ref);
                (reason.as_str(), name, value)
            }
            Decision::Error(_) => ("ERROR", "", zero()),
            Decision::Disabled => (REASON_DISABLED, "", zero()),
            Decision::NoDefault => return None,
        };
        Some(ResolveAllEntry {
            flag,
            decision,
            metadata: selector_metadata::response_metadata(flag, selector),
            reason,
            variant,
            value: value?,
        })
    }

    fn encode_protobuf(&self, out: &mut Vec<u8>, api: EvaluationApi) {
        encode_field::string(out, 1, self.reason);
        if !self.variant.is_empty() {
            encode_field::string(out, 2, self.variant);
        }
        match &*self.value {
            OwnedValue::Bool(b) => encode_field::varint(out, 3, u64::from(*b)),
            OwnedValue::Text(s) => encode_field::string(out, 4, s),
            OwnedValue::Number(n) => encode_field::double(out, 5, *n),
            OwnedValue::Map(members) => {
                encode_field::message(out, 6, |out| {
                    encode_struct::encode_struct_fields(out, members);
                });
            }
            OwnedValue::Null | OwnedValue::List(_) => {}
        }
        if api != EvaluationApi::SchemaV1 {
            encode_field::message(out, 7, |out| {
                encode_struct::encode_struct_fields(out, &self.metadata);
            });
        }
    }

    fn encode_json(&self, out: &mut String, api: EvaluationApi) {
        json::write_string(out, &self.flag.key);
        out.push_str(":{\"reason\":\"");
        out.push_str(self.reason);
        out.push_str("\",\"variant\":");
        json::write_string(out, self.variant);
        out.push_str(match &*self.value {
            OwnedValue::Bool(_) => ",\"boolValue\":",
            OwnedValue::Text(_) => ",\"stringValue\":",
            OwnedValue::Number(_) => ",\"doubleValue\":",
            OwnedValue::Map(_) | OwnedValue::Null | OwnedValue::List(_) => ",\"objectValue\":",
        });
        json::write_value(out, &self.value);
        if api != EvaluationApi::SchemaV1 {
            out.push_str(",\"metadata\":");
            json::write_object(out, &self.metadata);
        }
        out.push('}');
    }
}

fn zero_value(of: FlagType) -> OwnedValue {
    match of {
        FlagType::Boolean => OwnedValue::Bool(false),
        FlagType::String => OwnedValue::Text("".into()),
        FlagType::Int | FlagType::Float => OwnedValue::Number(0.0),
        FlagType::Object => OwnedValue::Map(Box::default()),
    }
}

/// An encoder of the whole response, entry by entry.
#[derive(Debug)]
pub struct ResolveAllEncoder {
    api: EvaluationApi,
    out: EncodedBody,
}

#[derive(Debug)]
enum EncodedBody {
    Proto(Vec<u8>),
    Json(String),
}

impl ResolveAllEncoder {
    /// A response without entries.
    pub fn new(codec: Codec, api: EvaluationApi) -> ResolveAllEncoder {
        let out = match codec {
            Codec::Proto => EncodedBody::Proto(Vec::new()),
            Codec::Json => EncodedBody::Json(String::from("{\"flags\":{")),
        };
        ResolveAllEncoder { api, out }
    }

    /// Appends an entry.
    pub fn push(&mut self, entry: &ResolveAllEntry<'_>) {
        match &mut self.out {
            EncodedBody::Proto(out) => encode_field::message(out, 1, |out| {
                encode_field::string(out, 1, &entry.flag.key);
                encode_field::message(out, 2, |out| entry.encode_protobuf(out, self.api));
            }),
            EncodedBody::Json(out) => {
                if !out.ends_with('{') {
                    out.push(',');
                }
                entry.encode_json(out, self.api);
            }
        }
    }

    /// The encoded response. Its metadata contains the selector.
    pub fn finish(self, selector: &Selector) -> Vec<u8> {
        let metadata = selector_metadata::selector_metadata(selector);
        let metadata = metadata.as_slice();
        let with_metadata = self.api != EvaluationApi::SchemaV1;
        match self.out {
            EncodedBody::Proto(mut out) => {
                if with_metadata {
                    encode_field::message(&mut out, 2, |out| {
                        encode_struct::encode_struct_fields(out, metadata);
                    });
                }
                out
            }
            EncodedBody::Json(mut out) => {
                out.push('}');
                if with_metadata {
                    out.push_str(",\"metadata\":");
                    json::write_object(&mut out, metadata);
                }
                out.push('}');
                out.into_bytes()
            }
        }
    }
}
