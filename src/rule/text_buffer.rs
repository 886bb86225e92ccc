//! `TextBuffer`: a string builder that keeps short texts on the stack.

use smallvec::SmallVec;

use crate::rule::coerce;
use crate::rule::error::EvalError;
use crate::rule::scope::Scope;
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

    /// Appends a value as text, and charges the evaluation's budget for it.
    pub fn append(&mut self, value: Value<'_>, scope: &Scope<'_, '_>) -> Result<(), EvalError> {
        let before = self.0.len();
        coerce::write_text(self, value)?;
        scope.spend_for_scan(self.0.len() - before)
    }

    /// Appends all values as text, and charges the evaluation's budget for each.
    pub fn append_all(
        &mut self,
        values: &[Value<'_>],
        scope: &Scope<'_, '_>,
    ) -> Result<(), EvalError> {
        values
            .iter()
            .try_for_each(|value| self.append(*value, scope))
    }
}
