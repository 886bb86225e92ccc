//! The compiled flags of one document: what a source keeps of it.

use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;

use ecow::EcoString;

use crate::coop;
use crate::diag::Diagnostic;
use crate::document;
use crate::document::DocumentFormat;
use crate::document::DocumentOrigin;
use crate::document::FaultPolicy;
use crate::document::incremental::IncrementalParser;
use crate::document::incremental::ParseCost;
use crate::fingerprint;
use crate::json::Reader;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::ruleset;
use crate::ruleset::CompiledFlag;
use crate::value::OwnedValue;

/// How documents are read.
#[derive(Debug, Clone, Copy)]
pub struct CompileOptions {
    /// What becomes of those with faulty flags.
    pub faults: FaultPolicy,
    /// How `fractional` hashes its units.
    pub fractional_version: FractionalVersion,
}

/// The flags of one document, in its order. The document itself is let go: it is many times larger.
#[derive(Debug, Clone, Default)]
pub struct Layer {
    /// The flags; within one flag set keys are distinct.
    pub flags: Vec<Arc<CompiledFlag>>,
    /// Where they stand, sorted by what tells them apart.
    sorted_positions: Arc<[u32]>,
    /// How to know each flag again; empty if the document was read whole.
    stamps: Vec<FlagStamp>,
    /// The hash of everything in the text but the flags.
    non_flag_fingerprint: u64,
}

impl Layer {
    /// The flags, sorted by key and flag set.
    pub fn sorted(&self) -> impl Iterator<Item = &Arc<CompiledFlag>> {
        let flags = self
            .sorted_positions
            .iter()
            .filter_map(|at| usize::try_from(*at).ok());
        flags.filter_map(|at| self.flags.get(at))
    }
}

/// How to know a flag again.
#[derive(Debug, Clone, Copy)]
struct FlagStamp {
    /// The hash of its text; 0 if it must be read anew, because there is something to complain about.
    fingerprint: u64,
    cost: ParseCost,
}

/// The flags in a document, and all that is wrong with it. Flags that stand in it as they stood in the document `before`
/// are taken from there. What is wrong with the rules of each flag is told by the flag, unless it refuses the document.
pub fn compile(
    format: DocumentFormat,
    origin: &DocumentOrigin,
    bytes: &[u8],
    options: CompileOptions,
    previous: Option<&Layer>,
) -> (Option<Layer>, Vec<Diagnostic>) {
    let text = std::str::from_utf8(bytes).ok();
    let parts = match format {
        DocumentFormat::Json => text.and_then(|text| IncrementalParser::try_new(text, origin)),
        DocumentFormat::Yaml => None,
    };
    let read =
        parts.and_then(|parts| compile_incremental(parts, options.fractional_version, previous));
    let (layer, mut diagnostics) =
        read.unwrap_or_else(|| compile_whole(format, origin, bytes, options.fractional_version));
    let Some(layer) = layer else {
        return (None, diagnostics);
    };
    if options.faults == FaultPolicy::RejectDocument {
        let found = layer.flags.iter().flat_map(|flag| &flag.diagnostics);
        diagnostics.extend(found.cloned());
        if document::has_errors(&diagnostics) {
            return (None, diagnostics);
        }
    }
    (Some(layer), diagnostics)
}

/// Reads a document as one.
fn compile_whole(
    format: DocumentFormat,
    origin: &DocumentOrigin,
    bytes: &[u8],
    fractional: FractionalVersion,
) -> (Option<Layer>, Vec<Diagnostic>) {
    let parsed = document::parse_bytes(bytes, format, origin);
    let mut pool = VariantInterner::default();
    let layer = parsed.document.map(|document| {
        let flags = document.flags.into_iter().map(Arc::unwrap_or_clone);
        let flags = flags.map(|flag| ruleset::compile_flag(flag, fractional));
        let flags: Vec<_> = flags.map(|flag| Arc::new(pool.intern(flag))).collect();
        Layer {
            sorted_positions: sort_positions(&flags),
            flags,
            ..Layer::default()
        }
    });
    (layer, parsed.diagnostics)
}

/// Where flags stand, sorted by what tells them apart.
fn sort_positions(flags: &[Arc<CompiledFlag>]) -> Arc<[u32]> {
    let all = (0..).zip(flags).map(|(at, flag)| (flag.identity(), at));
    let mut all: Vec<(_, u32)> = all.collect();
    all.sort_unstable_by(coop::yielding_cmp);
    all.into_iter().map(|(_, at)| at).collect()
}

/// Reads a document flag by flag. `None` if it must be read as one.
fn compile_incremental(
    mut parts: IncrementalParser<'_>,
    fractional: FractionalVersion,
    previous: Option<&Layer>,
) -> Option<(Option<Layer>, Vec<Diagnostic>)> {
    let surroundings = fingerprint::hash(&parts.text_around_flags());
    let mut earlier =
        PreviousLayer::new(previous.filter(|layer| layer.non_flag_fingerprint == surroundings));
    let mut layer = Layer {
        flags: Vec::with_capacity(parts.flag_count()),
        sorted_positions: Arc::default(),
        stamps: Vec::with_capacity(parts.flag_count()),
        non_flag_fingerprint: surroundings,
    };
    let mut pool = VariantInterner::default();
    for at in 0..parts.flag_count() {
        let text = parts.flag_text(at);
        let hash = fingerprint::hash(text);
        if let Some((flag, mark)) = earlier.find_flag(text)
            && mark.fingerprint == hash
            && hash != 0
            && parts.charge_reused(mark.cost)
        {
            layer.flags.push(flag.clone());
            layer.stamps.push(mark);
            continue;
        }
        let part = parts.parse_flag(at)?;
        let flag = pool.intern(ruleset::compile_flag(part.flag, fractional));
        let clean = part.without_diagnostics && flag.diagnostics.is_empty();
        layer.stamps.push(FlagStamp {
            fingerprint: if clean { hash } else { 0 },
            cost: part.cost,
        });
        layer.flags.push(Arc::new(flag));
    }
    layer.sorted_positions = earlier
        .reusable_positions()
        .unwrap_or_else(|| sort_positions(&layer.flags));
    Some((Some(layer), parts.finish()))
}

/// Variants that many flags have in common, such as `on` and `off`.
#[derive(Default)]
struct VariantInterner {
    names: HashSet<Arc<[EcoString]>>,
    values: HashMap<u64, Arc<[OwnedValue]>>,
}

impl VariantInterner {
    /// The flag with its variants in memory that others share.
    fn intern(&mut self, mut flag: CompiledFlag) -> CompiledFlag {
        if let Some(known) = self.names.get(&flag.variant_names) {
            flag.variant_names = known.clone();
        } else {
            self.names.insert(flag.variant_names.clone());
        }
        let known = self.values.entry(fingerprint::hash(&flag.variant_values));
        let known = known.or_insert_with(|| flag.variant_values.clone());
        if *known == flag.variant_values {
            flag.variant_values = known.clone();
        }
        flag
    }
}

/// The flags of the document before.
struct PreviousLayer<'b> {
    layer: Option<&'b Layer>,
    /// Where the next flag probably is.
    expected_index: usize,
    /// Whether all flags were there so far.
    same_order: bool,
    /// Where flags are whose neighbours changed.
    index: Option<HashMap<&'b str, usize>>,
}

impl<'b> PreviousLayer<'b> {
    fn new(layer: Option<&'b Layer>) -> PreviousLayer<'b> {
        PreviousLayer {
            layer: layer.filter(|layer| layer.stamps.len() == layer.flags.len()),
            expected_index: 0,
            same_order: true,
            index: None,
        }
    }

    /// The flag that has the key of the one in `text`.
    fn find_flag(&mut self, text: &str) -> Option<(&'b Arc<CompiledFlag>, FlagStamp)> {
        let flags = &self.layer?.flags;
        let key = Reader::new(text).parse_string().ok()?.unescape();
        let at = match flags.get(self.expected_index) {
            Some(flag) if *flag.key == *key => self.expected_index,
            _ => {
                self.same_order = false;
                let all = || flags.iter().enumerate();
                let index = self
                    .index
                    .get_or_insert_with(|| all().map(|(at, flag)| (&*flag.key, at)).collect());
                *index.get(&*key)?
            }
        };
        self.expected_index = at + 1;
        Some((flags.get(at)?, *self.layer?.stamps.get(at)?))
    }

    /// The order of the flags, if those asked for were the same ones.
    fn reusable_positions(&self) -> Option<Arc<[u32]>> {
        let layer = self.layer?;
        let same = self.same_order && self.expected_index == layer.flags.len();
        same.then(|| layer.sorted_positions.clone())
    }
}
