//! A byte-wise HPACK state machine that finds the string literals of a header block.
//! <https://www.rfc-editor.org/rfc/rfc7541#section-6>

/// `:authority` in HPACK's static table.
const AUTHORITY_INDEX: u8 = 1;

/// The position of the next byte in a header block.
#[derive(Debug, Clone, Copy, Default)]
pub enum HpackState {
    /// Before a header field.
    #[default]
    Start,
    /// In an index of several bytes, before this string.
    IndexContinuation(StringKind),
    /// Before the length of a string.
    StringLength(StringKind),
    /// In a length of several bytes.
    StringLengthContinuation {
        /// The string.
        text: StringKind,
        /// The length so far.
        length: usize,
        /// The position of the next bits.
        shift: u32,
        /// True for a Huffman-coded string.
        huffman: bool,
    },
    /// In a string.
    StringBytes {
        /// The string.
        text: StringKind,
        /// The number of remaining bytes.
        left: usize,
        /// True for a Huffman-coded string.
        huffman: bool,
    },
}

/// The meaning of a string, or of the string that follows an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StringKind {
    /// No string follows.
    NoString,
    /// The name of a field.
    Name,
    /// The value of a field.
    Value,
    /// The value of `:authority`.
    Authority,
}

impl HpackState {
    /// Returns true if the next byte belongs to an `:authority` value that is not Huffman-coded.
    pub fn is_in_plain_authority(self) -> bool {
        matches!(
            self,
            HpackState::StringBytes {
                text: StringKind::Authority,
                huffman: false,
                ..
            }
        )
    }

    /// The state after a byte.
    pub fn next(self, byte: u8) -> HpackState {
        match self {
            HpackState::Start => HpackState::from_first_byte(byte),
            HpackState::IndexContinuation(text) if byte & 0x80 != 0 => {
                HpackState::IndexContinuation(text)
            }
            HpackState::IndexContinuation(text) => text.length_state(),
            HpackState::StringLength(text) => {
                let huffman = byte & 0x80 != 0;
                match usize::from(byte & 0x7f) {
                    0x7f => HpackState::StringLengthContinuation {
                        text,
                        length: 0x7f,
                        shift: 0,
                        huffman,
                    },
                    length => text.bytes_state(length, huffman),
                }
            }
            HpackState::StringLengthContinuation {
                text,
                length,
                shift,
                huffman,
            } => {
                let more = usize::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
                let length = length.saturating_add(more);
                if byte & 0x80 == 0 {
                    return text.bytes_state(length, huffman);
                }
                let shift = shift.saturating_add(7);
                HpackState::StringLengthContinuation {
                    text,
                    length,
                    shift,
                    huffman,
                }
            }
            HpackState::StringBytes {
                text,
                left,
                huffman,
            } => text.bytes_state(left - 1, huffman),
        }
    }

    /// The state after the first byte of a header field.
    fn from_first_byte(byte: u8) -> HpackState {
        let (mask, literal) = match byte {
            0x80.. => (0x7f, false),
            0x40.. => (0x3f, true),
            0x20.. => (0x1f, false),
            _ => (0x0f, true),
        };
        let text = match byte & mask {
            _ if !literal => StringKind::NoString,
            0 => StringKind::Name,
            AUTHORITY_INDEX => StringKind::Authority,
            _ => StringKind::Value,
        };
        if byte & mask == mask {
            HpackState::IndexContinuation(text)
        } else {
            text.length_state()
        }
    }
}

impl StringKind {
    fn length_state(self) -> HpackState {
        if self == StringKind::NoString {
            HpackState::Start
        } else {
            HpackState::StringLength(self)
        }
    }

    /// The state in this string with `left` bytes remaining, or after the string if `left` is 0.
    fn bytes_state(self, left: usize, huffman: bool) -> HpackState {
        match (left, self) {
            (0, StringKind::Name) => HpackState::StringLength(StringKind::Value),
            (0, _) => HpackState::Start,
            (left, text) => HpackState::StringBytes {
                text,
                left,
                huffman,
            },
        }
    }
}
