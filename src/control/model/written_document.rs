//! `WrittenDocument`: a document of another flag service that is being written.

use serde::Serialize;

use crate::control::model::environment_state::EnvironmentState;
use crate::control::model::flag_state::Kill;
use crate::control::model::service_document::ServiceDocument;

/// A document that replaces what was decided about its flag before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WrittenDocument {
    /// The document.
    #[serde(flatten)]
    pub document: ServiceDocument,
    /// True kills the flag, false restores it; without it, a kill stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub killed: Option<bool>,
}

/// Notes the document of a defined flag, and drops the overrides that it replaces. A definition without a document
/// drops an earlier document.
pub fn note(
    state: &mut EnvironmentState,
    key: &str,
    written: Option<&WrittenDocument>,
    kill: impl FnOnce() -> Kill,
) {
    let Some(written) = written else {
        state.documents.remove(key);
        return;
    };
    state
        .documents
        .insert(key.to_owned(), written.document.clone());
    let mut decided = state.flag(key);
    decided.rollouts.clear();
    match written.killed {
        Some(true) => drop(decided.killed.get_or_insert_with(kill)),
        Some(false) => decided.killed = None,
        None => {}
    }
    state.set_flag(key, decided);
}
