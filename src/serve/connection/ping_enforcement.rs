//! gRPC's keepalive enforcement: closes HTTP/2 connections whose clients ping too often.
//! hyper does not implement it.
//!
//! Frame headers are scanned as they pass; no bytes are delayed or changed. The rules are those of grpc-go.
//! <https://github.com/grpc/proposal/blob/master/A8-client-side-keepalive.md#server-enforcement>

use std::collections::HashSet;
use std::io::IoSlice;
use std::time::Duration;
use std::time::Instant;

use crate::serve::connection::http2_frame::ACK;
use crate::serve::connection::http2_frame::DATA;
use crate::serve::connection::http2_frame::END_STREAM;
use crate::serve::connection::http2_frame::FrameScanner;
use crate::serve::connection::http2_frame::HEADERS;
use crate::serve::connection::http2_frame::PING;
use crate::serve::connection::http2_frame::RST_STREAM;

/// The limit on client pings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PingPolicy {
    /// The minimum time between two pings.
    pub min_time: Duration,
    /// True if `min_time` also applies without an open stream; otherwise the minimum is then two hours.
    pub permit_without_stream: bool,
}

/// The number of tolerated early pings; the next one closes the connection.
const MAX_PING_STRIKES: u32 = 2;
/// The minimum time between pings without an open stream, unless the policy permits them.
const IDLE_MIN_TIME: Duration = Duration::from_secs(2 * 60 * 60);

/// GOAWAY for stream 0 with last stream 2³¹−1, error `ENHANCE_YOUR_CALM` and grpc-go's reason.
const GOAWAY: &[u8] = b"\0\0\x16\x07\0\0\0\0\0\x7f\xff\xff\xff\0\0\0\x0btoo_many_pings";

/// Counts the pings of one connection.
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
    /// An enforcer for a new connection, from which nothing was read.
    pub fn new(policy: PingPolicy) -> PingEnforcer {
        PingEnforcer {
            policy,
            inbound: FrameScanner::with_preface(),
            outbound: FrameScanner::default(),
            open_streams: HashSet::new(),
            last_ping: None,
            strikes: 0,
        }
    }

    /// Scans bytes from the client.
    ///
    /// # Errors
    /// If the client pinged too often: the last bytes to send to it.
    pub fn on_read(&mut self, bytes: &[u8]) -> Result<(), Vec<u8>> {
        let mut pings = 0;
        let open = &mut self.open_streams;
        self.inbound
            .for_each_header(bytes, |frame| match frame.kind {
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
        // No frame can be sent inside another frame.
        let at_boundary = self.outbound.is_at_frame_boundary();
        Err(if at_boundary {
            GOAWAY.to_vec()
        } else {
            Vec::new()
        })
    }

    /// Scans the first `count` bytes that were written to the client.
    pub fn on_write(&mut self, slices: &[IoSlice<'_>], mut count: usize) {
        for slice in slices {
            let part = slice.get(..count.min(slice.len())).unwrap_or(&[]);
            count -= part.len();
            let (open, strikes, last) = (
                &mut self.open_streams,
                &mut self.strikes,
                &mut self.last_ping,
            );
            self.outbound.for_each_header(part, |frame| {
                let ends = frame.flags & END_STREAM != 0;
                match frame.kind {
                    DATA | HEADERS => {
                        // Sending data resets the ping strikes, as in grpc-go.
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
