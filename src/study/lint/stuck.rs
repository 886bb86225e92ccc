//! Rules that end in the same variant for everyone: a rollout that is over, or never began.

use crate::diag::Code;
use crate::diag::Report;
use crate::rule::fractional::Split;
use crate::rule::tree::Leaf;
use crate::rule::tree::Tree;
use crate::ruleset::Plan;
use crate::study::file::Subject;

/// Reports a flag whose rule chooses nothing. One that is killed chooses nothing on purpose.
pub fn check(subject: &Subject<'_>, report: &mut Report) {
    let words = subject.flag.words.as_deref();
    if words.is_some_and(|words| words.kill.is_some()) {
        return;
    }
    let rollout = words.and_then(|words| words.rollouts.first());
    let targeting = subject.flag.targeting.as_ref();
    let Some(place) = rollout
        .map(|rollout| rollout.place)
        .or(targeting.map(|node| node.place))
    else {
        return;
    };
    let mut leaves = Vec::new();
    let known = match &subject.compiled.plan {
        Plan::Targeted(tree) => collect(tree, &mut leaves),
        // Words that take nobody make no rule.
        Plan::Fixed(_) if rollout.is_some() => {
            leaves.push(Leaf::Default);
            true
        }
        Plan::Fixed(_) | Plan::Disabled | Plan::NoDefault | Plan::Faulty(_) => false,
    };
    if !known {
        return;
    }
    let default = subject.compiled.default;
    let variant = |leaf: &Leaf| match leaf {
        Leaf::Variant(index) => Some(*index),
        Leaf::Default => default,
        Leaf::Unknown | Leaf::Fault => None,
    };
    let Some(Some(first)) = leaves.first().map(variant) else {
        return;
    };
    if !leaves.iter().all(|leaf| variant(leaf) == Some(first)) {
        return;
    }
    let name = subject.compiled.names.get(usize::from(first));
    let name = name.map_or("", AsRef::as_ref);
    let message = format!(
        "the rule of flag `{}` gives everyone `{name}`",
        subject.flag.key
    );
    let help = "if that is for good, write it as `defaultVariant` and leave the rule out";
    report.warn(Code::Stuck, place, message, help);
}

/// The leaves that somebody with a targeting key can reach; whether they are known.
fn collect(tree: &Tree, leaves: &mut Vec<Leaf>) -> bool {
    match tree {
        Tree::Leaf(leaf) => leaves.push(*leaf),
        Tree::If(branches, otherwise) => {
            let known = branches.iter().all(|(_, then)| collect(then, leaves));
            return known && collect(otherwise, leaves);
        }
        Tree::Split(parts) => {
            let (split, shares) = &**parts;
            leaves.extend(reached(split, shares));
        }
        Tree::Rule(_) => return false,
    }
    true
}

/// The shares that have a weight.
fn reached(split: &Split, shares: &[Leaf]) -> Vec<Leaf> {
    let mut below = 0;
    let mut reached = Vec::new();
    for (bound, leaf) in split.bounds.iter().zip(shares) {
        if *bound > below {
            reached.push(*leaf);
        }
        below = *bound;
    }
    if reached.is_empty() {
        reached.push(Leaf::Default);
    }
    reached
}
