//! Bytes of HTTP/2 connections: the rewriting of authorities and the enforcement of the ping policy, with a model.

use std::time::Duration;

use fanion::serve::connection::authority_rewrite::AuthorityRewriter;
use fanion::serve::connection::http2_frame::PREFACE;
use fanion::serve::connection::ping_enforcement::PingEnforcer;
use fanion::serve::connection::ping_enforcement::PingPolicy;

const HEADERS: u8 = 1;
const PING: u8 = 6;
const CONTINUATION: u8 = 9;

/// A frame, with the position of its payload in the connection.
struct ModelFrame {
    kind: u8,
    flags: u8,
    at: usize,
    length: usize,
    /// False if the payload is cut off.
    complete: bool,
}

pub fn check(data: &[u8]) {
    let given = [PREFACE, data].concat();
    let frames = frames(&given);
    check_rewriting(&given, &frames);
    check_pings(&given, &frames);
}

fn frames(bytes: &[u8]) -> Vec<ModelFrame> {
    let mut frames = Vec::new();
    let mut at = PREFACE.len();
    while let Some([a, b, c, kind, flags]) = bytes.get(at..at + 5)
        && bytes.len() >= at + 9
    {
        let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
        let complete = at + 9 + length <= bytes.len();
        frames.push(ModelFrame {
            kind: *kind,
            flags: *flags,
            at: at + 9,
            length,
            complete,
        });
        at += 9 + length;
    }
    frames
}

fn rewritten(given: &[u8], piece: usize) -> Vec<u8> {
    let mut bytes = given.to_vec();
    let mut rewriter = AuthorityRewriter::default();
    bytes
        .chunks_mut(piece)
        .for_each(|piece| rewriter.rewrite(piece));
    bytes
}

fn check_rewriting(given: &[u8], frames: &[ModelFrame]) {
    let whole = rewritten(given, given.len());
    for piece in [1, 7] {
        assert_eq!(rewritten(given, piece), whole, "in pieces of {piece}");
    }
    assert_eq!(rewritten(&whole, 13), whole, "a second pass changes bytes");
    let mut want = given.to_vec();
    let mut block: Vec<usize> = Vec::new();
    for frame in frames {
        if ![HEADERS, CONTINUATION].contains(&frame.kind) {
            continue;
        }
        if frame.kind == HEADERS {
            replace(&mut want, &block);
            block.clear();
        }
        block.extend(fragment(given, frame));
    }
    replace(&mut want, &block);
    assert_eq!(whole, want);
}

/// The positions of a frame's part of the header block.
fn fragment(bytes: &[u8], frame: &ModelFrame) -> std::ops::Range<usize> {
    let first = frame.kind == HEADERS;
    let padded = first && frame.flags & 8 != 0;
    let padding = if padded {
        bytes.get(frame.at).map_or(0, |byte| usize::from(*byte))
    } else {
        0
    };
    let skip = usize::from(padded)
        + if first && frame.flags & 0x20 != 0 {
            5
        } else {
            0
        };
    // Without payload there is no byte that is the length of the padding.
    let padding = if frame.length == 0 { 0 } else { padding };
    let start = frame.at + skip;
    let end = (frame.at + frame.length).saturating_sub(padding);
    start..end.min(bytes.len()).max(start)
}

/// Replaces the characters of plain authorities in a header block, whose bytes are at these positions.
fn replace(bytes: &mut [u8], block: &[usize]) {
    let mut at = 0;
    while let Some(first) = block.get(at).map(|at| bytes[*at]) {
        let bits = match first {
            0x80.. => 7,
            0x40.. => 6,
            0x20.. => 5,
            _ => 4,
        };
        let Some(index) = integer(bytes, block, &mut at, bits) else {
            return;
        };
        if bits == 7 || bits == 5 {
            continue;
        }
        if index == 0 && string(bytes, block, &mut at).is_none() {
            return;
        }
        let is_authority = index == 1;
        let Some((range, huffman)) = string(bytes, block, &mut at) else {
            return;
        };
        if is_authority && !huffman {
            for position in &block[range] {
                let byte = &mut bytes[*position];
                if !(byte.is_ascii_alphanumeric() || b".-_~:[]".contains(byte)) {
                    *byte = b'-';
                }
            }
        }
    }
}

/// A string literal: its place in the block, cut at the block's end, and true if it is Huffman-coded.
fn string(bytes: &[u8], block: &[usize], at: &mut usize) -> Option<(std::ops::Range<usize>, bool)> {
    let huffman = bytes[*block.get(*at)?] & 0x80 != 0;
    let length = integer(bytes, block, at, 7)?;
    let start = *at;
    *at = start.saturating_add(length).min(block.len());
    Some((start..*at, huffman))
}

/// An integer with a prefix of `bits` bits; the largest one in the place of all that do not matter.
fn integer(bytes: &[u8], block: &[usize], at: &mut usize, bits: u32) -> Option<usize> {
    let mask = (1_usize << bits) - 1;
    let mut next = || {
        let byte = bytes[*block.get(*at)?];
        *at += 1;
        Some(usize::from(byte))
    };
    let first = next()? & mask;
    if first < mask {
        return Some(first);
    }
    let (mut value, mut shift) = (first, 0_u32);
    loop {
        let byte = next()?;
        let more = byte & 0x7f;
        value = match more {
            0 => value,
            _ if shift < 35 => value.saturating_add(more << shift),
            _ => usize::MAX,
        };
        shift = shift.saturating_add(7);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
}

/// Within an hour, the fourth ping closes the connection: the first sets the time, and two early ones are tolerated.
fn check_pings(given: &[u8], frames: &[ModelFrame]) {
    let pings = frames
        .iter()
        .filter(|frame| frame.kind == PING && frame.flags & 1 == 0)
        .count();
    for permit_without_stream in [false, true] {
        let policy = PingPolicy {
            min_time: Duration::from_secs(3600),
            permit_without_stream,
        };
        for piece in [1, 100, given.len()] {
            let mut enforcer = PingEnforcer::new(policy);
            let refused = given
                .chunks(piece)
                .any(|piece| enforcer.on_read(piece).is_err());
            assert_eq!(refused, pings >= 4, "{pings} pings in pieces of {piece}");
        }
        let mut lenient = PingEnforcer::new(PingPolicy {
            min_time: Duration::ZERO,
            permit_without_stream: true,
        });
        assert!(lenient.on_read(given).is_ok());
    }
    debug_assert!(frames.iter().rev().skip(1).all(|frame| frame.complete));
}
