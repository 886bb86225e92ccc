//! `Command`: a change that a person or a program asks for, and its effect on the state.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::control::model::environment_state::EnvironmentState;
use crate::control::model::flag_state::FlagState;
use crate::control::model::flag_state::Kill;
use crate::control::model::flag_state::Mark;
use crate::control::model::flag_state::RolloutOverride;
use crate::control::model::owned_flags;
use crate::control::model::refusal::Refusal;
use crate::diag;
use crate::document::rollout::percentage::Percentage;
use crate::ruleset::CompiledFlag;
use crate::ruleset::Ruleset;

/// The most entries of a list of targeting keys or rings.
const MAX_LIST: usize = 10_000;
/// The longest targeting key or name of a ring, in bytes.
const MAX_NAME: usize = 1024;

/// A change that is asked for.
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
    },
    /// Deletes a flag that the store owns.
    Delete(String),
    /// Serves the safe variant to everybody.
    Kill(String),
    /// Ends a kill.
    Restore(String),
    /// Forbids to widen the exposure of a flag.
    Pause(String),
    /// Ends a pause.
    Resume(String),
    /// Forbids to widen any exposure.
    Freeze,
    /// Ends a freeze.
    Unfreeze,
    /// Sends the flags again to all replicas, also to those that are ahead.
    ForceSync,
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
            Command::Freeze | Command::Unfreeze | Command::ForceSync => None,
        }
    }

    /// Returns true if the command must be carried out even if it cannot be recorded: it takes exposure away.
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
        let key = self.key().filter(|_| !is_new);
        let flag = key.map(|key| find_flag(authored, key)).transpose()?;
        self.check_allowed(state)?;
        let mut after = state.clone();
        match (self, flag) {
            (Command::Define { key, definition }, _) => {
                owned_flags::check_owner(key, authored, state)?;
                owned_flags::compile(key, definition)?;
                after.definitions.insert(key.clone(), definition.clone());
            }
            (Command::Delete(key), _) => {
                if !state.definitions.contains_key(key) {
                    owned_flags::check_owner(key, authored, state)?;
                }
                after.definitions.remove(key);
                // What was decided about the flag of a file of the same key stays.
                if !owned_flags::is_of_file(key, authored) {
                    after.flags.remove(key);
                }
            }
            (Command::Freeze, _) => {
                after.frozen.get_or_insert_with(|| mark.clone());
            }
            (Command::Unfreeze, _) => after.frozen = None,
            (Command::ForceSync, _) => return Ok(Some(after)),
            (_, None) => {}
            (command, Some(flag)) => {
                let mut decided = state.flag(&flag.key);
                command.apply_to_flag(&mut decided, flag, state, mark)?;
                after.set_flag(&flag.key, decided);
            }
        }
        Ok((after != *state).then_some(after))
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
            Command::Define { key, definition } => {
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
            | Command::ForceSync => Ok(()),
        }
    }
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

/// The number of rollouts in the authored flag, and the names of the rings that it may use.
fn rollouts_and_rings(flag: &CompiledFlag) -> (usize, BTreeSet<&str>) {
    let fields = flag.rollout_fields();
    fields.map_or((0, BTreeSet::new()), |fields| {
        (fields.rollouts.len(), fields.rings.names().collect())
    })
}

fn override_rollout(
    decided: &mut FlagState,
    flag: &CompiledFlag,
    rollout: Option<usize>,
    reset: bool,
    fields: &RolloutOverride,
) -> Result<(), Refusal> {
    let (count, rings) = rollouts_and_rings(flag);
    let key = || flag.key.to_string();
    if reset && fields.is_empty() {
        // Also those of rollouts that the file no longer has.
        match rollout {
            Some(index) => drop(decided.rollouts.remove(&index)),
            None => decided.rollouts.clear(),
        }
        return Ok(());
    }
    let index = match (rollout, count) {
        (Some(index), _) if index < count => index,
        (None, 1) => 0,
        (None, 2..) => return Err(Refusal::WhichRollout { key: key(), count }),
        _ => {
            let line = flag.source_location.0.line;
            let place = format!("{}:{line}", flag.file);
            return Err(Refusal::NoRollout {
                key: key(),
                place,
                count,
            });
        }
    };
    validate(fields, &rings)?;
    let mut overridden = decided.rollouts.remove(&index).unwrap_or_default();
    if reset {
        overridden = RolloutOverride::default();
    }
    overridden.merge(fields.clone());
    if !overridden.is_empty() {
        decided.rollouts.insert(index, overridden);
    }
    Ok(())
}

/// Checks the values of overridden fields.
fn validate(fields: &RolloutOverride, rings: &BTreeSet<&str>) -> Result<(), Refusal> {
    if let Some(percent) = fields.percentage {
        Percentage::from_percent(percent).map_err(|(what, help)| Refusal::Invalid {
            field: "percentage",
            why: format!("{what}: {help}"),
        })?;
    }
    for (field, list) in [
        ("rings", &fields.rings),
        ("allow", &fields.allow),
        ("deny", &fields.deny),
    ] {
        let list = list.as_deref().unwrap_or_default();
        validate_list(field, list)?;
    }
    let unknown = fields.rings.iter().flatten();
    let unknown = unknown
        .into_iter()
        .find(|name| !rings.contains(name.as_str()));
    unknown.map_or(Ok(()), |name| Err(unknown_ring(name, rings)))
}

fn validate_list(field: &'static str, list: &[String]) -> Result<(), Refusal> {
    let why = if list.len() > MAX_LIST {
        format!("has {} entries; at most {MAX_LIST} are allowed", list.len())
    } else if let Some(long) = list.iter().find(|name| name.len() > MAX_NAME) {
        let length = long.len();
        format!("has an entry of {length} bytes; at most {MAX_NAME} are allowed")
    } else if list.iter().any(String::is_empty) {
        "has an empty entry: remove it".to_owned()
    } else {
        return Ok(());
    };
    Err(Refusal::Invalid { field, why })
}

fn unknown_ring(name: &str, rings: &BTreeSet<&str>) -> Refusal {
    let known = rings.iter().copied();
    let why = match diag::closest_match(name, known) {
        Some(meant) => format!("has no ring `{name}`: did you mean `{meant}`?"),
        None if rings.is_empty() => {
            format!("names `{name}`, but the flag file defines no `rings`")
        }
        None => {
            let known: Vec<&str> = rings.iter().copied().collect();
            format!("has no ring `{name}`; there are {}", known.join(", "))
        }
    };
    Refusal::Invalid {
        field: "rings",
        why,
    }
}
