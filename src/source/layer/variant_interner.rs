//! Shares equal variant names and values between the flags of a document.

use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;

use ecow::EcoString;

use crate::fingerprint;
use crate::ruleset::CompiledFlag;
use crate::value::OwnedValue;

/// Variants that many flags have in common, such as `on` and `off`.
#[derive(Default)]
pub struct VariantInterner {
    names: HashSet<Arc<[EcoString]>>,
    values: HashMap<u64, Arc<[OwnedValue]>>,
}

impl VariantInterner {
    /// Returns the flag with its variants in shared memory.
    pub fn intern(&mut self, mut flag: CompiledFlag) -> CompiledFlag {
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
