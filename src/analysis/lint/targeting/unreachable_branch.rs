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
use crate::document;
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
        let works = subject.flag.error_code.is_none()
            && !document::has_errors(&subject.compiled.diagnostics);
        if works && !has_unresolved_ref(subject.expanded) {
            let survey = coverage::analyze_coverage(subject.expanded, Budget::PER_LINTED_FLAG);
            collect_branches(&survey, reported, &mut reached, &mut lost);
        }
    }
    for UnreachableBranch {
        location: spot,
        message,
        help,
    } in lost
    {
        if !reached.contains(&spot) {
            report.warn(Code::UnreachableBranch, spot.0, message, help);
        }
    }
}

/// Returns true if the rule has an unresolved `$ref`, which loading reports; the intended rule is unknown.
fn has_unresolved_ref(flag: &FlagDefinition) -> bool {
    let mut refers = false;
    if let Some(targeting) = &flag.targeting {
        visit::visit_operations(targeting, &mut |member| refers |= &*member.key == "$ref");
    }
    refers
}

/// A branch that is not reached.
struct UnreachableBranch {
    location: BranchLocation,
    message: String,
    help: String,
}

fn collect_branches(
    survey: &BranchCoverage<'_>,
    reported: &ReportedConditions,
    reached: &mut HashSet<BranchLocation>,
    lost: &mut Vec<UnreachableBranch>,
) {
    let mut told = 0;
    for (at, site) in survey.program.branches.iter().enumerate() {
        let spot = (site.node.position, site.kind);
        if !survey.is_unreachable(at) {
            reached.insert(spot);
        } else if is_removable(site) && !site.parent.is_some_and(|up| survey.is_unreachable(up)) {
            let (message, help) = if told < limits::LINT_BRANCH_DIAGNOSTICS {
                let proof = survey.unsat_core(at);
                if proof.iter().any(|part| reported.contains(&part.position)) {
                    continue;
                }
                // All units have one hash: the lint of the bucketing key reports it.
                if matches!((site.kind, &*proof), (BranchKind::Share { .. }, [_])) {
                    continue;
                }
                message_and_help(site, survey, &proof)
            } else {
                (unreachable_message(site, survey.flag), String::new())
            };
            told += 1;
            lost.push(UnreachableBranch {
                location: spot,
                message,
                help,
            });
        }
    }
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
