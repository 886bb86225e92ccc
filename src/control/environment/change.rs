//! `ChangeRequest`: a command with its author, carried out in the order in which requests arrive.

use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;

use serde_json::Value;
use serde_json::json;
use tokio::sync::OwnedMutexGuard;

use crate::control::environment::backlog::Backlog;
use crate::control::environment::current::Current;
use crate::control::environment::error::ChangeError;
use crate::control::environment::handle::Environment;
use crate::control::environment::revision_builder::build_revision;
use crate::control::environment::write::JournalledWrite;
use crate::control::model::command::Command;
use crate::control::model::environment_state::EnvironmentState;
use crate::control::model::flag_state::Mark;
use crate::control::model::overlay;
use crate::control::revision::Revision;
use crate::event_log::Actor;
use crate::event_log::EventDraft;
use crate::event_log::LogEventKind;
use crate::ruleset::Ruleset;

/// How long a change waits for the ones before it, and for the store.
const CHANGE_WAIT: Duration = Duration::from_secs(10);
/// How long a kill waits for the changes before it, and for the store, until it is published without them.
const KILL_WAIT: Duration = Duration::from_millis(75);

/// A command and its author.
#[derive(Debug, Clone)]
pub struct ChangeRequest {
    /// The command.
    pub command: Command,
    /// The author.
    pub actor: Actor,
    /// The reason that the author gives.
    pub reason: Option<String>,
    /// The time, in milliseconds since 1970.
    pub at_ms: u64,
    /// The revision that the author has seen; another one is a conflict.
    pub expected_revision: Option<u64>,
    /// True if nothing is to change.
    pub dry_run: bool,
}

/// The result of a change.
#[derive(Debug, Clone)]
pub struct Changed {
    /// The revision before.
    pub before: Arc<Revision>,
    /// The revision after; of a dry run, the one that would follow. The same as before, if the command had no effect.
    pub after: Arc<Revision>,
    /// False if the change is not in the log yet.
    pub journalled: bool,
    /// The parts of the state that have no effect.
    pub findings: Vec<String>,
}

/// Returns the time in milliseconds since 1970.
pub fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    u64::try_from(now.unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
}

impl ChangeRequest {
    /// Returns who asks, when and why.
    pub fn mark(&self) -> Mark {
        Mark {
            by: self.actor.name.clone(),
            at_ms: self.at_ms,
            reason: self.reason.clone(),
        }
    }
}

impl Environment {
    /// Carries out a command. A kill is carried out even if the store does not work.
    ///
    /// # Errors
    /// If the command is refused, or cannot be recorded and takes no exposure away.
    pub async fn change(
        self: &Arc<Environment>,
        request: ChangeRequest,
    ) -> Result<Changed, ChangeError> {
        let before = self.revision();
        let request = &request;
        match self.change_journalled(request).await {
            Err(error) if can_be_provisional(request, &error) => {
                tracing::warn!(environment = &*self.name, %error, "the store does not record a kill");
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

    /// Passes the gate once all kills before are journalled.
    ///
    /// # Errors
    /// If a kill cannot be journalled.
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

    /// Waits until the files were read: what a change refers to may be in them.
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
            check_revision(request, &before)?;
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
        let (after, findings) = (write.revision.clone(), write.findings.clone());
        let after = if request.dry_run {
            after
        } else {
            let recorded = tokio::time::timeout(wait, self.record(write, gate));
            recorded.await.map_err(|_| ChangeError::StoreTimeout)??
        };
        Ok(Changed {
            before,
            after,
            journalled: !request.dry_run,
            findings,
        })
    }
}

/// Returns true if a request is to be carried out although the store does not record it.
fn can_be_provisional(request: &ChangeRequest, error: &ChangeError) -> bool {
    request.command.is_protective() && !request.dry_run && is_of_store(error)
}

/// Returns true if an error says nothing against the command itself.
fn is_of_store(error: &ChangeError) -> bool {
    match error {
        ChangeError::Refused(_) | ChangeError::RevisionConflict { .. } => false,
        ChangeError::FilesNotRead(_)
        | ChangeError::Busy
        | ChangeError::Store(_)
        | ChangeError::StoreTimeout
        | ChangeError::Unjournalled(_)
        | ChangeError::Ended(_) => true,
    }
}

pub(super) fn check_revision(
    request: &ChangeRequest,
    published: &Revision,
) -> Result<(), ChangeError> {
    let found = published.number;
    match request.expected_revision {
        Some(expected) if expected != found => {
            Err(ChangeError::RevisionConflict { expected, found })
        }
        _ => Ok(()),
    }
}

/// Returns the write that carries out a request; `None` if the command has no effect.
///
/// # Errors
/// If the command is refused.
pub(super) fn prepare(
    environment: &str,
    current: &Current,
    request: &ChangeRequest,
    published: &Revision,
    authored: &Ruleset,
) -> Result<Option<JournalledWrite>, ChangeError> {
    let mark = request.mark();
    let state = request
        .command
        .apply(&current.state, &current.base, &mark)?;
    let Some(state) = state else {
        return Ok(None);
    };
    let mut findings = Vec::new();
    let base = match &request.command {
        // Edits that have waited are served from now on.
        Command::Resume(_) | Command::Unfreeze if !authored.flags.is_empty() => {
            let flags = current.adopt(authored, &state, &mut findings);
            Some(Ruleset::merge_layers([&flags]))
        }
        command => command.base_after(&current.base)?,
    };
    let base = base.map_or_else(|| current.base.clone(), Arc::new);
    let mut state = state;
    state.note_safe_variants(&base);
    let overlaid = overlay::overlay(&base.flags, &state);
    findings.extend(overlaid.findings);
    let revision = build_revision(overlaid.ruleset, current.head_seq + 1, published);
    Ok(Some(JournalledWrite {
        event: EventDraft {
            environment: environment.to_owned(),
            at_ms: request.at_ms,
            actor: request.actor.clone(),
            kind: event_kind(&request.command, &current.state),
            flag: request.command.key().map(ToOwned::to_owned),
            reason: request.reason.clone(),
            change: event_change(&request.command, &state),
        },
        command: Some(request.command.clone()),
        state,
        findings: {
            let effect = explain_without_effect(request, published, &revision, &base);
            findings.into_iter().chain(effect).collect()
        },
        base,
        revision: Arc::new(revision),
    }))
}

/// A sentence if a kill or a restore changes no answer although it was asked for.
fn explain_without_effect(
    request: &ChangeRequest,
    before: &Revision,
    after: &Revision,
    base: &Ruleset,
) -> Option<String> {
    let key = request.command.key()?;
    let is_same = before.definitions.get(key).map(|text| effect(text))
        == after.definitions.get(key).map(|text| effect(text));
    let flag = base.flag(key)?;
    let (file, line) = (&flag.file, flag.source_location.0.line);
    let is_killed_by_file = || {
        let written = flag.unexpanded_definition.as_ref();
        let fields = written.and_then(|written| written.flag.rollout_fields.as_ref());
        fields.is_some_and(|fields| fields.kill_position.is_some())
    };
    match request.command {
        Command::Restore(_) if is_killed_by_file() => Some(format!(
            "flag `{key}` is still killed by {file}:{line}: remove `kill` there"
        )),
        Command::Kill(_) if is_same => Some(format!(
            "the kill of flag `{key}` changes no answer: its safe variant is what everybody gets already; set `safeVariant` at {file}:{line} if that is wrong"
        )),
        _ => None,
    }
}

/// A definition without its metadata, which says whether a flag is killed and decides nothing.
fn effect(definition: &str) -> Value {
    let mut value: Value = serde_json::from_str(definition).unwrap_or_default();
    if let Some(members) = value.as_object_mut() {
        members.remove("metadata");
        // A rule that always yields the default variant is the same as none.
        let default = members.get("defaultVariant").cloned();
        let killed = json!({ "if": [true, default] });
        if members.get("targeting") == Some(&killed) {
            members.remove("targeting");
        }
    }
    value
}

fn event_kind(command: &Command, before: &EnvironmentState) -> LogEventKind {
    match command {
        Command::Define { key, .. } if before.definitions.contains_key(key) => {
            LogEventKind::FlagUpdated
        }
        Command::Define { .. } => LogEventKind::FlagCreated,
        Command::Delete(_) => LogEventKind::FlagDeleted,
        Command::Set { .. } => LogEventKind::FlagSet,
        Command::Kill(_) => LogEventKind::FlagKilled,
        Command::Restore(_) => LogEventKind::FlagRestored,
        Command::Pause(_) => LogEventKind::FlagPaused,
        Command::Resume(_) => LogEventKind::FlagResumed,
        Command::Freeze => LogEventKind::EnvironmentFrozen,
        Command::Unfreeze => LogEventKind::EnvironmentUnfrozen,
        Command::ForceSync => LogEventKind::SyncForced,
    }
}

/// The change of an event: what was asked for, in the words of the API.
fn event_change(command: &Command, after: &EnvironmentState) -> Value {
    match command {
        Command::Set {
            rollout,
            reset,
            fields,
            ..
        } => json!({ "rollout": rollout.unwrap_or(0), "reset": reset, "set": fields }),
        Command::Kill(key) => {
            let killed = after.flags.get(key).and_then(|flag| flag.killed.as_ref());
            json!({ "variant": killed.and_then(|kill| kill.variant.as_deref()) })
        }
        Command::Define { definition, .. } => json!({ "definition": definition }),
        Command::Delete(_)
        | Command::Restore(_)
        | Command::Pause(_)
        | Command::Resume(_)
        | Command::Freeze
        | Command::Unfreeze
        | Command::ForceSync => json!({}),
    }
}
