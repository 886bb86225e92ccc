//! The output of a `flagctl` or `flag-lint` command: text for standard output and standard error, and its success.

use std::fmt::Write as _;

use crate::cli::output::message::Message;
use crate::diag;

/// The output of a command.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct CommandOutput {
    /// The requested data, for standard output, and nothing else.
    pub stdout: String,
    /// Messages for standard error.
    pub stderr: Vec<Message>,
    /// True if the result is positive: the flag was found, the files have no errors.
    pub success: bool,
}

impl CommandOutput {
    /// A successful output that has data and no messages.
    pub fn from_stdout(data: String) -> CommandOutput {
        CommandOutput {
            stdout: data,
            stderr: Vec::new(),
            success: true,
        }
    }

    /// A negative output that has messages and no data.
    pub fn failure(stderr: Vec<Message>) -> CommandOutput {
        CommandOutput {
            stderr,
            ..CommandOutput::default()
        }
    }

    /// The output for a key that no flag has. `known` are the keys of all flags.
    pub fn flag_not_found<'k>(
        key: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) -> CommandOutput {
        let mut text = format!("flag `{key}` not found");
        if let Some(meant) = diag::closest_match(key, known) {
            let _ = write!(text, ": did you mean `{meant}`?");
        }
        CommandOutput::failure(vec![Message::Error(text)])
    }
}
