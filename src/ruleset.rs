//! `Ruleset`: the compiled flags of one generation. Immutable; a decision cannot fail.

mod compile_flag;
mod decide;
mod flag;
pub mod merge_join;
mod inline_prerequisites;
mod reconstruct;

use std::sync::Arc;

use crate::coop;
use crate::diag::Diagnostic;
use crate::document::Document;
use crate::document::merge;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
pub use crate::ruleset::compile_flag::compile_flag;
pub use crate::ruleset::flag::CachedResponses;
pub use crate::ruleset::flag::CompiledFlag;
pub use crate::ruleset::flag::EvaluationPlan;
pub use crate::ruleset::flag::SourceLocation;
pub use crate::ruleset::flag::UnexpandedDefinition;
use crate::selector::Selector;

/// The flags of one generation.
#[derive(Debug, Default)]
pub struct Ruleset {
    /// The flags, sorted by key. Of equal keys, which are in different flag sets, the last one wins.
    pub flags: Vec<Arc<CompiledFlag>>,
    /// True if no two flags have the same key, as in nearly all rulesets.
    keys_are_unique: bool,
}

/// Compiles a merged document, or several concatenated ones: a prerequisite is the last flag with its key.
pub fn compile(document: &Document, fractional: FractionalVersion) -> (Ruleset, Vec<Diagnostic>) {
    let flags = document.flags.iter().map(|flag| (**flag).clone());
    let flags = flags.map(|flag| Arc::new(compile_flag(flag, fractional)));
    let flags = flags.collect();
    let ruleset = Ruleset::from_flags(flags);
    let diagnostics = ruleset.diagnostics().cloned().collect();
    (ruleset, diagnostics)
}

impl Ruleset {
    /// The flags of several documents merged, as by [`merge::merge_layers`].
    pub fn merge_layers<'l>(
        layers: impl IntoIterator<Item: IntoIterator<Item = &'l Arc<CompiledFlag>>>,
    ) -> Ruleset {
        Ruleset::from_flags(merge::merge_layers(layers, CompiledFlag::identity))
    }

    /// The ruleset of flags sorted by key; prerequisites are inlined.
    fn from_flags(mut flags: Vec<Arc<CompiledFlag>>) -> Ruleset {
        inline_prerequisites::inline_prerequisites(&mut flags);
        // Neighbours that differ do not suffice: the keys of concatenated documents are not sorted.
        let keys_are_unique = flags.is_sorted_by(|a, b| a.key < b.key);
        Ruleset {
            flags,
            keys_are_unique,
        }
    }

    /// The diagnostics of all rules.
    pub fn diagnostics(&self) -> impl Iterator<Item = &Diagnostic> {
        coop::yielding_cheap(&self.flags).flat_map(|flag| &flag.diagnostics)
    }

    /// The position of the selected flag called `key`.
    pub fn position(&self, key: &str, selector: &Selector) -> Option<usize> {
        let is_selected = |at: &usize| self.flags.get(*at).is_some_and(|f| f.is_selected(selector));
        if self.keys_are_unique {
            let found = self.flags.binary_search_by(|flag| (*flag.key).cmp(key));
            return found.ok().filter(is_selected);
        }
        let start = self.flags.partition_point(|flag| *flag.key < *key);
        let others = self.flags.iter().skip(start);
        let count = others.take_while(|flag| *flag.key == *key).count();
        (start..start + count).rev().find(is_selected)
    }

    /// The flag called `key`.
    pub fn flag(&self, key: &str) -> Option<&CompiledFlag> {
        let position = self.position(key, &Selector::All)?;
        self.flag_at(position)
    }

    /// The flag at this position.
    pub fn flag_at(&self, position: usize) -> Option<&CompiledFlag> {
        self.flags.get(position).map(AsRef::as_ref)
    }

    /// The positions of all selected flags, one for each key.
    pub fn select_positions(&self, selector: &Selector) -> impl Iterator<Item = usize> {
        let same =
            |a: &Arc<CompiledFlag>, b: &Arc<CompiledFlag>| !self.keys_are_unique && a.key == b.key;
        let mut start = 0;
        self.flags.chunk_by(same).filter_map(move |group| {
            let found = group.iter().rposition(|flag| flag.is_selected(selector));
            let position = found.map(|at| start + at);
            start += group.len();
            position
        })
    }
}
