//! Inlines prerequisites: the rule of a flag that requires other flags contains their rules, from any document.
//!
//! Documents are dropped once their flags are compiled. The definition of a flag with rollout fields is kept; that of
//! any other flag is reconstructed if a flag requires it.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;

use crate::document::flag::FlagDefinition;
use crate::document::rollout::expand;
use crate::ruleset::compile_flag::compile_expanded;
use crate::ruleset::flag::CompiledFlag;
use crate::ruleset::flag::UnexpandedDefinition;

/// Inlines the prerequisites of `flags` into their rules; of equal keys the last one wins.
pub fn inline_prerequisites(flags: &mut [Arc<CompiledFlag>]) {
    let definitions = flags_with_prerequisites(flags);
    if definitions.is_empty() {
        return;
    }
    let keys: Vec<&str> = flags.iter().map(|flag| &*flag.key).collect();
    let positions: Vec<usize> = definitions.keys().copied().collect();
    let definitions = definitions.into_values().map(Arc::new).collect();
    let expanded = expand::expand_all(definitions, &keys);
    for (at, (definition, found)) in positions.into_iter().zip(expanded) {
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
        *flag = Arc::new(compile_expanded(written, definition, found));
    }
}

fn has_prerequisites(flag: &FlagDefinition) -> bool {
    let fields = flag.rollout_fields.as_ref();
    fields.is_some_and(|fields| !fields.requires.is_empty())
}

/// The flags that require other flags, and all required flags, by position.
fn flags_with_prerequisites(flags: &[Arc<CompiledFlag>]) -> BTreeMap<usize, FlagDefinition> {
    let mut definitions = BTreeMap::new();
    let all = flags.iter().enumerate();
    let requiring = all.filter(|(_, flag)| {
        let written = flag.unexpanded_definition.as_ref();
        written.is_some_and(|written| has_prerequisites(&written.flag))
    });
    let mut queue: Vec<usize> = requiring.map(|(at, _)| at).collect();
    if queue.is_empty() {
        return definitions;
    }
    let mut index: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, flag) in flags.iter().enumerate() {
        index.entry(&flag.key).or_default().push(at);
    }
    while let Some(at) = queue.pop() {
        let Some(flag) = flags.get(at) else { continue };
        let definition = flag.to_definition_or_faulty();
        let fields = definition.rollout_fields.iter();
        for required in fields.flat_map(|fields| &fields.requires) {
            let same = index.get(&*required.flag).into_iter().flatten();
            queue.extend(same.filter(|at| !definitions.contains_key(*at)));
        }
        definitions.insert(at, definition);
    }
    definitions
}
