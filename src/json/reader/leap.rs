//! Passing over values that were read before, or will be.

use crate::json::Fault;
use crate::json::reader::Reader;
use crate::json::reader::Result;

impl Reader<'_> {
    /// Passes over one value by its brackets and quotes alone: to its end if it is sound, which is for whoever reads it to
    /// see.
    pub fn leap(&mut self) -> Result<()> {
        self.skip_space();
        if !matches!(self.byte(), Some(b'{' | b'[')) {
            return self.skip();
        }
        let mut depth = 0_usize;
        loop {
            match self.byte() {
                Some(b'"') => {
                    self.span()?;
                }
                Some(b'{' | b'[') => {
                    depth += 1;
                    self.at += 1;
                }
                Some(b'}' | b']') => {
                    depth -= 1;
                    self.at += 1;
                    if depth == 0 {
                        return Ok(());
                    }
                }
                Some(_) => self.at += 1,
                None => return self.fail(Fault::End),
            }
        }
    }
}
