//! Skip of one value by its brackets and quotes, without validation.

use crate::json::error::ErrorKind;
use crate::json::reader::Reader;
use crate::json::reader::Result;

impl Reader<'_> {
    /// Passes over one value by its brackets and quotes. The end is correct only if the value is valid: for values that
    /// are parsed before or after.
    pub fn skip_unchecked(&mut self) -> Result<()> {
        self.skip_whitespace();
        if !matches!(self.peek_byte(), Some(b'{' | b'[')) {
            return self.skip_value();
        }
        let mut depth = 0_usize;
        loop {
            match self.peek_byte() {
                Some(b'"') => {
                    self.string_span()?;
                }
                Some(b'{' | b'[') => {
                    depth += 1;
                    self.offset += 1;
                }
                Some(b'}' | b']') => {
                    depth -= 1;
                    self.offset += 1;
                    if depth == 0 {
                        return Ok(());
                    }
                }
                Some(_) => self.offset += 1,
                None => return self.error_here(ErrorKind::UnexpectedEnd),
            }
        }
    }
}
