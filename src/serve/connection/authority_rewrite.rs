//! What clients on a Unix socket call the host.
//!
//! gRPC for Java sends the path of the socket as the `:authority`, which is none: hyper would refuse every request. Here
//! what does not belong in an authority is replaced as it passes, byte for byte: nothing moves, so the tables of headers
//! that both sides keep stay alike. Values in Huffman's code are left alone; Netty uses it from 512 bytes on only, and the
//! path of a socket is shorter.

/// How long what a client says before its first frame is.
const PREFACE_LENGTH: usize = 24;
/// How long the head of a frame is.
const FRAME_HEADER_LENGTH: usize = 9;
const HEADERS: u8 = 1;
const CONTINUATION: u8 = 9;
const PADDED: u8 = 0x8;
const PRIORITY: u8 = 0x20;
/// The length of what `PRIORITY` announces.
const PRIORITY_LENGTH: usize = 5;
/// `:authority` in HPACK's static table.
const AUTHORITY_INDEX: u8 = 1;

/// Reads along with one HTTP/2 connection.
#[derive(Debug)]
pub struct AuthorityRewriter {
    frame_header: [u8; FRAME_HEADER_LENGTH],
    /// How much of the head of the next frame there is.
    frame_header_read: usize,
    /// How much of the payload is to come.
    payload_left: usize,
    /// Whether the payload is of headers.
    in_header_block: bool,
    padded: bool,
    /// What stands in the payload before the headers.
    skip: usize,
    /// What stands in it after them.
    padding: usize,
    /// A header may go on in the next frame.
    hpack: HpackState,
}

/// Where in a block of headers the next byte stands.
/// <https://www.rfc-editor.org/rfc/rfc7541#section-6>
#[derive(Debug, Clone, Copy)]
enum HpackState {
    /// Before a header.
    Start,
    /// In a number of several bytes, before this.
    IndexContinuation(StringKind),
    /// Before the length of a text.
    StringLength(StringKind),
    /// In a length of several bytes.
    StringLengthContinuation {
        text: StringKind,
        length: usize,
        shift: u32,
        huffman: bool,
    },
    /// In a text.
    StringBytes {
        text: StringKind,
        left: usize,
        huffman: bool,
    },
}

/// What a text, or what follows a number, is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StringKind {
    NoString,
    Name,
    Value,
    Authority,
}

impl Default for AuthorityRewriter {
    fn default() -> AuthorityRewriter {
        AuthorityRewriter {
            frame_header: [0; FRAME_HEADER_LENGTH],
            frame_header_read: 0,
            payload_left: PREFACE_LENGTH,
            in_header_block: false,
            padded: false,
            skip: 0,
            padding: 0,
            hpack: HpackState::Start,
        }
    }
}

impl AuthorityRewriter {
    /// Replaces what does not belong in an authority in the next bytes of the connection.
    pub fn rewrite(&mut self, bytes: &mut [u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            // A byte of a frame's head, or what there is of its payload.
            let count = self.payload_left.clamp(1, rest.len());
            let Some((now, later)) = rest.split_at_mut_checked(count) else {
                return;
            };
            match (self.payload_left, self.in_header_block) {
                (0, _) => now.iter().for_each(|byte| self.frame_header_byte(*byte)),
                (_, true) => now.iter_mut().for_each(|byte| self.payload_byte(byte)),
                (_, false) => self.payload_left -= count,
            }
            rest = later;
        }
    }

    /// The next byte of a frame's head.
    fn frame_header_byte(&mut self, byte: u8) {
        if let Some(place) = self.frame_header.get_mut(self.frame_header_read) {
            *place = byte;
        }
        self.frame_header_read += 1;
        if self.frame_header_read < FRAME_HEADER_LENGTH {
            return;
        }
        let [a, b, c, kind, flags, ..] = self.frame_header;
        self.frame_header_read = 0;
        self.payload_left = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
        self.in_header_block = matches!(kind, HEADERS | CONTINUATION);
        let first = kind == HEADERS;
        self.padded = first && flags & PADDED != 0;
        let dependency = if first && flags & PRIORITY != 0 {
            PRIORITY_LENGTH
        } else {
            0
        };
        self.skip = usize::from(self.padded) + dependency;
        self.padding = 0;
        if first {
            self.hpack = HpackState::Start;
        }
    }

    /// The next byte of the payload of a frame of headers.
    fn payload_byte(&mut self, byte: &mut u8) {
        if self.padded {
            self.padding = usize::from(*byte);
            self.padded = false;
        }
        if self.skip > 0 {
            self.skip -= 1;
        } else if self.payload_left > self.padding {
            self.hpack = self.hpack.next(byte);
        }
        self.payload_left -= 1;
    }
}

impl HpackState {
    /// Where the byte after this one stands.
    fn next(self, byte: &mut u8) -> HpackState {
        match self {
            HpackState::Start => HpackState::from_first_byte(*byte),
            HpackState::IndexContinuation(text) if *byte & 0x80 != 0 => {
                HpackState::IndexContinuation(text)
            }
            HpackState::IndexContinuation(text) => text.length_state(),
            HpackState::StringLength(text) => {
                let huffman = *byte & 0x80 != 0;
                match usize::from(*byte & 0x7f) {
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
                let more = usize::from(*byte & 0x7f).checked_shl(shift).unwrap_or(0);
                let length = length.saturating_add(more);
                if *byte & 0x80 == 0 {
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
            } => {
                let fits = byte.is_ascii_alphanumeric() || b".-_~:[]".contains(byte);
                if text == StringKind::Authority && !huffman && !fits {
                    *byte = b'-';
                }
                text.bytes_state(left - 1, huffman)
            }
        }
    }

    /// What the first byte of a header says of the rest.
    fn from_first_byte(byte: u8) -> HpackState {
        let (most, literal) = match byte {
            0x80.. => (0x7f, false),
            0x40.. => (0x3f, true),
            0x20.. => (0x1f, false),
            _ => (0x0f, true),
        };
        let text = match byte & most {
            _ if !literal => StringKind::NoString,
            0 => StringKind::Name,
            AUTHORITY_INDEX => StringKind::Authority,
            _ => StringKind::Value,
        };
        if byte & most == most {
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

    /// In this text with so many bytes to come, or after it.
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

#[cfg(test)]
mod tests {
    use super::AuthorityRewriter;

    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        let length = u8::try_from(payload.len()).expect("a short payload");
        let head = [0, 0, length, kind, flags, 0, 0, 0, 1];
        [&head[..], payload].concat()
    }

    /// Mends bytes that come in pieces of any one length.
    fn check(frames: &[Vec<u8>], want: &[Vec<u8>]) {
        let (given, want) = (frames.concat(), want.concat());
        for length in 1..=given.len() + PREFACE.len() {
            let mut bytes = [PREFACE, &given].concat();
            let mut authority = AuthorityRewriter::default();
            bytes
                .chunks_mut(length)
                .for_each(|piece| authority.rewrite(piece));
            assert_eq!(bytes, [PREFACE, &want].concat(), "in pieces of {length}");
        }
    }

    #[test]
    fn path_in_authority_is_rewritten_to_a_name_of_equal_length() {
        // `:method: POST`, `:path: /a/b`, then the authority, then a name and a value of their own.
        let block = |authority: &[u8]| {
            [b"\x83\x44\x04/a/b\x41\x06", authority, b"\x40\x02/n\x03/v/"].concat()
        };
        check(
            &[frame(1, 4, &block(b"/e s/\xff"))],
            &[frame(1, 4, &block(b"-e-s--"))],
        );
        check(
            &[frame(1, 4, &block(b"a.b:80"))],
            &[frame(1, 4, &block(b"a.b:80"))],
        );
    }

    #[test]
    fn other_frames_are_unchanged() {
        let body = frame(0, 1, b"\x41\x03/a/");
        let settings = frame(4, 0, b"\x41\x03/a/\0");
        // Padding and a dependency before the block, padding after it; the value goes on in the next frame.
        let first = |value: &[u8]| {
            frame(
                1,
                0x28,
                &[b"\x02.....\x41\x06", value, b"\x41\x01"].concat(),
            )
        };
        let second = |value: &[u8]| frame(9, 4, value);
        check(
            &[
                settings.clone(),
                first(b"/a"),
                second(b"/b/c\x82"),
                body.clone(),
            ],
            &[settings, first(b"-a"), second(b"-b-c\x82"), body],
        );
    }

    #[test]
    fn long_integers_and_huffman_strings_are_skipped() {
        let long = [b"\x00\x7f\x01".as_slice(), &[b'/'; 128], b"\x01/"].concat();
        let block = |authority: &[u8]| {
            [
                long.as_slice(),
                b"\x3f\xe1\x1f\xff\x01\x0f\x01\x01/\x41\x82/a\x01\x01",
                authority,
            ]
            .concat()
        };
        check(&[frame(1, 4, &block(b"/"))], &[frame(1, 4, &block(b"-"))]);
    }
}
