//! The bytes that are hashed for a bucketing value, by version of `fractional`.

use crate::rule::bucketing::cbor;
use crate::rule::bucketing::cbor::CborBuffer;
use crate::rule::bucketing::murmur;
use crate::rule::error::EvalError;
use crate::rule::scope::Scope;
use crate::value::Value;

/// The version of `fractional`: the types of bucketing values, and the bytes that are hashed for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FractionalVersion {
    /// As in flagd 0.15 and later: strings, hashed unchanged.
    #[default]
    V2,
    /// As decided for flagd 1.0: values of every type except null and lists, in deterministic CBOR.
    ///
    /// <https://flagd.dev/architecture-decisions/fractional-non-string-rand-units/>
    V3,
}

/// The hash of a bucketing value, or the reason why it has none.
#[derive(Debug)]
pub enum HashedBucketingValue<'a> {
    /// The hash of the value.
    Hash(u32),
    /// The value means the flag's key and the targeting key.
    UseDefaultKey,
    /// There is no unit.
    Missing,
    /// The value is one of the shares; the unit is the default key.
    ComputedShare(Value<'a>),
}

impl FractionalVersion {
    /// The hash of a bucketing value.
    ///
    /// # Errors
    /// If the value is so large that the evaluation's step budget is exhausted.
    pub fn hash_value<'a>(
        self,
        value: Value<'a>,
        scope: &Scope<'_, 'a>,
    ) -> Result<HashedBucketingValue<'a>, EvalError> {
        Ok(match (self, value) {
            (_, Value::Text(text)) => {
                scope.spend_for_scan(text.len())?;
                HashedBucketingValue::Hash(self.hash_text(text))
            }
            (FractionalVersion::V2, Value::Null) => HashedBucketingValue::UseDefaultKey,
            (FractionalVersion::V3, Value::Null) => HashedBucketingValue::Missing,
            (_, Value::List(_)) | (FractionalVersion::V2, _) => {
                HashedBucketingValue::ComputedShare(value)
            }
            (FractionalVersion::V3, Value::Bool(_) | Value::Number(_) | Value::Map(_)) => {
                let mut bytes = CborBuffer::default();
                cbor::encode_value(&mut bytes, value);
                scope.spend_steps(bytes.as_slice().len() / 2)?;
                HashedBucketingValue::Hash(murmur::hash([bytes.as_slice(), &[]]))
            }
        })
    }

    /// The hash of a text.
    pub fn hash_text(self, text: &str) -> u32 {
        match self {
            FractionalVersion::V2 => murmur::hash([text.as_bytes(), &[]]),
            FractionalVersion::V3 => {
                let mut head = CborBuffer::default();
                cbor::encode_text_header(&mut head, text);
                murmur::hash([head.as_slice(), text.as_bytes()])
            }
        }
    }

    /// The hash of the default key: the flag's key and the targeting key.
    pub fn hash_default_key(self, flag_key: &str, targeting_key: &str) -> u32 {
        match self {
            FractionalVersion::V2 => murmur::hash([flag_key.as_bytes(), targeting_key.as_bytes()]),
            FractionalVersion::V3 => {
                let mut head = CborBuffer::default();
                cbor::encode_list_header(&mut head, 2);
                cbor::encode_value(&mut head, Value::Text(flag_key));
                cbor::encode_text_header(&mut head, targeting_key);
                murmur::hash([head.as_slice(), targeting_key.as_bytes()])
            }
        }
    }
}
