//! Compiles one flag definition into a `CompiledFlag`.

use std::sync::Arc;
use std::sync::OnceLock;

use crate::coop;
use crate::diag::Diagnostic;
use crate::diag::DiagnosticSink;
use crate::document::flag::FlagDefinition;
use crate::document::rollout::bucketing::OWN_PREFIX;
use crate::document::rollout::expand;
use crate::document::serialize::flagd_targeting_json;
use crate::document::syntax_tree::Node;
use crate::fingerprint;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::rule::compile;
use crate::rule::decision_tree::DecisionTree;
use crate::ruleset::flag::CompiledFlag;
use crate::ruleset::flag::EvaluationPlan;
use crate::ruleset::flag::SourceLocation;
use crate::ruleset::flag::UnexpandedDefinition;

/// The initial capacity in bytes: enough for the JSON of most rules.
const TARGETING_JSON_CAPACITY: usize = 512;

/// Compiles one flag. Prerequisites are inlined later, when layers are merged.
pub fn compile_flag(flag: FlagDefinition, fractional: FractionalVersion) -> CompiledFlag {
    coop::yield_if_due();
    if flag.rollout_fields.is_none() {
        return compile_plain_flag(flag, fractional);
    }
    let (expanded, diagnostics) = expand::expand_one(&flag);
    compile_expanded(
        UnexpandedDefinition {
            flag,
            fractional_version: fractional,
        },
        expanded,
        diagnostics,
    )
}

/// Compiles a flag whose rollout fields are expanded; `found` are the diagnostics of the expansion.
pub(super) fn compile_expanded(
    written: UnexpandedDefinition,
    expanded: FlagDefinition,
    found: Vec<Diagnostic>,
) -> CompiledFlag {
    let mut flag = compile_plain_flag(expanded, written.fractional_version);
    let rules = flag.diagnostics.into_vec();
    flag.diagnostics = found.into_iter().chain(rules).collect();
    flag.unexpanded_definition = Some(Box::new(written));
    flag
}

/// Compiles a flag without rollout fields, or with a rule in their place.
fn compile_plain_flag(flag: FlagDefinition, fractional: FractionalVersion) -> CompiledFlag {
    let targeting_json = flag.targeting.as_ref().map(targeting_to_json);
    let fingerprint = flag_fingerprint(&flag, targeting_json.as_deref());
    // A search of the text is cheaper than a walk over the nodes.
    let may_use = targeting_json
        .as_ref()
        .is_some_and(|json| json.contains(OWN_PREFIX));
    let uses_own_operator = may_use && flag.targeting.as_ref().is_some_and(has_own_operator);
    let flag_set_id = flag.flag_set_id().map(Into::into);
    let variant_names: Arc<[_]> = flag.variants.iter().map(|(name, _)| name.clone()).collect();
    let mut report = DiagnosticSink::for_flag(flag.origin.file.clone(), &flag.key);
    // The rule of a disabled or faulty flag is never evaluated; it is compiled for its diagnostics.
    let targeting = flag
        .targeting
        .as_ref()
        .filter(|node| !is_empty_targeting(node));
    let compiled = targeting.map(|node| {
        compile::compile_targeting(node, &flag.key, &variant_names, fractional, &mut report)
    });
    let (tree, read_set) = compiled.unzip();
    let default_variant = index_of_default(&flag);
    CompiledFlag {
        key: flag.key.as_str().into(),
        flag_set_id,
        variant_names,
        read_set: read_set.unwrap_or_default(),
        default_variant,
        evaluation_plan: evaluation_plan(&flag, tree, default_variant),
        targeting_json,
        fingerprint,
        diagnostics: report.finish().into(),
        unexpanded_definition: None,
        not_portable: !flag.portable || uses_own_operator,
        source_location: SourceLocation(flag.position),
        encoded_responses: OnceLock::new(),
        variant_values: flag.variants.into_iter().map(|(_, value)| value).collect(),
        metadata: flag.metadata,
        source: flag.origin.source,
        file: flag.origin.file,
    }
}

fn evaluation_plan(
    flag: &FlagDefinition,
    tree: Option<DecisionTree>,
    default_variant: Option<u16>,
) -> EvaluationPlan {
    match (flag.error_code, tree, default_variant) {
        (Some(code), ..) => EvaluationPlan::Faulty(code),
        (None, _, _) if flag.disabled => EvaluationPlan::Disabled,
        (None, Some(tree), _) => EvaluationPlan::Targeted(tree),
        (None, None, Some(default)) => EvaluationPlan::Static(default),
        (None, None, None) => EvaluationPlan::NoDefault,
    }
}

/// The index of the default variant among the variants, which are sorted by name.
fn index_of_default(flag: &FlagDefinition) -> Option<u16> {
    let default = flag.default_variant.as_ref()?;
    let index = flag
        .variants
        .binary_search_by(|(name, _)| name.cmp(default));
    u16::try_from(index.ok()?).ok()
}

fn targeting_to_json(targeting: &Node) -> Box<str> {
    let mut json = String::with_capacity(TARGETING_JSON_CAPACITY);
    flagd_targeting_json::write_targeting(&mut json, targeting);
    json.as_str().into()
}

fn flag_fingerprint(flag: &FlagDefinition, targeting_json: Option<&str>) -> u64 {
    let plan = (
        flag.disabled,
        &flag.default_variant,
        flag.error_code,
        targeting_json,
    );
    fingerprint::hash(&(plan, &flag.variants, &flag.metadata))
}

/// Returns true if a rule has an operator that only this program knows: the rollout of a control plane was expanded
/// there, and arrives as a rule.
fn has_own_operator(node: &Node) -> bool {
    let operation = node.single_member();
    operation.is_some_and(|operation| operation.key.starts_with(OWN_PREFIX))
        || node.children().any(has_own_operator)
}

/// An empty object means no targeting; null means targeting that always selects the default.
fn is_empty_targeting(targeting: &Node) -> bool {
    targeting.as_map().is_some_and(<[_]>::is_empty)
}
