//! Writing to standard output, for all commands.

use std::fmt;
use std::io;
use std::io::Write as _;

/// The error of a write to standard output.
#[derive(Debug)]
pub struct StdoutError(io::Error);

impl StdoutError {
    /// Returns true if the reader has closed the pipe.
    pub fn is_broken_pipe(&self) -> bool {
        self.0.kind() == io::ErrorKind::BrokenPipe
    }
}

impl fmt::Display for StdoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot write to standard output: {}", self.0)
    }
}

/// Writes bytes to standard output.
///
/// # Errors
/// If standard output is closed, or the device behind it is full.
pub fn write(bytes: &[u8]) -> Result<(), StdoutError> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(bytes).and_then(|()| stdout.flush());
    written.map_err(StdoutError)
}

/// Writes bytes to standard output; a closed pipe is an error too.
///
/// # Errors
/// The message for standard error, if the write fails.
pub fn write_or_message(bytes: &[u8]) -> Result<(), Vec<String>> {
    write(bytes).map_err(|error| vec![error.to_string()])
}
