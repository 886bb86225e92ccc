//! A cursor over source code: white space, comments, argument lists and string literals, in the syntax of all SDKs.

/// A position in source code.
#[derive(Debug)]
pub struct SourceCursor<'c> {
    /// The code up to the end of the search.
    pub code: &'c [u8],
    /// The offset of the next byte.
    pub offset: usize,
    /// True if `#` begins a comment.
    pub hash_comments: bool,
}

/// One argument of a call, without white space around it.
#[derive(Debug, Clone, Copy)]
pub struct Argument<'c> {
    /// The name of a named argument.
    pub name: Option<&'c [u8]>,
    /// The offset of its first byte.
    pub start: usize,
    /// The offset behind its last byte.
    pub end: usize,
}

/// Returns true if a byte may be part of a name.
pub fn is_identifier_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

impl<'c> SourceCursor<'c> {
    /// The next byte.
    pub fn peek(&self) -> Option<u8> {
        self.code.get(self.offset).copied()
    }

    /// The code from the offset on.
    pub fn rest(&self) -> &'c [u8] {
        self.code.get(self.offset..).unwrap_or(&[])
    }

    /// Skips white space and `text`, if it follows.
    pub fn accept(&mut self, text: &[u8]) -> Option<()> {
        self.skip_whitespace();
        self.rest()
            .starts_with(text)
            .then(|| self.offset += text.len())
    }

    /// Skips white space and comments.
    pub fn skip_whitespace(&mut self) {
        loop {
            let rest = self.rest();
            let white = rest.len() - rest.trim_ascii_start().len();
            self.offset += white;
            let rest = self.rest();
            let end = if rest.starts_with(b"//") || (self.hash_comments && rest.starts_with(b"#")) {
                find_bytes(rest, b"\n")
            } else if rest.starts_with(b"/*") {
                find_bytes(rest, b"*/").map(|at| at + 2)
            } else {
                return;
            };
            self.offset += end.unwrap_or(rest.len());
        }
    }

    /// Skips type arguments between a name and its arguments: `<T>` or `::<T>`.
    pub fn skip_type_arguments(&mut self) {
        let start = self.offset;
        let _ = self.accept(b"::");
        if self.accept(b"<").is_none() {
            self.offset = start;
            return;
        }
        let mut depth = 1;
        while let Some(byte) = self.peek().filter(|_| depth > 0) {
            match byte {
                b'<' => depth += 1,
                b'>' => depth -= 1,
                b';' => break,
                _ => {}
            }
            self.offset += 1;
        }
    }

    /// The word at the offset, which may be empty.
    pub fn parse_word(&mut self) -> &'c [u8] {
        let rest = self.rest();
        let length = rest.iter().take_while(|b| is_identifier_byte(**b)).count();
        self.offset += length;
        rest.get(..length).unwrap_or(&[])
    }

    /// The arguments up to the closing parenthesis, or up to the end of the line if there are no parentheses. An
    /// argument that the code does not complete is left out.
    pub fn parse_arguments(&mut self, parentheses: bool) -> Vec<Argument<'c>> {
        let mut arguments = Vec::new();
        loop {
            self.skip_whitespace();
            let name = self.parse_argument_name();
            let start = self.offset;
            let Some(last) = self.skip_argument(parentheses) else {
                return arguments;
            };
            let text = self.code.get(start..self.offset).unwrap_or(&[]);
            let end = start + text.trim_ascii_end().len();
            if end > start || name.is_some() {
                arguments.push(Argument { name, start, end });
            }
            if last {
                return arguments;
            }
            self.offset += 1;
        }
    }

    /// The name of an argument, if it has one: `key: …` or `key=…`.
    fn parse_argument_name(&mut self) -> Option<&'c [u8]> {
        let start = self.offset;
        let name = self.parse_word();
        let rest = self.rest();
        let white = rest.len() - rest.trim_ascii_start().len();
        let named = match rest.trim_ascii_start() {
            [b':', b':', ..] | [b'=', b'=' | b'>' | b'~', ..] => false,
            [b':' | b'=', ..] => !name.is_empty(),
            _ => false,
        };
        if !named {
            self.offset = start;
            return None;
        }
        self.offset += white + 1;
        self.skip_whitespace();
        Some(name)
    }

    /// Skips one argument up to the comma or the end of the call. Returns true at the end of the call, and `None` if the
    /// code ends before.
    fn skip_argument(&mut self, parentheses: bool) -> Option<bool> {
        let mut depth = 0_u32;
        loop {
            let Some(byte) = self.peek() else {
                return (!parentheses && depth == 0).then_some(true);
            };
            match byte {
                b',' if depth == 0 => return Some(false),
                b'\n' | b';' if depth == 0 && !parentheses => return Some(true),
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' if depth == 0 => return Some(true),
                b')' | b']' | b'}' => depth -= 1,
                b'"' | b'\'' | b'`' => {
                    self.offset += 1;
                    self.parse_until_quote(byte)?;
                    continue;
                }
                _ => {}
            }
            self.offset += 1;
        }
    }

    /// Returns the text before the closing quote, and skips the quote.
    pub fn parse_until_quote(&mut self, quote: u8) -> Option<&'c [u8]> {
        let start = self.offset;
        loop {
            match self.peek()? {
                b'\\' => self.offset += 2,
                byte if byte == quote => break,
                _ => self.offset += 1,
            }
        }
        let inside = self.code.get(start..self.offset)?;
        self.offset += 1;
        Some(inside)
    }

    /// The string literal at the offset, unless it is interpolated or has escapes. Skips it and white space after it.
    pub fn parse_string_literal(&mut self) -> Option<String> {
        let letters = self.rest().iter();
        let prefix = letters
            .take_while(|b| matches!(b, b'r' | b'u' | b'b' | b'f' | b'R' | b'F' | b'@' | b'$'));
        let prefix = self.rest().get(..prefix.count())?;
        self.offset += prefix.len();
        let hashes = self.rest().iter().take_while(|b| **b == b'#').count();
        self.offset += hashes;
        let quote = self.peek().filter(|b| matches!(b, b'"' | b'\'' | b'`'))?;
        self.offset += 1;
        let inside = self.parse_until_quote(quote)?;
        self.offset += hashes;
        self.skip_whitespace();
        let filled =
            prefix.iter().any(|b| matches!(b, b'f' | b'F' | b'$')) && inside.contains(&b'{');
        let plain = !filled && !is_interpolated(inside) && !inside.contains(&b'\\');
        let key = std::str::from_utf8(inside).ok()?;
        (plain && !key.is_empty() && !key.contains('\n')).then(|| key.to_owned())
    }
}

/// Returns true for `${n}` and `$n` (JavaScript, Kotlin, Dart, PHP, Scala) and `#{n}` (Ruby, Elixir).
fn is_interpolated(inside: &[u8]) -> bool {
    inside.windows(2).any(|pair| match pair {
        [b'$', next] => *next == b'{' || *next == b'_' || next.is_ascii_alphabetic(),
        [b'#', next] => *next == b'{',
        _ => false,
    })
}

/// The offset of `part` in `text`.
pub fn find_bytes(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}
