//! Clients that ping too often: gRPC's keepalive enforcement, which hyper does not have.
//!
//! Frames are counted as they pass, nothing is held back or changed. The rules are those of grpc-go.
//! <https://github.com/grpc/proposal/blob/master/A8-client-side-keepalive.md#server-enforcement>

use std::collections::HashSet;
use std::io::IoSlice;
use std::time::Duration;
use std::time::Instant;

/// How often clients may ping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PingPolicy {
    /// The least time between two pings.
    pub min_time: Duration,
    /// Whether they may ping while no stream is open; if not, then hardly ever.
    pub permit_without_stream: bool,
}

/// Pings that come too soon before the connection is closed.
const MAX_PING_STRIKES: u32 = 2;
/// The least time between pings of a client that has no stream and should not ping at all.
const IDLE_MIN_TIME: Duration = Duration::from_secs(2 * 60 * 60);

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const PING: u8 = 6;
const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const PREFACE_LENGTH: usize = 24;

/// GOAWAY for stream 0 with last stream 2³¹−1, error `ENHANCE_YOUR_CALM` and grpc-go's reason.
const GOAWAY: &[u8] = b"\0\0\x16\x07\0\0\0\0\0\x7f\xff\xff\xff\0\0\0\x0btoo_many_pings";

/// Watches over one connection.
#[derive(Debug)]
pub struct PingEnforcer {
    policy: PingPolicy,
    inbound: FrameScanner,
    outbound: FrameScanner,
    open_streams: HashSet<u32>,
    last_ping: Option<Instant>,
    strikes: u32,
}

impl PingEnforcer {
    /// Begins with a connection that nothing was read from.
    pub fn new(policy: PingPolicy) -> PingEnforcer {
        let read = FrameScanner {
            payload_left: PREFACE_LENGTH,
            ..FrameScanner::default()
        };
        PingEnforcer {
            policy,
            inbound: read,
            outbound: FrameScanner::default(),
            open_streams: HashSet::new(),
            last_ping: None,
            strikes: 0,
        }
    }

    /// Looks at bytes from the client.
    ///
    /// # Errors
    /// If it pinged too often, with what there is left to tell it.
    pub fn on_read(&mut self, bytes: &[u8]) -> Result<(), Vec<u8>> {
        let mut pings = 0;
        let open = &mut self.open_streams;
        self.inbound.scan(bytes, |frame| match frame.kind {
            HEADERS => {
                open.insert(frame.stream_id);
            }
            RST_STREAM => {
                open.remove(&frame.stream_id);
            }
            PING if frame.flags & ACK == 0 => pings += 1,
            _ => {}
        });
        for _ in 0..pings {
            self.on_ping(Instant::now());
        }
        if self.strikes <= MAX_PING_STRIKES {
            return Ok(());
        }
        // In the middle of a frame nothing can be said any more.
        let between = self.outbound.is_at_frame_boundary();
        Err(if between { GOAWAY.to_vec() } else { Vec::new() })
    }

    /// Looks at the first `count` bytes of what was written to the client.
    pub fn on_write(&mut self, slices: &[IoSlice<'_>], mut count: usize) {
        for slice in slices {
            let part = slice.get(..count.min(slice.len())).unwrap_or(&[]);
            count -= part.len();
            let (open, strikes, last) = (
                &mut self.open_streams,
                &mut self.strikes,
                &mut self.last_ping,
            );
            self.outbound.scan(part, |frame| {
                let ends = frame.flags & END_STREAM != 0;
                match frame.kind {
                    DATA | HEADERS => {
                        // Whoever gets answers may ask whether there are more.
                        (*strikes, *last) = (0, None);
                        if ends {
                            open.remove(&frame.stream_id);
                        }
                    }
                    RST_STREAM => {
                        open.remove(&frame.stream_id);
                    }
                    _ => {}
                }
            });
        }
    }

    fn on_ping(&mut self, now: Instant) {
        let least = if self.open_streams.is_empty() && !self.policy.permit_without_stream {
            IDLE_MIN_TIME
        } else {
            self.policy.min_time
        };
        if self
            .last_ping
            .is_some_and(|last| now.duration_since(last) < least)
        {
            self.strikes += 1;
        }
        self.last_ping = Some(now);
    }
}

/// The head of an HTTP/2 frame. <https://www.rfc-editor.org/rfc/rfc9113#section-4.1>
struct FrameHeader {
    kind: u8,
    flags: u8,
    stream_id: u32,
}

/// Finds the heads of frames in bytes that come in pieces.
#[derive(Debug, Default)]
struct FrameScanner {
    header: [u8; 9],
    header_read: usize,
    /// Bytes until the next head.
    payload_left: usize,
}

impl FrameScanner {
    fn is_at_frame_boundary(&self) -> bool {
        self.header_read == 0 && self.payload_left == 0
    }

    fn scan(&mut self, mut bytes: &[u8], mut each: impl FnMut(FrameHeader)) {
        loop {
            let skipped = self.payload_left.min(bytes.len());
            self.payload_left -= skipped;
            bytes = bytes.get(skipped..).unwrap_or(&[]);
            let Some((byte, rest)) = bytes.split_first() else {
                return;
            };
            bytes = rest;
            if let Some(slot) = self.header.get_mut(self.header_read) {
                *slot = *byte;
            }
            self.header_read += 1;
            if self.header_read == self.header.len() {
                let [a, b, c, kind, flags, stream @ ..] = self.header;
                self.payload_left = u32::from_be_bytes([0, a, b, c]) as usize;
                self.header_read = 0;
                let stream = u32::from_be_bytes(stream) & 0x7fff_ffff;
                each(FrameHeader {
                    kind,
                    flags,
                    stream_id: stream,
                });
            }
        }
    }
}
