//! Help for JSON syntax errors: the bracket that is not closed, the word that is not a JSON value, the missing comma.

use crate::diag::Position;
use crate::json;

/// The message and the help for a syntax error.
pub fn explain_syntax_error(text: &str, error: json::Error) -> (String, String) {
    let message = error.describe(text);
    let rest = text.get(error.offset..).unwrap_or("");
    let first = rest.chars().next();
    let help = match (error.kind, first) {
        (json::ErrorKind::UnexpectedEnd, _) | (_, None) => return explain_end(text, message),
        (json::ErrorKind::Expected("a value" | "a string"), Some('}' | ']')) => {
            "remove the comma: JSON allows no trailing comma".to_owned()
        }
        (_, Some('#' | '/')) => "JSON has no comments: remove it, or write YAML".to_owned(),
        (_, Some('\'')) => "write the string in double quotes".to_owned(),
        (json::ErrorKind::Expected("a value"), Some(c)) if c.is_alphabetic() => {
            return explain_word(rest);
        }
        (json::ErrorKind::Expected("a string"), Some(c)) if c.is_alphabetic() || c == '_' => {
            format!("put double quotes around the key: `\"{}\"`", word(rest))
        }
        (json::ErrorKind::Expected("`:`"), _) => {
            "write `:` between the key and its value".to_owned()
        }
        (json::ErrorKind::Expected("`,` or `}`" | "`,` or `]`"), Some(c)) => {
            explain_separator(text, error.offset, c)
        }
        (json::ErrorKind::ControlCharacter, _) => {
            "close the string on its line, or write a line break in it as `\\n`".to_owned()
        }
        (json::ErrorKind::InvalidEscape, _) => "write `\\\\` for a backslash".to_owned(),
        (json::ErrorKind::Expected("a value"), Some('.' | '+')) => {
            "write a digit before the point, and no plus sign".to_owned()
        }
        (json::ErrorKind::Expected("the end of a number"), _) => {
            "write a number without leading zeros, or put double quotes around it".to_owned()
        }
        (json::ErrorKind::Expected("the end of the text"), Some('}' | ']')) => {
            "remove the bracket: everything before it is closed".to_owned()
        }
        _ => String::new(),
    };
    (message, help)
}

/// Letters, digits and the other characters of a name.
fn word(rest: &str) -> &str {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let end = rest.find(|c| !inside(c)).unwrap_or(rest.len());
    rest.get(..end).unwrap_or("")
}

/// A word in place of a value.
fn explain_word(rest: &str) -> (String, String) {
    let word = word(rest);
    let meant = match &*word.to_ascii_lowercase() {
        "true" | "yes" | "on" => "true",
        "false" | "no" | "off" => "false",
        "null" | "none" | "nil" | "undefined" => "null",
        _ => "",
    };
    let help = match meant {
        "" => format!("put double quotes around it: `\"{word}\"`"),
        _ => format!("write `{meant}`, or `\"{word}\"` for a string"),
    };
    (format!("`{word}` is not a JSON value"), help)
}

/// The help for a character that stands where a comma or a closing bracket is expected.
fn explain_separator(text: &str, offset: usize, found: char) -> String {
    match found {
        '"' | '{' | '[' => "write a comma after the preceding value".to_owned(),
        '}' | ']' => match OpenBrackets::read(text, offset).innermost() {
            Some(open) => format!("{} is not closed", open.describe(text)),
            None => String::new(),
        },
        ':' => "put the pairs of keys and values into an object, `{ … }`".to_owned(),
        _ => String::new(),
    }
}

/// A text that ends too early.
fn explain_end(text: &str, message: String) -> (String, String) {
    let brackets = OpenBrackets::read(text, text.len());
    if let Some(at) = brackets.open_string {
        let Position { line, column } = json::position_at(text, at);
        let message = format!("the string at {line}:{column} is not closed");
        return (message, "write `\"` at its end".to_owned());
    }
    match brackets.suspect.as_ref().or(brackets.stack.last()) {
        Some(open) => (
            format!("{} is not closed", open.describe(text)),
            format!("write `{}` at its end", open.closing()),
        ),
        None => (message, String::new()),
    }
}

/// An opening bracket with the key before it, its depth, and the indentation of its line.
#[derive(Debug, Clone)]
struct OpenBracket<'t> {
    at: usize,
    bracket: u8,
    indentation: usize,
    /// The key before it.
    key: &'t str,
    /// Its depth, from 0.
    depth: usize,
}

impl OpenBracket<'_> {
    fn describe(&self, text: &str) -> String {
        let Position { line, column } = json::position_at(text, self.at);
        let bracket = char::from(self.bracket);
        let of = match (self.key, self.depth) {
            ("", _) => String::new(),
            (key, 2) => format!(" of flag `{key}`"),
            (key, _) => format!(" of `{key}`"),
        };
        format!("the bracket `{bracket}`{of} at {line}:{column}")
    }

    fn closing(&self) -> char {
        if self.bracket == b'{' { '}' } else { ']' }
    }
}

/// The brackets that a text leaves open.
#[derive(Debug, Default)]
struct OpenBrackets<'t> {
    stack: Vec<OpenBracket<'t>>,
    /// The first bracket that is closed at the beginning of a line with another indentation: probably by the bracket of
    /// an outer value.
    suspect: Option<OpenBracket<'t>>,
    /// The start of a string without an end.
    open_string: Option<usize>,
}

impl<'t> OpenBrackets<'t> {
    /// Reads `text` up to the offset `end`.
    fn read(text: &'t str, end: usize) -> OpenBrackets<'t> {
        let bytes = text.as_bytes().get(..end).unwrap_or_default();
        let mut found = OpenBrackets::default();
        let (mut at, mut line_start, mut last_string) = (0, 0, "");
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'\n' => line_start = at + 1,
                b'"' => {
                    let Some(close) = string_end(bytes, at + 1) else {
                        found.open_string = Some(at);
                        return found;
                    };
                    last_string = text.get(at + 1..close).unwrap_or("");
                    at = close;
                }
                b'{' | b'[' => {
                    let before = text.get(line_start..at).unwrap_or("");
                    let is_value = before.trim_end().ends_with(':');
                    found.stack.push(OpenBracket {
                        at,
                        bracket: *byte,
                        indentation: before.len() - before.trim_start().len(),
                        key: if is_value { last_string } else { "" },
                        depth: found.stack.len(),
                    });
                }
                b'}' | b']' => found.close(text.get(line_start..at).unwrap_or("")),
                _ => {}
            }
            at += 1;
        }
        found
    }

    /// Closes the innermost bracket; `before` is the text before the closing one on its line.
    fn close(&mut self, before: &str) {
        let Some(open) = self.stack.pop() else {
            return;
        };
        let is_first = before.trim().is_empty();
        if is_first && before.len() < open.indentation && self.suspect.is_none() {
            self.suspect = Some(open);
        }
    }

    fn innermost(&self) -> Option<&OpenBracket<'t>> {
        self.stack.last()
    }
}

/// The offset of the quote that ends a string on its line.
fn string_end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += 2,
            b'\n' => return None,
            _ => at += 1,
        }
    }
}
