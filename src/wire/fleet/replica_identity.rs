//! `ReplicaIdentity`: the name by which a sidecar introduces itself to a control plane.

use std::hash::BuildHasher as _;
use std::hash::RandomState;

use crate::limits;
use crate::wire::protobuf::generated::fleet1 as pb;

/// The identity of a sidecar. All texts are bounded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplicaIdentity {
    /// Random for each process.
    pub uid: String,
    /// The name for people.
    pub name: String,
    /// The resource attributes, sorted by name.
    pub labels: Vec<(String, String)>,
    /// The release.
    pub version: String,
}

impl Default for ReplicaIdentity {
    fn default() -> ReplicaIdentity {
        ReplicaIdentity::of_this_process("", &[])
    }
}

impl ReplicaIdentity {
    /// The identity of this process, with a new random uid.
    pub fn of_this_process(name: &str, resource: &[(String, String)]) -> ReplicaIdentity {
        let random = || RandomState::new().hash_one(0_u8);
        let labels = resource.iter();
        let labels = labels.map(|(key, value)| (key.clone(), value.clone()));
        ReplicaIdentity {
            uid: format!("{:016x}{:016x}", random(), random()),
            name: name.to_owned(),
            labels: labels.collect(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
        .bounded()
    }

    /// The identity in a message; `None` without a uid.
    pub fn from_message(message: pb::Replica) -> Option<ReplicaIdentity> {
        let identity = ReplicaIdentity {
            uid: message.uid,
            name: message.name,
            labels: message.labels.into_iter().collect(),
            version: message.version,
        };
        (!identity.uid.is_empty()).then(|| identity.bounded())
    }

    /// The message.
    pub fn to_message(&self) -> pb::Replica {
        pb::Replica {
            uid: self.uid.clone(),
            name: self.name.clone(),
            labels: self.labels.iter().cloned().collect(),
            version: self.version.clone(),
        }
    }

    fn bounded(mut self) -> ReplicaIdentity {
        self.labels.sort();
        self.labels.truncate(limits::REPLICA_LABELS);
        let labels = self.labels.iter_mut().flat_map(|(key, value)| [key, value]);
        let texts = labels.chain([&mut self.uid, &mut self.name, &mut self.version]);
        texts.for_each(|text| truncate(text, limits::REPLICA_TEXT));
        self
    }
}

/// Shortens a text to at most `most` bytes, at the boundary of a character.
pub fn truncate(text: &mut String, most: usize) {
    let boundary = (0..=most).rev().find(|at| text.is_char_boundary(*at));
    if text.len() > most {
        text.truncate(boundary.unwrap_or(0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_labels_are_bounded() {
        let long = "é".repeat(limits::REPLICA_TEXT);
        let labels = (0..100).map(|at| (format!("{at:03}{long}"), long.clone()));
        let message = pb::Replica {
            uid: format!("a{long}"),
            name: long.clone(),
            labels: labels.collect(),
            version: "1".to_owned(),
        };
        let identity = ReplicaIdentity::from_message(message).expect("a uid");
        assert_eq!(identity.labels.len(), limits::REPLICA_LABELS);
        assert_eq!(identity.uid.len(), limits::REPLICA_TEXT - 1);
        assert_eq!(identity.name.len(), limits::REPLICA_TEXT);
        assert!(identity.labels[15].0.starts_with("015é"));
        assert_eq!(ReplicaIdentity::from_message(pb::Replica::default()), None);
    }

    #[test]
    fn each_process_has_its_own_uid() {
        let (one, two) = (ReplicaIdentity::default(), ReplicaIdentity::default());
        assert_ne!(one.uid, two.uid);
        assert_eq!(one.uid.len(), 32);
    }
}
