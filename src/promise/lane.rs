//! The places of a flag where units fall into shares.

use std::collections::BTreeSet;
use std::hash::Hash as _;
use std::hash::Hasher;

use ecow::EcoString;

use crate::diag::Place;
use crate::document::flag::Flag;
use crate::document::node::Kind;
use crate::document::node::Node;
use crate::document::rollout::Release;
use crate::document::rollout::Rollout;
use crate::document::rollout::bucketing::Dialect;
use crate::document::rollout::share::Share;
use crate::fingerprint;
use crate::number;

/// One division of all units into shares.
#[derive(Debug, Clone)]
pub struct Lane {
    /// Which one it is among those of the flag: equal before and after an edit.
    pub id: Id,
    /// Where it stands.
    pub place: Place,
    /// How it is called.
    pub name: String,
    /// What is hashed.
    pub hashing: Hashing,
    /// Names of variants and their weights, in the order of the buckets.
    pub shares: Vec<(EcoString, u32)>,
    /// The variant of those who are in no share that matters.
    pub rest: EcoString,
    /// The variant under rollout and the share that it is to have in the end, if a ramp leads there.
    pub aim: Option<(EcoString, Share)>,
}

/// Which of its flag's lanes it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Id {
    /// Of a rollout, by its position; in this region, or where no region has a share of its own.
    Rollout(usize, Option<EcoString>),
    /// The split of those whom the rollout at a position takes.
    Split(usize),
    /// A `fractional` in a rule, by its position, and what else the rule says.
    Rule(usize, u64),
}

/// What is hashed, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hashing {
    /// flagd's hash over a constant and an attribute.
    Murmur {
        /// The constant.
        prefix: String,
        /// The attribute.
        unit: EcoString,
    },
    /// That of another service, over a seed and an attribute.
    Foreign {
        /// Which one.
        dialect: Dialect,
        /// The seed.
        seed: EcoString,
        /// The attribute.
        unit: EcoString,
    },
    /// flagd's hash over something that a rule computes.
    Computed(u64),
}

/// The lanes of a flag at a time.
pub fn lanes(flag: &Flag, now: i64) -> Vec<Lane> {
    let mut all = Vec::new();
    let words = flag.words.as_deref();
    for (at, rollout) in words
        .iter()
        .flat_map(|words| words.rollouts.iter().enumerate())
    {
        all.extend(of_rollout(flag, at, rollout, now));
    }
    let targeting = match words {
        Some(words) => words.targeting.as_ref(),
        None => flag.targeting.as_ref(),
    };
    let mut rules = Vec::new();
    let mut skeleton = fingerprint::pieces();
    if let Some(targeting) = targeting {
        collect(flag, targeting, &mut skeleton, &mut rules);
    }
    let skeleton = skeleton.finish();
    // A rule that does nothing but split is what people write before they use words.
    let lonely = all.is_empty() && rules.len() == 1;
    for (at, lane) in rules.iter_mut().enumerate() {
        lane.id = if lonely {
            Id::Rollout(0, None)
        } else {
            Id::Rule(at, skeleton)
        };
    }
    all.extend(rules);
    all
}

fn of_rollout(flag: &Flag, at: usize, rollout: &Rollout, now: i64) -> Vec<Lane> {
    let taken: EcoString = match &rollout.release {
        Release::Variant(name) => name.clone(),
        Release::Split(_) => "the split".into(),
    };
    let rest = flag.default_variant.clone().unwrap_or_default();
    let lane = |id, name: String, place, share: Share, aim| Lane {
        id,
        place,
        name,
        hashing: hashing(flag, rollout, ""),
        shares: shares(rollout.bucketing.dialect, &taken, &rest, share),
        rest: rest.clone(),
        aim,
    };
    let (share, aim) = match rollout.ramp {
        None => (rollout.percentage, None),
        Some(ramp) => {
            let last = if ramp.reverse {
                Share::NONE
            } else {
                rollout.percentage
            };
            (
                ramp.share(rollout.percentage, now),
                Some((taken.clone(), last)),
            )
        }
    };
    let name = "`rollout.percentage`".to_owned();
    let mut lanes = vec![lane(Id::Rollout(at, None), name, rollout.place, share, aim)];
    let names: BTreeSet<_> = rollout
        .regions
        .iter()
        .flat_map(|region| &region.names)
        .collect();
    for name in names {
        let region = rollout
            .regions
            .iter()
            .find(|region| region.names.contains(name));
        let Some(region) = region else { continue };
        let called = format!("the share of region `{name}`");
        let id = Id::Rollout(at, Some(name.clone()));
        lanes.push(lane(id, called, region.place, region.percentage, None));
    }
    if let Release::Split(shares) = &rollout.release {
        lanes.push(Lane {
            id: Id::Split(at),
            place: rollout.place,
            name: "`rollout.split`".to_owned(),
            hashing: hashing(flag, rollout, "/split/"),
            shares: shares.clone(),
            rest: rest.clone(),
            aim: None,
        });
    }
    lanes
}

fn hashing(flag: &Flag, rollout: &Rollout, suffix: &str) -> Hashing {
    let bucketing = &rollout.bucketing;
    let seed = bucketing.seed.as_ref().unwrap_or(&flag.key);
    let unit = bucketing.unit().into();
    match bucketing.dialect {
        dialect if dialect.is_foreign() && suffix.is_empty() => Hashing::Foreign {
            dialect,
            seed: seed.clone(),
            unit,
        },
        _ => Hashing::Murmur {
            prefix: format!("{seed}{suffix}"),
            unit,
        },
    }
}

fn shares(dialect: Dialect, taken: &str, rest: &str, share: Share) -> Vec<(EcoString, u32)> {
    let weight = share.weight();
    let out = Share::STEPS - weight;
    match dialect {
        // The first and the last hashes are in.
        Dialect::Legacy100 => vec![
            (taken.into(), weight),
            (rest.into(), 2 * out),
            (taken.into(), weight),
        ],
        Dialect::Fnv1a | Dialect::Md5 | Dialect::Java31 => {
            let weight = weight.div_ceil(1000);
            vec![(taken.into(), weight), (rest.into(), 100 - weight)]
        }
        Dialect::Murmur3 => vec![(taken.into(), weight), (rest.into(), out)],
    }
}

/// Finds every `fractional` with constant shares; everything else goes into the skeleton.
fn collect(flag: &Flag, node: &Node, skeleton: &mut impl Hasher, found: &mut Vec<Lane>) {
    if let Some(member) = node.only_member()
        && matches!(&*member.key, "fractional" | "fractionalEvaluation")
        && let Kind::List(items) = &member.value.kind
        && let Some(lane) = of_rule(flag, node.place, items)
    {
        "fractional".hash(skeleton);
        found.push(lane);
        return;
    }
    std::mem::discriminant(&node.kind).hash(skeleton);
    match &node.kind {
        Kind::Map(members) => {
            for member in members {
                member.key.hash(skeleton);
            }
        }
        Kind::List(items) => items.len().hash(skeleton),
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => {
            node.to_literal().hash(skeleton);
        }
    }
    for child in node.children() {
        collect(flag, child, skeleton, found);
    }
}

fn of_rule(flag: &Flag, place: Place, items: &[Node]) -> Option<Lane> {
    let (first, rest) = items.split_first()?;
    let (hashing, items) = match &first.kind {
        Kind::List(_) => (implicit(flag), items),
        Kind::Null => (implicit(flag), rest),
        _ => (computed(flag, first), rest),
    };
    let shares: Option<Vec<_>> = items.iter().map(share).collect();
    Some(Lane {
        id: Id::Rule(0, 0),
        place,
        name: "`fractional`".to_owned(),
        hashing,
        shares: shares?,
        rest: flag.default_variant.clone().unwrap_or_default(),
        aim: None,
    })
}

fn share(node: &Node) -> Option<(EcoString, u32)> {
    let Kind::List(items) = &node.kind else {
        return None;
    };
    let (name, weight) = match &**items {
        [name] => (name, 1.0),
        [
            name,
            Node {
                kind: Kind::Number(weight),
                ..
            },
        ] => (name, *weight),
        _ => return None,
    };
    let name = match &name.kind {
        Kind::Text(name) => name.clone(),
        Kind::Bool(truth) => truth.to_string().into(),
        Kind::Null => "".into(),
        Kind::Number(_) | Kind::List(_) | Kind::Map(_) => return None,
    };
    let whole = weight.fract() == 0.0;
    let weight = u32::try_from(number::truncate(weight).max(0)).ok()?;
    whole.then_some((name, weight))
}

fn implicit(flag: &Flag) -> Hashing {
    Hashing::Murmur {
        prefix: flag.key.to_string(),
        unit: "targetingKey".into(),
    }
}

/// `{"var": …}` or `{"cat": [constants, {"var": …}]}`, as nearly all rules have it.
fn computed(flag: &Flag, node: &Node) -> Hashing {
    let simple = || {
        let member = node.only_member()?;
        let (constants, last) = match (&*member.key, &member.value.kind) {
            ("var", _) => (&[][..], node),
            ("cat", Kind::List(items)) => {
                let (last, constants) = items.split_last()?;
                (constants, last)
            }
            _ => return None,
        };
        let constants = constants.iter().map(|part| match part.as_text() {
            Some(text) => Some(text),
            None if attribute(part)? == "$flagd.flagKey" => Some(&*flag.key),
            None => None,
        });
        let prefix = constants.collect::<Option<String>>()?;
        let unit = attribute(last)?.into();
        Some(Hashing::Murmur { prefix, unit })
    };
    simple().unwrap_or_else(|| Hashing::Computed(fingerprint::of(&node.to_literal())))
}

fn attribute(node: &Node) -> Option<&str> {
    let member = node.only_member()?;
    if &*member.key != "var" {
        return None;
    }
    match &member.value.kind {
        Kind::List(items) => match &**items {
            [name] => name.as_text(),
            _ => None,
        },
        _ => member.value.as_text(),
    }
}
