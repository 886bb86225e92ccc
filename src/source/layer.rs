//! `Layer`: the compiled flags of one document.

pub mod compile;
mod previous;
mod stamp;
mod variant_interner;

use std::sync::Arc;

use crate::ruleset::CompiledFlag;
use crate::source::layer::stamp::FlagStamp;

/// The flags of one document, in its order. The document itself is dropped: it is many times larger.
#[derive(Debug, Clone, Default)]
pub struct Layer {
    /// The flags; within one flag set keys are distinct.
    pub flags: Vec<Arc<CompiledFlag>>,
    /// Their indices, sorted by key and flag set.
    pub(in crate::source::layer) sorted_positions: Arc<[u32]>,
    /// A stamp for each flag; empty if the document was not parsed incrementally.
    pub(in crate::source::layer) stamps: Vec<FlagStamp>,
    /// The fingerprint of the text around the flags.
    pub(in crate::source::layer) non_flag_fingerprint: u64,
}

impl Layer {
    /// Returns the flags, sorted by key and flag set.
    pub fn sorted(&self) -> impl Iterator<Item = &Arc<CompiledFlag>> {
        let flags = self
            .sorted_positions
            .iter()
            .filter_map(|at| usize::try_from(*at).ok());
        flags.filter_map(|at| self.flags.get(at))
    }
}
