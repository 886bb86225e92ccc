//! Sidecar processes: what they show of a revision, and how they leave.

use std::time::SystemTime;

use fanion::control::fleet::progress::LaggardState;
use serde_json::Value;

use crate::control::fleet_upstream::FleetUpstream;
use crate::control::fleet_upstream::revision;
use crate::support::program::daemon;
use crate::support::program::daemon::Daemon;
use crate::support::server::http_client;
use crate::support::server::prometheus;
use crate::support::sources::document;
use crate::support::temp_dir::TempDir;
use crate::support::wait::wait_until;

fn start(directory: &TempDir, upstream: &FleetUpstream, name: &str) -> Daemon {
    let uri = format!("grpc://{}", upstream.target());
    let options = [
        "--uri",
        &uri,
        "--replica-id",
        name,
        "--debug-endpoints",
        "open",
    ];
    let mut command = daemon::command(directory.path(), &options);
    command.env("OTEL_RESOURCE_ATTRIBUTES", "k8s.pod.name=pod-7");
    Daemon::spawn(command)
}

#[tokio::test(flavor = "multi_thread")]
async fn process_shows_its_revision_and_introduces_itself() {
    let directory = TempDir::new();
    let upstream = FleetUpstream::start(revision(0, 41, &document("a"))).await;
    let sidecar = start(&directory, &upstream, "pod-7");
    let second = revision(0, 42, &document("b"));
    upstream
        .wait_for_replica(|replica| replica.applied.is_some())
        .await;
    upstream.publish(second.clone());
    let replica = upstream.wait_for_applied(second.id()).await;
    assert_eq!(replica.identity.name, "pod-7");
    let label = ("k8s.pod.name".to_owned(), "pod-7".to_owned());
    assert!(replica.identity.labels.contains(&label), "{replica:?}");
    let target = upstream.target();
    let line =
        sidecar.wait_for_log(|line| line["message"] == "flags reloaded" && line["generation"] == 2);
    assert_eq!(line["revisions"], format!("{target}=42"));
    let answer = http_client::get(sidecar.management, "/debug/sources", &[]).await;
    let mut body = answer.into_body();
    let body = http_client::whole(&mut body).await.expect("a body");
    let shown: Value = serde_json::from_slice(&body).expect("JSON");
    let source = &shown["sources"][0];
    assert_eq!(
        (&source["revision"], &source["epoch"]),
        (&42.into(), &0.into())
    );
    assert_eq!(source["contentHash"], second.content_hash.to_string());
    let scrape = prometheus::scrape_port(sidecar.management).await;
    let shown = scrape.sum("fanion_source_revision", &[&format!("source=\"{target}\"")]);
    assert_eq!(shown, 42.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn lower_revision_of_a_restored_store_is_logged() {
    let directory = TempDir::new();
    let fifth = revision(0, 5, &document("a"));
    let upstream = FleetUpstream::start(fifth.clone()).await;
    let sidecar = start(&directory, &upstream, "pod");
    upstream.wait_for_applied(fifth.id()).await;
    let port = upstream.stop().await;
    let third = revision(1, 3, &document("b"));
    let upstream = FleetUpstream::start_on_port(port, third.clone()).await;
    upstream.wait_for_replica(|replica| replica.is_ahead).await;
    upstream.replicas.force_sync();
    upstream.wait_for_applied(third.id()).await;
    let line = sidecar.wait_for_log(|line| !line["previous_revision"].is_null());
    assert_eq!(line["level"], "WARN");
    assert_eq!((&line["revision"], &line["epoch"]), (&3.into(), &1.into()));
    let previous = (&line["previous_revision"], &line["previous_epoch"]);
    assert_eq!(previous, (&5.into(), &0.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn orderly_end_is_announced_and_a_killed_process_is_missed() {
    let directory = TempDir::new();
    let first = revision(0, 1, &document("a"));
    let upstream = FleetUpstream::start(first.clone()).await;
    let leaves = start(&directory, &upstream, "leaves");
    let mut killed = start(&directory, &upstream, "killed");
    let progress = || upstream.replicas.progress(&first.id(), SystemTime::now());
    let told = || format!("{:#?}", upstream.replicas.replicas());
    wait_until(|| progress().applied == 2, told).await;
    leaves.terminate();
    wait_until(|| progress().expected == 1, told).await;
    killed.child.kill().expect("it runs");
    let second = revision(0, 2, &document("b"));
    upstream.publish(second.clone());
    let progress = || upstream.replicas.progress(&second.id(), SystemTime::now());
    let is_missed = || {
        let laggards = progress().laggards;
        laggards.len() == 1 && laggards[0].state == LaggardState::Disconnected
    };
    wait_until(is_missed, || format!("{:#?}", progress())).await;
    assert_eq!(progress().laggards[0].name, "killed");
}
