//! Prepares the write of a request: the state, the revision and the event that follow from it.

use std::sync::Arc;

use serde_json::Value;
use serde_json::json;

use crate::control::environment::change_request::ChangeRequest;
use crate::control::environment::current::Current;
use crate::control::environment::error::ChangeError;
use crate::control::environment::revision_builder::build_revision;
use crate::control::environment::write::JournalledWrite;
use crate::control::model::command::Command;
use crate::control::model::environment_state::EnvironmentState;
use crate::control::model::overlay;
use crate::control::revision::Revision;
use crate::event_log::EventDraft;
use crate::event_log::LogEventKind;
use crate::ruleset::Ruleset;

/// Returns the write that carries out a request; `None` if the command has no effect.
///
/// # Errors
/// If the command is refused.
pub fn prepare(
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
        records: request.records.clone(),
    }))
}

/// Returns a warning if a kill or a restore changes no evaluation.
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
        let fields = flag.rollout_fields();
        fields.is_some_and(|fields| fields.kill_position.is_some())
    };
    match request.command {
        Command::Restore(_) if is_killed_by_file() => Some(format!(
            "flag `{key}` is still killed by {file}:{line}: remove `kill` there"
        )),
        Command::Kill(_) if is_same => Some(format!(
            "the kill of flag `{key}` has no effect: all users already get its safe variant; if another variant is safe, set `safeVariant` at {file}:{line}"
        )),
        _ => None,
    }
}

/// A definition without its metadata, which shows whether a flag is killed and does not affect evaluations.
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
        Command::Note { kind, .. } => kind.clone(),
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

/// The change of an event: the parameters of the command, with the names that the API uses.
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
        Command::Define {
            definition,
            document: None,
            ..
        } => json!({ "definition": definition }),
        Command::Define {
            definition,
            document: Some(document),
            ..
        } => json!({ "definition": definition, "document": document }),
        Command::Note { change, .. } => change.clone(),
        Command::Delete(_)
        | Command::Restore(_)
        | Command::Pause(_)
        | Command::Resume(_)
        | Command::Freeze
        | Command::Unfreeze
        | Command::ForceSync => json!({}),
    }
}
