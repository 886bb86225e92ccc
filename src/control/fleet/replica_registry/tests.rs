//! The life of replicas in a registry.

use std::future::Future as _;
use std::pin::pin;
use std::task::Context;
use std::task::Poll;
use std::task::Waker;
use std::time::Duration;
use std::time::SystemTime;

use crate::control::fleet::progress::LaggardState;
use crate::control::fleet::progress::PlainProgress;
use crate::control::fleet::replica_registry::Expectation;
use crate::control::fleet::replica_registry::ReplicaKind;
use crate::control::fleet::replica_registry::ReplicaRegistry;
use crate::control::fleet::replica_registry::SendDecision;
use crate::control::fleet::replica_registry::StreamId;
use crate::wire::content_hash::ContentHash;
use crate::wire::fleet::receipt::Receipt;
use crate::wire::fleet::receipt::ReceiptState;
use crate::wire::fleet::replica_identity::ReplicaIdentity;
use crate::wire::fleet::revision_id::RevisionId;

/// A moment, in seconds.
fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// A revision of the first epoch, whose definitions are named by its number.
fn revision(number: u64) -> RevisionId {
    revision_of(0, number)
}

fn revision_of(epoch: u64, number: u64) -> RevisionId {
    RevisionId {
        epoch,
        number,
        content_hash: ContentHash::of(&number.to_le_bytes()),
    }
}

fn registry(listed: &[&str]) -> ReplicaRegistry {
    let expectation = Expectation {
        within: Duration::from_secs(600),
        listed: listed.iter().map(ToString::to_string).collect(),
        since: at(0),
    };
    let registry = ReplicaRegistry::with_limit(expectation, 3);
    registry.publish(revision(1), at(0));
    registry
}

fn connect(registry: &ReplicaRegistry, uid: &str, name: &str, seconds: u64) -> StreamId {
    let stream = connect_with(registry, uid, name, None, seconds);
    stream.expect("few replicas")
}

fn connect_with(
    registry: &ReplicaRegistry,
    uid: &str,
    name: &str,
    have: Option<RevisionId>,
    seconds: u64,
) -> Option<StreamId> {
    let identity = ReplicaIdentity {
        uid: uid.to_owned(),
        name: name.to_owned(),
        labels: Vec::new(),
        version: String::new(),
    };
    registry.connect(identity, ReplicaKind::Fanion, have, at(seconds))
}

fn report(registry: &ReplicaRegistry, uid: &str, state: ReceiptState, seconds: u64) {
    let receipt = Receipt {
        uid: uid.to_owned(),
        state,
    };
    registry.record_receipt(receipt, at(seconds));
}

fn apply(registry: &ReplicaRegistry, uid: &str, number: u64, seconds: u64) {
    let state = ReceiptState::Applied(revision(number), at(seconds));
    report(registry, uid, state, seconds);
}

/// The expected and applied replicas, and each laggard with its state and age.
fn progress(registry: &ReplicaRegistry, number: u64, seconds: u64) -> (usize, usize, Vec<String>) {
    let progress = registry.progress(&revision(number), at(seconds));
    let laggards = progress.laggards.iter().map(|laggard| {
        let (name, age) = (&laggard.name, laggard.age.as_secs());
        let reason = match &laggard.state {
            LaggardState::Refused(reason) => reason,
            _ => "",
        };
        format!("{name} {}{reason} {age}", laggard.state.name())
    });
    (progress.expected, progress.applied, laggards.collect())
}

#[test]
fn receipts_make_progress_and_the_worst_laggard_is_first() {
    let registry = registry(&["listed"]);
    connect(&registry, "u1", "a", 0);
    connect(&registry, "u2", "b", 0);
    let lost = connect(&registry, "u3", "c", 0);
    for uid in ["u1", "u2", "u3"] {
        apply(&registry, uid, 1, 1);
    }
    assert_eq!(
        progress(&registry, 1, 2),
        (4, 3, vec!["listed never-seen 2".to_owned()])
    );
    registry.publish(revision(2), at(10));
    apply(&registry, "u1", 2, 11);
    registry.disconnect(&lost, at(12));
    let refused = ReceiptState::Failed(revision(2), "(f.json:1:2)".to_owned());
    report(&registry, "u2", refused, 12);
    let laggards = [
        "listed never-seen 20",
        "b refused(f.json:1:2) 10",
        "c disconnected 10",
    ];
    assert_eq!(
        progress(&registry, 2, 20),
        (4, 1, laggards.map(str::to_owned).to_vec())
    );
    assert_eq!(progress(&registry, 1, 20).1, 3);
}

#[test]
fn refused_definitions_are_not_sent_again() {
    let registry = registry(&[]);
    let stream = connect_with(&registry, "u", "a", Some(revision(1)), 0).expect("one");
    let hash = |number| revision(number).content_hash;
    let decide = |number, last: u64| registry.decide(&stream, hash(number), Some(hash(last)));
    assert_eq!(decide(2, 1), SendDecision::Send(Some(hash(1))));
    report(
        &registry,
        "u",
        ReceiptState::Failed(revision(2), "no".to_owned()),
        1,
    );
    assert_eq!(decide(2, 2), SendDecision::Hold);
    // It still has the definitions from before the refusal.
    assert_eq!(decide(3, 2), SendDecision::Send(Some(hash(1))));
    registry.force_sync();
    assert_eq!(decide(2, 3), SendDecision::Hold);
    let unknown = registry.decide(&stream, hash(3), None);
    assert_eq!(unknown, SendDecision::Send(Some(hash(1))));
}

#[test]
fn replica_that_is_ahead_is_held_until_it_is_released() {
    let registry = registry(&[]);
    registry.publish(revision_of(1, 3), at(0));
    let newest = revision_of(1, 3);
    let stream = connect_with(&registry, "u", "a", Some(revision_of(0, 7)), 1).expect("one");
    let decide = || registry.decide(&stream, newest.content_hash, None);
    assert_eq!(decide(), SendDecision::Hold);
    let state = |seconds| {
        let progress = registry.progress(&newest, at(seconds));
        progress
            .laggards
            .first()
            .map(|laggard| laggard.state.clone())
    };
    assert_eq!(state(2), Some(LaggardState::Ahead));
    // Reconnecting does not roll the replica back either.
    connect_with(&registry, "u", "a", Some(revision_of(0, 7)), 3).expect("one");
    assert_eq!(decide(), SendDecision::Hold);
    let mut releases = registry.releases();
    releases.mark_unchanged();
    registry.release_held();
    assert!(releases.has_changed().expect("open"));
    assert!(matches!(decide(), SendDecision::Send(_)));
    assert_eq!(state(4), Some(LaggardState::Connected));
    report(&registry, "u", ReceiptState::Applied(newest, at(5)), 5);
    assert_eq!(state(5), None);
}

#[test]
fn replicas_are_expected_while_connected_and_some_time_longer() {
    let registry = registry(&[]);
    let stays = connect(&registry, "u1", "stays", 0);
    let lost = connect(&registry, "u2", "lost", 0);
    let leaves = connect(&registry, "u3", "leaves", 0);
    report(&registry, "u3", ReceiptState::Leaving, 5);
    registry.disconnect(&leaves, at(5));
    registry.disconnect(&lost, at(5));
    assert_eq!(progress(&registry, 1, 605).0, 2);
    assert_eq!(progress(&registry, 1, 606).0, 1);
    // A late end of a former stream does not disconnect the replica.
    connect(&registry, "u1", "stays", 700);
    registry.disconnect(&stays, at(701));
    assert_eq!(
        progress(&registry, 1, 5000),
        (1, 0, vec!["stays connected 5000".to_owned()])
    );
    registry.publish(revision(2), at(5000));
    assert_eq!(registry.replicas().len(), 1);
}

#[test]
fn new_process_supersedes_a_disconnected_one_of_its_name() {
    let registry = registry(&[]);
    let old = connect(&registry, "u1", "a", 0);
    connect(&registry, "u2", "a", 1);
    assert_eq!(registry.replicas().len(), 2);
    registry.disconnect(&old, at(2));
    connect(&registry, "u3", "a", 3);
    let uids = registry.replicas().into_iter();
    let uids: Vec<_> = uids.map(|replica| replica.identity.uid).collect();
    assert_eq!(uids, ["u2", "u3"]);
}

#[test]
fn number_of_replicas_is_bounded() {
    let registry = registry(&[]);
    let first = connect(&registry, "u1", "a", 0);
    connect(&registry, "u2", "b", 0);
    connect(&registry, "u3", "c", 0);
    assert_eq!(connect_with(&registry, "u4", "d", None, 1), None);
    registry.disconnect(&first, at(2));
    connect(&registry, "u4", "d", 3);
    assert_eq!(registry.replicas().len(), 3);
    // A receipt does not create a replica.
    apply(&registry, "u5", 1, 4);
    assert_eq!(registry.replicas().len(), 3);
}

#[test]
fn plain_peers_are_counted_apart() {
    let registry = registry(&[]);
    let identity = ReplicaIdentity::of_this_process("go", &[]);
    let stream = registry.connect(identity, ReplicaKind::Plain, None, at(0));
    let stream = stream.expect("few");
    let plain = |number| registry.progress(&revision(number), at(1)).plain;
    let counts = |connected, delivered| PlainProgress {
        connected,
        delivered,
    };
    assert_eq!(plain(1), counts(1, 0));
    registry.record_delivered(&stream, revision(1), at(1));
    assert_eq!((plain(1), plain(2)), (counts(1, 1), counts(1, 0)));
    assert!(registry.progress(&revision(2), at(1)).is_complete());
    registry.disconnect(&stream, at(2));
    assert_eq!(plain(1), counts(0, 0));
    assert!(registry.replicas().is_empty());
}

#[test]
fn wait_ends_with_the_last_receipt() {
    let registry = registry(&[]);
    connect(&registry, "u1", "a", 0);
    connect(&registry, "u2", "b", 0);
    let mut wait = pin!(registry.wait_applied(revision(1), || at(1)));
    let mut poll = || wait.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert_eq!(poll(), Poll::Pending);
    apply(&registry, "u1", 1, 1);
    assert_eq!(poll(), Poll::Pending);
    apply(&registry, "u2", 1, 1);
    assert_eq!(poll(), Poll::Ready(()));
}
