//! `EnvironmentState`: all runtime decisions of one environment; the fold over its event log.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use crate::control::model::flag_state::FlagState;
use crate::control::model::flag_state::Mark;
use crate::control::model::service_document::ServiceDocument;
use crate::ruleset::Ruleset;

/// The runtime decisions of one environment.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EnvironmentState {
    /// If set, changes other than kills are refused, and edits of files wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frozen: Option<Mark>,
    /// The definitions of flags that the store owns, by key, in the format of flag files.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub definitions: BTreeMap<String, Value>,
    /// The safe variants of flags that declare one, by key: the definitions in the store do not name them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub safe_variants: BTreeMap<String, String>,
    /// The documents of other flag services from which definitions were made, by key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub documents: BTreeMap<String, ServiceDocument>,
    /// The changes of flags through the API, by key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub versions: BTreeMap<String, LastChange>,
    /// The decisions about flags, by key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub flags: BTreeMap<String, FlagState>,
}

/// Counts the changes of a flag through the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LastChange {
    /// The number of changes.
    pub number: u64,
    /// The time of the last one, in milliseconds since 1970.
    pub at_ms: u64,
}

impl EnvironmentState {
    /// Counts a change of a flag, if there is one.
    pub fn count_change(&mut self, key: Option<&str>, at_ms: u64) {
        let Some(key) = key else { return };
        let number = self.versions.get(key).map_or(0, |version| version.number) + 1;
        let version = LastChange { number, at_ms };
        self.versions.insert(key.to_owned(), version);
    }

    /// Drops everything about a deleted flag of the store.
    pub fn forget(&mut self, key: &str) {
        self.flags.remove(key);
        self.versions.remove(key);
    }

    /// Returns the decisions about a flag.
    pub fn flag(&self, key: &str) -> FlagState {
        self.flags.get(key).cloned().unwrap_or_default()
    }

    /// Notes the safe variants that flags declare. A flag whose definition comes from the store keeps the one that was
    /// noted before.
    pub fn note_safe_variants(&mut self, base: &Ruleset) {
        let noted = std::mem::take(&mut self.safe_variants);
        for flag in &base.flags {
            let declared = match flag.rollout_fields() {
                Some(fields) => fields.safe_variant.as_ref().map(ToString::to_string),
                None => noted.get(&*flag.key).cloned(),
            };
            if let Some(variant) = declared {
                self.safe_variants.insert(flag.key.to_string(), variant);
            }
        }
    }

    /// Replaces the decisions about a flag.
    pub fn set_flag(&mut self, key: &str, state: FlagState) {
        if state.is_empty() {
            self.flags.remove(key);
        } else {
            self.flags.insert(key.to_owned(), state);
        }
    }

    /// Returns true if edits of the flag's file wait.
    pub fn is_held(&self, key: &str) -> bool {
        self.frozen.is_some()
            || self
                .flags
                .get(key)
                .is_some_and(|flag| flag.paused.is_some())
    }
}
