//! What of a unit is hashed: the bytes that stand for a bucketing value.

use crate::rule::Fault;
use crate::rule::bucket;
use crate::rule::cbor;
use crate::rule::cbor::Bytes;
use crate::rule::eval::Scope;
use crate::value::Value;

/// The version of `fractional`: which values may be bucketed by, and which bytes stand for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Version {
    /// As in flagd 0.15 and later: texts, as they are.
    #[default]
    V2,
    /// As flagd's makers have decided for 1.0: values of every type but null and lists, in deterministic CBOR.
    ///
    /// <https://flagd.dev/architecture-decisions/fractional-non-string-rand-units/>
    V3,
}

/// What can be done with a bucketing value.
#[derive(Debug)]
pub enum Hashed<'a> {
    /// It is a unit, and this is its hash.
    Unit(u32),
    /// It stands for the flag's key and the targeting key.
    Identity,
    /// It is no unit, and there is none.
    Nothing,
    /// It is one of the shares; the unit is the identity.
    Share(Value<'a>),
}

impl Version {
    /// The hash of a bucketing value.
    ///
    /// # Errors
    /// If the value is so large that the evaluation's allowance is used up.
    pub fn hashed<'a>(self, value: Value<'a>, scope: &Scope<'_, 'a>) -> Result<Hashed<'a>, Fault> {
        Ok(match (self, value) {
            (_, Value::Text(text)) => Hashed::Unit(self.text(text)),
            (Version::V2, Value::Null) => Hashed::Identity,
            (Version::V3, Value::Null) => Hashed::Nothing,
            (_, Value::List(_)) | (Version::V2, _) => Hashed::Share(value),
            (Version::V3, Value::Bool(_) | Value::Number(_) | Value::Map(_)) => {
                let mut bytes = Bytes::default();
                cbor::value(&mut bytes, value);
                scope.spend(bytes.as_slice().len() / 64)?;
                Hashed::Unit(bucket::hash([bytes.as_slice(), &[]]))
            }
        })
    }

    /// The hash of a text.
    pub fn text(self, text: &str) -> u32 {
        match self {
            Version::V2 => bucket::hash([text.as_bytes(), &[]]),
            Version::V3 => {
                let mut head = Bytes::default();
                cbor::text_head(&mut head, text);
                bucket::hash([head.as_slice(), text.as_bytes()])
            }
        }
    }

    /// The hash of a unit that a targeting key names to a flag.
    pub fn identity(self, flag_key: &str, targeting_key: &str) -> u32 {
        match self {
            Version::V2 => bucket::hash([flag_key.as_bytes(), targeting_key.as_bytes()]),
            Version::V3 => {
                let mut head = Bytes::default();
                cbor::list_head(&mut head, 2);
                cbor::value(&mut head, Value::Text(flag_key));
                cbor::text_head(&mut head, targeting_key);
                bucket::hash([head.as_slice(), targeting_key.as_bytes()])
            }
        }
    }
}
