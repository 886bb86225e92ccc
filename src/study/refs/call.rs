//! One call in source code: from its name to the string that is its key.

use crate::study::refs::Use;
use crate::study::refs::pattern::Pattern;

/// What a key is called where arguments have names.
const LABELS: [&[u8]; 5] = [b"key", b"flag_key", b"flagKey", b"flag", b"flagName"];
/// How far the key may be from the name of its call, in bytes.
const REACH: usize = 4096;

/// Whether what stands from `start` to `end` is a word of its own.
pub fn is_word(code: &[u8], start: usize, end: usize) -> bool {
    let before = start.checked_sub(1).and_then(|at| code.get(at));
    let inside = |byte: Option<&u8>| byte.is_some_and(|b| is_letter(*b) || *b == b'-');
    !inside(before) && !inside(code.get(end))
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// The key of the call whose name stands from `start` to `end`, if this is a call of that pattern with a string for key.
pub fn key(code: &[u8], start: usize, end: usize, pattern: &Pattern) -> Option<Use> {
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
        if rest.last().is_some_and(|b| is_letter(*b)) {
            return None;
        }
    }
    let limit = code.len().min(end + REACH);
    let mut cursor = Cursor {
        code: code.get(..limit)?,
        at: end,
    };
    cursor.generics();
    cursor.take(b"(")?;
    let mut position = 0;
    loop {
        cursor.space();
        let label = cursor.label();
        if label.is_some_and(|label| LABELS.contains(&label))
            || (label.is_none() && position == pattern.before)
        {
            return cursor.string();
        }
        cursor.argument()?;
        position += 1;
    }
}

struct Cursor<'c> {
    code: &'c [u8],
    at: usize,
}

impl<'c> Cursor<'c> {
    fn peek(&self) -> Option<u8> {
        self.code.get(self.at).copied()
    }

    fn rest(&self) -> &'c [u8] {
        self.code.get(self.at..).unwrap_or(&[])
    }

    fn take(&mut self, text: &[u8]) -> Option<()> {
        self.space();
        self.rest().starts_with(text).then(|| self.at += text.len())
    }

    /// Over white space and comments.
    fn space(&mut self) {
        loop {
            let rest = self.rest();
            let white = rest.len() - rest.trim_ascii_start().len();
            self.at += white;
            let rest = self.rest();
            let end = if rest.starts_with(b"//") {
                find(rest, b"\n")
            } else if rest.starts_with(b"/*") {
                find(rest, b"*/").map(|at| at + 2)
            } else {
                return;
            };
            self.at += end.unwrap_or(rest.len());
        }
    }

    /// Over what stands between a name and its arguments: `<T>` or `::<T>`.
    fn generics(&mut self) {
        let start = self.at;
        let _ = self.take(b"::");
        if self.take(b"<").is_none() {
            self.at = start;
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
            self.at += 1;
        }
    }

    /// The name of an argument, if it has one: `key: …` or `key=…`.
    fn label(&mut self) -> Option<&'c [u8]> {
        let rest = self.rest();
        let length = rest.iter().take_while(|b| is_letter(**b)).count();
        let label = rest.get(..length).filter(|label| !label.is_empty())?;
        let behind = rest.get(length..)?;
        let white = behind.len() - behind.trim_ascii_start().len();
        match behind.trim_ascii_start() {
            [b':', b':', ..] | [b'=', b'=' | b'>', ..] => None,
            [b':' | b'=', ..] => {
                self.at += length + white + 1;
                self.space();
                Some(label)
            }
            _ => None,
        }
    }

    /// Over one argument and the comma behind it.
    fn argument(&mut self) -> Option<()> {
        let mut depth = 0_u32;
        loop {
            match self.peek()? {
                b',' if depth == 0 => {
                    self.at += 1;
                    return Some(());
                }
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => depth = depth.checked_sub(1)?,
                quote @ (b'"' | b'\'' | b'`') => {
                    self.at += 1;
                    self.until(quote)?;
                    continue;
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    /// Up to the quote that ends a string, and over it. What is inside.
    fn until(&mut self, quote: u8) -> Option<&'c [u8]> {
        let start = self.at;
        loop {
            match self.peek()? {
                b'\\' => self.at += 2,
                byte if byte == quote => break,
                _ => self.at += 1,
            }
        }
        let inside = self.code.get(start..self.at)?;
        self.at += 1;
        Some(inside)
    }

    /// The string that stands here, if nothing is done to it.
    fn string(&mut self) -> Option<Use> {
        let start = self.at;
        let letters = self.rest().iter();
        let prefix = letters
            .take_while(|b| matches!(b, b'r' | b'u' | b'b' | b'f' | b'R' | b'F' | b'@' | b'$'));
        let prefix = self.rest().get(..prefix.count())?;
        self.at += prefix.len();
        let hashes = self.rest().iter().take_while(|b| **b == b'#').count();
        self.at += hashes;
        let quote = self.peek().filter(|b| matches!(b, b'"' | b'\'' | b'`'))?;
        self.at += 1;
        let inside = self.until(quote)?;
        self.at += hashes;
        self.space();
        let filled =
            prefix.iter().any(|b| matches!(b, b'f' | b'F' | b'$')) && inside.contains(&b'{');
        let put_together = filled || find(inside, b"${").is_some() || inside.contains(&b'\\');
        let whole = matches!(self.peek(), Some(b',' | b')'));
        let key = std::str::from_utf8(inside).ok()?;
        (whole && !put_together && !key.is_empty() && !key.contains('\n')).then(|| Use {
            key: key.to_owned(),
            at: start,
        })
    }
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}
