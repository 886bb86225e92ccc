//! The answer to a request for all flags.

use std::borrow::Cow;

use ecow::EcoString;

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
use crate::wire::field;
use crate::wire::structure;

/// One flag's answer.
#[derive(Debug)]
pub struct Entry<'a> {
    flag: &'a Flag,
    /// What the entry says.
    pub decision: Decision,
    metadata: Cow<'a, [(EcoString, Literal)]>,
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

    fn write_proto(&self, out: &mut Vec<u8>, contract: Contract) {
        field::text(out, 1, self.reason);
        if !self.variant.is_empty() {
            field::text(out, 2, self.variant);
        }
        match &*self.value {
            Literal::Bool(b) => field::varint(out, 3, u64::from(*b)),
            Literal::Text(s) => field::text(out, 4, s),
            Literal::Number(n) => field::double(out, 5, *n),
            Literal::Map(members) => {
                field::message(out, 6, |out| structure::write_fields(out, members));
            }
            Literal::Null | Literal::List(_) => {}
        }
        if contract != Contract::Schema1 {
            field::message(out, 7, |out| structure::write_fields(out, &self.metadata));
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

/// The whole answer, entry by entry.
#[derive(Debug)]
pub struct Bulk {
    contract: Contract,
    out: Out,
}

#[derive(Debug)]
enum Out {
    Proto(Vec<u8>),
    Json(String),
}

impl Bulk {
    /// An answer without entries.
    pub fn new(codec: Codec, contract: Contract) -> Bulk {
        let out = match codec {
            Codec::Proto => Out::Proto(Vec::new()),
            Codec::Json => Out::Json(String::from("{\"flags\":{")),
        };
        Bulk { contract, out }
    }

    /// Appends an entry.
    pub fn push(&mut self, entry: &Entry<'_>) {
        match &mut self.out {
            Out::Proto(out) => field::message(out, 1, |out| {
                field::text(out, 1, &entry.flag.key);
                field::message(out, 2, |out| entry.write_proto(out, self.contract));
            }),
            Out::Json(out) => {
                if !out.ends_with('{') {
                    out.push(',');
                }
                entry.write_json(out, self.contract);
            }
        }
    }

    /// The answer's bytes. Its own metadata is what is repeated of the selector.
    pub fn finish(self, selector: &Selector) -> Vec<u8> {
        let reflection = selector.reflection();
        let metadata = reflection.map(|(key, value)| (key.into(), Literal::Text(value.into())));
        let metadata = metadata.as_slice();
        let with_metadata = self.contract != Contract::Schema1;
        match self.out {
            Out::Proto(mut out) => {
                if with_metadata {
                    field::message(&mut out, 2, |out| structure::write_fields(out, metadata));
                }
                out
            }
            Out::Json(mut out) => {
                out.push('}');
                if with_metadata {
                    out.push_str(",\"metadata\":");
                    structure::write_members(&mut out, metadata);
                }
                out.push('}');
                out.into_bytes()
            }
        }
    }
}
