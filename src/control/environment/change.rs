//! Carries out requests, in the order in which they arrive.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;

use crate::control::environment::change_request::AnswerRecorder;
use crate::control::environment::change_request::ChangeRequest;
use crate::control::environment::change_request::Changed;
use crate::control::environment::change_request::ExpectedFlag;
use crate::control::environment::current::Backlog;
use crate::control::environment::error::ChangeError;
use crate::control::environment::handle::Environment;
use crate::control::environment::prepare::prepare;
use crate::control::model::environment_state::EnvironmentState;
use crate::control::model::flag_version::FlagVersion;
use crate::control::revision::Revision;

/// How long a change waits for earlier changes, and then again for the store.
const CHANGE_WAIT: Duration = Duration::from_secs(10);
/// How long a kill waits for earlier changes, and then again for the store, before it is published without a record.
const KILL_WAIT: Duration = Duration::from_millis(75);

impl Environment {
    /// Carries out a command. A kill is carried out even if the store does not work.
    ///
    /// # Errors
    /// If the command is refused, or it is no kill and cannot be recorded.
    pub async fn change(
        self: &Arc<Environment>,
        request: ChangeRequest,
    ) -> Result<Changed, ChangeError> {
        let before = self.revision();
        let request = &request;
        match self.change_journalled(request).await {
            Err(error) if can_be_provisional(request, &error) => {
                tracing::warn!(environment = &*self.name, %error, "cannot record a kill; publishing it without a record");
                self.kill_provisionally(request)?;
                Ok(Changed {
                    before,
                    after: self.revision(),
                    journalled: self.backlog.borrow().kills == 0,
                    findings: Vec::new(),
                })
            }
            result => result,
        }
    }

    /// Passes the gate once all earlier kills are recorded.
    ///
    /// # Errors
    /// If a kill cannot be recorded.
    pub(super) async fn pass_gate_behind_kills(
        &self,
        is_protective: bool,
    ) -> Result<OwnedMutexGuard<()>, ChangeError> {
        let mut backlog = self.backlog.subscribe();
        loop {
            let gate = self.pass_gate(is_protective).await;
            let Backlog { kills, error } = backlog.borrow_and_update().clone();
            match error {
                _ if kills == 0 => return Ok(gate),
                Some(why) => return Err(ChangeError::Unjournalled(why)),
                None => {}
            }
            drop(gate);
            let changed = backlog.changed().await;
            changed.map_err(|_| ChangeError::Ended("the environment"))?;
        }
    }

    /// Waits until the files were read: a change may refer to a flag that they define.
    async fn wait_for_files(&self) -> Result<(), ChangeError> {
        let mut files_read = self.files_read.subscribe();
        let read = tokio::time::timeout(CHANGE_WAIT, files_read.wait_for(|read| *read)).await;
        if matches!(read, Ok(Ok(_))) {
            return Ok(());
        }
        let errors = self.sources.iter().filter_map(|source| {
            let (_, why) = source.health().last_error?;
            Some(why)
        });
        Err(ChangeError::FilesNotRead(
            errors.collect::<Vec<_>>().join("; "),
        ))
    }

    /// Records a change, then publishes it.
    async fn change_journalled(
        self: &Arc<Environment>,
        request: &ChangeRequest,
    ) -> Result<Changed, ChangeError> {
        let is_protective = request.command.is_protective();
        if !is_protective {
            self.wait_for_files().await?;
        }
        let wait = if is_protective {
            KILL_WAIT
        } else {
            CHANGE_WAIT
        };
        let gate = tokio::time::timeout(wait, self.pass_gate_behind_kills(is_protective));
        let gate = gate.await.map_err(|_| ChangeError::Busy)??;
        let (before, write) = {
            let authored = self.authored.load_full();
            let current = self.lock();
            let before = self.revision();
            check_expected(request, &before, &current.state)?;
            let write = prepare(&self.name, &current, request, &before, &authored.ruleset)?;
            (before, write)
        };
        let Some(write) = write else {
            return Ok(Changed {
                after: before.clone(),
                before,
                journalled: true,
                findings: Vec::new(),
            });
        };
        let mut write = write;
        let findings = write.findings.clone();
        if let Some(AnswerRecorder(record)) = request.answer.as_ref().filter(|_| !request.dry_run) {
            write.records.push(record(&Changed {
                before: before.clone(),
                after: write.revision.clone(),
                journalled: true,
                findings: findings.clone(),
            }));
        }
        let (after, journalled) = if request.dry_run {
            (write.revision, false)
        } else {
            let recorded = tokio::time::timeout(wait, self.record(write, gate));
            let recorded = recorded.await.map_err(|_| ChangeError::StoreTimeout)??;
            (recorded.revision, recorded.is_complete)
        };
        Ok(Changed {
            before,
            after,
            journalled,
            findings,
        })
    }
}

/// Returns true if a request must be carried out although the store does not record it.
fn can_be_provisional(request: &ChangeRequest, error: &ChangeError) -> bool {
    request.command.is_protective() && !request.dry_run && is_of_store(error)
}

/// Returns true if a command failed because of the store, a time limit or an ended task, and was not refused.
fn is_of_store(error: &ChangeError) -> bool {
    match error {
        ChangeError::Refused(_)
        | ChangeError::RevisionConflict { .. }
        | ChangeError::FlagConflict { .. } => false,
        ChangeError::FilesNotRead(_)
        | ChangeError::Busy
        | ChangeError::Store(_)
        | ChangeError::StoreTimeout
        | ChangeError::Unjournalled(_)
        | ChangeError::Ended(_) => true,
    }
}

/// Checks that the author of a request has seen the revision and the flag as they are.
pub(super) fn check_expected(
    request: &ChangeRequest,
    published: &Revision,
    state: &EnvironmentState,
) -> Result<(), ChangeError> {
    let found = published.number;
    if let Some(expected) = request
        .expected_revision
        .filter(|expected| *expected != found)
    {
        return Err(ChangeError::RevisionConflict { expected, found });
    }
    let Some(key) = request.command.key() else {
        return Ok(());
    };
    let version = FlagVersion::of(published, &state.flag(key), key);
    let is_expected = match request.expected_flag {
        ExpectedFlag::Any => true,
        ExpectedFlag::Existing => version.is_some(),
        ExpectedFlag::Absent => version.is_none(),
        ExpectedFlag::Version(expected) => version == Some(expected),
    };
    if is_expected {
        return Ok(());
    }
    Err(ChangeError::FlagConflict {
        key: key.to_owned(),
        exists: version.is_some(),
    })
}
