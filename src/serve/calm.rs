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
pub struct Policy {
    /// The least time between two pings.
    pub min_time: Duration,
    /// Whether they may ping while no stream is open; if not, then hardly ever.
    pub without_stream: bool,
}

/// Pings that come too soon before the connection is closed.
const STRIKES: u32 = 2;
/// The least time between pings of a client that has no stream and should not ping at all.
const IDLE: Duration = Duration::from_secs(2 * 60 * 60);

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const PING: u8 = 6;
const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const PREFACE: usize = 24;

/// GOAWAY for stream 0 with last stream 2³¹−1, error `ENHANCE_YOUR_CALM` and grpc-go's reason.
const GOAWAY: &[u8] = b"\0\0\x16\x07\0\0\0\0\0\x7f\xff\xff\xff\0\0\0\x0btoo_many_pings";

/// Watches over one connection.
#[derive(Debug)]
pub struct Calm {
    policy: Policy,
    read: Frames,
    wrote: Frames,
    open: HashSet<u32>,
    last: Option<Instant>,
    strikes: u32,
}

impl Calm {
    /// Begins with a connection that nothing was read from.
    pub fn new(policy: Policy) -> Calm {
        let read = Frames {
            skip: PREFACE,
            ..Frames::default()
        };
        Calm {
            policy,
            read,
            wrote: Frames::default(),
            open: HashSet::new(),
            last: None,
            strikes: 0,
        }
    }

    /// Looks at bytes from the client.
    ///
    /// # Errors
    /// If it pinged too often, with what there is left to tell it.
    pub fn read(&mut self, bytes: &[u8]) -> Result<(), Vec<u8>> {
        let mut pings = 0;
        let open = &mut self.open;
        self.read.follow(bytes, |frame| match frame.kind {
            HEADERS => {
                open.insert(frame.stream);
            }
            RESET => {
                open.remove(&frame.stream);
            }
            PING if frame.flags & ACK == 0 => pings += 1,
            _ => {}
        });
        for _ in 0..pings {
            self.ping(Instant::now());
        }
        if self.strikes <= STRIKES {
            return Ok(());
        }
        // In the middle of a frame nothing can be said any more.
        let between = self.wrote.is_between();
        Err(if between { GOAWAY.to_vec() } else { Vec::new() })
    }

    /// Looks at the first `count` bytes of what was written to the client.
    pub fn wrote(&mut self, slices: &[IoSlice<'_>], mut count: usize) {
        for slice in slices {
            let part = slice.get(..count.min(slice.len())).unwrap_or(&[]);
            count -= part.len();
            let (open, strikes, last) = (&mut self.open, &mut self.strikes, &mut self.last);
            self.wrote.follow(part, |frame| {
                let ends = frame.flags & END_STREAM != 0;
                match frame.kind {
                    DATA | HEADERS => {
                        // Whoever gets answers may ask whether there are more.
                        (*strikes, *last) = (0, None);
                        if ends {
                            open.remove(&frame.stream);
                        }
                    }
                    RESET => {
                        open.remove(&frame.stream);
                    }
                    _ => {}
                }
            });
        }
    }

    fn ping(&mut self, now: Instant) {
        let least = if self.open.is_empty() && !self.policy.without_stream {
            IDLE
        } else {
            self.policy.min_time
        };
        if self
            .last
            .is_some_and(|last| now.duration_since(last) < least)
        {
            self.strikes += 1;
        }
        self.last = Some(now);
    }
}

/// The head of an HTTP/2 frame. <https://www.rfc-editor.org/rfc/rfc9113#section-4.1>
struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
}

/// Finds the heads of frames in bytes that come in pieces.
#[derive(Debug, Default)]
struct Frames {
    head: [u8; 9],
    have: usize,
    /// Bytes until the next head.
    skip: usize,
}

impl Frames {
    fn is_between(&self) -> bool {
        self.have == 0 && self.skip == 0
    }

    fn follow(&mut self, mut bytes: &[u8], mut each: impl FnMut(Frame)) {
        loop {
            let skipped = self.skip.min(bytes.len());
            self.skip -= skipped;
            bytes = bytes.get(skipped..).unwrap_or(&[]);
            let Some((byte, rest)) = bytes.split_first() else {
                return;
            };
            bytes = rest;
            if let Some(slot) = self.head.get_mut(self.have) {
                *slot = *byte;
            }
            self.have += 1;
            if self.have == self.head.len() {
                let [a, b, c, kind, flags, stream @ ..] = self.head;
                self.skip = u32::from_be_bytes([0, a, b, c]) as usize;
                self.have = 0;
                let stream = u32::from_be_bytes(stream) & 0x7fff_ffff;
                each(Frame {
                    kind,
                    flags,
                    stream,
                });
            }
        }
    }
}
