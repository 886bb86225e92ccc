//! What clients on a Unix socket call the host.
//!
//! gRPC for Java sends the path of the socket as the `:authority`, which is none: hyper would refuse every request. Here
//! what does not belong in an authority is replaced as it passes, byte for byte: nothing moves, so the tables of headers
//! that both sides keep stay alike. Values in Huffman's code are left alone; Netty uses it from 512 bytes on only, and the
//! path of a socket is shorter.

/// How long what a client says before its first frame is.
const PREFACE: usize = 24;
/// How long the head of a frame is.
const HEAD: usize = 9;
const HEADERS: u8 = 1;
const CONTINUATION: u8 = 9;
const PADDED: u8 = 0x8;
const PRIORITY: u8 = 0x20;
/// The length of what `PRIORITY` announces.
const DEPENDENCY: usize = 5;
/// `:authority` in HPACK's static table.
const AUTHORITY: u8 = 1;

/// Reads along with one HTTP/2 connection.
#[derive(Debug)]
pub struct Authority {
    head: [u8; HEAD],
    /// How much of the head of the next frame there is.
    have: usize,
    /// How much of the payload is to come.
    left: usize,
    /// Whether the payload is of headers.
    headers: bool,
    padded: bool,
    /// What stands in the payload before the headers.
    skip: usize,
    /// What stands in it after them.
    padding: usize,
    /// A header may go on in the next frame.
    field: Field,
}

/// Where in a block of headers the next byte stands.
/// <https://www.rfc-editor.org/rfc/rfc7541#section-6>
#[derive(Debug, Clone, Copy)]
enum Field {
    /// Before a header.
    Start,
    /// In a number of several bytes, before this.
    Number(Text),
    /// Before the length of a text.
    Length(Text),
    /// In a length of several bytes.
    Long {
        text: Text,
        length: usize,
        shift: u32,
        huffman: bool,
    },
    /// In a text.
    Bytes {
        text: Text,
        left: usize,
        huffman: bool,
    },
}

/// What a text, or what follows a number, is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Text {
    None,
    Name,
    Value,
    Authority,
}

impl Default for Authority {
    fn default() -> Authority {
        Authority {
            head: [0; HEAD],
            have: 0,
            left: PREFACE,
            headers: false,
            padded: false,
            skip: 0,
            padding: 0,
            field: Field::Start,
        }
    }
}

impl Authority {
    /// Replaces what does not belong in an authority in the next bytes of the connection.
    pub fn mend(&mut self, bytes: &mut [u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            // A byte of a frame's head, or what there is of its payload.
            let count = self.left.clamp(1, rest.len());
            let Some((now, later)) = rest.split_at_mut_checked(count) else {
                return;
            };
            match (self.left, self.headers) {
                (0, _) => now.iter().for_each(|byte| self.begin(*byte)),
                (_, true) => now.iter_mut().for_each(|byte| self.payload(byte)),
                (_, false) => self.left -= count,
            }
            rest = later;
        }
    }

    /// The next byte of a frame's head.
    fn begin(&mut self, byte: u8) {
        if let Some(place) = self.head.get_mut(self.have) {
            *place = byte;
        }
        self.have += 1;
        if self.have < HEAD {
            return;
        }
        let [a, b, c, kind, flags, ..] = self.head;
        self.have = 0;
        self.left = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
        self.headers = matches!(kind, HEADERS | CONTINUATION);
        let first = kind == HEADERS;
        self.padded = first && flags & PADDED != 0;
        let dependency = if first && flags & PRIORITY != 0 {
            DEPENDENCY
        } else {
            0
        };
        self.skip = usize::from(self.padded) + dependency;
        self.padding = 0;
        if first {
            self.field = Field::Start;
        }
    }

    /// The next byte of the payload of a frame of headers.
    fn payload(&mut self, byte: &mut u8) {
        if self.padded {
            self.padding = usize::from(*byte);
            self.padded = false;
        }
        if self.skip > 0 {
            self.skip -= 1;
        } else if self.left > self.padding {
            self.field = self.field.after(byte);
        }
        self.left -= 1;
    }
}

impl Field {
    /// Where the byte after this one stands.
    fn after(self, byte: &mut u8) -> Field {
        match self {
            Field::Start => Field::begin(*byte),
            Field::Number(text) if *byte & 0x80 != 0 => Field::Number(text),
            Field::Number(text) => text.length(),
            Field::Length(text) => {
                let huffman = *byte & 0x80 != 0;
                match usize::from(*byte & 0x7f) {
                    0x7f => Field::Long {
                        text,
                        length: 0x7f,
                        shift: 0,
                        huffman,
                    },
                    length => text.of(length, huffman),
                }
            }
            Field::Long {
                text,
                length,
                shift,
                huffman,
            } => {
                let more = usize::from(*byte & 0x7f).checked_shl(shift).unwrap_or(0);
                let length = length.saturating_add(more);
                if *byte & 0x80 == 0 {
                    return text.of(length, huffman);
                }
                let shift = shift.saturating_add(7);
                Field::Long {
                    text,
                    length,
                    shift,
                    huffman,
                }
            }
            Field::Bytes {
                text,
                left,
                huffman,
            } => {
                let fits = byte.is_ascii_alphanumeric() || b".-_~:[]".contains(byte);
                if text == Text::Authority && !huffman && !fits {
                    *byte = b'-';
                }
                text.of(left - 1, huffman)
            }
        }
    }

    /// What the first byte of a header says of the rest.
    fn begin(byte: u8) -> Field {
        let (most, literal) = match byte {
            0x80.. => (0x7f, false),
            0x40.. => (0x3f, true),
            0x20.. => (0x1f, false),
            _ => (0x0f, true),
        };
        let text = match byte & most {
            _ if !literal => Text::None,
            0 => Text::Name,
            AUTHORITY => Text::Authority,
            _ => Text::Value,
        };
        if byte & most == most {
            Field::Number(text)
        } else {
            text.length()
        }
    }
}

impl Text {
    fn length(self) -> Field {
        if self == Text::None {
            Field::Start
        } else {
            Field::Length(self)
        }
    }

    /// In this text with so many bytes to come, or after it.
    fn of(self, left: usize, huffman: bool) -> Field {
        match (left, self) {
            (0, Text::Name) => Field::Length(Text::Value),
            (0, _) => Field::Start,
            (left, text) => Field::Bytes {
                text,
                left,
                huffman,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Authority;

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
            let mut authority = Authority::default();
            bytes
                .chunks_mut(length)
                .for_each(|piece| authority.mend(piece));
            assert_eq!(bytes, [PREFACE, &want].concat(), "in pieces of {length}");
        }
    }

    #[test]
    fn a_path_as_the_authority_is_made_a_name_of_the_same_length() {
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
    fn frames_around_it_are_left_alone() {
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
    fn long_numbers_and_huffman_are_read_past() {
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
