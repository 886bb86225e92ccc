//! HTTP/2 frame headers, found in bytes that arrive in fragments; and the connection preface.

/// The bytes that a client sends first on an HTTP/2 connection.
/// <https://www.rfc-editor.org/rfc/rfc9113#section-3.4>
pub const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The type of a DATA frame.
pub const DATA: u8 = 0;
/// The type of a HEADERS frame.
pub const HEADERS: u8 = 1;
/// The type of an `RST_STREAM` frame.
pub const RST_STREAM: u8 = 3;
/// The type of a PING frame.
pub const PING: u8 = 6;
/// The type of a CONTINUATION frame.
pub const CONTINUATION: u8 = 9;
/// The flag of DATA and HEADERS that ends a stream.
pub const END_STREAM: u8 = 0x1;
/// The flag of a PING that acknowledges another.
pub const ACK: u8 = 0x1;
/// The flag of HEADERS with padding.
pub const PADDED: u8 = 0x8;
/// The flag of HEADERS with a priority.
pub const PRIORITY: u8 = 0x20;

const HEADER_LENGTH: usize = 9;

/// The header of a frame. <https://www.rfc-editor.org/rfc/rfc9113#section-4.1>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameHeader {
    /// The length of the payload, in bytes.
    pub length: usize,
    /// The type.
    pub kind: u8,
    /// The flags, whose meaning depends on the type.
    pub flags: u8,
    /// The stream.
    pub stream_id: u32,
}

/// The meaning of scanned bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scanned {
    /// Payload of the last frame, or the preface.
    Payload,
    /// A part of a frame header that is not complete.
    PartialHeader,
    /// The rest of a frame header.
    Header(FrameHeader),
}

/// Finds the frame headers in one direction of a connection.
#[derive(Debug, Default)]
pub struct FrameScanner {
    header: [u8; HEADER_LENGTH],
    header_read: usize,
    /// Bytes until the next header.
    payload_left: usize,
}

impl FrameScanner {
    /// A scanner of a client's bytes, which begin with the preface.
    pub fn with_preface() -> FrameScanner {
        FrameScanner {
            payload_left: PREFACE.len(),
            ..FrameScanner::default()
        }
    }

    /// Returns true if the bytes so far end with a complete frame.
    pub fn is_at_frame_boundary(&self) -> bool {
        self.header_read == 0 && self.payload_left == 0
    }

    /// Scans the payload or the frame header at the start of `bytes`, and returns the number of bytes scanned.
    pub fn scan(&mut self, bytes: &[u8]) -> (usize, Scanned) {
        if self.payload_left > 0 {
            let count = self.payload_left.min(bytes.len());
            self.payload_left -= count;
            return (count, Scanned::Payload);
        }
        let missing = self.header.get_mut(self.header_read..).unwrap_or(&mut []);
        let count = missing.len().min(bytes.len());
        missing
            .iter_mut()
            .zip(bytes)
            .for_each(|(to, from)| *to = *from);
        self.header_read += count;
        if self.header_read < HEADER_LENGTH {
            return (count, Scanned::PartialHeader);
        }
        self.header_read = 0;
        let [a, b, c, kind, flags, stream_id @ ..] = self.header;
        self.payload_left = u32::from_be_bytes([0, a, b, c]) as usize;
        let header = FrameHeader {
            length: self.payload_left,
            kind,
            flags,
            stream_id: u32::from_be_bytes(stream_id) & 0x7fff_ffff,
        };
        (count, Scanned::Header(header))
    }

    /// Calls `each` with every frame header that is completed by `bytes`.
    pub fn for_each_header(&mut self, mut bytes: &[u8], mut each: impl FnMut(FrameHeader)) {
        while !bytes.is_empty() {
            let (count, scanned) = self.scan(bytes);
            if let Scanned::Header(header) = scanned {
                each(header);
            }
            bytes = bytes.get(count..).unwrap_or(&[]);
        }
    }
}
