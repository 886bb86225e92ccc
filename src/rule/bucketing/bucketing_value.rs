//! What of a unit is hashed: the bytes that stand for a bucketing value.

use crate::rule::EvalError;
use crate::rule::bucketing::cbor;
use crate::rule::bucketing::cbor::CborBuffer;
use crate::rule::bucketing::murmur;
use crate::rule::eval::Scope;
use crate::value::Value;

/// The version of `fractional`: which values may be bucketed by, and which bytes stand for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FractionalVersion {
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
pub enum HashedBucketingValue<'a> {
    /// It is a unit, and this is its hash.
    Hash(u32),
    /// It stands for the flag's key and the targeting key.
    UseDefaultKey,
    /// It is no unit, and there is none.
    Missing,
    /// It is one of the shares; the unit is the identity.
    ComputedShare(Value<'a>),
}

impl FractionalVersion {
    /// The hash of a bucketing value.
    ///
    /// # Errors
    /// If the value is so large that the evaluation's allowance is used up.
    pub fn hash_value<'a>(
        self,
        value: Value<'a>,
        scope: &Scope<'_, 'a>,
    ) -> Result<HashedBucketingValue<'a>, EvalError> {
        Ok(match (self, value) {
            (_, Value::Text(text)) => HashedBucketingValue::Hash(self.hash_text(text)),
            (FractionalVersion::V2, Value::Null) => HashedBucketingValue::UseDefaultKey,
            (FractionalVersion::V3, Value::Null) => HashedBucketingValue::Missing,
            (_, Value::List(_)) | (FractionalVersion::V2, _) => {
                HashedBucketingValue::ComputedShare(value)
            }
            (FractionalVersion::V3, Value::Bool(_) | Value::Number(_) | Value::Map(_)) => {
                let mut bytes = CborBuffer::default();
                cbor::encode_value(&mut bytes, value);
                scope.spend_steps(bytes.as_slice().len() / 64)?;
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

    /// The hash of a unit that a targeting key names to a flag.
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
