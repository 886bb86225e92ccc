//! `FlagStamp`: recognizes an unchanged flag by the fingerprint of its text.

use crate::document::incremental::ParseCost;

/// The fingerprint and parse cost of a flag's text, by which an unchanged flag is recognized.
#[derive(Debug, Clone, Copy)]
pub struct FlagStamp {
    /// The fingerprint of its text; 0 if it must be compiled again because it has diagnostics.
    pub fingerprint: u64,
    /// The cost of parsing it.
    pub cost: ParseCost,
}
