//! `Command`: a change that a person or a program requests, and its effect on the state.

use serde_json::Value;

use crate::control::model::environment_state::EnvironmentState;
use crate::control::model::flag_state::FlagState;
use crate::control::model::flag_state::Kill;
use crate::control::model::flag_state::Mark;
use crate::control::model::flag_state::RolloutOverride;
use crate::control::model::override_rollout::override_rollout;
use crate::control::model::owned_flags;
use crate::control::model::refusal::Refusal;
use crate::control::model::written_document;
use crate::control::model::written_document::WrittenDocument;
use crate::diag;
use crate::event_log;
use crate::event_log::LogEventKind;
use crate::ruleset::CompiledFlag;
use crate::ruleset::Ruleset;

/// A requested change.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Overrides fields of a rollout.
    Set {
        /// The key of the flag.
        key: String,
        /// The index of the rollout; may be omitted if there is one.
        rollout: Option<usize>,
        /// True if earlier overrides of the rollout are dropped first.
        reset: bool,
        /// The fields.
        fields: RolloutOverride,
    },
    /// Defines a flag that the store owns.
    Define {
        /// The key of the flag.
        key: String,
        /// The definition, in the format of flag files.
        definition: Value,
        /// The document from which the definition was made.
        document: Option<WrittenDocument>,
    },
    /// Deletes a flag that the store owns.
    Delete(String),
    /// Serves the safe variant to all users.
    Kill(String),
    /// Ends a kill.
    Restore(String),
    /// Refuses changes of a flag except kills, and defers edits of its file.
    Pause(String),
    /// Ends a pause.
    Resume(String),
    /// Pauses all flags of the environment.
    Freeze,
    /// Ends a freeze.
    Unfreeze,
    /// Sends the flags again to all replicas, also to those that are ahead.
    ForceSync,
    /// Writes an event that changes no flag.
    Note {
        /// The kind of the event.
        kind: LogEventKind,
        /// The change of the event.
        change: Value,
    },
}

impl Command {
    /// The key of the flag that the command concerns.
    pub fn key(&self) -> Option<&str> {
        match self {
            Command::Set { key, .. }
            | Command::Define { key, .. }
            | Command::Delete(key)
            | Command::Kill(key)
            | Command::Restore(key)
            | Command::Pause(key)
            | Command::Resume(key) => Some(key),
            Command::Freeze | Command::Unfreeze | Command::ForceSync | Command::Note { .. } => None,
        }
    }

    /// Returns true if the command must be carried out even if it cannot be recorded: a kill, which ends an exposure.
    pub fn is_protective(&self) -> bool {
        matches!(self, Command::Kill(_))
    }

    /// Returns the state after the command; `None` if it has no effect.
    ///
    /// # Errors
    /// If the command is refused.
    pub fn apply(
        &self,
        state: &EnvironmentState,
        authored: &Ruleset,
        mark: &Mark,
    ) -> Result<Option<EnvironmentState>, Refusal> {
        let is_new = matches!(self, Command::Define { .. });
        self.key().map_or(Ok(()), validate_key)?;
        let key = self.key().filter(|_| !is_new);
        let flag = key.map(|key| find_flag(authored, key)).transpose()?;
        self.check_allowed(state)?;
        let mut after = state.clone();
        match (self, flag) {
            (
                Command::Define {
                    key,
                    definition,
                    document,
                },
                _,
            ) => {
                owned_flags::check_owner(key, authored, state)?;
                let flag = owned_flags::compile(key, definition)?;
                let kill = || Kill {
                    variant: safe_variant(&flag, state),
                    mark: mark.clone(),
                };
                written_document::note(&mut after, key, document.as_ref(), kill);
                after.definitions.insert(key.clone(), definition.clone());
            }
            (Command::Delete(key), _) => {
                if !state.definitions.contains_key(key) {
                    owned_flags::check_owner(key, authored, state)?;
                }
                after.definitions.remove(key);
                after.documents.remove(key);
                // If a file defines a flag with the same key, the overrides are those of that flag, and stay.
                if !owned_flags::is_of_file(key, authored) {
                    after.forget(key);
                    return Ok((after != *state).then_some(after));
                }
            }
            (Command::Freeze, _) => {
                after.frozen.get_or_insert_with(|| mark.clone());
            }
            (Command::Unfreeze, _) => after.frozen = None,
            (Command::ForceSync | Command::Note { .. }, _) => return Ok(Some(after)),
            (_, None) => {}
            (command, Some(flag)) => {
                let mut decided = state.flag(&flag.key);
                command.apply_to_flag(&mut decided, flag, state, mark)?;
                after.set_flag(&flag.key, decided);
            }
        }
        if after == *state {
            return Ok(None);
        }
        after.count_change(self.key(), mark.at_ms);
        Ok(Some(after))
    }

    /// Checks that neither a pause nor a freeze forbids the command.
    fn check_allowed(&self, state: &EnvironmentState) -> Result<(), Refusal> {
        let (Command::Set { key, .. }
        | Command::Define { key, .. }
        | Command::Delete(key)
        | Command::Restore(key)) = self
        else {
            return Ok(());
        };
        if let Some(mark) = &state.frozen {
            return Err(Refusal::Frozen(mark.clone()));
        }
        match state.flag(key).paused {
            Some(mark) => Err(Refusal::Paused {
                key: key.clone(),
                mark,
            }),
            None => Ok(()),
        }
    }

    /// Returns the flags that the state overlays after the command; `None` if they stay the same.
    ///
    /// # Errors
    /// If the definition is invalid.
    pub fn base_after(&self, base: &Ruleset) -> Result<Option<Ruleset>, Refusal> {
        match self {
            Command::Define {
                key, definition, ..
            } => {
                let flag = owned_flags::compile(key, definition)?;
                Ok(Some(owned_flags::replace(base, key, Some(flag))))
            }
            Command::Delete(key) if owned_flags::is_of_file(key, base) => Ok(None),
            Command::Delete(key) => Ok(Some(owned_flags::replace(base, key, None))),
            _ => Ok(None),
        }
    }

    fn apply_to_flag(
        &self,
        decided: &mut FlagState,
        flag: &CompiledFlag,
        state: &EnvironmentState,
        mark: &Mark,
    ) -> Result<(), Refusal> {
        match self {
            Command::Set {
                rollout,
                reset,
                fields,
                ..
            } => override_rollout(decided, flag, *rollout, *reset, fields),
            Command::Kill(_) => {
                decided.killed.get_or_insert_with(|| Kill {
                    variant: safe_variant(flag, state),
                    mark: mark.clone(),
                });
                Ok(())
            }
            Command::Restore(_) => {
                decided.killed = None;
                Ok(())
            }
            Command::Pause(_) => {
                decided.paused.get_or_insert_with(|| mark.clone());
                Ok(())
            }
            Command::Resume(_) => {
                decided.paused = None;
                Ok(())
            }
            Command::Define { .. }
            | Command::Delete(_)
            | Command::Freeze
            | Command::Unfreeze
            | Command::ForceSync
            | Command::Note { .. } => Ok(()),
        }
    }
}

/// Checks that an event can have the key: a kill that the log can never take would be in the way of all later changes.
fn validate_key(key: &str) -> Result<(), Refusal> {
    let (length, most) = (key.len(), event_log::limits::FLAG);
    if length <= most {
        return Ok(());
    }
    Err(Refusal::Invalid {
        field: "key",
        why: format!(
            "has {length} bytes; at most {most} can be changed here: change the flag file"
        ),
    })
}

/// Returns the flag with this key.
///
/// # Errors
/// If there is none, with a similar key.
pub fn find_flag<'r>(ruleset: &'r Ruleset, key: &str) -> Result<&'r CompiledFlag, Refusal> {
    ruleset.flag(key).ok_or_else(|| {
        let known = ruleset.flags.iter().map(|flag| &*flag.key);
        Refusal::UnknownFlag {
            key: key.to_owned(),
            suggestion: diag::closest_match(key, known).map(Into::into),
        }
    })
}

/// The variant that a kill serves: the declared safe variant, or else the default variant.
fn safe_variant(flag: &CompiledFlag, state: &EnvironmentState) -> Option<String> {
    let declared = match flag.rollout_fields() {
        Some(fields) => fields.safe_variant.as_ref().map(ToString::to_string),
        None => state.safe_variants.get(&*flag.key).cloned(),
    };
    let default = || flag.variant_names.get(usize::from(flag.default_variant?));
    declared.or_else(|| default().map(ToString::to_string))
}
