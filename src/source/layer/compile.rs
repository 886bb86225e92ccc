//! Compiles a document into a layer, incrementally where the previous layer has unchanged flags.

use std::sync::Arc;

use crate::coop;
use crate::diag::Diagnostic;
use crate::document;
use crate::document::DocumentFormat;
use crate::document::DocumentOrigin;
use crate::document::FaultPolicy;
use crate::document::incremental::IncrementalParser;
use crate::fingerprint;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::ruleset;
use crate::ruleset::CompiledFlag;
use crate::source::layer::Layer;
use crate::source::layer::previous::PreviousLayer;
use crate::source::layer::stamp::FlagStamp;
use crate::source::layer::variant_interner::VariantInterner;

/// Options of compiling a document.
#[derive(Debug, Clone, Copy)]
pub struct CompileOptions {
    /// The treatment of faulty flags.
    pub faults: FaultPolicy,
    /// The hash of `fractional`.
    pub fractional_version: FractionalVersion,
}

/// Compiles a document: its flags, unless it is refused, and its diagnostics. Flags that are unchanged since the
/// `previous` document are reused. Diagnostics of rules stay with their flags unless faults refuse the document.
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

/// Compiles a document as a whole.
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

/// Returns the indices of flags, sorted by key and flag set.
fn sort_positions(flags: &[Arc<CompiledFlag>]) -> Arc<[u32]> {
    let all = (0..).zip(flags).map(|(at, flag)| (flag.identity(), at));
    let mut all: Vec<(_, u32)> = all.collect();
    all.sort_unstable_by(coop::yielding_cmp);
    all.into_iter().map(|(_, at)| at).collect()
}

/// Compiles a document flag by flag; `None` if it must be compiled as a whole.
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
