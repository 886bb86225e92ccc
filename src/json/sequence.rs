//! Brackets, commas and line breaks of an object or array under construction.

/// The white space after colons and commas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spacing {
    /// `{"a":1,"b":2}`
    None,
    /// `{"a": 1, "b": 2}`
    Space,
}

/// The buffer of an object or array under construction, and the state of its separators.
#[derive(Debug)]
pub struct Sequence<'o> {
    /// The buffer.
    pub out: &'o mut String,
    /// The white space after separators.
    pub spacing: Spacing,
    /// True to break the line before the next member or item.
    pub line_break: bool,
    is_empty: bool,
}

impl<'o> Sequence<'o> {
    /// Appends the opening bracket.
    #[inline]
    pub fn open(out: &'o mut String, bracket: char, spacing: Spacing) -> Sequence<'o> {
        out.push(bracket);
        Sequence {
            out,
            spacing,
            line_break: false,
            is_empty: true,
        }
    }

    /// Appends the separator before the next member or item.
    #[inline]
    pub fn separate(&mut self) {
        let first = std::mem::replace(&mut self.is_empty, false);
        if !first {
            self.out.push(',');
        }
        if std::mem::take(&mut self.line_break) {
            self.out.push('\n');
        } else if !first && self.spacing == Spacing::Space {
            self.out.push(' ');
        }
    }

    /// Appends the closing bracket.
    #[inline]
    pub fn close(self, bracket: char) {
        if self.line_break {
            self.out.push('\n');
        }
        self.out.push(bracket);
    }
}
