//! How a `fractional` shared out a unit.

use crate::rule::bucket;
use crate::rule::fractional;
use crate::study::ask::Asker;
use crate::study::unit;
use crate::study::unit::HASHES;
use crate::value::Literal;
use crate::value::Value;

/// How a `fractional` shared out a unit.
#[derive(Debug)]
pub struct Shares {
    /// What was hashed.
    pub key: String,
    /// Its hash.
    pub hash: u32,
    /// The unit's bucket: `hash * total >> 32`.
    pub bucket: u32,
    /// The sum of the weights: the number of buckets.
    pub total: u32,
    /// The shares, in order.
    pub shares: Vec<Share>,
}

/// One share.
#[derive(Debug)]
pub struct Share {
    /// What it yields.
    pub value: Literal,
    /// Its first bucket.
    pub from: u32,
    /// The bucket behind its last one.
    pub to: u32,
}

impl Shares {
    /// The share that the unit has, and which one it is.
    pub fn chosen(&self) -> Option<(usize, &Share)> {
        let mut shares = self.shares.iter().enumerate();
        shares.find(|(_, share)| (share.from..share.to).contains(&self.bucket))
    }

    /// Whether these shares explain a result.
    pub fn yields(&self, result: Option<&Literal>) -> bool {
        self.chosen().map(|(_, share)| &share.value) == result
    }

    /// Where the unit stands among all, in percent.
    pub fn position(&self) -> f64 {
        f64::from(self.hash) * 100.0 / HASHES as f64
    }
}

/// How evaluated arguments share out a unit; `None` where flagd gives null.
pub fn shares(operands: &[Literal], flag_key: &str, asker: &Asker) -> Option<Shares> {
    let (key, rest) = match operands.split_first()? {
        (Literal::Text(key), rest) => (key.to_string(), rest),
        (Literal::Null, rest) => (identity(flag_key, asker)?, rest),
        _ => (identity(flag_key, asker)?, operands),
    };
    let mut total = 0;
    let mut shares = Vec::new();
    for share in rest {
        let Literal::List(parts) = share else {
            return None;
        };
        let (value, weight) = (parts.first()?, parts.get(1));
        let weight = match weight {
            None | Some(Literal::Null) => Value::Null,
            Some(Literal::Number(n)) => Value::Number(*n),
            Some(_) => return None,
        };
        let from = total;
        total += u32::try_from(fractional::weight(weight)?).ok()?;
        let value = value.clone();
        shares.push(Share {
            value,
            from,
            to: total,
        });
    }
    let hash = unit::hash(&key);
    Some(Shares {
        bucket: bucket::bucket(hash, total),
        key,
        hash,
        total,
        shares,
    })
}

fn identity(flag_key: &str, asker: &Asker) -> Option<String> {
    match asker.at("targetingKey") {
        Literal::Text(unit) if !unit.is_empty() => Some(format!("{flag_key}{unit}")),
        _ => None,
    }
}
