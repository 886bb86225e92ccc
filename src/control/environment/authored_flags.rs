//! Follows the authored files: an edit becomes a revision, unless it is held by a pause or a freeze.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use crate::control::environment::change::now_ms;
use crate::control::environment::current::Current;
use crate::control::environment::error::ChangeError;
use crate::control::environment::handle::Environment;
use crate::control::environment::revision_builder::build_revision;
use crate::control::environment::write::JournalledWrite;
use crate::control::model::overlay;
use crate::control::revision::Definitions;
use crate::event_log::Actor;
use crate::event_log::ActorKind;
use crate::event_log::EventDraft;
use crate::event_log::LogEventKind;
use crate::ruleset::Ruleset;

/// The time between two attempts to record an edit, at first and at most.
const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
/// The most keys of each kind in the event of an edit.
const MAX_KEYS: usize = 100;

impl Environment {
    /// Follows the files until the process ends.
    pub(super) async fn follow_files(self: Arc<Environment>) {
        let mut edits = self.authored.subscribe();
        let mut changes = self.subscribe();
        loop {
            edits.mark_unchanged();
            changes.mark_unchanged();
            // Before all sources were read, flags would seem to be missing.
            if self.authored.load().is_usable() {
                self.adopt_edit().await;
            }
            // A change may have ended a pause or a freeze.
            tokio::select! {
                changed = edits.changed() => if changed.is_err() { return },
                changed = changes.changed() => if changed.is_err() { return },
            }
        }
    }

    /// Records and publishes the newest edit; tries again until the store takes it.
    async fn adopt_edit(self: &Arc<Environment>) {
        let (mut wait, longest) = RETRY;
        let mut reported = String::new();
        while let Err(error) = self.try_to_adopt_edit().await {
            let error = error.to_string();
            if reported != error {
                tracing::error!(
                    environment = &*self.name,
                    error,
                    "cannot record an edit of the flag files: the flags before it are served"
                );
                reported = error;
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(longest);
        }
        self.files_read.send_replace(true);
    }

    async fn try_to_adopt_edit(self: &Arc<Environment>) -> Result<(), ChangeError> {
        let gate = self.pass_gate_behind_kills(false).await?;
        let authored = self.authored.load_full();
        let Some(write) = self.prepare_edit(&authored.ruleset) else {
            return Ok(());
        };
        let revision = self.record(write, gate).await?;
        let (environment, number) = (&*self.name, revision.number);
        tracing::info!(
            environment,
            revision = number,
            "edited flag files are published"
        );
        Ok(())
    }

    /// Returns the write for an edit; `None` if the effective flags do not change.
    fn prepare_edit(&self, authored: &Ruleset) -> Option<JournalledWrite> {
        let mut current = self.lock();
        let mut findings = Vec::new();
        let flags = current.adopt(authored, &mut findings);
        let base = Arc::new(Ruleset::merge_layers([&flags]));
        let overlaid = overlay::overlay(&base.flags, &current.state);
        findings.extend(overlaid.findings);
        let number = current.head_seq + 1;
        let revision = build_revision(overlaid.ruleset, number, &self.revision());
        if *revision.definitions == *current.definitions && current.head_seq > 0 {
            // Only comments, positions or faulty flags differ.
            current.base = base;
            current.findings = findings;
            return None;
        }
        Some(JournalledWrite {
            command: None,
            event: self.edit_event(&current, &revision.definitions),
            state: current.state.clone(),
            base,
            revision: Arc::new(revision),
            findings,
        })
    }

    fn edit_event(&self, current: &Current, after: &Definitions) -> EventDraft {
        let sources: Vec<&str> = self.sources.iter().map(|s| &*s.redacted_name).collect();
        EventDraft {
            environment: self.name.to_string(),
            at_ms: now_ms(),
            actor: Actor {
                kind: ActorKind::File,
                name: sources.join(", "),
            },
            kind: match current.head_seq {
                0 => LogEventKind::EnvironmentCreated,
                _ => LogEventKind::FilesChanged,
            },
            flag: None,
            reason: None,
            change: describe_edit(&current.definitions, after),
        }
    }
}

/// The keys of added, changed and removed flags.
fn describe_edit(before: &Definitions, after: &Definitions) -> Value {
    let keys = |keys: Vec<&Arc<str>>| {
        let shown: Vec<&str> = keys.iter().take(MAX_KEYS).map(|key| &***key).collect();
        json!({ "count": keys.len(), "keys": shown })
    };
    let added = after.keys().filter(|key| !before.contains_key(*key));
    let removed = before.keys().filter(|key| !after.contains_key(*key));
    let changed = after.iter().filter_map(|(key, text)| {
        let differs = before.get(key).is_some_and(|before| before != text);
        differs.then_some(key)
    });
    json!({
        "added": keys(added.collect()),
        "changed": keys(changed.collect()),
        "removed": keys(removed.collect()),
    })
}
