//! Turns the words of all flags into plain flagd targeting.
//!
//! The order of decision: `kill`, `deny`, `allow`, `requires`, then for each rollout `when` and one of `rings`,
//! `segments` and `percentage`, then `targeting`, then `defaultVariant`.

mod folded_condition;
mod dependency_graph;
mod prerequisite;
mod percentage_condition;
mod inline_flag_key;

use std::sync::Arc;

use ecow::EcoString;

use crate::decision::ErrorCode;
use crate::diag::Code;
use crate::diag::Diagnostic;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::document::flag;
use crate::document::flag::FlagDefinition;
use crate::document::rollout::Release;
use crate::document::rollout::Rollout;
use crate::document::rollout::RolloutFields;
use crate::document::rollout::expand::dependency_graph::Dependencies;
use crate::document::rollout::expand::dependency_graph::DependencyGraph;
use crate::document::rollout::expand::folded_condition::FoldedCondition;
use crate::document::rollout::expand::folded_condition::fold_or;
use crate::document::rollout::expand::prerequisite::PrerequisiteFlags;
use crate::document::rollout::jsonlogic_builder;
use crate::document::rollout::metadata;
use crate::document::syntax_tree::Node;
use crate::limits;

/// A flag with a rule in place of its words, and what is wrong with that.
pub type ExpandedFlag = (FlagDefinition, Vec<Diagnostic>);

/// A flag by itself: prerequisites count as met.
pub fn expand_one(flag: &FlagDefinition) -> ExpandedFlag {
    let standing = Dependencies::Resolved(Vec::new());
    let mut budget = limits::EXPANSION_ALLOWANCE;
    expand_with_diagnostics(flag, &standing, &[], &[], &mut budget)
}

/// Flags that require each other, in their order; of equal keys the last one wins. `keys` are those of all flags there are.
///
/// What is wrong with a flag may be that a prerequisite does not exist, or that there is a circle of them.
pub fn expand_all(mut flags: Vec<Arc<FlagDefinition>>, keys: &[&str]) -> Vec<ExpandedFlag> {
    let graph = DependencyGraph::from_flags(&flags);
    let mut told = vec![Vec::new(); flags.len()];
    let mut budget = limits::DOCUMENT_VALUES;
    for at in graph.topological_order() {
        let Some(flag) = flags.get(at).filter(|flag| flag.rollout_fields.is_some()) else {
            continue;
        };
        let (expanded, diagnostics) =
            expand_with_diagnostics(flag, &graph.dependencies(at), &flags, keys, &mut budget);
        if let (Some(flag), Some(told)) = (flags.get_mut(at), told.get_mut(at)) {
            *flag = Arc::new(expanded);
            *told = diagnostics;
        }
    }
    let flags = flags.into_iter().map(Arc::unwrap_or_clone);
    flags.zip(told).collect()
}

fn expand_with_diagnostics(
    flag: &FlagDefinition,
    standing: &Dependencies,
    flags: &[Arc<FlagDefinition>],
    keys: &[&str],
    budget: &mut usize,
) -> ExpandedFlag {
    let Some(words) = flag.rollout_fields.clone() else {
        return (flag.clone(), Vec::new());
    };
    let mut report = DiagnosticSink::new(flag.origin.file.clone());
    let others = PrerequisiteFlags { flags, keys };
    let expanded = expand_flag(flag, &words, standing, others, &mut report);
    let expanded = enforce_rule_limits(expanded, budget, &mut report);
    (expanded, report.finish())
}

fn expand_flag(
    flag: &FlagDefinition,
    words: &RolloutFields,
    standing: &Dependencies,
    others: PrerequisiteFlags<'_>,
    report: &mut DiagnosticSink,
) -> FlagDefinition {
    let mut flag = flag.clone();
    flag.metadata = flag::merge_metadata(&flag.metadata, metadata::rollout_metadata(&flag, words));
    if let Some(place) = words.kill_position {
        apply_kill(&mut flag, words, place, report);
        return flag;
    }
    let met = prerequisite::prerequisites_condition(&flag, words, standing, others, report);
    let circle = matches!(standing, Dependencies::Cycle(_));
    if words.faulty || circle {
        flag.error_code = flag.error_code.or(Some(ErrorCode::ParseError));
    }
    flag.portable = words.rollouts.iter().all(percentage_condition::is_portable) && met.portable;
    if !flag.portable {
        report_not_portable(&flag, report);
    }
    flag.targeting = build_targeting(&flag, words, met.condition);
    flag
}

/// Serves the safe variant to everybody, whatever else is written.
fn apply_kill(
    flag: &mut FlagDefinition,
    words: &RolloutFields,
    place: Position,
    report: &mut DiagnosticSink,
) {
    let has = |name: &str| flag.variants.iter().any(|(known, _)| **known == *name);
    let default = flag.default_variant.as_deref().filter(|name| has(name));
    let safe = words.safe_variant.as_deref().or(default);
    flag.disabled = false;
    flag.error_code = None;
    if let Some(safe) = safe {
        let arguments = vec![
            jsonlogic_builder::boolean(place, true),
            jsonlogic_builder::string(place, safe),
        ];
        flag.targeting = Some(jsonlogic_builder::operation(place, "if", arguments));
        return;
    }
    flag.targeting = None;
    flag.default_variant = None;
    let message = format!("flag `{}` is killed and has no safe variant", flag.key);
    let help = "callers get their own default; declare `safeVariant` or `defaultVariant`";
    report.error(Code::Kill, place, message, help);
}

fn report_not_portable(flag: &FlagDefinition, report: &mut DiagnosticSink) {
    let message = format!(
        "flag `{}` is bucketed in a way that plain flagd cannot compute",
        flag.key
    );
    let help = "it is left out of flag sync, where it would be answered differently; `flagd-murmur3` is not";
    report.warn(Code::NotPortable, flag.position, message, help);
}

fn build_targeting(
    flag: &FlagDefinition,
    words: &RolloutFields,
    met: FoldedCondition,
) -> Option<Node> {
    let place = words
        .rollouts
        .first()
        .map_or(flag.position, |rollout| rollout.position);
    let mut chain = IfChain {
        place,
        arguments: Vec::new(),
        closed: false,
    };
    let safe = |place| match words.safe_variant.as_deref() {
        Some(safe) => jsonlogic_builder::string(place, safe),
        None => jsonlogic_builder::null(place),
    };
    for rollout in &words.rollouts {
        chain.add_branch(
            targeting_key_condition(rollout.position, &rollout.deny),
            || safe(rollout.position),
        );
    }
    for rollout in &words.rollouts {
        chain.add_branch(
            targeting_key_condition(rollout.position, &rollout.allow),
            || release_result(rollout),
        );
    }
    chain.add_branch(met.not(flag.position), || safe(flag.position));
    for rollout in &words.rollouts {
        chain.add_branch(rollout_condition(rollout, words), || {
            release_result(rollout)
        });
    }
    chain.finish(words.targeting.as_ref())
}

/// Conditions and results, in their order.
struct IfChain {
    place: Position,
    arguments: Vec<Node>,
    closed: bool,
}

impl IfChain {
    fn add_branch(&mut self, condition: FoldedCondition, result: impl FnOnce() -> Node) {
        if self.closed {
            return;
        }
        match condition {
            FoldedCondition::Never => return,
            FoldedCondition::Always => self.closed = true,
            FoldedCondition::If(node) => self.arguments.push(node),
        }
        self.arguments.push(result());
    }

    /// The rule, with `rest` for those whom nothing took.
    fn finish(mut self, rest: Option<&Node>) -> Option<Node> {
        if self.arguments.is_empty() {
            return rest.cloned();
        }
        let rest = rest.filter(|rest| rest.as_map().is_none_or(|members| !members.is_empty()));
        match (self.closed, self.arguments.len()) {
            (false, _) => self.arguments.extend(rest.cloned()),
            (true, 1) => self
                .arguments
                .insert(0, jsonlogic_builder::boolean(self.place, true)),
            (true, _) => {}
        }
        Some(jsonlogic_builder::operation(
            self.place,
            "if",
            self.arguments,
        ))
    }
}

fn targeting_key_condition(place: Position, keys: &[EcoString]) -> FoldedCondition {
    condition_unless_empty(keys, |keys| {
        jsonlogic_builder::targeting_key_in(place, keys)
    })
}

/// The condition for some names; nobody fits none.
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

/// Whether a rollout takes a context by its rings, segments or share.
fn rollout_condition(rollout: &Rollout, words: &RolloutFields) -> FoldedCondition {
    let place = rollout.position;
    let eligible = match &rollout.when {
        None => FoldedCondition::Always,
        Some(node) => FoldedCondition::from_node(node.clone()),
    };
    let mut ways = vec![condition_unless_empty(&rollout.rings, |names| {
        jsonlogic_builder::attribute_equals_any(place, "ring", names)
    })];
    let rings = rollout
        .rings
        .iter()
        .filter_map(|name| words.rings.find(name));
    let conditions = rings.filter_map(|ring| ring.condition.clone());
    ways.extend(conditions.map(FoldedCondition::from_node));
    ways.push(condition_unless_empty(&rollout.segments, |names| {
        jsonlogic_builder::has_any_segment(place, names)
    }));
    ways.push(percentage_condition::percentage_condition(rollout));
    eligible.and(fold_or(place, ways), place)
}

/// What a rollout gives: the name of a variant, or a split of its own that does not depend on who takes part.
fn release_result(rollout: &Rollout) -> Node {
    let place = rollout.position;
    let shares = match &rollout.release {
        Release::Variant(name) => return jsonlogic_builder::string(place, name),
        Release::Split(shares) => shares,
    };
    let bucketing = &rollout.bucketing;
    let parts = vec![
        percentage_condition::seed_node(bucketing, place),
        jsonlogic_builder::string(place, "/split/"),
        jsonlogic_builder::var(place, bucketing.unit_attribute()),
    ];
    let mut arguments = vec![jsonlogic_builder::operation(place, "cat", parts)];
    let shares = shares.iter();
    arguments.extend(
        shares.map(|(name, weight)| jsonlogic_builder::weighted_variant(place, name, *weight)),
    );
    let split = jsonlogic_builder::operation(place, "fractional", arguments);
    // Without a unit everybody would be in one share.
    let guarded = vec![
        jsonlogic_builder::var(place, bucketing.unit_attribute()),
        split,
    ];
    jsonlogic_builder::operation(place, "if", guarded)
}

/// Refuses a rule that became too large or too deep.
fn enforce_rule_limits(
    mut flag: FlagDefinition,
    budget: &mut usize,
    report: &mut DiagnosticSink,
) -> FlagDefinition {
    let Some(targeting) = &flag.targeting else {
        return flag;
    };
    let size = targeting.size();
    if size <= limits::EXPANSION_ALLOWANCE
        && size <= *budget
        && targeting.depth() <= limits::NESTING_DEPTH
    {
        *budget -= size;
        return flag;
    }
    let message = format!(
        "the words of flag `{}` make a rule that is too large",
        flag.key
    );
    let help = "name fewer rings, prerequisites or steps; the flag answers PARSE_ERROR until then";
    report.error(Code::LimitExceeded, flag.position, message, help);
    flag.targeting = None;
    flag.error_code = Some(ErrorCode::ParseError);
    flag
}
