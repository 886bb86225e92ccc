//! Rewrites invalid `:authority` values of HTTP/2 clients on a Unix socket.
//!
//! gRPC for Java sends the path of the socket as the `:authority`, which is invalid: hyper would reject every request.
//! Here invalid characters of an authority are replaced in place, byte for byte: lengths do not change, so the header
//! tables of both sides stay in sync. Huffman-coded values are not changed: Netty uses Huffman coding only from 512
//! bytes on, and the path of a socket is shorter.

use crate::serve::connection::hpack_state::HpackState;
use crate::serve::connection::http2_frame::CONTINUATION;
use crate::serve::connection::http2_frame::FrameHeader;
use crate::serve::connection::http2_frame::FrameScanner;
use crate::serve::connection::http2_frame::HEADERS;
use crate::serve::connection::http2_frame::PADDED;
use crate::serve::connection::http2_frame::PRIORITY;
use crate::serve::connection::http2_frame::Scanned;

/// The length of the fields that the flag `PRIORITY` announces.
const PRIORITY_LENGTH: usize = 5;

/// Rewrites the inbound bytes of one HTTP/2 connection.
#[derive(Debug)]
pub struct AuthorityRewriter {
    frames: FrameScanner,
    /// True in the payload of HEADERS or CONTINUATION.
    in_header_block: bool,
    /// Bytes left of that payload.
    block_left: usize,
    /// True before the byte that is the length of the padding.
    padded: bool,
    /// Bytes left before the header block.
    skip: usize,
    /// Bytes after the header block.
    padding: usize,
    /// The state in the header block, which may continue in the next frame.
    hpack: HpackState,
}

impl Default for AuthorityRewriter {
    fn default() -> AuthorityRewriter {
        AuthorityRewriter {
            frames: FrameScanner::with_preface(),
            in_header_block: false,
            block_left: 0,
            padded: false,
            skip: 0,
            padding: 0,
            hpack: HpackState::default(),
        }
    }
}

impl AuthorityRewriter {
    /// Replaces invalid characters of authorities in the next bytes of the connection.
    pub fn rewrite(&mut self, bytes: &mut [u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let (count, scanned) = self.frames.scan(rest);
            let Some((now, later)) = rest.split_at_mut_checked(count) else {
                return;
            };
            match scanned {
                Scanned::Header(header) => self.begin_frame(header),
                Scanned::Payload if self.in_header_block => {
                    for byte in now {
                        self.payload_byte(byte);
                    }
                }
                Scanned::Payload | Scanned::PartialHeader => {}
            }
            rest = later;
        }
    }

    fn begin_frame(&mut self, header: FrameHeader) {
        let first = header.kind == HEADERS;
        self.in_header_block = first || header.kind == CONTINUATION;
        self.block_left = header.length;
        self.padded = first && header.flags & PADDED != 0;
        let priority = if first && header.flags & PRIORITY != 0 {
            PRIORITY_LENGTH
        } else {
            0
        };
        self.skip = usize::from(self.padded) + priority;
        self.padding = 0;
        if first {
            self.hpack = HpackState::default();
        }
    }

    /// The next byte of the payload of HEADERS or CONTINUATION.
    fn payload_byte(&mut self, byte: &mut u8) {
        if self.padded {
            self.padding = usize::from(*byte);
            self.padded = false;
        }
        if self.skip > 0 {
            self.skip -= 1;
        } else if self.block_left > self.padding {
            let valid = byte.is_ascii_alphanumeric() || b".-_~:[]".contains(byte);
            if self.hpack.is_in_plain_authority() && !valid {
                *byte = b'-';
            }
            self.hpack = self.hpack.next(*byte);
        }
        self.block_left -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::AuthorityRewriter;
    use crate::serve::connection::http2_frame::PREFACE;

    fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        let length = u8::try_from(payload.len()).expect("a short payload");
        let head = [0, 0, length, kind, flags, 0, 0, 0, 1];
        [&head[..], payload].concat()
    }

    /// Rewrites bytes in chunks of each length.
    fn check(frames: &[Vec<u8>], want: &[Vec<u8>]) {
        let (given, want) = (frames.concat(), want.concat());
        for length in 1..=given.len() + PREFACE.len() {
            let mut bytes = [PREFACE, &*given].concat();
            let mut authority = AuthorityRewriter::default();
            bytes
                .chunks_mut(length)
                .for_each(|piece| authority.rewrite(piece));
            assert_eq!(bytes, [PREFACE, &*want].concat(), "in chunks of {length}");
        }
    }

    #[test]
    fn path_in_authority_is_rewritten_to_a_name_of_equal_length() {
        // `:method: POST`, `:path: /a/b`, then the authority, then a literal name and value.
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
        // Padding length and priority before the block, padding after it; the value continues in the next frame.
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
