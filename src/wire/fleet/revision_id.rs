//! `RevisionId`: the identity of a revision of flags.

use std::fmt;

use crate::wire::content_hash::ContentHash;
use crate::wire::protobuf::generated::fleet1 as pb;

/// The identity of a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RevisionId {
    /// Counts how often the store was restored from a backup: numbers of different epochs do not compare.
    pub epoch: u64,
    /// The number of the change in its environment, from 1.
    pub number: u64,
    /// The hash of the definitions.
    pub content_hash: ContentHash,
}

impl RevisionId {
    /// Returns true if the store of this revision was restored from a backup that lacks `served`.
    pub fn is_restored_before(&self, served: &RevisionId) -> bool {
        self.epoch < served.epoch || self.number < served.number
    }

    /// Returns true if serving this revision includes the changes of `other`.
    pub fn includes(&self, epoch: u64, number: u64) -> bool {
        (self.epoch, self.number) >= (epoch, number)
    }

    /// Returns true if serving this revision includes the changes of `other`: it is newer, or the same.
    pub fn includes_content(&self, other: &RevisionId) -> bool {
        let (own, others) = ((self.epoch, self.number), (other.epoch, other.number));
        own > others || (own == others && self.content_hash == other.content_hash)
    }

    /// Returns true if this newest revision of a store shows that the store lacks `served`: that has a higher number or
    /// epoch, or the same number and other content.
    pub fn lacks(&self, served: &RevisionId) -> bool {
        self.is_restored_before(served)
            || (self.epoch == served.epoch
                && self.number == served.number
                && self.content_hash != served.content_hash)
    }

    /// The revision in a message; `None` if the message has none.
    pub fn from_fields(epoch: u64, number: u64, content_hash: &[u8]) -> Option<RevisionId> {
        let content_hash = ContentHash::from_slice(content_hash)?;
        (number > 0).then_some(RevisionId {
            epoch,
            number,
            content_hash,
        })
    }

    /// The message.
    pub fn to_message(&self) -> pb::RevisionId {
        pb::RevisionId {
            epoch: self.epoch,
            revision: self.number,
            content_hash: self.content_hash.0.to_vec(),
        }
    }

    /// The revision of a text that `Display` wrote.
    pub fn parse(text: &str) -> Option<RevisionId> {
        let (epoch, rest) = text.split_once('.')?;
        let (number, hash) = rest.split_once("-sha256:")?;
        RevisionId::from_fields(epoch.parse().ok()?, number.parse().ok()?, &unhex(hash)?)
    }
}

/// Epoch, number and hash: `1.42-sha256:…`.
impl fmt::Display for RevisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RevisionId {
            epoch,
            number,
            content_hash,
        } = self;
        write!(f, "{epoch}.{number}-{content_hash}")
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    pairs.map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_revision_is_parsed_back() {
        let id = RevisionId {
            epoch: 3,
            number: 42,
            content_hash: ContentHash::of(b"flags"),
        };
        assert_eq!(RevisionId::parse(&id.to_string()), Some(id));
        for text in [
            "",
            "\"etag\"",
            "1.2",
            "1.2-sha256:00",
            "1.0-sha256:",
            "1.2-sha256:é",
        ] {
            assert_eq!(RevisionId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_of_a_newer_epoch_include_older_epochs() {
        let id = |epoch, number| RevisionId {
            epoch,
            number,
            content_hash: ContentHash([0; 32]),
        };
        assert!(id(1, 5).includes(1, 5) && id(1, 6).includes(1, 5) && id(2, 1).includes(1, 5));
        assert!(!id(1, 4).includes(1, 5) && !id(0, 9).includes(1, 5));
        assert!(id(2, 4).is_restored_before(&id(1, 5)) && id(1, 4).is_restored_before(&id(1, 5)));
        assert!(!id(2, 6).is_restored_before(&id(1, 5)) && !id(1, 5).is_restored_before(&id(1, 5)));
    }
}
