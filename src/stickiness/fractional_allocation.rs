//! The allocations of a handwritten rule: its `fractional` operations with constant shares.

use std::hash::Hash as _;
use std::hash::Hasher;

use ecow::EcoString;

use crate::diag::Position;
use crate::document::flag::FlagDefinition;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::fingerprint;
use crate::number;
use crate::stickiness::allocation::Allocation;
use crate::stickiness::allocation::AllocationId;
use crate::stickiness::allocation::Hashing;

/// Collects every `fractional` with constant shares; the rest of the rule is hashed into `skeleton`.
pub fn collect_fractionals(
    flag: &FlagDefinition,
    node: &Node,
    skeleton: &mut impl Hasher,
    found: &mut Vec<Allocation>,
) {
    if let Some(member) = node.single_member()
        && matches!(&*member.key, "fractional" | "fractionalEvaluation")
        && let NodeKind::List(items) = &member.value.kind
        && let Some(allocation) = fractional_allocation(flag, node.position, items)
    {
        "fractional".hash(skeleton);
        found.push(allocation);
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
    position: Position,
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
        position,
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

/// Parses `{"var": …}` or `{"cat": [constants, {"var": …}]}`, which nearly all rules bucket by; any other key is
/// opaque.
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
        let attribute = var_attribute(last)?.into();
        Some(Hashing::Murmur { prefix, attribute })
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
