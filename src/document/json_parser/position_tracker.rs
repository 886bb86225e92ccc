//! `PositionTracker`: converts increasing byte offsets to lines and columns in one pass over the text.
//!
//! [`crate::json::position_at`] computes the same for one offset, from the start of the text.

use crate::diag::Position;

/// The maximum number of bytes that are scanned ahead.
const LOOKAHEAD_BYTES: usize = 64 * 1024;

/// Converts increasing byte offsets to lines and columns in one pass over the text.
#[derive(Debug)]
pub struct PositionTracker<'t> {
    text: &'t str,
    offset: usize,
    position: Position,
    /// Up to this offset each byte is a character on the current line.
    ascii_line_until: usize,
}

impl<'t> PositionTracker<'t> {
    /// A tracker at the start of `text`.
    pub fn new(text: &'t str) -> PositionTracker<'t> {
        PositionTracker {
            text,
            offset: 0,
            position: Position::START,
            ascii_line_until: 0,
        }
    }

    /// The text.
    pub fn text(&self) -> &'t str {
        self.text
    }

    /// The position of `at`, which must not be before the last offset.
    #[inline]
    pub fn advance_to(&mut self, at: usize) -> Position {
        if at > self.ascii_line_until {
            self.rescan(at);
        } else {
            let columns = u32::try_from(at.saturating_sub(self.offset)).unwrap_or(u32::MAX);
            self.position.column = self.position.column.saturating_add(columns);
        }
        self.offset = self.offset.max(at);
        self.position
    }

    /// Counts lines and characters up to `at`, and scans ahead for the end of the line or a non-ASCII character.
    fn rescan(&mut self, at: usize) {
        let passed = self.text.as_bytes().get(self.offset..at).unwrap_or(&[]);
        let line = match passed.iter().rposition(|b| *b == b'\n') {
            Some(last) => {
                let lines = count_bytes(passed, |b| b == b'\n');
                self.position.line = self.position.line.saturating_add(lines);
                self.position.column = 1;
                passed.get(last + 1..).unwrap_or(&[])
            }
            None => passed,
        };
        let columns = count_bytes(line, starts_character);
        self.position.column = self.position.column.saturating_add(columns);
        let ahead = self.text.as_bytes().get(at..).unwrap_or(&[]);
        self.ascii_line_until = at + ascii_line_len(ahead.get(..LOOKAHEAD_BYTES).unwrap_or(ahead));
    }
}

/// Returns true if a byte is the first of a UTF-8 character.
fn starts_character(byte: u8) -> bool {
    byte & 0xC0 != 0x80
}

/// The number of `wanted` bytes. Chunks of 255 are summed in a byte, which the compiler vectorizes.
fn count_bytes(bytes: &[u8], wanted: impl Fn(u8) -> bool) -> u32 {
    let part = |part: &[u8]| part.iter().map(|b| u8::from(wanted(*b))).sum::<u8>();
    bytes.chunks(255).map(|bytes| u32::from(part(bytes))).sum()
}

/// The number of bytes before the first line feed or non-ASCII byte.
fn ascii_line_len(bytes: &[u8]) -> usize {
    let special = |byte: &u8| *byte == b'\n' || !byte.is_ascii();
    // A fold without early exit is vectorized.
    let none = |piece: &&[u8]| !piece.iter().fold(false, |any, byte| any | special(byte));
    let pieces = bytes.chunks(64).take_while(none);
    let start = pieces.map(<[u8]>::len).sum();
    let rest = bytes.get(start..).unwrap_or(&[]);
    start + rest.iter().position(special).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::json;

    /// Text with line breaks and non-ASCII characters, longer than the lookahead.
    fn text() -> impl Strategy<Value = String> {
        let long = "x".repeat(LOOKAHEAD_BYTES + 70);
        let piece = prop_oneof![
            8 => prop::sample::select(vec!["a", "{\"b\": 1}", "é", "😀", "\n", "\r\n", "        "])
                .prop_map(str::to_owned),
            1 => Just(long),
        ];
        prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn incremental_positions_equal_positions_counted_from_the_start(text in text(), at in prop::collection::vec(0..200_000_usize, 0..20)) {
            let boundary = |at: usize| (0..=at % (text.len() + 1)).rev().find(|at| text.is_char_boundary(*at));
            let mut offsets: Vec<_> = at.into_iter().filter_map(boundary).collect();
            offsets.sort_unstable();
            let mut positions = PositionTracker::new(&text);
            for at in offsets {
                prop_assert_eq!(positions.advance_to(at), json::position_at(&text, at), "{}", at);
            }
        }
    }
}
