//! `fractional`: a deterministic split of units into weighted shares.
//!
//! <https://flagd.dev/reference/custom-operations/fractional-operation/>, with the integer arithmetic of flagd 0.15 and
//! later: a unit's bucket is `hash * total >> 32`, and it gets the first share whose summed weight is above it. What of a
//! unit is hashed is [`unit`]'s affair.

use crate::rule::Arguments;
use crate::rule::Fault;
use crate::rule::Rule;
use crate::rule::bucket;
use crate::rule::condition;
use crate::rule::eval::Data;
use crate::rule::eval::Scope;
use crate::rule::eval::eval;
use crate::rule::eval::eval_all;
use crate::rule::eval::with_arguments;
use crate::rule::operator::Evaluated;
use crate::rule::operator::Given;
use crate::rule::operator::Operator;
use crate::rule::text;
use crate::rule::unit::Hashed;
use crate::rule::unit::Version;
use crate::value::Literal;
use crate::value::Value;

/// The largest weight, and the largest sum of weights.
pub const MAX_WEIGHT: i64 = i32::MAX as i64;

/// What a rule buckets by if it does not say: the flag's key and the targeting key.
#[derive(Debug, Clone)]
pub struct Identity {
    /// How units are hashed.
    pub version: Version,
    /// The flag's key.
    pub flag_key: Box<str>,
    /// The slot of `targetingKey`.
    pub targeting_key: u16,
}

impl Identity {
    /// The hash of the unit; `None` if it has no usable targeting key.
    fn hash(&self, scope: &Scope<'_, '_>) -> Option<u32> {
        let (flag_key, unit) = match scope.data {
            Data::Root => (&*self.flag_key, scope.context.slot(self.targeting_key)),
            Data::Item(item) => {
                let flag_key = item.member("$flagd").member("flagKey");
                let Value::Text(flag_key) = flag_key else {
                    return self.unit("", item.member("targetingKey"));
                };
                (flag_key, item.member("targetingKey"))
            }
        };
        self.unit(flag_key, unit)
    }

    fn unit(&self, flag_key: &str, unit: Value<'_>) -> Option<u32> {
        match unit {
            Value::Text(unit) if !unit.is_empty() => Some(self.version.identity(flag_key, unit)),
            _ => None,
        }
    }
}

/// `fractional` whose weights are known when the flag loads.
#[derive(Debug, Clone)]
pub struct Split {
    /// What the unit is.
    pub key: Key,
    /// What it is if the rule does not say.
    pub identity: Identity,
    /// The first bucket above each share, in order.
    pub bounds: Box<[u32]>,
}

/// What a split buckets by.
#[derive(Debug, Clone)]
pub enum Key {
    /// The flag's key and the targeting key.
    Identity,
    /// A computed value; and the shares, for a value that turns out to be one of them.
    Rule(Box<(Rule, Literal)>),
}

/// Which share a unit gets.
#[derive(Debug)]
pub enum Pick<'a> {
    /// None.
    Nothing,
    /// The one with this index.
    Share(usize),
    /// This value, although no share has it: the bucketing value turned out to be a share itself.
    Value(Value<'a>),
}

impl Split {
    /// The share of the unit that the context describes.
    pub fn pick<'a>(&'a self, scope: &Scope<'_, 'a>) -> Result<Pick<'a>, Fault> {
        let hash = match &self.key {
            Key::Identity => self.identity.hash(scope),
            Key::Rule(parts) => {
                let (rule, shares) = &**parts;
                match key_hash(self.identity.version, rule, scope)? {
                    Hashed::Unit(hash) => Some(hash),
                    Hashed::Identity => self.identity.hash(scope),
                    Hashed::Nothing => None,
                    Hashed::Share(share) => return self.pick_from(share, shares, scope),
                }
            }
        };
        let total = self.bounds.last().copied().unwrap_or(0);
        let Some(hash) = hash.filter(|_| total > 0 && has_members(scope.data)) else {
            return Ok(Pick::Nothing);
        };
        let bucket = bucket::bucket(hash, total);
        let share = self.bounds.iter().position(|bound| bucket < *bound);
        Ok(share.map_or(Pick::Nothing, Pick::Share))
    }

    /// Distributes over a computed share and the constant ones behind it.
    fn pick_from<'a>(
        &self,
        share: Value<'a>,
        shares: &'a Literal,
        scope: &Scope<'_, 'a>,
    ) -> Result<Pick<'a>, Fault> {
        let mut values = vec![share];
        if let Value::List(constant) = scope.keep_literal(shares)? {
            values.extend_from_slice(constant);
        }
        let value = distribute(&self.identity, Given::List(&values), scope)?;
        Ok(value.map_or(Pick::Nothing, Pick::Value))
    }
}

/// Outside of objects there is nothing to bucket by, not even with a key.
fn has_members(data: Data<'_>) -> bool {
    matches!(data, Data::Root | Data::Item(Value::Map(_)))
}

/// The hash of a bucketing value. `cat` is joined on the stack, for it is how most rules spell their key.
fn key_hash<'a>(
    version: Version,
    rule: &'a Rule,
    scope: &Scope<'_, 'a>,
) -> Result<Hashed<'a>, Fault> {
    if let Rule::Apply(parts) = rule
        && let (Operator::Cat, Arguments::List(rules)) = &**parts
        && rules.len() > 1
    {
        // Two texts that need no trimming are hashed where they are.
        if let (Version::V2, [first, rest]) = (version, &**rules)
            && let (Some(first), Some(rest)) =
                (condition::text(first, scope), condition::text(rest, scope))
            && first.chars().next().is_some_and(|c| !c.is_whitespace())
            && rest.chars().next_back().is_some_and(|c| !c.is_whitespace())
        {
            let hash = bucket::hash([first.as_bytes(), rest.as_bytes()]);
            return Ok(Hashed::Unit(hash));
        }
        let mut buffer = text::Buffer::default();
        text::join(&mut buffer, &eval_all(rules, scope)?)?;
        return Ok(Hashed::Unit(version.text(buffer.as_str().trim())));
    }
    version.hashed(eval(rule, scope)?, scope)
}

/// `fractional` in general.
#[derive(Debug, Clone)]
pub struct Fractional {
    /// What the unit is if the rule does not say.
    pub identity: Identity,
    /// All arguments.
    pub arguments: Arguments,
}

impl Fractional {
    /// The value of the unit's share.
    pub fn eval<'a>(&'a self, scope: &Scope<'_, 'a>) -> Evaluated<'a> {
        with_arguments(&self.arguments, scope, |given| {
            let value = distribute(&self.identity, given, scope)?;
            Ok(value.unwrap_or(Value::Null))
        })
    }
}

/// The value of the unit's share; `None` where flagd has null.
fn distribute<'a>(
    identity: &Identity,
    given: Given<'_, 'a>,
    scope: &Scope<'_, 'a>,
) -> Result<Option<Value<'a>>, Fault> {
    let Given::List(values @ [first, rest @ ..]) = given else {
        return Ok(None);
    };
    if !has_members(scope.data) {
        return Ok(None);
    }
    let (hash, shares) = match identity.version.hashed(*first, scope)? {
        Hashed::Unit(hash) => (Some(hash), rest),
        Hashed::Identity => (identity.hash(scope), rest),
        Hashed::Nothing => (None, rest),
        Hashed::Share(_) => (identity.hash(scope), values),
    };
    Ok(hash.and_then(|hash| share(hash, shares)))
}

/// The value of the share that a hash falls into.
fn share<'a>(hash: u32, shares: &[Value<'a>]) -> Option<Value<'a>> {
    let mut total = 0;
    for share in shares {
        total += weight(variant(*share)?.1)?;
    }
    let total = u32::try_from(total)
        .ok()
        .filter(|t| i64::from(*t) <= MAX_WEIGHT)?;
    let bucket = i64::from(bucket::bucket(hash, total));
    let mut end = 0;
    shares.iter().find_map(|share| {
        let (variant, given) = variant(*share)?;
        end += weight(given)?;
        (bucket < end).then_some(variant)
    })
}

/// The value and the weight of `[value, weight]`.
fn variant(share: Value<'_>) -> Option<(Value<'_>, Value<'_>)> {
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
pub fn weight(value: Value<'_>) -> Option<i64> {
    match value {
        Value::Null => Some(1),
        Value::Number(n) => {
            let whole = crate::number::truncate(n);
            (whole as f64 == n && whole <= MAX_WEIGHT).then_some(whole.max(0))
        }
        Value::Bool(_) | Value::Text(_) | Value::List(_) | Value::Map(_) => None,
    }
}
