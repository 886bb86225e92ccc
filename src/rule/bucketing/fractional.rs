//! `fractional`: a deterministic split of units into weighted shares.
//!
//! <https://flagd.dev/reference/custom-operations/fractional-operation/>, with the integer arithmetic of flagd 0.15 and
//! later: a unit's bucket is `hash * total >> 32`, and it gets the first share whose summed weight is above it. What of a
//! unit is hashed is [`hash_targeting_key`]'s affair.

use crate::rule::ArgumentRules;
use crate::rule::EvalError;
use crate::rule::Rule;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::rule::bucketing::bucketing_value::HashedBucketingValue;
use crate::rule::bucketing::murmur;
use crate::rule::eval::Scope;
use crate::rule::eval::ScopeData;
use crate::rule::eval::condition;
use crate::rule::eval::eval;
use crate::rule::eval::eval_all;
use crate::rule::eval::with_evaluated_args;
use crate::rule::operator::Args;
use crate::rule::operator::EvalResult;
use crate::rule::operator::Operator;
use crate::rule::operator::string_ops;
use crate::value::OwnedValue;
use crate::value::Value;

/// The largest weight, and the largest sum of weights.
pub const MAX_WEIGHT: i64 = i32::MAX as i64;

/// What a rule buckets by if it does not say: the flag's key and the targeting key.
#[derive(Debug, Clone)]
pub struct DefaultBucketingKey {
    /// How units are hashed.
    pub version: FractionalVersion,
    /// The flag's key.
    pub flag_key: Box<str>,
    /// The slot of `targetingKey`.
    pub targeting_key_slot: u16,
}

impl DefaultBucketingKey {
    /// The hash of the unit; `None` if it has no usable targeting key.
    fn hash(&self, scope: &Scope<'_, '_>) -> Option<u32> {
        let (flag_key, unit) = match scope.data {
            ScopeData::Context => (&*self.flag_key, scope.context.slot(self.targeting_key_slot)),
            ScopeData::Item(item) => {
                let flag_key = item.member("$flagd").member("flagKey");
                let Value::Text(flag_key) = flag_key else {
                    return self.hash_targeting_key("", item.member("targetingKey"));
                };
                (flag_key, item.member("targetingKey"))
            }
        };
        self.hash_targeting_key(flag_key, unit)
    }

    fn hash_targeting_key(&self, flag_key: &str, unit: Value<'_>) -> Option<u32> {
        match unit {
            Value::Text(unit) if !unit.is_empty() => {
                Some(self.version.hash_default_key(flag_key, unit))
            }
            _ => None,
        }
    }
}

/// `fractional` whose weights are known when the flag loads.
#[derive(Debug, Clone)]
pub struct ConstantFractional {
    /// What the unit is.
    pub bucket_by: BucketBy,
    /// What it is if the rule does not say.
    pub default_key: DefaultBucketingKey,
    /// The first bucket above each share, in order.
    pub cumulative_weights: Box<[u32]>,
}

/// What a split buckets by.
#[derive(Debug, Clone)]
pub enum BucketBy {
    /// The flag's key and the targeting key.
    DefaultKey,
    /// A computed value; and the shares, for a value that turns out to be one of them.
    Computed(Box<(Rule, OwnedValue)>),
}

/// Which share a unit gets.
#[derive(Debug)]
pub enum SelectedShare<'a> {
    /// None.
    NoShare,
    /// The one with this index.
    Index(usize),
    /// This value, although no share has it: the bucketing value turned out to be a share itself.
    Value(Value<'a>),
}

impl ConstantFractional {
    /// The share of the unit that the context describes.
    pub fn select_share<'a>(
        &'a self,
        scope: &Scope<'_, 'a>,
    ) -> Result<SelectedShare<'a>, EvalError> {
        let hash = match &self.bucket_by {
            BucketBy::DefaultKey => self.default_key.hash(scope),
            BucketBy::Computed(parts) => {
                let (rule, shares) = &**parts;
                match hash_bucketing_value(self.default_key.version, rule, scope)? {
                    HashedBucketingValue::Hash(hash) => Some(hash),
                    HashedBucketingValue::UseDefaultKey => self.default_key.hash(scope),
                    HashedBucketingValue::Missing => None,
                    HashedBucketingValue::ComputedShare(share) => {
                        return self.select_from_computed_share(share, shares, scope);
                    }
                }
            }
        };
        let total = self.cumulative_weights.last().copied().unwrap_or(0);
        let Some(hash) = hash.filter(|_| total > 0 && is_object(scope.data)) else {
            return Ok(SelectedShare::NoShare);
        };
        let bucket = murmur::scale_to_bucket(hash, total);
        let share = self
            .cumulative_weights
            .iter()
            .position(|bound| bucket < *bound);
        Ok(share.map_or(SelectedShare::NoShare, SelectedShare::Index))
    }

    /// Distributes over a computed share and the constant ones behind it.
    fn select_from_computed_share<'a>(
        &self,
        share: Value<'a>,
        shares: &'a OwnedValue,
        scope: &Scope<'_, 'a>,
    ) -> Result<SelectedShare<'a>, EvalError> {
        let mut values = vec![share];
        if let Value::List(constant) = scope.alloc_literal(shares)? {
            values.extend_from_slice(constant);
        }
        let value = select_share_value(&self.default_key, Args::List(&values), scope)?;
        Ok(value.map_or(SelectedShare::NoShare, SelectedShare::Value))
    }
}

/// Outside of objects there is nothing to bucket by, not even with a key.
fn is_object(data: ScopeData<'_>) -> bool {
    matches!(data, ScopeData::Context | ScopeData::Item(Value::Map(_)))
}

/// The hash of a bucketing value. `cat` is joined on the stack, for it is how most rules spell their key.
fn hash_bucketing_value<'a>(
    version: FractionalVersion,
    rule: &'a Rule,
    scope: &Scope<'_, 'a>,
) -> Result<HashedBucketingValue<'a>, EvalError> {
    if let Rule::Apply(parts) = rule
        && let (Operator::Cat, ArgumentRules::List(rules)) = &**parts
        && rules.len() > 1
    {
        // Two texts that need no trimming are hashed where they are.
        if let (FractionalVersion::V2, [first, rest]) = (version, &**rules)
            && let (Some(first), Some(rest)) = (
                condition::text_operand(first, scope),
                condition::text_operand(rest, scope),
            )
            && first.chars().next().is_some_and(|c| !c.is_whitespace())
            && rest.chars().next_back().is_some_and(|c| !c.is_whitespace())
        {
            let hash = murmur::hash([first.as_bytes(), rest.as_bytes()]);
            return Ok(HashedBucketingValue::Hash(hash));
        }
        let mut buffer = string_ops::TextBuffer::default();
        string_ops::append_all(&mut buffer, &eval_all(rules, scope)?)?;
        return Ok(HashedBucketingValue::Hash(
            version.hash_text(buffer.as_str().trim()),
        ));
    }
    version.hash_value(eval(rule, scope)?, scope)
}

/// `fractional` in general.
#[derive(Debug, Clone)]
pub struct DynamicFractional {
    /// What the unit is if the rule does not say.
    pub default_key: DefaultBucketingKey,
    /// All arguments.
    pub arguments: ArgumentRules,
}

impl DynamicFractional {
    /// The value of the unit's share.
    pub fn eval<'a>(&'a self, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
        with_evaluated_args(&self.arguments, scope, |given| {
            let value = select_share_value(&self.default_key, given, scope)?;
            Ok(value.unwrap_or(Value::Null))
        })
    }
}

/// The value of the unit's share; `None` where flagd has null.
fn select_share_value<'a>(
    identity: &DefaultBucketingKey,
    given: Args<'_, 'a>,
    scope: &Scope<'_, 'a>,
) -> Result<Option<Value<'a>>, EvalError> {
    let Args::List(values @ [first, rest @ ..]) = given else {
        return Ok(None);
    };
    if !is_object(scope.data) {
        return Ok(None);
    }
    let (hash, shares) = match identity.version.hash_value(*first, scope)? {
        HashedBucketingValue::Hash(hash) => (Some(hash), rest),
        HashedBucketingValue::UseDefaultKey => (identity.hash(scope), rest),
        HashedBucketingValue::Missing => (None, rest),
        HashedBucketingValue::ComputedShare(_) => (identity.hash(scope), values),
    };
    Ok(hash.and_then(|hash| share_value_for_hash(hash, shares)))
}

/// The value of the share that a hash falls into.
fn share_value_for_hash<'a>(hash: u32, shares: &[Value<'a>]) -> Option<Value<'a>> {
    let mut total = 0;
    for share in shares {
        total += parse_weight(parse_share(*share)?.1)?;
    }
    let total = u32::try_from(total)
        .ok()
        .filter(|t| i64::from(*t) <= MAX_WEIGHT)?;
    let bucket = i64::from(murmur::scale_to_bucket(hash, total));
    let mut end = 0;
    shares.iter().find_map(|share| {
        let (variant, given) = parse_share(*share)?;
        end += parse_weight(given)?;
        (bucket < end).then_some(variant)
    })
}

/// The value and the weight of `[value, weight]`.
fn parse_share(share: Value<'_>) -> Option<(Value<'_>, Value<'_>)> {
    let Value::List([variant, rest @ ..]) = share else {
        return None;
    };
    match variant {
        Value::List(_) | Value::Map(_) => None,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {
            Some((*variant, rest.first().copied().unwrap_or(Value::Null)))
        }
    }
}

/// A weight: 1 if it is not given, 0 if it is negative, `None` if it is no whole number or too large.
pub fn parse_weight(value: Value<'_>) -> Option<i64> {
    match value {
        Value::Null => Some(1),
        Value::Number(n) => {
            let whole = crate::number::truncate_to_i64(n);
            (whole as f64 == n && whole <= MAX_WEIGHT).then_some(whole.max(0))
        }
        Value::Bool(_) | Value::Text(_) | Value::List(_) | Value::Map(_) => None,
    }
}
