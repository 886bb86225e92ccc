//! The output of a `flagctl` or `flag-lint` command: text for standard output and standard error, and its success.

/// The output of a command.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct CommandOutput {
    /// The requested data, for standard output, and nothing else.
    pub stdout: String,
    /// Lines for standard error.
    pub stderr: Vec<String>,
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
    pub fn failure(stderr: Vec<String>) -> CommandOutput {
        CommandOutput {
            stderr,
            ..CommandOutput::default()
        }
    }

    /// The output for a key that no flag has.
    pub fn flag_not_found(key: &str, mut stderr: Vec<String>) -> CommandOutput {
        stderr.push(format!("error: flag `{key}` not found"));
        CommandOutput::failure(stderr)
    }
}
