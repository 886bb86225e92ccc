//! Records writes, and publishes them once they are recorded.

use std::sync::Arc;

use tokio::sync::OwnedMutexGuard;
use tokio::sync::mpsc;
use tokio::sync::oneshot;

use crate::control::environment::current::Backlog;
use crate::control::environment::current::Current;
use crate::control::environment::error::ChangeError;
use crate::control::environment::handle::Environment;
use crate::control::environment::journal::JournalEntry;
use crate::control::environment::revision_builder::build_revision;
use crate::control::environment::write::JournalledWrite;
use crate::control::environment::write::Recorded;
use crate::control::environment::write::Recording;
use crate::control::environment::write::RecordingResult;
use crate::control::model::command::Command;
use crate::control::revision::Revision;
use crate::control::store::StoreError;
use crate::event_log::SealedEvent;

/// Returns true if no later write can succeed: the journal has ended, or another process has written the store.
fn is_fatal(error: &ChangeError) -> bool {
    matches!(
        error,
        ChangeError::Ended(_) | ChangeError::Store(StoreError::Conflict { .. })
    )
}

impl Environment {
    /// Records a write, then publishes its revision. The write goes on if the caller stops waiting.
    pub(super) async fn record(
        &self,
        write: JournalledWrite,
        gate: OwnedMutexGuard<()>,
    ) -> RecordingResult {
        let (reply, result) = oneshot::channel();
        let recording = Recording { write, gate, reply };
        let ended = || ChangeError::Ended("the recorder");
        let sent = self.recordings.send(recording).await;
        sent.map_err(|_| ended())?;
        result.await.map_err(|_| ended())?
    }

    /// Records writes, one after the other, until the process ends.
    pub(super) async fn run_recorder(
        self: Arc<Environment>,
        mut recordings: mpsc::Receiver<Recording>,
    ) {
        while let Some(recording) = recordings.recv().await {
            let Recording {
                write,
                gate: _gate,
                reply,
            } = recording;
            let recorded = self.append(&write).await;
            let mut current = self.lock();
            current.in_flight = None;
            let result = match recorded {
                Ok(_) => Ok(self.commit(&mut current, write)),
                Err(error) => {
                    self.note_backlog(&current, Some(error.to_string()));
                    Err(error)
                }
            };
            drop(current);
            let is_last = result.as_ref().err().is_some_and(is_fatal);
            // The caller may have stopped waiting.
            let _ = reply.send(result);
            if is_last {
                tracing::error!(
                    environment = &*self.name,
                    "the store cannot be written any more; exiting"
                );
                return;
            }
        }
    }

    /// Appends the event of a write to the log.
    async fn append(&self, write: &JournalledWrite) -> Result<SealedEvent, ChangeError> {
        let entry = {
            let mut current = self.lock();
            current.in_flight = Some(current.head_seq + 1);
            JournalEntry {
                event: write.event.clone(),
                expected_seq: current.head_seq,
                state: serde_json::to_string(&write.state).unwrap_or_default(),
                before: current.definitions.clone(),
                after: write.revision.definitions.clone(),
                content_hash: write.revision.content_hash,
                records: write.records.clone(),
            }
        };
        let result = self.journal.append(entry)?.await;
        let result = result.map_err(|_| ChangeError::Ended("the journal"))?;
        Ok(result?)
    }

    /// Makes a recorded write the current state, and publishes it together with the kills that are not recorded yet.
    fn commit(&self, current: &mut Current, write: JournalledWrite) -> Recorded {
        current.head_seq += 1;
        current.state = Arc::new(write.state);
        current.definitions = write.revision.definitions.clone();
        current.base = write.base;
        current.findings = write.findings;
        current
            .pending
            .retain(|kill| Some(&kill.command) != write.command.as_ref());
        if current.pending.is_empty() {
            self.publish(write.revision);
        } else {
            self.publish_provisional(current);
        }
        self.note_backlog(current, None);
        let revision = self.revision();
        let (environment, number) = (&*self.name, revision.number);
        let (kind, actor) = (write.event.kind.name(), &*write.event.actor.name);
        let flag = write.event.flag.as_deref();
        tracing::info!(
            environment,
            revision = number,
            kind,
            flag,
            actor,
            "change recorded in the log"
        );
        match write.command {
            Some(Command::ForceSync) => self.replicas.force_sync(),
            Some(Command::Kill(_)) => self.replicas.release_held(),
            _ => {}
        }
        Recorded {
            is_complete: number == current.head_seq && current.pending.is_empty(),
            revision,
        }
    }

    /// Publishes the number of kills that are not recorded, for the changes that wait for them.
    pub(super) fn note_backlog(&self, current: &Current, error: Option<String>) {
        // INVARIANT: before the next change, every published revision number gets an event in the log.
        let has_gap = current.head_seq < self.revision().number;
        let kills = current.pending.len().max(usize::from(has_gap));
        self.backlog.send_replace(Backlog {
            kills,
            error: error.filter(|_| kills > 0),
        });
        if kills > 0 {
            self.pending_kills.notify_one();
        }
    }

    /// Publishes a revision. Each number is published with one content only: a provisional revision may have taken the
    /// number.
    pub(super) fn publish(&self, revision: Arc<Revision>) {
        let published = self.revision();
        if revision.number > published.number {
            self.revision.send_replace(revision);
        } else if revision.content_hash != published.content_hash {
            self.revision.send_replace(Arc::new(Revision {
                number: published.number + 1,
                epoch: revision.epoch,
                content_hash: revision.content_hash,
                definitions: revision.definitions.clone(),
                snapshot: revision.snapshot.clone(),
            }));
        }
    }

    /// Publishes the recorded state with the kills that are not recorded yet.
    pub(super) fn publish_provisional(&self, current: &mut Current) {
        let overlaid = current.overlay(&current.effective_state());
        let number = current.next_number() - 1;
        let revision = build_revision(overlaid.ruleset, number, &self.revision());
        current.findings = overlaid.findings;
        self.publish(Arc::new(revision));
    }
}
