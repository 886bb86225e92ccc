//! Lint: conditions that a context meets because it lacks an attribute, as `!=`, `<` and `not in` do.

use bumpalo::Bump;
use ecow::EcoString;

use crate::analysis::flag_file::flag_view::FlagView;
use crate::analysis::lint::targeting::condition_causes::ReportedConditions;
use crate::analysis::lint::targeting::visit;
use crate::analysis::model::var_path;
use crate::context::EvaluationContext;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::rule::compile;
use crate::rule::decision_tree::Leaf;
use crate::rule::syntax;
use crate::rule::syntax::JsonLogicNode;

/// Reports such conditions of every `if`, except those in `reported`.
pub fn check(subject: &FlagView<'_>, reported: &ReportedConditions, report: &mut DiagnosticSink) {
    let Some(targeting) = &subject.flag.targeting else {
        return;
    };
    visit::visit_operations(targeting, &mut |member| {
        let arguments = syntax::if_arguments(member).unwrap_or_default();
        for condition in syntax::if_conditions(arguments) {
            check_condition(&subject.flag.key, condition, reported, report);
        }
    });
}

fn check_condition(
    flag: &str,
    condition: &Node,
    reported: &ReportedConditions,
    report: &mut DiagnosticSink,
) {
    let mut atoms = Vec::new();
    collect_comparisons(condition, true, &mut atoms);
    for AttributeComparison {
        node,
        member,
        attribute,
        expected_truth: wanted,
    } in atoms
    {
        let met = truth_in_empty_context(node) == Some(wanted);
        if !met
            || reported.contains(&node.position)
            || truth_without_attribute(condition, attribute) == Some(false)
        {
            continue;
        }
        let message =
            format!("a condition of flag `{flag}` also holds for contexts without `{attribute}`");
        let help = format!(
            "if this is not intended, test the attribute first: `{{\"and\": [{{\"var\": \"{attribute}\"}}, …]}}`"
        );
        report.warn(Code::AbsentAttribute, member.position, message, help);
    }
}

/// A comparison of one attribute.
struct AttributeComparison<'n> {
    node: &'n Node,
    member: &'n Member,
    attribute: &'n str,
    /// The truth of the comparison for which the condition is met.
    expected_truth: bool,
}

/// Collects the comparisons in `condition`, except explicit tests for absence.
fn collect_comparisons<'n>(
    condition: &'n Node,
    wanted: bool,
    atoms: &mut Vec<AttributeComparison<'n>>,
) {
    let JsonLogicNode::Operation(member) = JsonLogicNode::from_node(condition) else {
        return;
    };
    match (&*member.key, member.arguments()) {
        ("and" | "or", items) => items
            .iter()
            .for_each(|item| collect_comparisons(item, wanted, atoms)),
        ("!", [only]) => collect_comparisons(only, !wanted, atoms),
        ("!!", [only]) => collect_comparisons(only, wanted, atoms),
        ("==" | "!=" | "===" | "!==", items) if items.iter().any(is_null_or_empty) => {}
        (
            "==" | "!=" | "===" | "!==" | "<" | "<=" | ">" | ">=" | "in" | "sem_ver"
            | "starts_with" | "ends_with",
            _,
        ) => {
            if let Some(attribute) = sole_attribute(condition) {
                atoms.push(AttributeComparison {
                    node: condition,
                    member,
                    attribute,
                    expected_truth: wanted,
                });
            }
        }
        _ => {}
    }
}

fn is_null_or_empty(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Null => true,
        NodeKind::Text(text) => text.is_empty(),
        _ => false,
    }
}

/// The attribute that `node` reads, if it reads one attribute and that has no default.
fn sole_attribute(node: &Node) -> Option<&str> {
    let mut ours = false;
    visit::visit_operations(node, &mut |member| {
        ours |= var_path::parse_var(member).is_some_and(|read| var_path::is_reserved(read.path));
    });
    let reads = visit::caller_attributes(node);
    let first = reads.first()?;
    let alone = reads
        .iter()
        .all(|read| read.path == first.path && !read.has_default);
    (alone && !ours).then_some(first.path)
}

/// The truth of a condition in every context without `attribute`; `None` if other attributes matter.
fn truth_without_attribute(condition: &Node, attribute: &str) -> Option<bool> {
    let JsonLogicNode::Operation(member) = JsonLogicNode::from_node(condition) else {
        return None;
    };
    let items = member.arguments();
    let mut each = items
        .iter()
        .map(|item| truth_without_attribute(item, attribute));
    match (&*member.key, items) {
        ("and", _) if each.any(|truth| truth == Some(false)) => Some(false),
        ("or", _) if each.any(|truth| truth == Some(true)) => Some(true),
        ("and", _) => items
            .iter()
            .all(|i| truth_without_attribute(i, attribute) == Some(true))
            .then_some(true),
        ("or", _) => items
            .iter()
            .all(|i| truth_without_attribute(i, attribute) == Some(false))
            .then_some(false),
        ("!", [only]) => truth_without_attribute(only, attribute).map(|truth| !truth),
        ("!!", [only]) => truth_without_attribute(only, attribute),
        _ if sole_attribute(condition) == Some(attribute) => truth_in_empty_context(condition),
        _ => None,
    }
}

/// The truth of a condition in an empty context, as the evaluator computes it.
fn truth_in_empty_context(condition: &Node) -> Option<bool> {
    let place = condition.position;
    let value = Node {
        position: place,
        kind: NodeKind::List(vec![condition.clone()]),
    };
    let key = "!!".into();
    let truth = Node {
        position: place,
        kind: NodeKind::Map(vec![Member {
            key,
            position: place,
            value,
        }]),
    };
    let names: [EcoString; 2] = ["false".into(), "true".into()];
    let mut unheard = DiagnosticSink::new("".into());
    let (tree, reads) = compile::compile_targeting(
        &truth,
        "",
        &names,
        FractionalVersion::default(),
        &mut unheard,
    );
    let arena = Bump::new();
    let context = EvaluationContext::new(&reads, &arena, 0.0);
    match tree.decide(&context, &names) {
        Leaf::Variant(0) => Some(false),
        Leaf::Variant(_) => Some(true),
        Leaf::Default | Leaf::UnknownVariant | Leaf::Failed => None,
    }
}
