//! Lint: rule branches that no context reaches, with the conditions that exclude each other.

use std::collections::HashSet;

use crate::analysis::engine::branch_conditions::BranchCondition;
use crate::analysis::engine::coverage;
use crate::analysis::engine::coverage::BranchCoverage;
use crate::analysis::engine::coverage::Budget;
use crate::analysis::flag_file::FlagFile;
use crate::analysis::format;
use crate::analysis::lint::targeting::condition_causes::ReportedConditions;
use crate::analysis::lint::targeting::visit;
use crate::analysis::model::symbolic_expr::BranchKind;
use crate::analysis::model::symbolic_expr::RuleBranch;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::diag::Severity;
use crate::document::flag::FlagDefinition;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::limits;
use crate::rule::syntax::JsonLogicNode;

/// The identity of a branch in a file. All uses of a branch in a shared evaluator have the same identity.
type BranchLocation = (Position, BranchKind);

/// Reports branches that are proved unreachable in every rule of a file that contains them, except the consequences of
/// conditions in `reported`.
pub fn check(file: &FlagFile, reported: &ReportedConditions, report: &mut DiagnosticSink) {
    let mut reached = HashSet::new();
    let mut lost = Vec::new();
    for subject in file.flag_views() {
        if subject.flag.error_code.is_none() && !visit::is_faulty(&subject) {
            let survey = coverage::analyze_coverage(subject.expanded, Budget::PER_LINTED_FLAG);
            let fields = subject.flag.rollout_fields.iter();
            let required = fields.flat_map(|fields| fields.requires.iter().map(|r| r.position));
            let required: Vec<Position> = required.collect();
            collect_branches(&survey, reported, &required, &mut reached, &mut lost);
        }
    }
    for UnreachableBranch {
        location: spot,
        severity,
        message,
        help,
    } in lost
    {
        if !reached.contains(&spot) {
            report.push(severity, Code::UnreachableBranch, spot.0, message, help);
        }
    }
}

/// A branch that is not reached.
struct UnreachableBranch {
    location: BranchLocation,
    severity: Severity,
    message: String,
    help: String,
}

fn collect_branches(
    survey: &BranchCoverage<'_>,
    reported: &ReportedConditions,
    required: &[Position],
    reached: &mut HashSet<BranchLocation>,
    lost: &mut Vec<UnreachableBranch>,
) {
    let mut told = 0;
    for (at, site) in survey.program.branches.iter().enumerate() {
        let spot = (site.node.position, site.kind);
        if !survey.is_unreachable(at) {
            reached.insert(spot);
        } else if is_removable(site) && !site.parent.is_some_and(|up| survey.is_unreachable(up)) {
            let (severity, message, help) = if told < limits::LINT_BRANCH_DIAGNOSTICS {
                let proof = survey.unsat_core(at);
                if proof.iter().any(|part| reported.contains(&part.position)) {
                    continue;
                }
                // A prerequisite that is always met is no mistake, and the file does not have its condition.
                let is_met =
                    |part: &BranchCondition| !part.must_hold && required.contains(&part.position);
                if proof.iter().any(is_met) {
                    continue;
                }
                // All units have one hash: the lint of the bucketing key reports it.
                if matches!((site.kind, &*proof), (BranchKind::Share { .. }, [_])) {
                    continue;
                }
                let (message, help) = message_and_help(site, survey, &proof);
                match explain_contradiction(survey.flag, &proof) {
                    Some(help) => (Severity::Error, message, help),
                    None => (Severity::Warning, message, help),
                }
            } else {
                let message = unreachable_message(site, survey.flag);
                (Severity::Warning, message, String::new())
            };
            told += 1;
            lost.push(UnreachableBranch {
                location: spot,
                severity,
                message,
                help,
            });
        }
    }
}

/// The help if all conditions of a proof are arguments of one `and` that cannot hold, or of one `or` that cannot fail: a
/// mistake in the condition, not in the order of the branches.
fn explain_contradiction(flag: &FlagDefinition, proof: &[BranchCondition]) -> Option<String> {
    let first = proof.first()?;
    let is_uniform = proof.iter().all(|part| part.must_hold == first.must_hold);
    let operator = if first.must_hold { "and" } else { "or" };
    let mut found = false;
    visit::visit_operations(flag.targeting.as_ref()?, &mut |member| {
        let arguments = member.arguments();
        let is_argument =
            |part: &BranchCondition| arguments.iter().any(|a| a.position == part.position);
        found |= &*member.key == operator && proof.iter().all(is_argument);
    });
    if !found || !is_uniform || proof.len() < 2 {
        return None;
    }
    let help = if first.must_hold {
        "an attribute has one value, and no value meets all conditions of this `and`: combine them with `or`, or write \
         `in` with a list"
    } else {
        "every value meets one of the conditions of this `or`: combine them with `and`, or write `{ \"!\": [{ \"in\": … }] }`"
    };
    Some(help.to_owned())
}

/// Returns true if a branch could be removed. A share of weight 0 is unreachable on purpose.
fn is_removable(site: &RuleBranch<'_>) -> bool {
    match site.kind {
        BranchKind::Then(_) | BranchKind::Else => true,
        BranchKind::Share { weight, .. } => weight > 0,
        BranchKind::Root | BranchKind::ImplicitElse => false,
    }
}

fn unreachable_message(site: &RuleBranch<'_>, flag: &FlagDefinition) -> String {
    let what = match (site.kind, &site.node.kind) {
        (BranchKind::Share { .. }, NodeKind::List(items)) => items.first().map(format_result),
        _ => Some(format_result(site.node)),
    };
    let what = what.unwrap_or_default();
    format!("{what} is unreachable in the rule of flag `{}`", flag.key)
}

/// The result of a branch as text.
fn format_result(node: &Node) -> String {
    match JsonLogicNode::from_node(node) {
        JsonLogicNode::Value(node) => match &node.kind {
            NodeKind::Text(text) => format!("`{text}`"),
            NodeKind::Null => "the default".to_owned(),
            _ => format!("`{}`", format::format_condition(node)),
        },
        JsonLogicNode::List(_) | JsonLogicNode::Operation(_) => {
            format!("`{}`", format::format_condition(node))
        }
    }
}

/// The maximum number of conditions in a message.
const MAX_CONDITIONS: usize = 6;

/// The message contains the conditions without positions, because a baseline identifies findings by their messages.
fn message_and_help(
    site: &RuleBranch<'_>,
    survey: &BranchCoverage<'_>,
    proof: &[BranchCondition],
) -> (String, String) {
    let named = unreachable_message(site, survey.flag);
    let wanted = |premise: &BranchCondition| {
        let how = if premise.must_hold { "hold" } else { "fail" };
        format!("`{}` to {how}", premise.text)
    };
    let mut list: Vec<String> = proof.iter().take(MAX_CONDITIONS).map(wanted).collect();
    if proof.len() > MAX_CONDITIONS {
        list.push(format!("{} more conditions", proof.len() - MAX_CONDITIONS));
    }
    let message = match list.split_last() {
        Some((last, [])) => format!("{named}: requires {last}"),
        Some((last, rest)) => {
            let rest = rest.join(", ");
            format!("{named}: requires {rest} and {last} at once")
        }
        None => named,
    };
    let mut places: Vec<String> = Vec::new();
    for BranchCondition {
        position: place, ..
    } in proof.iter().take(MAX_CONDITIONS)
    {
        let place = format!("{}:{}", place.line, place.column);
        if !places.contains(&place) {
            places.push(place);
        }
    }
    let places = places.join(", ");
    let help = format!(
        "see {places}; remove the branch, or move it before the conditions that exclude it"
    );
    (message, help)
}
