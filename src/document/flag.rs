//! `FlagDefinition`: one flag as written in a document.

mod default_variant;
pub mod form;
mod misplaced_field;
pub(super) mod parse;
pub(super) mod parse_list;
mod state;
mod unknown_member;
mod variant_type;

use std::sync::Arc;

use ecow::EcoString;

use crate::decision::ErrorCode;
use crate::diag::Position;
use crate::document::origin::DocumentOrigin;
use crate::document::rollout::fields::RolloutFields;
use crate::document::syntax_tree::Node;
use crate::value::OwnedMap;
use crate::value::OwnedValue;

/// A flag definition.
#[derive(Debug, Clone)]
pub struct FlagDefinition {
    /// The key.
    pub key: EcoString,
    /// The position of the key.
    pub position: Position,
    /// The document that defines the flag.
    pub origin: DocumentOrigin,
    /// True if `state` is `DISABLED`.
    pub disabled: bool,
    /// The variants by name, sorted by name.
    pub variants: Vec<(EcoString, OwnedValue)>,
    /// The name of the variant that is served if targeting selects none.
    pub default_variant: Option<EcoString>,
    /// The targeting rule.
    pub targeting: Option<Node>,
    /// The metadata of the flag set, overridden by that of the flag; without nulls, sorted by name.
    pub metadata: OwnedMap,
    /// The error that evaluation returns because the definition is faulty.
    pub error_code: Option<ErrorCode>,
    /// The rollout fields; `rollout::expand` turns them into a rule.
    pub rollout_fields: Option<Arc<RolloutFields>>,
    /// True if plain flagd can evaluate the rule.
    pub portable: bool,
}

impl FlagDefinition {
    /// The id of the flag set: `flagSetId` of the metadata, if that is a string.
    pub fn flag_set_id(&self) -> Option<&str> {
        let id = self.metadata.iter().find(|(key, _)| &**key == "flagSetId");
        match id {
            Some((_, OwnedValue::Text(id))) => Some(id),
            _ => None,
        }
    }
}

/// Merges metadata: `over` replaces equal keys of `under`; nulls in `over` are dropped. Sorted by key.
pub(super) fn merge_metadata(under: &[(EcoString, OwnedValue)], over: OwnedMap) -> OwnedMap {
    let mut all: Vec<_> = over
        .into_iter()
        .filter(|(_, value)| *value != OwnedValue::Null)
        .collect();
    let inherited: Vec<_> = under
        .iter()
        .filter(|(key, _)| !all.iter().any(|(own, _)| own == key))
        .cloned()
        .collect();
    all.extend(inherited);
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all.into()
}
