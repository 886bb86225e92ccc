//! The places of a flag where units fall into shares.

use std::collections::BTreeSet;
use std::hash::Hash as _;
use std::hash::Hasher;

use ecow::EcoString;

use crate::diag::Position;
use crate::document::flag::FlagDefinition;
use crate::document::rollout::Release;
use crate::document::rollout::Rollout;
use crate::document::rollout::bucketing::BucketingDialect;
use crate::document::rollout::percentage::Percentage;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::fingerprint;
use crate::number;

/// One division of all units into shares.
#[derive(Debug, Clone)]
pub struct Allocation {
    /// Which one it is among those of the flag: equal before and after an edit.
    pub id: AllocationId,
    /// Where it stands.
    pub position: Position,
    /// How it is called.
    pub description: String,
    /// What is hashed.
    pub hashing: Hashing,
    /// Names of variants and their weights, in the order of the buckets.
    pub shares: Vec<(EcoString, u32)>,
    /// The variant of those who are in no share that matters.
    pub remainder_variant: EcoString,
    /// The variant under rollout and the share that it is to have in the end, if a ramp leads there.
    pub target_share: Option<(EcoString, Percentage)>,
}

/// Which of its flag's lanes it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllocationId {
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
        attribute: EcoString,
    },
    /// That of another service, over a seed and an attribute.
    Vendor {
        /// Which one.
        dialect: BucketingDialect,
        /// The seed.
        seed: EcoString,
        /// The attribute.
        attribute: EcoString,
    },
    /// flagd's hash over something that a rule computes.
    Computed(u64),
}

/// The lanes of a flag at a time.
pub fn allocations_at(flag: &FlagDefinition, now: i64) -> Vec<Allocation> {
    let mut all = Vec::new();
    let words = flag.rollout_fields.as_deref();
    for (at, rollout) in words
        .iter()
        .flat_map(|words| words.rollouts.iter().enumerate())
    {
        all.extend(rollout_allocations(flag, at, rollout, now));
    }
    let targeting = match words {
        Some(words) => words.targeting.as_ref(),
        None => flag.targeting.as_ref(),
    };
    let mut rules = Vec::new();
    let mut skeleton = fingerprint::hasher();
    if let Some(targeting) = targeting {
        collect_fractionals(flag, targeting, &mut skeleton, &mut rules);
    }
    let skeleton = skeleton.finish();
    // A rule that does nothing but split is what people write before they use words.
    let lonely = all.is_empty() && rules.len() == 1;
    for (at, lane) in rules.iter_mut().enumerate() {
        lane.id = if lonely {
            AllocationId::Rollout(0, None)
        } else {
            AllocationId::Rule(at, skeleton)
        };
    }
    all.extend(rules);
    all
}

fn rollout_allocations(
    flag: &FlagDefinition,
    at: usize,
    rollout: &Rollout,
    now: i64,
) -> Vec<Allocation> {
    let taken: EcoString = match &rollout.release {
        Release::Variant(name) => name.clone(),
        Release::Split(_) => "the split".into(),
    };
    let rest = flag.default_variant.clone().unwrap_or_default();
    let lane = |id, name: String, place, share: Percentage, aim| Allocation {
        id,
        position: place,
        description: name,
        hashing: rollout_hashing(flag, rollout, ""),
        shares: rollout_shares(rollout.bucketing.dialect, &taken, &rest, share),
        remainder_variant: rest.clone(),
        target_share: aim,
    };
    let (share, aim) = match rollout.ramp {
        None => (rollout.percentage, None),
        Some(ramp) => {
            let last = if ramp.reverse {
                Percentage::NONE
            } else {
                rollout.percentage
            };
            (
                ramp.share_at(rollout.percentage, now),
                Some((taken.clone(), last)),
            )
        }
    };
    let name = "`rollout.percentage`".to_owned();
    let mut lanes = vec![lane(
        AllocationId::Rollout(at, None),
        name,
        rollout.position,
        share,
        aim,
    )];
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
        let id = AllocationId::Rollout(at, Some(name.clone()));
        lanes.push(lane(id, called, region.position, region.percentage, None));
    }
    if let Release::Split(shares) = &rollout.release {
        lanes.push(Allocation {
            id: AllocationId::Split(at),
            position: rollout.position,
            description: "`rollout.split`".to_owned(),
            hashing: rollout_hashing(flag, rollout, "/split/"),
            shares: shares.clone(),
            remainder_variant: rest.clone(),
            target_share: None,
        });
    }
    lanes
}

fn rollout_hashing(flag: &FlagDefinition, rollout: &Rollout, suffix: &str) -> Hashing {
    let bucketing = &rollout.bucketing;
    let seed = bucketing.seed.as_ref().unwrap_or(&flag.key);
    let unit = bucketing.unit_attribute().into();
    match bucketing.dialect {
        dialect if dialect.is_not_flagd() && suffix.is_empty() => Hashing::Vendor {
            dialect,
            seed: seed.clone(),
            attribute: unit,
        },
        _ => Hashing::Murmur {
            prefix: format!("{seed}{suffix}"),
            attribute: unit,
        },
    }
}

fn rollout_shares(
    dialect: BucketingDialect,
    taken: &str,
    rest: &str,
    share: Percentage,
) -> Vec<(EcoString, u32)> {
    let weight = share.weight();
    let out = Percentage::TOTAL_WEIGHT - weight;
    match dialect {
        // The first and the last hashes are in.
        BucketingDialect::FlagdLegacy100 => vec![
            (taken.into(), weight),
            (rest.into(), 2 * out),
            (taken.into(), weight),
        ],
        BucketingDialect::Fnv1a | BucketingDialect::Md5 | BucketingDialect::Java31 => {
            let weight = weight.div_ceil(1000);
            vec![(taken.into(), weight), (rest.into(), 100 - weight)]
        }
        BucketingDialect::FlagdMurmur3 => vec![(taken.into(), weight), (rest.into(), out)],
    }
}

/// Finds every `fractional` with constant shares; everything else goes into the skeleton.
fn collect_fractionals(
    flag: &FlagDefinition,
    node: &Node,
    skeleton: &mut impl Hasher,
    found: &mut Vec<Allocation>,
) {
    if let Some(member) = node.single_member()
        && matches!(&*member.key, "fractional" | "fractionalEvaluation")
        && let NodeKind::List(items) = &member.value.kind
        && let Some(lane) = fractional_allocation(flag, node.position, items)
    {
        "fractional".hash(skeleton);
        found.push(lane);
        return;
    }
    std::mem::discriminant(&node.kind).hash(skeleton);
    match &node.kind {
        NodeKind::Map(members) => {
            for member in members {
                member.key.hash(skeleton);
            }
        }
        NodeKind::List(items) => items.len().hash(skeleton),
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Text(_) => {
            node.to_owned_value().hash(skeleton);
        }
    }
    for child in node.children() {
        collect_fractionals(flag, child, skeleton, found);
    }
}

fn fractional_allocation(
    flag: &FlagDefinition,
    place: Position,
    items: &[Node],
) -> Option<Allocation> {
    let (first, rest) = items.split_first()?;
    let (hashing, items) = match &first.kind {
        NodeKind::List(_) => (default_hashing(flag), items),
        NodeKind::Null => (default_hashing(flag), rest),
        _ => (parse_hashing(flag, first), rest),
    };
    let shares: Option<Vec<_>> = items.iter().map(parse_share).collect();
    Some(Allocation {
        id: AllocationId::Rule(0, 0),
        position: place,
        description: "`fractional`".to_owned(),
        hashing,
        shares: shares?,
        remainder_variant: flag.default_variant.clone().unwrap_or_default(),
        target_share: None,
    })
}

fn parse_share(node: &Node) -> Option<(EcoString, u32)> {
    let NodeKind::List(items) = &node.kind else {
        return None;
    };
    let (name, weight) = match &**items {
        [name] => (name, 1.0),
        [
            name,
            Node {
                kind: NodeKind::Number(weight),
                ..
            },
        ] => (name, *weight),
        _ => return None,
    };
    let name = match &name.kind {
        NodeKind::Text(name) => name.clone(),
        NodeKind::Bool(truth) => truth.to_string().into(),
        NodeKind::Null => "".into(),
        NodeKind::Number(_) | NodeKind::List(_) | NodeKind::Map(_) => return None,
    };
    let whole = weight.fract() == 0.0;
    let weight = u32::try_from(number::truncate_to_i64(weight).max(0)).ok()?;
    whole.then_some((name, weight))
}

fn default_hashing(flag: &FlagDefinition) -> Hashing {
    Hashing::Murmur {
        prefix: flag.key.to_string(),
        attribute: "targetingKey".into(),
    }
}

/// `{"var": …}` or `{"cat": [constants, {"var": …}]}`, as nearly all rules have it.
fn parse_hashing(flag: &FlagDefinition, node: &Node) -> Hashing {
    let simple = || {
        let member = node.single_member()?;
        let (constants, last) = match (&*member.key, &member.value.kind) {
            ("var", _) => (&[][..], node),
            ("cat", NodeKind::List(items)) => {
                let (last, constants) = items.split_last()?;
                (constants, last)
            }
            _ => return None,
        };
        let constants = constants.iter().map(|part| match part.as_text() {
            Some(text) => Some(text),
            None if var_attribute(part)? == "$flagd.flagKey" => Some(&*flag.key),
            None => None,
        });
        let prefix = constants.collect::<Option<String>>()?;
        let unit = var_attribute(last)?.into();
        Some(Hashing::Murmur {
            prefix,
            attribute: unit,
        })
    };
    simple().unwrap_or_else(|| Hashing::Computed(fingerprint::hash(&node.to_owned_value())))
}

fn var_attribute(node: &Node) -> Option<&str> {
    let member = node.single_member()?;
    if &*member.key != "var" {
        return None;
    }
    match &member.value.kind {
        NodeKind::List(items) => match &**items {
            [name] => name.as_text(),
            _ => None,
        },
        _ => member.value.as_text(),
    }
}
