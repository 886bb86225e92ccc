//! `Refusal`: why a command is not carried out. Nothing has changed.

use std::fmt;

use crate::control::model::flag_state::Mark;

/// Why a command is not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such flag; with the closest key.
    UnknownFlag {
        /// The key.
        key: String,
        /// A similar key.
        suggestion: Option<String>,
    },
    /// The flag has no rollout with this index.
    NoRollout {
        /// The key.
        key: String,
        /// The file and the line of the flag.
        place: String,
        /// The number of its rollouts.
        count: usize,
    },
    /// The flag has several rollouts and none was named.
    WhichRollout {
        /// The key.
        key: String,
        /// The number of its rollouts.
        count: usize,
    },
    /// A file defines the flag.
    FileOwned {
        /// The key.
        key: String,
        /// The file and the line of the flag.
        place: String,
    },
    /// A value is invalid: the field, and the mistake.
    Invalid {
        /// The field.
        field: &'static str,
        /// The mistake and its correction.
        why: String,
    },
    /// The flag is paused.
    Paused {
        /// The key.
        key: String,
        /// The actor that paused it, the time and the reason.
        mark: Mark,
    },
    /// The environment is frozen.
    Frozen(Mark),
}

impl Refusal {
    /// The name of the reason in responses.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::UnknownFlag { .. } => "unknown-flag",
            Refusal::NoRollout { .. } => "no-rollout",
            Refusal::WhichRollout { .. } => "which-rollout",
            Refusal::FileOwned { .. } => "file-owned",
            Refusal::Invalid { .. } => "invalid",
            Refusal::Paused { .. } => "paused",
            Refusal::Frozen(_) => "frozen",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::UnknownFlag { key, suggestion } => {
                write!(f, "there is no flag `{key}`")?;
                match suggestion {
                    Some(meant) => write!(f, ": did you mean `{meant}`?"),
                    None => Ok(()),
                }
            }
            Refusal::NoRollout {
                key,
                place,
                count: 0,
            } => write!(
                f,
                "flag `{key}` has no `rollout` to change: add one at {place}, or change its `targeting` there"
            ),
            Refusal::NoRollout { key, count, .. } => write!(
                f,
                "flag `{key}` has {count} rollouts: `rollout` must be less than {count}"
            ),
            Refusal::WhichRollout { key, count } => write!(
                f,
                "flag `{key}` has {count} rollouts: name one by its index, from 0 to {}",
                count.saturating_sub(1)
            ),
            Refusal::FileOwned { key, place } => write!(
                f,
                "flag `{key}` is defined at {place}: edit it there; its state can be changed here"
            ),
            Refusal::Invalid { field, why } => write!(f, "`{field}` {why}"),
            Refusal::Paused { key, mark } => {
                write!(f, "flag `{key}` is paused{}: resume it first", By(mark))
            }
            Refusal::Frozen(mark) => {
                write!(
                    f,
                    "the environment is frozen{}: unfreeze it first",
                    By(mark)
                )
            }
        }
    }
}

impl std::error::Error for Refusal {}

/// The actor and the reason of a decision, as the end of a sentence.
struct By<'m>(&'m Mark);

impl fmt::Display for By<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, " by {}", self.0.by)?;
        match &self.0.reason {
            Some(reason) => write!(f, " ({reason})"),
            None => Ok(()),
        }
    }
}
