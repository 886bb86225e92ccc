//! `FlagChanges`: the flags that differ between two generations, and the event that announces them.

use std::cmp::Ordering;
use std::sync::Arc;
use std::sync::OnceLock;

use bytes::Bytes;

use crate::change::ChangeKind;
use crate::coop;
use crate::snapshot::fingerprints::Fingerprints;
use crate::snapshot::fingerprints::FlagFingerprint;
use crate::wire::Codec;
use crate::wire::evaluation::event_stream;
use crate::wire::grpc::length_prefixed_message::encode_length_prefixed;

/// The changed flags, sorted by key.
#[derive(Debug, Default)]
pub struct FlagChanges {
    /// The keys and kinds of change.
    pub flags: Vec<(Arc<str>, ChangeKind)>,
    encoded: [OnceLock<Bytes>; 2],
}

impl FlagChanges {
    /// Compares two sets of fingerprints.
    pub fn between(before: &Fingerprints, after: &Fingerprints) -> FlagChanges {
        FlagChanges {
            flags: diff(before.flags(), after.flags()),
            encoded: [OnceLock::new(), OnceLock::new()],
        }
    }

    /// Returns the framed event that announces the changes, encoded once for all subscribers.
    pub fn event(&self, codec: Codec) -> Bytes {
        let [proto, json] = &self.encoded;
        let cell = match codec {
            Codec::Proto => proto,
            Codec::Json => json,
        };
        cell.get_or_init(|| {
            encode_length_prefixed(
                0,
                &event_stream::encode_configuration_change(codec, &self.flags),
            )
        })
        .clone()
    }
}

/// Compares two sorted lists of keys and fingerprints.
fn diff<'f>(
    before: impl Iterator<Item = &'f FlagFingerprint>,
    after: impl Iterator<Item = &'f FlagFingerprint>,
) -> Vec<(Arc<str>, ChangeKind)> {
    let mut changes = Vec::new();
    let (mut old, mut new) = (before.peekable(), after.peekable());
    loop {
        coop::tick();
        let order = match (old.peek(), new.peek()) {
            (None, None) => {
                changes.shrink_to_fit();
                return changes;
            }
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((a, _)), Some((b, _))) if Arc::ptr_eq(a, b) => Ordering::Equal,
            (Some((a, _)), Some((b, _))) => a.cmp(b),
        };
        let gone = if order.is_le() { old.next() } else { None };
        let come = if order.is_ge() { new.next() } else { None };
        match (gone, come) {
            (Some((key, _)), None) => changes.push((key.clone(), ChangeKind::Delete)),
            (None, Some((key, _))) => changes.push((key.clone(), ChangeKind::Write)),
            (Some((key, a)), Some((_, b))) if a != b => {
                changes.push((key.clone(), ChangeKind::Update));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn added_changed_and_removed_flags_are_distinguished() {
        let prints = |entries: &[(&str, u64)]| {
            let flags = entries.iter().map(|(k, v)| ((*k).into(), *v));
            Fingerprints::new(&flags.collect::<Vec<_>>(), &Fingerprints::default())
        };
        let before = prints(&[("a", 1), ("b", 1), ("d", 1)]);
        let after = prints(&[("a", 1), ("b", 2), ("c", 1)]);
        let changes = FlagChanges::between(&before, &after).flags;
        let told: Vec<_> = changes.iter().map(|(k, c)| (&**k, c.as_str())).collect();
        assert_eq!(told, [("b", "update"), ("c", "write"), ("d", "delete")]);
    }
}
