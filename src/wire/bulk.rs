//! The answer to a request for all flags.

use std::borrow::Cow;

use prost::Message as _;

use crate::decision::Decision;
use crate::decision::ErrorCode;
use crate::decision::FlagType;
use crate::json;
use crate::ruleset::Flag;
use crate::selector::Selector;
use crate::value::Literal;
use crate::wire::Codec;
use crate::wire::Contract;
use crate::wire::answer;
use crate::wire::answer::DISABLED;
use crate::wire::pb::evaluation1 as pb;
use crate::wire::pb::evaluation1::any_flag::Value;
use crate::wire::structure;

/// One flag's answer.
#[derive(Debug)]
pub struct Entry<'a> {
    flag: &'a Flag,
    /// What the entry says.
    pub decision: Decision,
    metadata: Cow<'a, [(Box<str>, Literal)]>,
    reason: &'static str,
    variant: &'a str,
    value: Cow<'a, Literal>,
}

impl<'a> Entry<'a> {
    /// The entry for a decision; `None` where the contract leaves the flag out.
    ///
    /// The type of a value that is not there is that of the flag's default variant.
    pub fn new(
        flag: &'a Flag,
        decision: Decision,
        contract: Contract,
        selector: &Selector,
    ) -> Option<Entry<'a>> {
        let default = flag.default.and_then(|index| flag.type_of(index));
        if default.is_none() && contract != Contract::Schema1 {
            return None;
        }
        let zero = || default.map(zero).map(Cow::Owned);
        // A list or null has no place in this answer.
        let decision = match decision {
            Decision::Variant(index, _) if flag.type_of(index).is_none() => {
                Decision::Error(ErrorCode::TypeMismatch)
            }
            decision => decision,
        };
        let (reason, variant, value) = match decision {
            Decision::Variant(index, reason) => {
                let index = usize::from(index);
                let value = flag.values.get(index).map(Cow::Borrowed);
                let name = flag.names.get(index).map_or("", AsRef::as_ref);
                (reason.text(), name, value)
            }
            Decision::Error(_) => ("ERROR", "", zero()),
            Decision::Disabled => (DISABLED, "", zero()),
            Decision::NoDefault => return None,
        };
        Some(Entry {
            flag,
            decision,
            metadata: answer::metadata(flag, selector),
            reason,
            variant,
            value: value?,
        })
    }

    fn to_proto(&self, contract: Contract) -> pb::AnyFlag {
        let value = match &*self.value {
            Literal::Bool(b) => Some(Value::BoolValue(*b)),
            Literal::Text(s) => Some(Value::StringValue(s.to_string())),
            Literal::Number(n) => Some(Value::DoubleValue(*n)),
            Literal::Map(members) => Some(Value::ObjectValue(structure::to_struct(members))),
            Literal::Null | Literal::List(_) => None,
        };
        let metadata =
            (contract != Contract::Schema1).then(|| structure::to_struct(&self.metadata));
        pb::AnyFlag {
            reason: self.reason.to_owned(),
            variant: self.variant.to_owned(),
            metadata,
            value,
        }
    }

    fn write_json(&self, out: &mut String, contract: Contract) {
        json::write_text(out, &self.flag.key);
        out.push_str(":{\"reason\":\"");
        out.push_str(self.reason);
        out.push_str("\",\"variant\":");
        json::write_text(out, self.variant);
        out.push_str(match &*self.value {
            Literal::Bool(_) => ",\"boolValue\":",
            Literal::Text(_) => ",\"stringValue\":",
            Literal::Number(_) => ",\"doubleValue\":",
            Literal::Map(_) | Literal::Null | Literal::List(_) => ",\"objectValue\":",
        });
        structure::write_json(out, &self.value);
        if contract != Contract::Schema1 {
            out.push_str(",\"metadata\":");
            structure::write_members(out, &self.metadata);
        }
        out.push('}');
    }
}

fn zero(of: FlagType) -> Literal {
    match of {
        FlagType::Boolean => Literal::Bool(false),
        FlagType::String => Literal::Text("".into()),
        FlagType::Int | FlagType::Float => Literal::Number(0.0),
        FlagType::Object => Literal::Map(Box::default()),
    }
}

/// The whole answer. Its own metadata is what is repeated of the selector.
pub fn encode(
    entries: &[Entry<'_>],
    codec: Codec,
    contract: Contract,
    selector: &Selector,
) -> Vec<u8> {
    let reflection = selector.reflection();
    let metadata = reflection.map(|(key, value)| (key.into(), Literal::Text(value.into())));
    let metadata = metadata.as_slice();
    match codec {
        Codec::Proto => {
            let flags = entries
                .iter()
                .map(|entry| (entry.flag.key.to_string(), entry.to_proto(contract)));
            pb::ResolveAllResponse {
                flags: flags.collect(),
                metadata: (contract != Contract::Schema1).then(|| structure::to_struct(metadata)),
            }
            .encode_to_vec()
        }
        Codec::Json => {
            let mut out = String::from("{\"flags\":{");
            for (i, entry) in entries.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                entry.write_json(&mut out, contract);
            }
            out.push('}');
            if contract != Contract::Schema1 {
                out.push_str(",\"metadata\":");
                structure::write_members(&mut out, metadata);
            }
            out.push('}');
            out.into_bytes()
        }
    }
}
