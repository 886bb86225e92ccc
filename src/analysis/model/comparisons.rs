//! The comparisons of one attribute in a rule: the constants that its value is compared with, by kind.

pub mod find_uses;
mod record;

use std::collections::BTreeSet;

use ecow::EcoString;

use crate::value::OwnedValue;

/// The constants that the value of one attribute is compared with.
#[derive(Debug, Default)]
pub struct Comparisons {
    /// Strings that the value is compared with for equality.
    pub equal_strings: BTreeSet<EcoString>,
    /// Numbers that the value is compared with, as bits.
    pub numbers: BTreeSet<u64>,
    /// True if strings are converted to numbers.
    pub parses_strings_as_numbers: bool,
    /// Strings that the value is ordered against.
    pub ordered_strings: BTreeSet<EcoString>,
    /// Prefixes that the value is tested for.
    pub prefixes: BTreeSet<EcoString>,
    /// Suffixes that the value is tested for.
    pub suffixes: BTreeSet<EcoString>,
    /// Substrings that the value is tested for.
    pub substrings: BTreeSet<EcoString>,
    /// Strings that are searched for the value.
    pub superstrings: BTreeSet<EcoString>,
    /// Versions that the value is compared with.
    pub versions: BTreeSet<EcoString>,
    /// Items that the value is searched for, if it is a list.
    pub list_items: Vec<OwnedValue>,
}
