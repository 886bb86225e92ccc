//! `History`: whether the log of an environment has a revision that a replica serves.

use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::control::store::At;
use crate::control::store::StoreReader;
use crate::wire::fleet::revision_id::RevisionId;

/// The answers that are kept: after a restore, most replicas serve the same revision.
const KEPT: usize = 64;

/// The revisions of an environment in the store.
#[derive(Clone)]
pub struct History {
    reader: Option<Arc<dyn StoreReader>>,
    environment: String,
    answers: Arc<Mutex<Vec<(RevisionId, bool)>>>,
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("History")
            .field("environment", &self.environment)
            .finish_non_exhaustive()
    }
}

impl History {
    /// The history of an environment; without a store, every revision counts as known.
    pub fn new(reader: Option<Arc<dyn StoreReader>>, environment: &str) -> History {
        History {
            reader,
            environment: environment.to_owned(),
            answers: Arc::default(),
        }
    }

    /// Returns true if the log has this revision with this content, whatever its epoch. Blocks while it reads the store,
    /// once for each revision.
    pub fn knows(&self, revision: &RevisionId) -> bool {
        let Some(reader) = &self.reader else {
            return true;
        };
        let answers = || self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = answers().iter().find(|(asked, _)| asked == revision) {
            return *known;
        }
        let stored = reader.document_at(&self.environment, At::Revision(revision.number));
        // A store that cannot be read proves nothing: the replica is held.
        let stored = stored.unwrap_or_else(|error| {
            tracing::warn!(environment = self.environment, %error, "cannot look up the revision of a replica");
            None
        });
        let known = stored.is_some_and(|stored| stored.content_hash == revision.content_hash);
        let mut kept = answers();
        if kept.len() >= KEPT {
            kept.remove(0);
        }
        kept.push((*revision, known));
        known
    }
}
