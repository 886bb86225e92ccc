//! Prerequisites: what another flag has to answer first.

use ecow::EcoString;

use crate::diag::Position;

/// A flag and the variant that it must answer with.
#[derive(Debug, Clone)]
pub struct Prerequisite {
    /// Where it stands.
    pub position: Position,
    /// The key of the other flag.
    pub flag: EcoString,
    /// The variant.
    pub variant: EcoString,
}
