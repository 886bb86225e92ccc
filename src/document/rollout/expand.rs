//! Expands the rollout fields of flags into plain flagd targeting.
//!
//! The order of precedence: `kill`, `deny`, `allow`, `requires`, then for each rollout `when` and one of `rings`,
//! `segments` and `percentage`, then `targeting`, then `defaultVariant`.

mod dependency_graph;
pub mod expand_document;
pub mod folded_condition;
mod if_chain;
mod inline_flag_key;
mod kill;
pub mod percentage_condition;
mod prerequisite;
mod targeting;

use std::sync::Arc;

use crate::decision::ErrorCode;
use crate::diag::Code;
use crate::diag::Diagnostic;
use crate::diag::DiagnosticSink;
use crate::document::flag;
use crate::document::flag::FlagDefinition;
use crate::document::rollout::expand::dependency_graph::Dependencies;
use crate::document::rollout::expand::dependency_graph::DependencyGraph;
use crate::document::rollout::expand::kill::apply_kill;
use crate::document::rollout::expand::prerequisite::PrerequisiteFlags;
use crate::document::rollout::expand::targeting::build_targeting;
use crate::document::rollout::fields::RolloutFields;
use crate::document::rollout::metadata;
use crate::limits;

/// A flag with a rule in place of its rollout fields, and the diagnostics of the expansion.
pub type ExpandedFlag = (FlagDefinition, Vec<Diagnostic>);

/// Expands a flag on its own: prerequisites count as met.
pub fn expand_one(flag: &FlagDefinition) -> ExpandedFlag {
    let dependencies = Dependencies::Resolved(Vec::new());
    let mut budget = limits::EXPANSION_ALLOWANCE;
    expand_with_diagnostics(flag, &dependencies, &[], &[], &mut budget)
}

/// Expands flags that may require each other, and returns them in the same order; of equal keys the last one wins.
///
/// `keys` are the keys of all flags. Diagnostics include missing prerequisites and cycles.
pub fn expand_all(mut flags: Vec<Arc<FlagDefinition>>, keys: &[&str]) -> Vec<ExpandedFlag> {
    let graph = DependencyGraph::from_flags(&flags);
    let mut all_diagnostics = vec![Vec::new(); flags.len()];
    let mut budget = limits::PREREQUISITE_VALUES;
    for at in graph.topological_order() {
        let Some(flag) = flags.get(at).filter(|flag| flag.rollout_fields.is_some()) else {
            continue;
        };
        let (expanded, diagnostics) =
            expand_with_diagnostics(flag, &graph.dependencies(at), &flags, keys, &mut budget);
        if let (Some(flag), Some(slot)) = (flags.get_mut(at), all_diagnostics.get_mut(at)) {
            *flag = Arc::new(expanded);
            *slot = diagnostics;
        }
    }
    let flags = flags.into_iter().map(Arc::unwrap_or_clone);
    flags.zip(all_diagnostics).collect()
}

fn expand_with_diagnostics(
    flag: &FlagDefinition,
    dependencies: &Dependencies,
    flags: &[Arc<FlagDefinition>],
    keys: &[&str],
    budget: &mut usize,
) -> ExpandedFlag {
    let Some(fields) = flag.rollout_fields.clone() else {
        return (flag.clone(), Vec::new());
    };
    let mut report = DiagnosticSink::for_flag(flag.origin.file.clone(), &flag.key);
    let others = PrerequisiteFlags { flags, keys };
    let expanded = expand_flag(flag, &fields, dependencies, others, &mut report);
    let expanded = enforce_rule_limits(expanded, budget, &mut report);
    (expanded, report.finish())
}

fn expand_flag(
    flag: &FlagDefinition,
    fields: &RolloutFields,
    dependencies: &Dependencies,
    others: PrerequisiteFlags<'_>,
    report: &mut DiagnosticSink,
) -> FlagDefinition {
    let mut flag = flag.clone();
    flag.metadata = flag::merge_metadata(&flag.metadata, metadata::rollout_metadata(&flag, fields));
    if let Some(position) = fields.kill_position {
        apply_kill(&mut flag, fields, position, report);
        return flag;
    }
    let met = prerequisite::prerequisites_condition(&flag, fields, dependencies, others, report);
    let is_cycle = matches!(dependencies, Dependencies::Cycle(_));
    if fields.faulty || is_cycle {
        flag.error_code = flag.error_code.or(Some(ErrorCode::ParseError));
    }
    flag.portable = fields
        .rollouts
        .iter()
        .all(percentage_condition::is_portable)
        && met.portable;
    if !flag.portable {
        report_not_portable(&flag, report);
    }
    flag.targeting = build_targeting(&flag, fields, met.condition);
    flag
}

fn report_not_portable(flag: &FlagDefinition, report: &mut DiagnosticSink) {
    let message = format!(
        "flag `{}` uses bucketing that plain flagd cannot compute",
        flag.key
    );
    let help = "flag sync omits the flag, because flagd would evaluate it differently; use the dialect `flagd-murmur3`";
    report.warn(Code::NotPortable, flag.position, message, help);
}

/// Drops a rule that is too large or too deep, with an error.
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
        "the rollout fields of flag `{}` expand to a rule that is too large",
        flag.key
    );
    let help = "use fewer rings, prerequisites or steps; the flag returns PARSE_ERROR until then";
    report.error(Code::LimitExceeded, flag.position, message, help);
    flag.targeting = None;
    flag.error_code = Some(ErrorCode::ParseError);
    flag
}
