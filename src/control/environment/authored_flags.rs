//! Follows the authored files: an edit becomes a revision, unless it is held by a pause or a freeze.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use crate::control::environment::change_request::now_ms;
use crate::control::environment::current::Current;
use crate::control::environment::error::ChangeError;
use crate::control::environment::handle::Environment;
use crate::control::environment::revision_builder::build_revision;
use crate::control::environment::write::JournalledWrite;
use crate::control::model::environment_state::EnvironmentState;
use crate::control::model::overlay;
use crate::control::revision::Definitions;
use crate::event_log;
use crate::event_log::Actor;
use crate::event_log::ActorKind;
use crate::event_log::EventDraft;
use crate::event_log::LogEventKind;
use crate::ruleset::CompiledFlag;
use crate::ruleset::Ruleset;

/// The time between two attempts to record an edit, at first and at most.
const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
/// The most keys of each kind in the event of an edit.
const MAX_KEYS: usize = 100;
/// The most bytes of these keys; the event of an edit has three such lists.
const MAX_KEY_BYTES: usize = 16 * 1024;

impl Environment {
    /// Follows the files until the process ends.
    pub(super) async fn follow_files(self: Arc<Environment>) {
        let mut edits = self.authored.subscribe();
        loop {
            edits.mark_unchanged();
            // Before all sources were read, flags would seem to be missing.
            if self.authored.load().is_usable() {
                self.adopt_edit().await;
            }
            if edits.changed().await.is_err() {
                return;
            }
        }
    }

    /// Records and publishes the newest edit; tries again until the store has recorded it.
    async fn adopt_edit(self: &Arc<Environment>) {
        let (mut wait, longest) = RETRY;
        let mut reported = String::new();
        while let Err(error) = self.try_to_adopt_edit().await {
            let error = error.to_string();
            if reported != error {
                tracing::error!(
                    environment = &*self.name,
                    error,
                    "cannot record an edit of the flag files; serving the flags from before the edit"
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
        self.record(write, gate).await.map(|_| ())
    }

    /// Returns the write for an edit; `None` if the effective flags do not change.
    fn prepare_edit(&self, authored: &Ruleset) -> Option<JournalledWrite> {
        let mut current = self.lock();
        let mut findings = Vec::new();
        let mut flags = current.adopt(authored, &current.state, &mut findings);
        if !*self.files_read.borrow() && self.sources.iter().any(|s| s.health().is_stale()) {
            keep_unread_flags(&mut flags, &current.base, &mut findings);
        }
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
            state: {
                let mut state = EnvironmentState::clone(&current.state);
                state.note_safe_variants(&base);
                state
            },
            base,
            revision: Arc::new(revision),
            findings,
            records: Vec::new(),
        })
    }

    fn edit_event(&self, current: &Current, after: &Definitions) -> EventDraft {
        let sources: Vec<&str> = self.sources.iter().map(|s| &*s.redacted_name).collect();
        EventDraft {
            environment: self.name.to_string(),
            at_ms: now_ms(),
            actor: Actor {
                kind: ActorKind::File,
                name: tail(&sources.join(", "), event_log::limits::ACTOR).to_owned(),
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

/// Keeps the flags that are missing after a restart because a file cannot be read.
fn keep_unread_flags(
    flags: &mut Vec<Arc<CompiledFlag>>,
    stored: &Ruleset,
    findings: &mut Vec<String>,
) {
    let known: BTreeSet<Arc<str>> = flags.iter().map(|flag| flag.key.clone()).collect();
    for flag in stored
        .flags
        .iter()
        .filter(|flag| !known.contains(&flag.key))
    {
        findings.push(format!(
            "flag `{}` is served as it was before the restart: its file cannot be read",
            flag.key
        ));
        flags.push(flag.clone());
    }
}

/// The end of a text that has at most `limit` bytes.
fn tail(text: &str, limit: usize) -> &str {
    let mut start = text.len().saturating_sub(limit);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    text.get(start..).unwrap_or_default()
}

/// The keys of added, changed and removed flags.
fn describe_edit(before: &Definitions, after: &Definitions) -> Value {
    let keys = |keys: Vec<&Arc<str>>| {
        let mut bytes = 0;
        let mut is_short = |key: &&&Arc<str>| {
            bytes += key.len() + 8;
            bytes <= MAX_KEY_BYTES
        };
        let shown = keys.iter().take(MAX_KEYS).take_while(|key| is_short(key));
        let shown: Vec<&str> = shown.map(|key| &***key).collect();
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
