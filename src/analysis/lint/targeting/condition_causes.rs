//! Lints of single conditions, and the positions of the conditions that they report, so that other lints leave out the
//! consequences.

use std::collections::HashSet;

use crate::analysis::flag_file::flag_view::FlagView;
use crate::analysis::lint::targeting::condition_visitor;
use crate::analysis::lint::targeting::condition_visitor::VisitedNode;
use crate::analysis::lint::targeting::constant_condition;
use crate::analysis::lint::targeting::operand::contradiction;
use crate::analysis::lint::targeting::operand::path_notation;
use crate::analysis::lint::targeting::operand::template;
use crate::analysis::lint::targeting::operand::time;
use crate::analysis::lint::targeting::operand::var_default;
use crate::analysis::lint::targeting::operand::version;
use crate::analysis::lint::targeting::unknown_attribute::AttributeUsage;
use crate::analysis::lint::targeting::unsatisfiable_comparison;
use crate::diag::Diagnostic;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::diag::Severity;
use crate::document::syntax_tree::Node;

/// The positions of reported conditions, and of the nodes that contain them.
pub type ReportedConditions = HashSet<Position>;

/// Reports the conditions of a flag that are the same for every context.
pub fn check(
    subject: &FlagView<'_>,
    usage: &AttributeUsage,
    report: &mut DiagnosticSink,
) -> ReportedConditions {
    let mut reported = ReportedConditions::new();
    condition_visitor::visit_rules(subject, &mut |visited| {
        let known = has_load_error(visited.node, &subject.compiled.diagnostics);
        if known || check_node(subject, visited, usage, report) {
            reported.insert(visited.node.position);
            reported.extend(visited.enclosing);
            // The proof that a branch is unreachable names the parts of an `and` or an `or`.
            let parts = visited
                .node
                .single_member()
                .filter(|m| matches!(&*m.key, "and" | "or"));
            reported.extend(
                parts
                    .into_iter()
                    .flat_map(|m| m.arguments().iter().map(|a| a.position)),
            );
        }
    });
    reported
}

fn check_node(
    subject: &FlagView<'_>,
    visited: VisitedNode<'_, '_>,
    usage: &AttributeUsage,
    report: &mut DiagnosticSink,
) -> bool {
    let flag = &subject.flag.key;
    let member = visited.node.single_member();
    let of_operand = member.is_some_and(|member| {
        template::check(flag, member, report)
            || contradiction::check(flag, member, report)
            || path_notation::check(flag, member, report)
            || var_default::check(flag, member, usage, report)
            || time::check(flag, member, report)
            || version::check(flag, member, report)
    });
    of_operand
        || constant_condition::check(subject, visited, usage, report)
        || unsatisfiable_comparison::check(subject, visited, report)
}

/// Returns true if loading reports an error of this node or of one of its arguments, so that its cause is known.
fn has_load_error(node: &Node, diagnostics: &[Diagnostic]) -> bool {
    let mut places = vec![node.position];
    if let Some(member) = node.single_member() {
        places.push(member.position);
        places.extend(member.arguments().iter().map(|argument| argument.position));
    }
    diagnostics
        .iter()
        .any(|d| d.severity == Severity::Error && places.contains(&d.position))
}
