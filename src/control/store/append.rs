//! `Append`: one event with the state and the revision after it.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::control::store::record::RecordChange;
use crate::event_log::EventDraft;
use crate::wire::content_hash::ContentHash;

/// The definitions of a document in JSON, by key.
pub type StoredDefinitions = BTreeMap<Arc<str>, Arc<str>>;

/// One event with the state and the revision after it.
#[derive(Debug, Clone)]
pub struct Append<'a> {
    /// The event.
    pub event: EventDraft,
    /// The number of the last event of the environment, 0 if it has none. Another number is a conflict.
    pub expected_seq: u64,
    /// The state of the environment after the event, as JSON.
    pub state: &'a str,
    /// The revision that the event makes.
    pub revision: RevisionDefinitions<'a>,
    /// Records that are written with the event, or not at all.
    pub records: &'a [RecordChange],
}

/// The effective definitions after an event.
#[derive(Debug, Clone)]
pub struct RevisionDefinitions<'a> {
    /// The hash of `complete`, as `ContentHash::of_definitions` returns it.
    pub content_hash: ContentHash,
    /// The differences from the previous revision.
    pub delta: &'a DefinitionsDelta,
    /// All definitions. The store reads them only when it writes a complete copy.
    pub complete: &'a StoredDefinitions,
}

/// The differences between the definitions of two revisions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DefinitionsDelta {
    /// New and changed definitions.
    pub changed: StoredDefinitions,
    /// The keys of removed definitions.
    pub removed: BTreeSet<Arc<str>>,
}

impl DefinitionsDelta {
    /// The differences that lead from `before` to `after`.
    pub fn between(before: &StoredDefinitions, after: &StoredDefinitions) -> DefinitionsDelta {
        let changed = after
            .iter()
            .filter(|(key, text)| before.get(*key) != Some(*text));
        let removed = before.keys().filter(|key| !after.contains_key(*key));
        DefinitionsDelta {
            changed: changed
                .map(|(key, text)| (key.clone(), text.clone()))
                .collect(),
            removed: removed.cloned().collect(),
        }
    }

    /// Applies the differences.
    pub fn apply(self, definitions: &mut StoredDefinitions) {
        for key in &self.removed {
            definitions.remove(key);
        }
        definitions.extend(self.changed);
    }
}
