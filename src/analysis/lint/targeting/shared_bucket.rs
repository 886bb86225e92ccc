//! Lint: bucketing keys that many contexts share, because the only attribute in the key may be missing.

use crate::analysis::engine::coverage;
use crate::analysis::engine::coverage::BranchCoverage;
use crate::analysis::engine::coverage::Budget;
use crate::analysis::engine::example_search;
use crate::analysis::explain::trace;
use crate::analysis::explain::trace::step::TraceStep;
use crate::analysis::flag_file::flag_view::FlagView;
use crate::analysis::format;
use crate::analysis::lint::targeting::visit;
use crate::analysis::model::context_set::ContextSet;
use crate::analysis::model::owned_context::OwnedContext;
use crate::analysis::model::var_path;
use crate::analysis::model::var_path::VarRead;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::diag::Position;
use crate::document::syntax_tree::Node;
use crate::rule::syntax;
use crate::value::OwnedValue;

/// The maximum number of sets of contexts that are searched for an example.
const MAX_SEARCHED_SETS: usize = 8;

/// A concatenated bucketing key with one attribute.
struct ConcatenatedKey<'n> {
    position: Position,
    attribute: VarRead<'n>,
}

/// Reports concatenated keys that a context without their only attribute reaches.
pub fn check(subject: &FlagView<'_>, report: &mut DiagnosticSink) {
    let Some(targeting) = &subject.flag.targeting else {
        return;
    };
    let keys = concatenated_keys(targeting);
    if keys.is_empty() || subject.flag.disabled {
        return;
    }
    let survey = coverage::analyze_coverage(subject.expanded, Budget::PER_LINTED_FLAG);
    for key in keys {
        let Some(example) = find_keyless_context(subject, &survey, &key) else {
            continue;
        };
        let (flag, name) = (&subject.flag.key, key.attribute.path);
        let message =
            format!("all contexts without `{name}` fall into one bucket of flag `{flag}`");
        let mut help = format!(
            "test the attribute first, so that these contexts get the default: `{{\"if\": [{{\"var\": \"{name}\"}}, \
             {{\"fractional\": …}}]}}`"
        );
        if !example.attributes.is_empty() {
            let example = format::format_value(&OwnedValue::Map(example.attributes));
            help = format!("{help}; such a context is {example}");
        }
        let position = key.attribute.operation.position;
        report.warn(Code::SharedBucket, position, message, help);
    }
}

fn concatenated_keys(targeting: &Node) -> Vec<ConcatenatedKey<'_>> {
    let mut keys = Vec::new();
    visit::visit_operations(targeting, &mut |member| {
        let first = member.arguments().first();
        let Some(node) = first.filter(|_| syntax::is_fractional(&member.key)) else {
            return;
        };
        let is_cat = node.single_member().is_some_and(|m| &*m.key == "cat");
        if let [only] = *visit::caller_attributes(node)
            && is_cat
            && !only.has_default
            && only.path != "targetingKey"
        {
            keys.push(ConcatenatedKey {
                position: node.position,
                attribute: only,
            });
        }
    });
    keys
}

/// A context without the attribute for which the key is computed, confirmed by an evaluation.
fn find_keyless_context(
    subject: &FlagView<'_>,
    survey: &BranchCoverage<'_>,
    key: &ConcatenatedKey<'_>,
) -> Option<OwnedContext> {
    let path = var_path::normalize_path(key.attribute.path);
    let is_keyless = |context: &OwnedContext| {
        let trace = trace::trace(subject.expanded, subject.compiled, context);
        context.value_at_path(&path) == OwnedValue::Null
            && contains_step(&trace.steps, key.position)
    };
    let simple = simple_contexts(subject, &path);
    if let Some(context) = simple.into_iter().find(|context| is_keyless(context)) {
        return Some(context);
    }
    let own = survey.keyless_contexts.iter();
    let own = own.filter(|(position, _)| *position == key.position);
    let own = own.map(|(_, contexts)| contexts.clone());
    let branches = survey.reaching_contexts.iter().flatten();
    let branches = branches.filter_map(|contexts| without_attribute(contexts, survey, &path));
    own.chain(branches).take(MAX_SEARCHED_SETS).find_map(|set| {
        let programs = &[&survey.program];
        let found = example_search::find_examples(&set, &survey.domain, programs, 1, is_keyless);
        found.into_iter().next()
    })
}

/// The empty context, and contexts whose other attributes all have one value: the analysis does not support some
/// conditions on them.
fn simple_contexts(subject: &FlagView<'_>, path: &str) -> Vec<OwnedContext> {
    let targeting = subject.flag.targeting.iter();
    let reads = targeting.flat_map(visit::caller_attributes);
    let mut others: Vec<String> = reads
        .map(|read| var_path::normalize_path(read.path))
        .collect();
    others.push("targetingKey".to_owned());
    others.retain(|other| other != path);
    let values = [
        OwnedValue::Text("user-1".into()),
        OwnedValue::Number(1.0),
        OwnedValue::Bool(true),
    ];
    let filled = values.iter().map(|value| {
        let mut context = OwnedContext::default();
        for other in &others {
            context.set_at_path(other, value.clone());
        }
        context
    });
    std::iter::once(OwnedContext::default())
        .chain(filled)
        .collect()
}

/// The contexts of a set that lack an attribute.
fn without_attribute(
    contexts: &ContextSet,
    survey: &BranchCoverage<'_>,
    path: &str,
) -> Option<ContextSet> {
    let attributes = &survey.domain.attributes;
    let attribute = attributes.iter().position(|known| *known.path == *path)?;
    contexts.restrict_attribute(attribute, &survey.domain.null_of(attribute))
}

/// Returns true if a step at `position` was evaluated.
fn contains_step(steps: &[TraceStep], position: Position) -> bool {
    steps
        .iter()
        .any(|step| step.position == position || contains_step(&step.substeps, position))
}
