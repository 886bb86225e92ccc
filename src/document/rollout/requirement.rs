//! Prerequisites: what another flag has to answer first.

use ecow::EcoString;

use crate::diag::Place;

/// A flag and the variant that it must answer with.
#[derive(Debug, Clone)]
pub struct Requirement {
    /// Where it stands.
    pub place: Place,
    /// The key of the other flag.
    pub flag: EcoString,
    /// The variant.
    pub variant: EcoString,
}
