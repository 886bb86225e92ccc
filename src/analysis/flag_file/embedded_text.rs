//! `EmbeddedText`: the positions of a text that is a string in a file, such as a flag document in a `ConfigMap`.

use crate::diag::Position;
use crate::document::number_token::TextCursor;

/// Converts positions in a text to positions in the file that contains the text as a string.
#[derive(Debug)]
pub struct EmbeddedText {
    place: TextPlace,
    /// The number of characters before each line of the text.
    line_starts: Vec<usize>,
}

/// The place of a text in a file.
#[derive(Debug)]
enum TextPlace {
    /// The lines of a literal block, each behind the same indentation.
    Block {
        /// The number of lines before the text.
        lines: u32,
        /// The number of columns before each line.
        indentation: u32,
    },
    /// A string in double quotes on one line: the column of each character.
    Quoted {
        /// The line.
        line: u32,
        /// The columns, and the one after the last character.
        columns: Vec<u32>,
    },
    /// A string of another form that begins here. Columns are counted in the text.
    Other(Position),
}

impl EmbeddedText {
    /// Finds the place of a text in a file. The string begins at a position.
    pub fn find(text: &str, start: Position, file: &mut TextCursor<'_>) -> EmbeddedText {
        let written = file.rest_of_line(start).trim_end_matches('\r');
        let place = if written.starts_with('|') {
            find_block(text, start, file)
        } else {
            find_quoted(text, start, written)
        };
        let mut line_starts = vec![0];
        let characters = text.chars().enumerate();
        let ends = characters.filter(|(_, character)| *character == '\n');
        line_starts.extend(ends.map(|(at, _)| at + 1));
        EmbeddedText {
            place: place.unwrap_or(TextPlace::Other(start)),
            line_starts,
        }
    }

    /// Returns the position in the file of a position in the text.
    pub fn map(&self, position: Position) -> Position {
        let (line, column) = (as_index(position.line), as_index(position.column));
        let offset = self.line_starts.get(line).copied().unwrap_or(0) + column;
        match &self.place {
            TextPlace::Block { lines, indentation } => Position {
                line: lines + position.line,
                column: indentation + position.column,
            },
            TextPlace::Quoted { line, columns } => Position {
                line: *line,
                column: columns.get(offset).or(columns.last()).copied().unwrap_or(1),
            },
            // The positions of two flags must differ.
            TextPlace::Other(start) => Position {
                line: start.line,
                column: start.column.saturating_add(as_count(offset)),
            },
        }
    }
}

/// A literal block behind its header; `None` if its lines are not those of the text.
fn find_block(text: &str, header: Position, file: &mut TextCursor<'_>) -> Option<TextPlace> {
    let mut indentation = None;
    for (at, line) in (header.line + 1..).zip(text.lines()) {
        let written = file.rest_of_line(Position {
            line: at,
            column: 1,
        });
        let before = written.trim_end_matches('\r').strip_suffix(line);
        if line.is_empty() {
            continue;
        }
        let width = before?.chars().count();
        if *indentation.get_or_insert(width) != width || !before?.trim_matches(' ').is_empty() {
            return None;
        }
    }
    Some(TextPlace::Block {
        lines: header.line,
        indentation: as_count(indentation?),
    })
}

/// A string in double quotes; `None` if it has another form, or more than one line.
fn find_quoted(text: &str, start: Position, written: &str) -> Option<TextPlace> {
    let mut characters = written.strip_prefix('"')?.chars();
    let (mut columns, mut column) = (Vec::new(), start.column + 1);
    loop {
        columns.push(column);
        let length = match characters.next()? {
            '"' => break,
            '\\' => escape_length(&mut characters)?,
            _ => 1,
        };
        column += length;
    }
    let is_whole = columns.len() == text.chars().count() + 1;
    let line = start.line;
    is_whole.then_some(TextPlace::Quoted { line, columns })
}

/// The length of an escape behind its backslash, which is counted.
fn escape_length(characters: &mut std::str::Chars<'_>) -> Option<u32> {
    let digits = match characters.next()? {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        _ => return Some(2),
    };
    let code: String = characters.by_ref().take(digits).collect();
    let is_high = digits == 4 && matches!(u32::from_str_radix(&code, 16), Ok(0xD800..=0xDBFF));
    let mut length = 2 + as_count(digits);
    if is_high && characters.as_str().starts_with("\\u") {
        // Two escapes are one character.
        length += 6;
        characters.nth(5)?;
    }
    Some(length)
}

fn as_index(count: u32) -> usize {
    usize::try_from(count.saturating_sub(1)).unwrap_or(usize::MAX)
}

fn as_count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text at the place in `file` of each `x` in `text`.
    fn found(file: &str, text: &str, start: Position) -> Vec<String> {
        let embedded = EmbeddedText::find(text, start, &mut TextCursor::new(file));
        let marks = text.match_indices('x');
        let position = marks.map(|(at, _)| crate::json::position_at(text, at));
        let rest = position.map(|at| {
            let rest = TextCursor::new(file)
                .rest_of_line(embedded.map(at))
                .to_owned();
            rest.chars().take(2).collect()
        });
        rest.collect()
    }

    #[test]
    fn positions_in_blocks_and_strings_are_those_of_the_file() {
        let at = |line, column| Position { line, column };
        let block = "a: |2-\r\n\r\n    é: x1\r\n      x2\r\nb: c\r\n";
        assert_eq!(found(block, "\n  é: x1\n    x2", at(1, 4)), ["x1", "x2"]);
        for (file, text) in [
            (r#"{"a": "é\tx1\n\"x2"}"#, "é\tx1\n\"x2"),
            (r#"{"a": "\u00e9x1\ud83d\ude00\nx2"}"#, "éx1😀\nx2"),
            (r#"{"a": "\x41\U0001F600x1\/x2"}"#, "A😀x1/x2"),
        ] {
            assert_eq!(found(file, text, at(1, 7)), ["x1", "x2"], "{file}");
        }
        // A folded block: the line of its header.
        let folded = EmbeddedText::find(
            "x\ny",
            at(3, 4),
            &mut TextCursor::new("\n\na: >\n  x\n\n  y\n"),
        );
        assert_eq!(folded.map(at(1, 1)), at(3, 4));
        assert_eq!(folded.map(at(2, 1)), at(3, 6));
    }
}
