//! Flags that require others: their rules hold the rules of those, wherever they stand.
//!
//! Documents are let go once their flags are compiled. A flag with words is kept as written; any other one is read again
//! from what flag sync sends of it, if somebody requires it.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;

use crate::decision::ErrorCode;
use crate::diag::Diagnostic;
use crate::diag::Report;
use crate::document;
use crate::document::Origin;
use crate::document::flag::Flag as Source;
use crate::document::rollout::expand;
use crate::ruleset::Flag;
use crate::ruleset::Plan;
use crate::ruleset::Written;
use crate::ruleset::compile_rule;

/// Compiles a flag whose words are expanded; `found` is what was wrong with them.
pub fn compile(written: Written, expanded: Source, found: Vec<Diagnostic>) -> Flag {
    let mut flag = compile_rule(expanded, written.fractional);
    let rules = flag.found.into_vec();
    flag.found = found.into_iter().chain(rules).collect();
    flag.written = Some(Box::new(written));
    flag
}

/// Puts what they require into the rules of `flags`; of equal keys the last one wins.
pub fn link(flags: &mut [Arc<Flag>]) {
    let involved = involved(flags);
    if involved.is_empty() {
        return;
    }
    let keys: Vec<&str> = flags.iter().map(|flag| &*flag.key).collect();
    let places: Vec<usize> = involved.keys().copied().collect();
    let sources = involved.into_values().map(Arc::new).collect();
    let expanded = expand::together(sources, &keys);
    for (at, (source, found)) in places.into_iter().zip(expanded) {
        let Some(flag) = flags.get_mut(at) else {
            continue;
        };
        let Some(written) = flag
            .written
            .as_ref()
            .filter(|written| requires(&written.flag))
        else {
            continue;
        };
        let written = Written {
            flag: written.flag.clone(),
            fractional: written.fractional,
        };
        *flag = Arc::new(compile(written, source, found));
    }
}

fn requires(flag: &Source) -> bool {
    let words = flag.words.as_ref();
    words.is_some_and(|words| !words.requires.is_empty())
}

/// The flags that require others, and all that they require, by position.
fn involved(flags: &[Arc<Flag>]) -> BTreeMap<usize, Source> {
    let mut involved = BTreeMap::new();
    let all = flags.iter().enumerate();
    let first = all.filter(|(_, flag)| {
        let written = flag.written.as_ref();
        written.is_some_and(|written| requires(&written.flag))
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
        let source = flag.as_known();
        let words = source.words.iter();
        for required in words.flat_map(|words| &words.requires) {
            let same = index.get(&*required.flag).into_iter().flatten();
            waiting.extend(same.filter(|at| !involved.contains_key(*at)));
        }
        involved.insert(at, source);
    }
    involved
}

impl Flag {
    /// The flag as written, or as far as a faulty one is known: nobody's prerequisite is met by it.
    fn as_known(&self) -> Source {
        self.as_written().unwrap_or_else(|| {
            let mut source = reread(self);
            source.fault = Some(ErrorCode::ParseError);
            source
        })
    }
}

/// A flag without words, from what flag sync sends of it.
pub fn reread(flag: &Flag) -> Source {
    let origin = Origin {
        source: flag.source.clone(),
        file: flag.file.clone(),
    };
    let names = flag.names.iter().cloned();
    let default = flag.default.and_then(|at| flag.names.get(usize::from(at)));
    let mut report = Report::new(flag.file.clone());
    let rule = flag.rule.as_ref();
    Source {
        key: (*flag.key).into(),
        place: flag.stood.0,
        origin,
        disabled: matches!(flag.plan, Plan::Disabled),
        variants: names.zip(flag.values.iter().cloned()).collect(),
        default_variant: default.cloned(),
        targeting: rule.and_then(|rule| document::json::read(rule, &mut report)),
        metadata: flag.metadata.clone(),
        fault: None,
        words: None,
        plain: !flag.foreign,
    }
}
