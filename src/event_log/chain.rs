//! `ChainVerifier`: checks that events continue each other, from their bytes alone.
//!
//! It finds each changed, missing, repeated or reordered event before the last one. A changed last event and a truncated
//! log are found only by comparison with a hash of the last event that was stored elsewhere.

use std::error::Error;
use std::fmt;

use crate::event_log::hash_text::NO_PREDECESSOR;
use crate::event_log::json_string::write_string;
use crate::event_log::limits;
use crate::event_log::scan::ChainLink;
use crate::event_log::scan::scan_link;
use crate::wire::content_hash::ContentHash;

/// The last event of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainHead {
    /// Its number; 0 if the log is empty.
    pub seq: u64,
    /// Its hash.
    pub hash: ContentHash,
}

impl ChainHead {
    /// The head of an empty log.
    pub const EMPTY: ChainHead = ChainHead {
        seq: 0,
        hash: NO_PREDECESSOR,
    };
}

/// The first event that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenChain {
    /// The number of the event.
    pub seq: u64,
    /// The difference.
    pub why: String,
}

impl BrokenChain {
    /// A bad event.
    pub fn new(seq: u64, why: impl Into<String>) -> BrokenChain {
        BrokenChain {
            seq,
            why: why.into(),
        }
    }
}

impl fmt::Display for BrokenChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "event {} is not as it was written: {}",
            self.seq, self.why
        )
    }
}

impl Error for BrokenChain {}

/// Checks the events of one environment in order. Only [`ChainVerifier::finish`] returns the final result.
#[derive(Debug, Clone)]
#[must_use]
pub struct ChainVerifier {
    /// The name of the environment as a JSON string.
    environment: String,
    head: ChainHead,
    /// The head at the start, which is trusted.
    start: u64,
    /// True if the head does not name the hash of the event before it. The next event shows which of the two changed.
    is_link_broken: bool,
}

impl ChainVerifier {
    /// Checks a log from its first event.
    pub fn new(environment: &str) -> ChainVerifier {
        ChainVerifier::after(environment, ChainHead::EMPTY)
    }

    /// Checks the events after an event that is known to be good.
    pub fn after(environment: &str, head: ChainHead) -> ChainVerifier {
        let mut json = String::new();
        write_string(environment, &mut json);
        ChainVerifier {
            environment: json,
            head,
            start: head.seq,
            is_link_broken: false,
        }
    }

    /// Checks the next event. It may return a fault of the event before it.
    ///
    /// # Errors
    /// If an event is not as it was written. Further events cannot be checked then.
    pub fn check(&mut self, bytes: &[u8]) -> Result<(), BrokenChain> {
        let seq = self.head.seq + 1;
        let link = if bytes.len() > limits::EVENT {
            Err("it is larger than an event can be")
        } else {
            scan_link(bytes)
        };
        if self.is_link_broken {
            let is_head_intact = link.is_ok_and(|link| link.previous == self.head.hash);
            return Err(self.blame(is_head_intact));
        }
        let link = link.map_err(|why| BrokenChain::new(seq, why))?;
        self.check_place(seq, &link)?;
        if link.previous != self.head.hash {
            if self.head.seq == self.start {
                let why = format!(
                    "its predecessor is {}, not {}",
                    link.previous, self.head.hash
                );
                return Err(BrokenChain::new(seq, why));
            }
            self.is_link_broken = true;
        }
        self.head = ChainHead {
            seq,
            hash: ContentHash::of(bytes),
        };
        Ok(())
    }

    fn check_place(&self, seq: u64, link: &ChainLink<'_>) -> Result<(), BrokenChain> {
        if link.environment != self.environment {
            let why = format!(
                "its environment is {}, not {}",
                link.environment, self.environment
            );
            return Err(BrokenChain::new(seq, why));
        }
        if link.seq != seq {
            let why = format!("event {} is in its place", link.seq);
            return Err(BrokenChain::new(seq, why));
        }
        Ok(())
    }

    /// Returns the head, after the last event. `head` is its hash, if it was stored elsewhere.
    ///
    /// # Errors
    /// If the last events are not as they were written.
    pub fn finish(self, head: Option<ContentHash>) -> Result<ChainHead, BrokenChain> {
        let is_head = head.map(|head| head == self.head.hash);
        if self.is_link_broken {
            return Err(self.blame(is_head == Some(true)));
        }
        if is_head == Some(false) {
            let why = format!(
                "its hash is {}, which is not that of the head",
                self.head.hash
            );
            return Err(BrokenChain::new(self.head.seq, why));
        }
        Ok(self.head)
    }

    /// The event that changed, if the head does not name the hash of the event before it.
    fn blame(&self, is_head_intact: bool) -> BrokenChain {
        if is_head_intact {
            let why = format!("event {} names another hash of it", self.head.seq);
            BrokenChain::new(self.head.seq - 1, why)
        } else {
            let why = format!("it does not name the hash of event {}", self.head.seq - 1);
            BrokenChain::new(self.head.seq, why)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(seq: u64, previous: ContentHash) -> Vec<u8> {
        format!(
            r#"{{"change":{{"n":{seq}}},"environment":"prod","previous":"{previous}","seq":{seq}}}"#
        )
        .into()
    }

    fn log(length: u64) -> Vec<Vec<u8>> {
        let mut previous = NO_PREDECESSOR;
        let next = |seq| {
            let event = event(seq, previous);
            previous = ContentHash::of(&event);
            event
        };
        (1..=length).map(next).collect()
    }

    /// The number of the event that is named as bad.
    fn bad(events: &[Vec<u8>], head: Option<ContentHash>) -> Option<u64> {
        let mut verifier = ChainVerifier::new("prod");
        for event in events {
            if let Err(broken) = verifier.check(event) {
                return Some(broken.seq);
            }
        }
        verifier.finish(head).err().map(|broken| broken.seq)
    }

    #[test]
    fn unchanged_log_is_intact() {
        let events = log(20);
        let head = ContentHash::of(&events[19]);
        assert_eq!(bad(&events, None), None);
        assert_eq!(bad(&events, Some(head)), None);
        assert_eq!(bad(&[], None), None);
    }

    #[test]
    fn each_flipped_bit_of_a_line_is_found_in_that_line() {
        let events = log(4);
        let head = Some(ContentHash::of(&events[3]));
        for line in 0..events.len() {
            for bit in 0..events[line].len() * 8 {
                let mut changed = events.clone();
                changed[line][bit / 8] ^= 1 << (bit % 8);
                assert_eq!(
                    bad(&changed, head),
                    Some(line as u64 + 1),
                    "line {line}, bit {bit}"
                );
            }
        }
    }

    #[test]
    fn missing_repeated_and_foreign_events_are_found() {
        let events = log(5);
        let without = |index: usize| [&events[..index], &events[index + 1..]].concat();
        assert_eq!(bad(&without(0), None), Some(1));
        assert_eq!(bad(&without(2), None), Some(3));
        assert_eq!(bad(&[&events[..3], &events[2..]].concat(), None), Some(4));
        let head = Some(ContentHash::of(&events[4]));
        assert_eq!(bad(&events[..4], head), Some(4));
        let mut verifier = ChainVerifier::new("staging");
        assert_eq!(
            verifier.check(&events[0]).map_err(|broken| broken.seq),
            Err(1)
        );
    }

    #[test]
    fn verification_continues_after_a_known_head() {
        let events = log(5);
        let head = ChainHead {
            seq: 3,
            hash: ContentHash::of(&events[2]),
        };
        let mut verifier = ChainVerifier::after("prod", head);
        assert_eq!(verifier.check(&events[3]), Ok(()));
        let other = ChainHead {
            hash: NO_PREDECESSOR,
            ..head
        };
        let mut verifier = ChainVerifier::after("prod", other);
        assert_eq!(
            verifier.check(&events[3]).map_err(|broken| broken.seq),
            Err(4)
        );
    }
}
