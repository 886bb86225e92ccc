//! Rules that end in the same variant for everyone: a rollout that is over, or never began.

use crate::diag::Code;
use crate::diag::Report;
use crate::rule::fractional::Split;
use crate::rule::tree::Leaf;
use crate::rule::tree::Tree;
use crate::ruleset::Plan;
use crate::study::file::Subject;

/// Reports a flag whose rule chooses nothing.
pub fn check(subject: &Subject<'_>, report: &mut Report) {
    let (Plan::Targeted(tree), Some(targeting)) = (&subject.compiled.plan, &subject.flag.targeting)
    else {
        return;
    };
    let mut leaves = Vec::new();
    if !collect(tree, &mut leaves) {
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
    report.warn(Code::Stuck, targeting.place, message, help);
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
