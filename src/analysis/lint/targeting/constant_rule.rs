//! Lint: targeting rules that give every context the same variant.

use crate::analysis::flag_file::flag_view::FlagView;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::document::rollout::Release;
use crate::document::rollout::Rollout;
use crate::document::rollout::percentage::Percentage;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::rule::ArgumentRules;
use crate::rule::Rule;
use crate::rule::ast::BucketBy;
use crate::rule::ast::ConstantFractional;
use crate::rule::decision_tree::DecisionTree;
use crate::rule::decision_tree::Leaf;
use crate::rule::operator::Operator;
use crate::rule::syntax;
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
    let mut reached = ReachedLeaves::default();
    let known = match &subject.compiled.evaluation_plan {
        EvaluationPlan::Targeted(tree) => reached.collect(tree),
        // Rollout fields that select no unit expand to no rule.
        EvaluationPlan::Static(_) if rollout.is_some() => {
            reached.leaves.push(Leaf::Default);
            true
        }
        EvaluationPlan::Static(_)
        | EvaluationPlan::Disabled
        | EvaluationPlan::NoDefault
        | EvaluationPlan::Faulty(_) => false,
    };
    let default = subject.compiled.default_variant;
    let variant = |leaf: &Leaf| match leaf {
        Leaf::Variant(index) => Some(*index),
        Leaf::Default => default,
        Leaf::UnknownVariant | Leaf::Failed => None,
    };
    let Some(Some(first)) = reached.leaves.first().map(variant).filter(|_| known) else {
        return;
    };
    if !reached
        .leaves
        .iter()
        .all(|leaf| variant(leaf) == Some(first))
    {
        return;
    }
    if default == Some(first) && is_at_zero(subject) {
        return;
    }
    let (message, help) = message_and_help(subject, &reached, first);
    report.warn(Code::ConstantRule, place, message, help);
}

/// Returns true if a rollout or a share is written with 0 %: it selects nobody on purpose, until it is raised.
fn is_at_zero(subject: &FlagView<'_>) -> bool {
    let words = subject.flag.rollout_fields.as_deref();
    if let Some(words) = words.filter(|words| !words.rollouts.is_empty()) {
        return words
            .rollouts
            .iter()
            .all(|rollout| rollout.percentage == Percentage::NONE);
    }
    let targeting = subject.flag.targeting.as_ref();
    let rule = targeting.and_then(Node::single_member);
    let Some(rule) = rule.filter(|rule| syntax::is_fractional(&rule.key)) else {
        return false;
    };
    let is_zero = |share: &Node| {
        let parts = share.items_or_self();
        matches!(parts.get(1).map(|weight| &weight.kind), Some(NodeKind::Number(n)) if *n == 0.0)
    };
    rule.arguments().iter().any(is_zero)
}

/// The message and the help for a rollout of the variant that all other contexts get anyway.
fn explain_released_default(subject: &FlagView<'_>, variant: &str) -> Option<(String, String)> {
    let words = subject.flag.rollout_fields.as_deref()?;
    let releases = |rollout: &Rollout| rollout.release == Release::Variant(variant.into());
    if !words.rollouts.iter().any(releases) {
        return None;
    }
    let message = format!(
        "the rollout of flag `{}` releases `{variant}`, which is `defaultVariant`: contexts outside of the rollout get it, too",
        subject.flag.key
    );
    let help = "set `defaultVariant` to the variant for contexts outside of the rollout, or remove the rollout";
    Some((message, help.to_owned()))
}

/// The message and the help for a rule whose leaves are all `variant`.
fn message_and_help(
    subject: &FlagView<'_>,
    reached: &ReachedLeaves,
    variant: u16,
) -> (String, String) {
    let named = |index: u16| {
        let name = subject.compiled.variant_names.get(usize::from(index));
        name.map_or("", AsRef::as_ref)
    };
    let (flag, name) = (&subject.flag.key, named(variant));
    let default = subject.compiled.default_variant;
    let key = match &reached.bucketing_keys {
        // Contexts without a bucketing key get the default, too.
        BucketingKeys::None => None,
        _ if default == Some(variant) => None,
        BucketingKeys::TargetingKey => Some("`targetingKey`"),
        BucketingKeys::Other => Some("a bucketing key"),
    };
    let Some(key) = key else {
        let message = format!("rule of flag `{flag}` always returns `{name}`");
        if default == Some(variant) {
            let help =
                "`defaultVariant` is the same variant: remove the rule, or correct it".to_owned();
            return explain_released_default(subject, name).unwrap_or((message, help));
        }
        let help = "if this is permanent, set `defaultVariant` to this variant and remove the rule";
        return (message, help.to_owned());
    };
    let others = match default {
        Some(default) => format!("the default `{}`", named(default)),
        None => "no variant".to_owned(),
    };
    let message = format!(
        "rule of flag `{flag}` returns `{name}` for every context with {key}, and {others} only to contexts without it"
    );
    let help = format!(
        "if `{name}` is permanent for all, set `defaultVariant` to `{name}` and remove the rule"
    );
    (message, help)
}

/// The bucketing keys without which a context gets the default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum BucketingKeys {
    /// No such key.
    #[default]
    None,
    /// Only the targeting key.
    TargetingKey,
    /// Another key.
    Other,
}

/// The leaves that contexts with a bucketing key can reach.
#[derive(Debug, Default)]
struct ReachedLeaves {
    leaves: Vec<Leaf>,
    bucketing_keys: BucketingKeys,
}

impl ReachedLeaves {
    /// Collects the leaves of a tree; returns false if some are unknown.
    fn collect(&mut self, tree: &DecisionTree) -> bool {
        match tree {
            DecisionTree::Leaf(leaf) => self.leaves.push(*leaf),
            DecisionTree::If(branches, otherwise) => {
                let known = branches.iter().all(|(_, then)| self.collect(then));
                return known && self.collect(otherwise);
            }
            DecisionTree::Fractional(parts) => {
                let (split, shares) = &**parts;
                self.leaves.extend(nonzero_shares(split, shares));
                self.add_bucketing_key(&split.bucket_by);
            }
            DecisionTree::Computed(_) => return false,
        }
        true
    }

    fn add_bucketing_key(&mut self, bucket_by: &BucketBy) {
        let own = match bucket_by {
            BucketBy::DefaultKey => BucketingKeys::TargetingKey,
            BucketBy::Computed(parts) if always_is_key(&parts.0) => BucketingKeys::None,
            BucketBy::Computed(_) => BucketingKeys::Other,
        };
        self.bucketing_keys = match (self.bucketing_keys, own) {
            (known, BucketingKeys::None) => known,
            (BucketingKeys::None, own) => own,
            (BucketingKeys::TargetingKey, BucketingKeys::TargetingKey) => own,
            _ => BucketingKeys::Other,
        };
    }
}

/// Returns true if a key is a text for every context: a constant, or several values that `cat` joins.
fn always_is_key(rule: &Rule) -> bool {
    match rule {
        Rule::Text(_) => true,
        Rule::Apply(parts) => {
            matches!(&**parts, (Operator::Cat, ArgumentRules::List(rules)) if rules.len() > 1)
        }
        _ => false,
    }
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
