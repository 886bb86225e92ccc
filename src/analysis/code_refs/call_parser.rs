//! Parses one SDK call in source code, from its name to the string literal that is the flag key.

use crate::analysis::code_refs::call_pattern::CallPattern;
use crate::analysis::code_refs::flag_reference::FlagReference;

/// Names of the key argument in languages with named arguments.
const KEY_ARGUMENT_NAMES: [&[u8]; 5] = [b"key", b"flag_key", b"flagKey", b"flag", b"flagName"];
/// The maximum distance between the name of a call and its key, in bytes.
const MAX_KEY_DISTANCE: usize = 4096;

/// Returns true if the bytes from `start` to `end` are a whole word.
pub fn is_whole_word(code: &[u8], start: usize, end: usize) -> bool {
    let before = start.checked_sub(1).and_then(|at| code.get(at));
    let inside = |byte: Option<&u8>| byte.is_some_and(|b| is_identifier_byte(*b) || *b == b'-');
    !inside(before) && !inside(code.get(end))
}

fn is_identifier_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// The key of the call whose name is at `start..end`; `None` unless the call matches the pattern and its key is a
/// string literal.
pub fn parse_flag_key(
    code: &[u8],
    start: usize,
    end: usize,
    pattern: &CallPattern,
) -> Option<FlagReference> {
    let line = code
        .get(..start)?
        .rsplit(|b| *b == b'\n')
        .next()?
        .trim_ascii_start();
    let comment = [&b"//"[..], b"/*", b"* ", b"# "];
    if comment.iter().any(|begins| line.starts_with(begins)) {
        return None;
    }
    if let Some(receiver) = &pattern.receiver {
        let before = code.get(..start)?.strip_suffix(b".")?;
        let before = before.strip_suffix(b"?").unwrap_or(before);
        let rest = before.strip_suffix(receiver.as_bytes())?;
        if rest.last().is_some_and(|b| is_identifier_byte(*b)) {
            return None;
        }
    }
    let limit = code.len().min(end + MAX_KEY_DISTANCE);
    let mut cursor = CallParser {
        code: code.get(..limit)?,
        offset: end,
    };
    cursor.skip_type_arguments();
    cursor.accept(b"(")?;
    let mut position = 0;
    loop {
        cursor.skip_whitespace();
        let label = cursor.parse_argument_name();
        if label.is_some_and(|label| KEY_ARGUMENT_NAMES.contains(&label))
            || (label.is_none() && position == pattern.key_argument_index)
        {
            return cursor.parse_string_literal();
        }
        cursor.skip_argument()?;
        position += 1;
    }
}

struct CallParser<'c> {
    code: &'c [u8],
    offset: usize,
}

impl<'c> CallParser<'c> {
    fn peek(&self) -> Option<u8> {
        self.code.get(self.offset).copied()
    }

    fn rest(&self) -> &'c [u8] {
        self.code.get(self.offset..).unwrap_or(&[])
    }

    fn accept(&mut self, text: &[u8]) -> Option<()> {
        self.skip_whitespace();
        self.rest()
            .starts_with(text)
            .then(|| self.offset += text.len())
    }

    /// Skips white space and comments.
    fn skip_whitespace(&mut self) {
        loop {
            let rest = self.rest();
            let white = rest.len() - rest.trim_ascii_start().len();
            self.offset += white;
            let rest = self.rest();
            let end = if rest.starts_with(b"//") {
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
    fn skip_type_arguments(&mut self) {
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

    /// The name of an argument, if it has one: `key: …` or `key=…`.
    fn parse_argument_name(&mut self) -> Option<&'c [u8]> {
        let rest = self.rest();
        let length = rest.iter().take_while(|b| is_identifier_byte(**b)).count();
        let label = rest.get(..length).filter(|label| !label.is_empty())?;
        let behind = rest.get(length..)?;
        let white = behind.len() - behind.trim_ascii_start().len();
        match behind.trim_ascii_start() {
            [b':', b':', ..] | [b'=', b'=' | b'>', ..] => None,
            [b':' | b'=', ..] => {
                self.offset += length + white + 1;
                self.skip_whitespace();
                Some(label)
            }
            _ => None,
        }
    }

    /// Skips one argument and the comma after it.
    fn skip_argument(&mut self) -> Option<()> {
        let mut depth = 0_u32;
        loop {
            match self.peek()? {
                b',' if depth == 0 => {
                    self.offset += 1;
                    return Some(());
                }
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => depth = depth.checked_sub(1)?,
                quote @ (b'"' | b'\'' | b'`') => {
                    self.offset += 1;
                    self.parse_until_quote(quote)?;
                    continue;
                }
                _ => {}
            }
            self.offset += 1;
        }
    }

    /// Returns the text before the closing quote, and skips the quote.
    fn parse_until_quote(&mut self, quote: u8) -> Option<&'c [u8]> {
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

    /// The string literal at this offset, unless it is concatenated or interpolated.
    fn parse_string_literal(&mut self) -> Option<FlagReference> {
        let start = self.offset;
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
        let put_together = filled || find_bytes(inside, b"${").is_some() || inside.contains(&b'\\');
        let whole = matches!(self.peek(), Some(b',' | b')'));
        let key = std::str::from_utf8(inside).ok()?;
        (whole && !put_together && !key.is_empty() && !key.contains('\n')).then(|| FlagReference {
            key: key.to_owned(),
            offset: start,
        })
    }
}

fn find_bytes(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}
