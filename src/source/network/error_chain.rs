//! Why something failed, in one line.

use std::error::Error;

/// An error and what caused it, joined by colons. What an error already says of its cause is not repeated.
pub fn format_chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text += ": ";
            text += &more;
        }
        cause = error.source();
    }
    text.replace(['\n', '\r'], " ")
}
