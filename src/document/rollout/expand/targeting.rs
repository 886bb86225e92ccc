//! Builds the targeting rule of a flag from its rollouts and prerequisites.

use ecow::EcoString;

use crate::diag::Position;
use crate::document::flag::FlagDefinition;
use crate::document::rollout::expand::folded_condition::FoldedCondition;
use crate::document::rollout::expand::folded_condition::fold_or;
use crate::document::rollout::expand::if_chain::IfChain;
use crate::document::rollout::expand::percentage_condition;
use crate::document::rollout::fields::Release;
use crate::document::rollout::fields::Rollout;
use crate::document::rollout::fields::RolloutFields;
use crate::document::rollout::jsonlogic_builder;
use crate::document::syntax_tree::Node;

/// The rule of a flag: `deny`, `allow`, prerequisites, rollouts, then its `targeting`.
pub fn build_targeting(
    flag: &FlagDefinition,
    fields: &RolloutFields,
    met: FoldedCondition,
) -> Option<Node> {
    let position = fields
        .rollouts
        .first()
        .map_or(flag.position, |rollout| rollout.position);
    let mut chain = IfChain::new(position);
    let safe = |position| match fields.safe_variant.as_deref() {
        Some(safe) => jsonlogic_builder::string(position, safe),
        None => jsonlogic_builder::null(position),
    };
    for rollout in &fields.rollouts {
        chain.add_branch(
            targeting_key_condition(rollout.position, &rollout.deny),
            || safe(rollout.position),
        );
    }
    for rollout in &fields.rollouts {
        chain.add_branch(
            targeting_key_condition(rollout.position, &rollout.allow),
            || release_result(rollout),
        );
    }
    chain.add_branch(met.not(flag.position), || safe(flag.position));
    for rollout in &fields.rollouts {
        chain.add_branch(rollout_condition(rollout, fields), || {
            release_result(rollout)
        });
    }
    chain.finish(fields.targeting.as_ref())
}

fn targeting_key_condition(position: Position, keys: &[EcoString]) -> FoldedCondition {
    condition_unless_empty(keys, |keys| {
        jsonlogic_builder::targeting_key_in(position, keys)
    })
}

/// The condition that `make` builds for some names; never met if the list is empty.
fn condition_unless_empty(
    names: &[EcoString],
    make: impl FnOnce(&[EcoString]) -> Node,
) -> FoldedCondition {
    if names.is_empty() {
        FoldedCondition::Never
    } else {
        FoldedCondition::If(make(names))
    }
}

/// The condition that a rollout matches a context by its rings, segments or percentage.
fn rollout_condition(rollout: &Rollout, fields: &RolloutFields) -> FoldedCondition {
    let position = rollout.position;
    let eligible = match &rollout.when {
        None => FoldedCondition::Always,
        Some(node) => FoldedCondition::from_node(node.clone()),
    };
    let mut ways = vec![condition_unless_empty(&rollout.rings, |names| {
        jsonlogic_builder::attribute_equals_any(position, "ring", names)
    })];
    let rings = rollout
        .rings
        .iter()
        .filter_map(|name| fields.rings.find(name));
    let conditions = rings.filter_map(|ring| ring.condition.clone());
    ways.extend(conditions.map(FoldedCondition::from_node));
    ways.push(condition_unless_empty(&rollout.segments, |names| {
        jsonlogic_builder::has_any_segment(position, names)
    }));
    ways.push(percentage_condition::percentage_condition(rollout));
    eligible.and(fold_or(position, ways), position)
}

/// The result of a rollout: the name of a variant, or a split that is independent of the bucket of participation.
fn release_result(rollout: &Rollout) -> Node {
    let position = rollout.position;
    let shares = match &rollout.release {
        Release::Variant(name) => return jsonlogic_builder::string(position, name),
        Release::Split(shares) => shares,
    };
    let bucketing = &rollout.bucketing;
    let parts = vec![
        percentage_condition::seed_node(bucketing, position),
        jsonlogic_builder::string(position, "/split/"),
        jsonlogic_builder::var(position, bucketing.unit_attribute()),
    ];
    let mut arguments = vec![jsonlogic_builder::operation(position, "cat", parts)];
    let shares = shares.iter();
    arguments.extend(
        shares.map(|(name, weight)| jsonlogic_builder::weighted_variant(position, name, *weight)),
    );
    let split = jsonlogic_builder::operation(position, "fractional", arguments);
    // Without a unit all contexts would fall into one bucket.
    let guarded = vec![
        jsonlogic_builder::var(position, bucketing.unit_attribute()),
        split,
    ];
    jsonlogic_builder::operation(position, "if", guarded)
}
