//! `FlagVersion`: a hash of what is served and what was decided about a flag. It changes when one of them changes, and
//! not when another flag does.

use std::fmt;

use crate::control::model::flag_state::FlagState;
use crate::control::revision::Revision;
use crate::wire::content_hash::ContentHash;

/// The letter before the digits, by which a version differs from the number of a revision.
const PREFIX: char = 'f';

/// The version of a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FlagVersion(u64);

impl FlagVersion {
    /// The version of a flag; `None` if it does not exist.
    pub fn of(revision: &Revision, state: &FlagState, key: &str) -> Option<FlagVersion> {
        // A faulty flag has no definition.
        let exists = revision.snapshot.ruleset.flag(key).is_some();
        let definition = revision.definitions.get(key).map_or("", |text| text);
        let state = serde_json::to_string(state).unwrap_or_default();
        let hash = ContentHash::of_definitions([(definition, state.as_str())]);
        let first = hash
            .0
            .first_chunk()
            .map_or(0, |bytes| u64::from_be_bytes(*bytes));
        exists.then_some(FlagVersion(first))
    }

    /// The version with this text.
    pub fn parse(text: &str) -> Option<FlagVersion> {
        let digits = text.strip_prefix(PREFIX)?;
        let is_hex = digits.len() == 16 && digits.bytes().all(|b| b.is_ascii_hexdigit());
        let number = u64::from_str_radix(digits, 16).ok();
        number.filter(|_| is_hex).map(FlagVersion)
    }
}

impl fmt::Display for FlagVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{:016x}", self.0)
    }
}
