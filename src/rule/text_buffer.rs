//! `TextBuffer`: a string builder that keeps short texts on the stack.

use smallvec::SmallVec;

use crate::rule::coerce;
use crate::rule::error::EvalError;
use crate::value::Value;

/// Text under construction; short texts stay on the stack.
#[derive(Debug, Default)]
pub struct TextBuffer(SmallVec<[u8; 128]>);

impl std::fmt::Write for TextBuffer {
    fn write_str(&mut self, s: &str) -> std::fmt::Result {
        self.0.extend_from_slice(s.as_bytes());
        Ok(())
    }
}

impl TextBuffer {
    /// The text so far.
    pub fn as_str(&self) -> &str {
        // INVARIANT: only whole strings are ever appended.
        std::str::from_utf8(&self.0).unwrap_or("")
    }

    /// Appends all values as text.
    pub fn append_all(&mut self, values: &[Value<'_>]) -> Result<(), EvalError> {
        values
            .iter()
            .try_for_each(|value| coerce::write_text(self, *value))
    }
}
