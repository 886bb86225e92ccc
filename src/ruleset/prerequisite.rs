//! Flags that require others: their rules hold the rules of those, wherever they stand.
//!
//! Documents are let go once their flags are compiled. A flag with words is kept as written; any other one is read again
//! from what flag sync sends of it, if somebody requires it.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;

use crate::decision::ErrorCode;
use crate::diag::Diagnostic;
use crate::diag::DiagnosticSink;
use crate::document;
use crate::document::DocumentOrigin;
use crate::document::flag::FlagDefinition as Source;
use crate::document::rollout::expand;
use crate::ruleset::CompiledFlag;
use crate::ruleset::EvaluationPlan;
use crate::ruleset::UnexpandedDefinition;
use crate::ruleset::compile_plain_flag;

/// Compiles a flag whose words are expanded; `found` is what was wrong with them.
pub fn compile_expanded(
    written: UnexpandedDefinition,
    expanded: Source,
    found: Vec<Diagnostic>,
) -> CompiledFlag {
    let mut flag = compile_plain_flag(expanded, written.fractional_version);
    let rules = flag.diagnostics.into_vec();
    flag.diagnostics = found.into_iter().chain(rules).collect();
    flag.unexpanded_definition = Some(Box::new(written));
    flag
}

/// Puts what they require into the rules of `flags`; of equal keys the last one wins.
pub fn inline_prerequisites(flags: &mut [Arc<CompiledFlag>]) {
    let involved = flags_with_prerequisites(flags);
    if involved.is_empty() {
        return;
    }
    let keys: Vec<&str> = flags.iter().map(|flag| &*flag.key).collect();
    let places: Vec<usize> = involved.keys().copied().collect();
    let sources = involved.into_values().map(Arc::new).collect();
    let expanded = expand::expand_all(sources, &keys);
    for (at, (source, found)) in places.into_iter().zip(expanded) {
        let Some(flag) = flags.get_mut(at) else {
            continue;
        };
        let Some(written) = flag
            .unexpanded_definition
            .as_ref()
            .filter(|written| has_prerequisites(&written.flag))
        else {
            continue;
        };
        let written = UnexpandedDefinition {
            flag: written.flag.clone(),
            fractional_version: written.fractional_version,
        };
        *flag = Arc::new(compile_expanded(written, source, found));
    }
}

fn has_prerequisites(flag: &Source) -> bool {
    let words = flag.rollout_fields.as_ref();
    words.is_some_and(|words| !words.requires.is_empty())
}

/// The flags that require others, and all that they require, by position.
fn flags_with_prerequisites(flags: &[Arc<CompiledFlag>]) -> BTreeMap<usize, Source> {
    let mut involved = BTreeMap::new();
    let all = flags.iter().enumerate();
    let first = all.filter(|(_, flag)| {
        let written = flag.unexpanded_definition.as_ref();
        written.is_some_and(|written| has_prerequisites(&written.flag))
    });
    let mut waiting: Vec<usize> = first.map(|(at, _)| at).collect();
    if waiting.is_empty() {
        return involved;
    }
    let mut index: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, flag) in flags.iter().enumerate() {
        index.entry(&flag.key).or_default().push(at);
    }
    while let Some(at) = waiting.pop() {
        let Some(flag) = flags.get(at) else { continue };
        let source = flag.to_definition_or_faulty();
        let words = source.rollout_fields.iter();
        for required in words.flat_map(|words| &words.requires) {
            let same = index.get(&*required.flag).into_iter().flatten();
            waiting.extend(same.filter(|at| !involved.contains_key(*at)));
        }
        involved.insert(at, source);
    }
    involved
}

impl CompiledFlag {
    /// The flag as written, or as far as a faulty one is known: nobody's prerequisite is met by it.
    fn to_definition_or_faulty(&self) -> Source {
        self.to_flag_definition().unwrap_or_else(|| {
            let mut source = reconstruct_flag_definition(self);
            source.error_code = Some(ErrorCode::ParseError);
            source
        })
    }
}

/// A flag without words, from what flag sync sends of it.
pub fn reconstruct_flag_definition(flag: &CompiledFlag) -> Source {
    let origin = DocumentOrigin {
        source: flag.source.clone(),
        file: flag.file.clone(),
    };
    let names = flag.variant_names.iter().cloned();
    let default = flag
        .default_variant
        .and_then(|at| flag.variant_names.get(usize::from(at)));
    let mut report = DiagnosticSink::new(flag.file.clone());
    let rule = flag.targeting_json.as_ref();
    Source {
        key: (*flag.key).into(),
        position: flag.source_location.0,
        origin,
        disabled: matches!(flag.evaluation_plan, EvaluationPlan::Disabled),
        variants: names.zip(flag.variant_values.iter().cloned()).collect(),
        default_variant: default.cloned(),
        targeting: rule.and_then(|rule| document::json_parser::parse(rule, &mut report)),
        metadata: flag.metadata.clone(),
        error_code: None,
        rollout_fields: None,
        portable: !flag.not_portable,
    }
}
