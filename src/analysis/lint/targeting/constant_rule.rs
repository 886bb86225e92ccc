//! Lint: targeting rules that give every context the same variant.

use crate::analysis::flag_file::flag_view::FlagView;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::rule::ast::ConstantFractional;
use crate::rule::decision_tree::DecisionTree;
use crate::rule::decision_tree::Leaf;
use crate::ruleset::EvaluationPlan;

/// Reports a flag whose rule gives every context the same variant, unless the flag is killed.
pub fn check(subject: &FlagView<'_>, report: &mut DiagnosticSink) {
    let words = subject.flag.rollout_fields.as_deref();
    if words.is_some_and(|words| words.kill_position.is_some()) {
        return;
    }
    let rollout = words.and_then(|words| words.rollouts.first());
    let targeting = subject.flag.targeting.as_ref();
    let Some(place) = rollout
        .map(|rollout| rollout.position)
        .or(targeting.map(|node| node.position))
    else {
        return;
    };
    let mut leaves = Vec::new();
    let known = match &subject.compiled.evaluation_plan {
        EvaluationPlan::Targeted(tree) => collect_leaves(tree, &mut leaves),
        // Rollout fields that select no unit expand to no rule.
        EvaluationPlan::Static(_) if rollout.is_some() => {
            leaves.push(Leaf::Default);
            true
        }
        EvaluationPlan::Static(_)
        | EvaluationPlan::Disabled
        | EvaluationPlan::NoDefault
        | EvaluationPlan::Faulty(_) => false,
    };
    if !known {
        return;
    }
    let default = subject.compiled.default_variant;
    let variant = |leaf: &Leaf| match leaf {
        Leaf::Variant(index) => Some(*index),
        Leaf::Default => default,
        Leaf::UnknownVariant | Leaf::Failed => None,
    };
    let Some(Some(first)) = leaves.first().map(variant) else {
        return;
    };
    if !leaves.iter().all(|leaf| variant(leaf) == Some(first)) {
        return;
    }
    let name = subject.compiled.variant_names.get(usize::from(first));
    let name = name.map_or("", AsRef::as_ref);
    let message = format!(
        "rule of flag `{}` always returns `{name}`",
        subject.flag.key
    );
    let help = "if this is permanent, set `defaultVariant` to this variant and remove the rule";
    report.warn(Code::ConstantRule, place, message, help);
}

/// Collects the leaves that a context with a targeting key can reach; returns false if some are unknown.
fn collect_leaves(tree: &DecisionTree, leaves: &mut Vec<Leaf>) -> bool {
    match tree {
        DecisionTree::Leaf(leaf) => leaves.push(*leaf),
        DecisionTree::If(branches, otherwise) => {
            let known = branches
                .iter()
                .all(|(_, then)| collect_leaves(then, leaves));
            return known && collect_leaves(otherwise, leaves);
        }
        DecisionTree::Fractional(parts) => {
            let (split, shares) = &**parts;
            leaves.extend(nonzero_shares(split, shares));
        }
        DecisionTree::Computed(_) => return false,
    }
    true
}

/// The leaves of the shares with a weight above 0.
fn nonzero_shares(split: &ConstantFractional, shares: &[Leaf]) -> Vec<Leaf> {
    let mut below = 0;
    let mut reached = Vec::new();
    for (bound, leaf) in split.cumulative_weights.iter().zip(shares) {
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
