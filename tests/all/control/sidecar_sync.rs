//! Sidecars that follow the sync port of the control plane.

use std::sync::Arc;
use std::time::SystemTime;

use fanion::control::fleet::replica_registry::Replica;
use fanion::control::fleet::replica_registry::ReplicaKind;
use fanion::control::revision::Revision;
use fanion::document::FaultPolicy;
use fanion::metric::family::MetricValue;
use fanion::ruleset::Ruleset;
use fanion::source::SourceConfig;
use fanion::source::metrics;
use fanion::wire::content_hash::ContentHash;
use serde_json::json;

use crate::control::fleet_upstream::FleetUpstream;
use crate::control::fleet_upstream::revision;
use crate::control::fleet_upstream::revision_of;
use crate::source::state_dir::restart::settings_with_state_dir;
use crate::source::state_dir::restart::stored_files;
use crate::support::sources::document;
use crate::support::sources::grpc_upstream::grpc_source_spec;
use crate::support::sources::grpc_upstream::subscribe;
use crate::support::sources::settings;
use crate::support::sources::start_sources;
use crate::support::temp_dir::TempDir;
use crate::support::wait::DEADLINE;
use crate::support::wait::wait_until;

/// A document with the flags `f` and `g`.
pub fn two_flags(f: &str, g: &str) -> String {
    let flag = |variant: &str| json!({"variants": {variant: variant}, "defaultVariant": variant});
    json!({"flags": {"f": flag(f), "g": flag(g)}}).to_string()
}

#[tokio::test]
async fn sidecar_applies_documents_and_deltas_and_reports_them() {
    let first = revision(0, 1, &two_flags("a", "a"));
    let upstream = FleetUpstream::start(first.clone()).await;
    let followed = subscribe(&upstream.target(), &json!({}));
    let replica = upstream.wait_for_applied(first.id()).await;
    assert_eq!(replica.kind, ReplicaKind::Fanion);
    assert_eq!(replica.identity.version, env!("CARGO_PKG_VERSION"));
    assert_eq!(followed.variant("f"), "a");
    assert_eq!(followed.state(0).revision, Some(first.id()));
    for (number, f, g) in [(2, "a", "b"), (3, "c", "b"), (4, "c", "b")] {
        let next = revision(0, number, &two_flags(f, g));
        upstream.publish(next.clone());
        let replica = upstream.wait_for_applied(next.id()).await;
        assert!(replica.received.is_some() && replica.delivered.is_some());
        assert_eq!(
            (followed.variant("f"), followed.variant("g")),
            (f.to_owned(), g.to_owned())
        );
        assert_eq!(followed.state(0).revision, Some(next.id()));
    }
    let next = revision(0, 5, &document("d"));
    upstream.publish(next.clone());
    upstream.wait_for_applied(next.id()).await;
    assert_eq!(
        (followed.variant("f"), followed.variant("g")),
        ("d".to_owned(), String::new())
    );
    let state = followed.state(0);
    assert_eq!((state.accepted, state.refused, state.failed), (4, 0, 0));
    let families = metrics::families(&followed.watch.statuses, SystemTime::now());
    let family = families
        .iter()
        .find(|family| family.name == "fanion.source.revision");
    let series = &family.expect("a family").series[0];
    assert_eq!(series.value, MetricValue::Number(5.0));
}

#[tokio::test]
async fn flags_survive_a_restart_of_the_server_without_a_document() {
    let first = revision(0, 1, &two_flags("a", "a"));
    let upstream = FleetUpstream::start(first.clone()).await;
    let followed = subscribe(&upstream.target(), &json!({}));
    upstream.wait_for_applied(first.id()).await;
    let port = upstream.stop().await;
    let second = revision(0, 2, &two_flags("a", "b"));
    let upstream = FleetUpstream::start_on_port(port, first.clone()).await;
    upstream.wait_for_applied(first.id()).await;
    followed.wait_for_state(0, |state| !state.is_stale()).await;
    assert_eq!(followed.state(0).accepted, 1);
    upstream.publish(second.clone());
    upstream.wait_for_applied(second.id()).await;
    // The base is not known to a server that begins with a later revision.
    let port = upstream.stop().await;
    let third = revision(0, 3, &two_flags("c", "b"));
    let upstream = FleetUpstream::start_on_port(port, third.clone()).await;
    upstream.wait_for_applied(third.id()).await;
    assert_eq!(followed.variant("f"), "c");
}

/// A revision that announces the hash of other definitions.
fn with_wrong_hash(number: u64, document: &str) -> Arc<Revision> {
    let right = revision(0, number, document);
    Arc::new(Revision {
        content_hash: ContentHash::of(&number.to_le_bytes()),
        definitions: right.definitions.clone(),
        snapshot: right.snapshot.clone(),
        ..*right
    })
}

#[tokio::test]
async fn wrong_hash_of_a_delta_leads_to_the_document_and_a_refusal() {
    let first = revision(0, 1, &two_flags("a", "a"));
    let upstream = FleetUpstream::start(first.clone()).await;
    let followed = subscribe(&upstream.target(), &json!({}));
    let before = upstream.wait_for_applied(first.id()).await;
    upstream.publish(with_wrong_hash(2, &two_flags("b", "a")));
    let replica = upstream
        .wait_for_replica(|replica| !replica.refusals.is_empty())
        .await;
    assert_ne!(before.connected_since, replica.connected_since);
    assert!(
        replica.refusals[0]
            .reason
            .contains("announced content hash")
    );
    assert_eq!(followed.variant("f"), "a");
    assert_eq!(followed.state(0).revision, Some(first.id()));
    let third = revision(0, 3, &two_flags("c", "a"));
    upstream.publish(third.clone());
    upstream.wait_for_applied(third.id()).await;
    assert_eq!(followed.variant("f"), "c");
}

#[tokio::test]
async fn refused_document_is_named_and_not_sent_again() {
    let first = revision(0, 1, &two_flags("a", "a"));
    let upstream = FleetUpstream::start(first.clone()).await;
    let strict = SourceConfig {
        faults: FaultPolicy::RejectDocument,
        ..settings()
    };
    let specs = [grpc_source_spec(&upstream.target(), &json!({}))];
    let followed = start_sources(&specs, &strict);
    let tolerant = subscribe(&upstream.target(), &json!({}));
    let applied = |id| {
        move |replica: &Replica| {
            replica
                .applied
                .is_some_and(|applied| applied.revision.includes(0, id))
        }
    };
    wait_until(
        || {
            upstream
                .replicas
                .replicas()
                .iter()
                .filter(|replica| applied(1)(replica))
                .count()
                == 2
        },
        || format!("{:#?}", upstream.replicas.replicas()),
    )
    .await;
    let poison = upstream_revision(
        2,
        &[("f", "{\"variants\":{\"a\":1},\"defaultVariant\":\"no\"}")],
    );
    upstream.publish(poison.clone());
    let refused = upstream
        .wait_for_replica(|replica| !replica.refusals.is_empty())
        .await;
    let refusal = &refused.refusals[0];
    assert_eq!(refusal.revision, poison.id());
    assert!(
        refusal.reason.contains("1:") && refusal.reason.contains("`no`"),
        "{refusal:?}"
    );
    assert_eq!(followed.variant("f"), "a");
    // The other one has it, with an error in the flag alone.
    upstream.wait_for_applied(poison.id()).await;
    assert_eq!(tolerant.variant("f"), "error");
    let progress = upstream.replicas.progress(&poison.id(), SystemTime::now());
    assert_eq!((progress.expected, progress.applied), (2, 1));
    assert_eq!(progress.laggards[0].state.name(), "refused");
    // A revision with the same definitions is not sent to it.
    upstream.publish(upstream_revision(3, &[("f", &poison.definitions["f"])]));
    upstream.wait_for_replica(applied(3)).await;
    let fourth = revision(0, 4, &two_flags("d", "d"));
    upstream.publish(fourth.clone());
    wait_until(|| followed.variant("f") == "d", || "not applied".to_owned()).await;
    assert_eq!(followed.state(0).refused, 1);
}

/// A revision of definitions that need not be valid.
fn upstream_revision(number: u64, flags: &[(&str, &str)]) -> Arc<Revision> {
    let flags = flags.iter();
    let definitions = flags
        .map(|(key, text)| ((*key).into(), (*text).into()))
        .collect();
    revision_of(0, number, definitions, Ruleset::default())
}

#[tokio::test]
async fn definitions_that_are_written_otherwise_are_bases_too() {
    let odd = "{ \"variants\": {\"on\": 1.50, \"a\": 2}, \"defaultVariant\": \"on\" }";
    let faulty = "{\"variants\":{\"a\":1},\"defaultVariant\":\"no\"}";
    let plain = |text: &str| json!({"variants": {text: 1}, "defaultVariant": text}).to_string();
    let flags = |f: &str| {
        let f = plain(f);
        upstream_revision(
            f.len() as u64,
            &[("faulty", faulty), ("f", &f), ("odd", odd)],
        )
    };
    let first = flags("a");
    let upstream = FleetUpstream::start(first.clone()).await;
    let followed = subscribe(&upstream.target(), &json!({}));
    let before = upstream.wait_for_applied(first.id()).await;
    for variant in ["bc", "def"] {
        let next = flags(variant);
        upstream.publish(next.clone());
        let after = upstream.wait_for_applied(next.id()).await;
        assert_eq!(followed.variant("f"), variant);
        assert_eq!(followed.variant("faulty"), "error");
        assert_eq!(before.connected_since, after.connected_since);
    }
}

#[tokio::test]
async fn restored_store_does_not_lead_sidecars_back_until_forced() {
    let fifth = revision(0, 5, &two_flags("a", "a"));
    let upstream = FleetUpstream::start(fifth.clone()).await;
    let followed = subscribe(&upstream.target(), &json!({}));
    upstream.wait_for_applied(fifth.id()).await;
    let port = upstream.stop().await;
    let third = revision(1, 3, &two_flags("old", "a"));
    let upstream = FleetUpstream::start_on_port(port, third.clone()).await;
    let replica = upstream.wait_for_replica(|replica| replica.is_ahead).await;
    assert_eq!(
        replica.applied.map(|event| event.revision),
        Some(fifth.id())
    );
    let fourth = revision(1, 4, &two_flags("older", "a"));
    upstream.publish(fourth.clone());
    upstream.wait_for_revision(4).await;
    let progress = upstream.replicas.progress(&fourth.id(), SystemTime::now());
    assert_eq!(progress.laggards[0].state.name(), "ahead");
    assert_eq!(followed.variant("f"), "a");
    upstream.replicas.release_held();
    upstream.wait_for_applied(fourth.id()).await;
    assert_eq!(followed.variant("f"), "older");
    assert_eq!(followed.state(0).revision, Some(fourth.id()));
    // Forced: the whole document again.
    let before = upstream.wait_for_applied(fourth.id()).await.applied;
    upstream.replicas.force_sync();
    upstream
        .wait_for_replica(|replica| replica.applied != before)
        .await;
}

#[tokio::test]
async fn restarted_sidecar_begins_with_its_stored_revision() {
    let directory = TempDir::new();
    let first = revision(0, 1, &two_flags("a", "a"));
    let upstream = FleetUpstream::start(first.clone()).await;
    let settings = settings_with_state_dir(directory.path());
    let specs = [grpc_source_spec(&upstream.target(), &json!({}))];
    let followed = start_sources(&specs, &settings);
    upstream.wait_for_applied(first.id()).await;
    let second = revision(0, 2, &two_flags("a", "b"));
    upstream.publish(second.clone());
    upstream.wait_for_applied(second.id()).await;
    let stored = || {
        let files = stored_files(directory.path()).into_iter();
        let texts = files.map(|file| std::fs::read_to_string(file).expect("text"));
        texts.collect::<String>()
    };
    let etag = second.id().to_string();
    wait_until(|| stored().contains(&etag), stored).await;
    followed.watch.stop(DEADLINE).await;
    let again = SourceConfig {
        replica: Arc::default(),
        ..settings
    };
    let followed = start_sources(&specs, &again);
    let uid = again.replica.uid.clone();
    let is_new = |replica: &Replica| {
        replica.identity.uid == uid
            && replica
                .applied
                .is_some_and(|applied| applied.revision.includes(0, 2))
    };
    upstream.wait_for_replica(is_new).await;
    followed.wait_for_state(0, |state| !state.is_stale()).await;
    // Nothing but a confirmation was sent.
    assert_eq!(followed.state(0).accepted, 0);
    assert_eq!(followed.variant("g"), "b");
}
