//! Evaluates `fractional`: a deterministic split of units into weighted shares.
//!
//! <https://flagd.dev/reference/custom-operations/fractional-operation/>, with the integer arithmetic of flagd 0.15 and
//! later: a unit's bucket is `hash * total >> 32`, and it gets the first share whose summed weight is above it. The
//! bytes that are hashed are those of `bucketing_value`.

use crate::rule::ast::ArgumentRules;
use crate::rule::ast::BucketBy;
use crate::rule::ast::ConstantFractional;
use crate::rule::ast::DefaultBucketingKey;
use crate::rule::ast::DynamicFractional;
use crate::rule::ast::Rule;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::rule::bucketing::bucketing_value::HashedBucketingValue;
use crate::rule::bucketing::murmur;
use crate::rule::bucketing::share_selection::scale_to_bucket;
use crate::rule::bucketing::share_selection::share_value_for_hash;
use crate::rule::error::EvalError;
use crate::rule::eval::condition;
use crate::rule::eval::eval;
use crate::rule::eval::eval_all;
use crate::rule::eval::with_evaluated_args;
use crate::rule::operator::Operator;
use crate::rule::scope::Args;
use crate::rule::scope::EvalResult;
use crate::rule::scope::Scope;
use crate::rule::scope::ScopeData;
use crate::rule::text_buffer::TextBuffer;
use crate::value::OwnedValue;
use crate::value::Value;

impl DefaultBucketingKey {
    /// The hash of the unit; `None` if it has no usable targeting key.
    ///
    /// # Errors
    /// If the key is so long that the evaluation's step budget is exhausted.
    fn hash(&self, scope: &Scope<'_, '_>) -> Result<Option<u32>, EvalError> {
        let (flag_key, unit) = match scope.data {
            ScopeData::Context => (&*self.flag_key, scope.context.slot(self.targeting_key_slot)),
            ScopeData::Item(item) => {
                let flagd = scope.lookup_path_segment(item, "$flagd")?;
                let flag_key = scope.lookup_path_segment(flagd, "flagKey")?;
                let Value::Text(flag_key) = flag_key else {
                    let unit = scope.lookup_path_segment(item, "targetingKey")?;
                    return self.hash_targeting_key("", unit, scope);
                };
                (flag_key, scope.lookup_path_segment(item, "targetingKey")?)
            }
        };
        self.hash_targeting_key(flag_key, unit, scope)
    }

    fn hash_targeting_key(
        &self,
        flag_key: &str,
        unit: Value<'_>,
        scope: &Scope<'_, '_>,
    ) -> Result<Option<u32>, EvalError> {
        match unit {
            Value::Text(unit) if !unit.is_empty() => {
                scope.spend_for_scan(flag_key.len() + unit.len())?;
                Ok(Some(self.version.hash_default_key(flag_key, unit)))
            }
            _ => Ok(None),
        }
    }
}

/// The share that a unit gets.
#[derive(Debug)]
pub enum SelectedShare<'a> {
    /// No share.
    NoShare,
    /// The share with this index.
    Index(usize),
    /// This value: the bucketing value is itself a share, so that the shares are not constant.
    Value(Value<'a>),
}

impl ConstantFractional {
    /// The share of the unit that the context describes.
    pub fn select_share<'a>(
        &'a self,
        scope: &Scope<'_, 'a>,
    ) -> Result<SelectedShare<'a>, EvalError> {
        let hash = match &self.bucket_by {
            BucketBy::DefaultKey => self.default_key.hash(scope)?,
            BucketBy::Computed(parts) => {
                let (rule, shares) = &**parts;
                match hash_bucketing_value(self.default_key.version, rule, scope)? {
                    HashedBucketingValue::Hash(hash) => Some(hash),
                    HashedBucketingValue::UseDefaultKey => self.default_key.hash(scope)?,
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
        let bucket = scale_to_bucket(hash, total);
        let share = self
            .cumulative_weights
            .iter()
            .position(|bound| bucket < *bound);
        Ok(share.map_or(SelectedShare::NoShare, SelectedShare::Index))
    }

    /// Distributes units over a computed share and the constant shares after it.
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

/// Returns true if the data is an object. Other data selects no share, even with a bucketing key.
fn is_object(data: ScopeData<'_>) -> bool {
    matches!(data, ScopeData::Context | ScopeData::Item(Value::Map(_)))
}

/// The hash of a bucketing value. `cat` is joined on the stack, because most rules compute their key with it.
fn hash_bucketing_value<'a>(
    version: FractionalVersion,
    rule: &'a Rule,
    scope: &Scope<'_, 'a>,
) -> Result<HashedBucketingValue<'a>, EvalError> {
    if let Rule::Apply(parts) = rule
        && let (Operator::Cat, ArgumentRules::List(rules)) = &**parts
        && rules.len() > 1
    {
        // Two texts that need no trimming are hashed without joining them.
        if let (FractionalVersion::V2, [first, rest]) = (version, &**rules)
            && let (Some(first), Some(rest)) = (
                condition::text_operand(first, scope),
                condition::text_operand(rest, scope),
            )
            && first.chars().next().is_some_and(|c| !c.is_whitespace())
            && rest.chars().next_back().is_some_and(|c| !c.is_whitespace())
        {
            scope.spend_for_scan(first.len() + rest.len())?;
            let hash = murmur::hash([first.as_bytes(), rest.as_bytes()]);
            return Ok(HashedBucketingValue::Hash(hash));
        }
        let mut buffer = TextBuffer::default();
        buffer.append_all(&eval_all(rules, scope)?, scope)?;
        return Ok(HashedBucketingValue::Hash(
            version.hash_text(buffer.as_str().trim()),
        ));
    }
    version.hash_value(eval(rule, scope)?, scope)
}

impl DynamicFractional {
    /// The value of the unit's share.
    pub fn eval<'a>(&'a self, scope: &Scope<'_, 'a>) -> EvalResult<'a> {
        with_evaluated_args(&self.arguments, scope, |args| {
            let value = select_share_value(&self.default_key, args, scope)?;
            Ok(value.unwrap_or(Value::Null))
        })
    }
}

/// The value of the unit's share; `None` where flagd yields null.
fn select_share_value<'a>(
    default_key: &DefaultBucketingKey,
    args: Args<'_, 'a>,
    scope: &Scope<'_, 'a>,
) -> Result<Option<Value<'a>>, EvalError> {
    let Args::List(values @ [first, rest @ ..]) = args else {
        return Ok(None);
    };
    if !is_object(scope.data) {
        return Ok(None);
    }
    let (hash, shares) = match default_key.version.hash_value(*first, scope)? {
        HashedBucketingValue::Hash(hash) => (Some(hash), rest),
        HashedBucketingValue::UseDefaultKey => (default_key.hash(scope)?, rest),
        HashedBucketingValue::Missing => (None, rest),
        HashedBucketingValue::ComputedShare(_) => (default_key.hash(scope)?, values),
    };
    scope.spend_steps(shares.len())?;
    Ok(hash.and_then(|hash| share_value_for_hash(hash, shares)))
}
