//! `FlagAction`: a change that a form of a flag asks for, and its words.

use http::StatusCode;
use maud::Markup;
use maud::html;

use crate::control::access::Verb;
use crate::control::model::command::Command;
use crate::control::model::flag_state::RolloutOverride;
use crate::control::page::html::response::PageError;
use crate::control::page::session::form::FormFields;

/// A change that a form asks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FlagAction {
    /// Serves the safe variant to everybody.
    Kill,
    /// Ends a kill.
    Restore,
    /// Forbids to reach more users.
    Pause,
    /// Ends a pause.
    Resume,
    /// Sets the share of a rollout.
    Set {
        /// The index of the rollout.
        rollout: usize,
        /// The share.
        percentage: f64,
    },
}

impl FlagAction {
    /// The action of a path, with the fields of its form.
    ///
    /// # Errors
    /// If there is no such action, or its fields are not valid.
    pub fn parse(name: &str, fields: &FormFields) -> Result<FlagAction, PageError> {
        match name {
            "kill" => Ok(FlagAction::Kill),
            "restore" => Ok(FlagAction::Restore),
            "pause" => Ok(FlagAction::Pause),
            "resume" => Ok(FlagAction::Resume),
            "set" => {
                let percentage = fields.number("percentage").filter(|p: &f64| p.is_finite());
                let percentage = percentage.ok_or_else(|| {
                    let text = "The percentage must be a number from 0 to 100.".to_owned();
                    PageError::new(StatusCode::BAD_REQUEST, text)
                })?;
                let rollout = fields.number("rollout").unwrap_or(0);
                Ok(FlagAction::Set {
                    rollout,
                    percentage,
                })
            }
            _ => {
                let text = "There is no such page.".to_owned();
                Err(PageError::new(StatusCode::NOT_FOUND, text))
            }
        }
    }

    /// The command.
    pub fn command(self, key: &str) -> Command {
        let key = key.to_owned();
        match self {
            FlagAction::Kill => Command::Kill(key),
            FlagAction::Restore => Command::Restore(key),
            FlagAction::Pause => Command::Pause(key),
            FlagAction::Resume => Command::Resume(key),
            FlagAction::Set {
                rollout,
                percentage,
            } => Command::Set {
                key,
                rollout: Some(rollout),
                reset: false,
                fields: RolloutOverride {
                    percentage: Some(percentage),
                    ..RolloutOverride::default()
                },
            },
        }
    }

    /// The grant that it needs.
    pub fn needs(self) -> Verb {
        match self {
            FlagAction::Kill | FlagAction::Pause => Verb::Kill,
            FlagAction::Restore | FlagAction::Resume | FlagAction::Set { .. } => Verb::Write,
        }
    }

    /// The beginning of the question.
    pub fn title(self) -> &'static str {
        match self {
            FlagAction::Kill => "Kill",
            FlagAction::Restore => "Restore",
            FlagAction::Pause => "Pause",
            FlagAction::Resume => "Resume",
            FlagAction::Set { .. } => "Change the share of",
        }
    }

    /// The effect in words.
    pub fn effect(self) -> String {
        match self {
            FlagAction::Kill => "Everybody gets the safe variant at once, also rings and listed users, until somebody restores it.".to_owned(),
            FlagAction::Restore => "The kill ends: users get it again as before.".to_owned(),
            FlagAction::Pause => "Nobody loses it, and it cannot reach more users until somebody resumes it. Edits of its file wait.".to_owned(),
            FlagAction::Resume => "The pause ends. Edits of its file that have waited take effect.".to_owned(),
            FlagAction::Set { percentage, .. } => format!("{percentage} % of users get it. Rings and lists stay as they are."),
        }
    }

    /// The text of the button.
    pub fn button(self) -> String {
        match self {
            FlagAction::Kill => "Kill it for everybody".to_owned(),
            FlagAction::Restore => "Restore it".to_owned(),
            FlagAction::Pause => "Pause it".to_owned(),
            FlagAction::Resume => "Resume it".to_owned(),
            FlagAction::Set { percentage, .. } => format!("Set it to {percentage} %"),
        }
    }

    /// The fields of the action in the form that confirms it.
    pub fn hidden_fields(self) -> Markup {
        match self {
            FlagAction::Set {
                rollout,
                percentage,
            } => html! {
                input type="hidden" name="rollout" value=(rollout);
                input type="hidden" name="percentage" value=(percentage);
            },
            FlagAction::Kill | FlagAction::Restore | FlagAction::Pause | FlagAction::Resume => {
                Markup::default()
            }
        }
    }
}
