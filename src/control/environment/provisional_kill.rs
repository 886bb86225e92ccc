//! A kill that the store does not record: it is published at once, and recorded as soon as the store works again.

use std::sync::Arc;
use std::time::Duration;

use crate::control::environment::change::check_expected;
use crate::control::environment::change_request::ChangeRequest;
use crate::control::environment::change_request::now_ms;
use crate::control::environment::current::PendingKill;
use crate::control::environment::error::ChangeError;
use crate::control::environment::handle::Environment;
use crate::control::environment::prepare::prepare;
use crate::control::environment::write::JournalledWrite;
use crate::control::model::environment_state::EnvironmentState;
use crate::event_log::Actor;
use crate::event_log::ActorKind;
use crate::event_log::EventDraft;
use crate::event_log::LogEventKind;

/// The time between two attempts to record a kill, at first and at most.
const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

impl Environment {
    /// Publishes a kill that is not recorded, and begins to record it in the background.
    ///
    /// # Errors
    /// If there is no such flag.
    pub(super) fn kill_provisionally(
        self: &Arc<Environment>,
        request: &ChangeRequest,
    ) -> Result<(), ChangeError> {
        let mut current = self.lock();
        let state = current.effective_state();
        let mark = request.mark();
        check_expected(request, &self.revision(), &state)?;
        let after = request.command.apply(&state, &current.base, &mark)?;
        // The write in flight may be a restore: then the kill must follow it.
        if after.is_none() && current.in_flight.is_none() {
            return Ok(());
        }
        current.pending.push(PendingKill {
            command: request.command.clone(),
            actor: request.actor.clone(),
            mark,
        });
        self.publish_provisional(&mut current);
        self.note_backlog(&current, None);
        drop(current);
        self.replicas.release_held();
        let (environment, key) = (&*self.name, request.command.key());
        tracing::error!(
            environment,
            key,
            "kill published but not recorded; other changes are refused until it is recorded"
        );
        self.pending_kills.notify_one();
        Ok(())
    }

    /// Records pending kills, one after the other, until the process ends.
    pub(super) async fn record_pending_kills(self: Arc<Environment>) {
        let (mut wait, longest) = RETRY;
        loop {
            let gate = self.pass_gate(true).await;
            let Some(write) = self.next_pending_write() else {
                drop(gate);
                self.pending_kills.notified().await;
                continue;
            };
            let recorded = self.record(write, gate).await;
            if recorded.is_ok() {
                (wait, _) = RETRY;
                let (environment, left) = (&*self.name, self.lock().pending.len());
                tracing::info!(environment, left, "pending kill recorded in the log");
                continue;
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(longest);
        }
    }

    /// Returns the next write of [`Environment::record_pending_kills`]: the first pending kill, or else an event that
    /// takes the number of a revision that was published and never recorded.
    fn next_pending_write(&self) -> Option<JournalledWrite> {
        let authored = self.authored.load_full();
        let mut current = self.lock();
        while let Some(kill) = current.pending.first().cloned() {
            let request = ChangeRequest {
                at_ms: kill.mark.at_ms,
                ..ChangeRequest::new(kill.command, kill.actor, kill.mark.reason)
            };
            if let Ok(Some(write)) = prepare(
                &self.name,
                &current,
                &request,
                &self.revision(),
                &authored.ruleset,
            ) {
                return Some(write);
            }
            // An earlier event has the same effect, or the flag was removed.
            current.pending.remove(0);
            self.note_backlog(&current, None);
        }
        let published = self.revision();
        (current.head_seq < published.number).then(|| JournalledWrite {
            command: None,
            event: EventDraft {
                environment: self.name.to_string(),
                at_ms: now_ms(),
                actor: Actor {
                    kind: ActorKind::System,
                    name: "control".to_owned(),
                },
                kind: LogEventKind::Other("revision.skipped".into()),
                flag: None,
                reason: Some(
                    "a change that was not recorded had taken the number before".to_owned(),
                ),
                change: serde_json::Value::Null,
            },
            state: EnvironmentState::clone(&current.state),
            base: current.base.clone(),
            revision: published,
            findings: current.findings.clone(),
            records: Vec::new(),
        })
    }
}
