//! The condition that the prerequisites of a flag are met for the same context.

use std::sync::Arc;

use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::diag::closest_match;
use crate::diag::suggest_one_of;
use crate::document::flag::FlagDefinition;
use crate::document::rollout::expand::dependency_graph::Dependencies;
use crate::document::rollout::expand::folded_condition::FoldedCondition;
use crate::document::rollout::expand::inline_flag_key;
use crate::document::rollout::fields::Prerequisite;
use crate::document::rollout::fields::RolloutFields;
use crate::document::rollout::jsonlogic_builder;
use crate::document::syntax_tree::Node;
use crate::limits;

/// The condition that all prerequisites are met, and the portability of the condition.
#[derive(Debug)]
pub struct PrerequisiteCondition {
    /// True if all prerequisites are met.
    pub condition: FoldedCondition,
    /// True if plain flagd can compute the condition.
    pub portable: bool,
}

/// The flags that prerequisites may name.
#[derive(Debug, Clone, Copy)]
pub struct PrerequisiteFlags<'o> {
    /// All flags; the rollout fields of those that the current flag requires are expanded.
    pub flags: &'o [Arc<FlagDefinition>],
    /// The keys of all flags.
    pub keys: &'o [&'o str],
}

/// The condition that all prerequisites of `flag` are met.
pub fn prerequisites_condition(
    flag: &FlagDefinition,
    fields: &RolloutFields,
    dependencies: &Dependencies,
    others: PrerequisiteFlags<'_>,
    report: &mut DiagnosticSink,
) -> PrerequisiteCondition {
    let mut met = PrerequisiteCondition {
        condition: FoldedCondition::Always,
        portable: true,
    };
    let found = match dependencies {
        Dependencies::Resolved(found) => found,
        Dependencies::Cycle(circle) => {
            report_cycle(flag, fields, circle, others.flags, report);
            return met;
        }
        Dependencies::TooLong => {
            let message = format!(
                "flag `{}` has a chain of prerequisites that is too long",
                flag.key
            );
            let help = format!(
                "shorten it to at most {} prerequisites; until then it counts as not met",
                limits::REFERENCE_CHAIN
            );
            report.error(Code::Prerequisite, flag.position, message, help);
            met.condition = FoldedCondition::Never;
            return met;
        }
    };
    for (required, at) in fields.requires.iter().zip(found) {
        let other = at.and_then(|at| others.flags.get(at));
        let condition = match other {
            Some(other) => serves_variant_condition(flag, required, other, report),
            None => report_missing(flag, required, others.keys, report),
        };
        let used = matches!(condition, FoldedCondition::If(_));
        met.portable &= !used || other.is_none_or(|other| other.portable);
        met.condition = met.condition.and(condition, required.position);
    }
    met
}

fn report_cycle(
    flag: &FlagDefinition,
    fields: &RolloutFields,
    circle: &[usize],
    flags: &[Arc<FlagDefinition>],
    report: &mut DiagnosticSink,
) {
    let keys = circle.iter().filter_map(|at| flags.get(*at));
    let mut keys: Vec<String> = keys.map(|flag| format!("`{}`", flag.key)).collect();
    let own = format!("`{}`", flag.key);
    let start = keys.iter().position(|key| *key == own).unwrap_or(0);
    keys.rotate_left(start);
    keys.push(own);
    let position = fields
        .requires
        .first()
        .map_or(flag.position, |required| required.position);
    let message = format!("prerequisites form a cycle: {}", keys.join(" requires "));
    let help = "remove one of them; until then the flags of the cycle return PARSE_ERROR";
    report.error(Code::Prerequisite, position, message, help);
}

fn report_missing(
    flag: &FlagDefinition,
    required: &Prerequisite,
    keys: &[&str],
    report: &mut DiagnosticSink,
) -> FoldedCondition {
    let keys = keys.iter().take(limits::SUGGESTION_CANDIDATES).copied();
    let help = match closest_match(&required.flag, keys) {
        Some(meant) => {
            format!(
                "did you mean `{meant}`? until the name is corrected, the prerequisite counts as not met"
            )
        }
        None => "define it or remove the prerequisite; until then it counts as not met".to_owned(),
    };
    let message = format!(
        "flag `{}` requires flag `{}`, which does not exist",
        flag.key, required.flag
    );
    report.error(Code::Prerequisite, required.position, message, help);
    FoldedCondition::Never
}

/// The condition that another flag yields the required variant.
fn serves_variant_condition(
    flag: &FlagDefinition,
    required: &Prerequisite,
    other: &FlagDefinition,
    report: &mut DiagnosticSink,
) -> FoldedCondition {
    let names = || other.variants.iter().map(|(name, _)| &**name);
    let wanted = &*required.variant;
    if !names().any(|name| name == wanted) {
        let message = format!(
            "flag `{}` requires variant `{wanted}`, which flag `{}` does not have",
            flag.key, other.key
        );
        let help = suggest_one_of(wanted, names());
        report.error(Code::Prerequisite, required.position, message, help);
        return FoldedCondition::Never;
    }
    if other.disabled || other.error_code.is_some() {
        return FoldedCondition::Never;
    }
    let by_default = other.default_variant.as_deref() == Some(wanted);
    let targeting = other.targeting.as_ref();
    let targeting =
        targeting.filter(|node| node.as_map().is_none_or(|members| !members.is_empty()));
    match targeting {
        None if by_default => FoldedCondition::Always,
        None => FoldedCondition::Never,
        Some(rule) => rule_yields_variant_condition(required, other, rule, by_default),
    }
}

/// The condition that the rule of the other flag yields the variant; for its default variant, that it yields no other.
fn rule_yields_variant_condition(
    required: &Prerequisite,
    other: &FlagDefinition,
    rule: &Node,
    by_default: bool,
) -> FoldedCondition {
    let position = required.position;
    let rule = inline_flag_key::inline_flag_key(rule, &other.key);
    let names = other.variants.iter().map(|(name, _)| &**name);
    let names = names.filter(|name| (*name == &*required.variant) != by_default);
    let mut values = Vec::new();
    for name in names {
        values.push(jsonlogic_builder::string(position, name));
        // A rule may yield true for the variant `true`.
        if let Ok(truth) = name.parse::<bool>() {
            values.push(jsonlogic_builder::boolean(position, truth));
        }
    }
    let among = jsonlogic_builder::operation(
        position,
        "in",
        vec![rule, jsonlogic_builder::array(position, values)],
    );
    let among = FoldedCondition::If(among);
    if by_default {
        among.not(position)
    } else {
        among
    }
}
