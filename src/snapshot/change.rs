//! Which flags differ between two generations.

use std::cmp::Ordering;
use std::sync::OnceLock;

use bytes::Bytes;

use crate::change::Change;
use crate::wire::Codec;
use crate::wire::event;

/// The changed flags, sorted by key.
#[derive(Debug, Default)]
pub struct Changes {
    /// Keys and what happened to them.
    pub flags: Vec<(Box<str>, Change)>,
    pub(super) encoded: [OnceLock<Bytes>; 2],
}

impl Changes {
    /// The event message that announces the changes, encoded once for all who listen.
    pub fn event(&self, codec: Codec) -> Bytes {
        let [proto, json] = &self.encoded;
        let cell = match codec {
            Codec::Proto => proto,
            Codec::Json => json,
        };
        cell.get_or_init(|| event::changed(codec, &self.flags).into())
            .clone()
    }
}

/// Compares two sorted lists of keys and fingerprints.
pub fn diff(before: &[(&str, u64)], after: &[(&str, u64)]) -> Vec<(Box<str>, Change)> {
    let mut changes = Vec::new();
    let (mut old, mut new) = (before.iter().peekable(), after.iter().peekable());
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return changes,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((a, _)), Some((b, _))) => a.cmp(b),
        };
        let gone = if order.is_le() { old.next() } else { None };
        let come = if order.is_ge() { new.next() } else { None };
        match (gone, come) {
            (Some((key, _)), None) => changes.push(((*key).into(), Change::Delete)),
            (None, Some((key, _))) => changes.push(((*key).into(), Change::Write)),
            (Some((key, a)), Some((_, b))) if a != b => {
                changes.push(((*key).into(), Change::Update));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_new_changed_and_gone_flags_apart() {
        let before = [("a", 1), ("b", 1), ("d", 1)];
        let after = [("a", 1), ("b", 2), ("c", 1)];
        let changes = diff(&before, &after);
        let told: Vec<_> = changes.iter().map(|(k, c)| (&**k, c.text())).collect();
        assert_eq!(told, [("b", "update"), ("c", "write"), ("d", "delete")]);
    }
}
