//! The text around a YAML syntax error: its line, the lines above, and the open brackets.

use crate::diag::Position;

/// The line of an error and its surroundings.
pub struct Site<'t> {
    /// The line.
    pub line: &'t str,
    /// The text of the line before the position.
    pub before: &'t str,
    /// The text from the position on.
    pub rest: &'t str,
    /// The lines above.
    pub above: &'t [&'t str],
    /// The last line above that is not empty or a comment, without its comment; empty if there is none.
    pub previous: &'t str,
}

impl<'t> Site<'t> {
    /// The surroundings of `position`.
    pub fn new(lines: &'t [&'t str], position: Position) -> Site<'t> {
        let at = index_of(position.line);
        let line = lines.get(at).copied().unwrap_or("");
        let above = lines.get(..at.min(lines.len())).unwrap_or(&[]);
        let column = line.char_indices().nth(index_of(position.column));
        let (before, rest) = line.split_at(column.map_or(line.len(), |(at, _)| at));
        let previous = above.iter().rev().map(|line| without_comment(line));
        let previous = previous.into_iter().find(|line| !line.trim().is_empty());
        Site {
            line,
            before,
            rest,
            above,
            previous: previous.unwrap_or(""),
        }
    }

    /// Returns true if nothing but indentation stands before the position.
    pub fn is_first_on_line(&self) -> bool {
        self.before.trim().is_empty()
    }
}

/// The index of a line or column, which count from 1.
fn index_of(count: u32) -> usize {
    usize::try_from(count).unwrap_or(1).saturating_sub(1)
}

/// The line of a position.
pub fn line_at<'t>(lines: &[&'t str], position: Position) -> Option<&'t str> {
    lines.get(index_of(position.line)).copied()
}

/// The length of the white space at the start of a line.
pub fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// A line without its comment and the white space before it.
pub fn without_comment(line: &str) -> &str {
    let line = if line.trim_start().starts_with('#') {
        ""
    } else {
        line
    };
    line.split(" #").next().unwrap_or("").trim_end()
}

/// Returns true if a line begins with the dash of a list item.
pub fn is_dash(line: &str) -> bool {
    let line = line.trim_start();
    line == "-" || line.starts_with("- ")
}

/// Returns true if the lines leave a flow collection open. Quotes and comments are skipped.
pub fn inside_brackets(lines: &[&str]) -> bool {
    let mut depth = 0_usize;
    for line in lines {
        let mut quote = None;
        let mut before = ' ';
        for c in line.chars() {
            match (quote, c) {
                (Some(q), _) if c == q => quote = None,
                (None, '"' | '\'') => quote = Some(c),
                (None, '#') if before.is_whitespace() => break,
                (None, '{' | '[') => depth += 1,
                (None, '}' | ']') => depth = depth.saturating_sub(1),
                _ => {}
            }
            before = c;
        }
    }
    depth > 0
}
