//! Connections that break, are slow, or send what is no event.

use std::time::Duration;

use crate::support::sources::kube_api::KubeApi;
use crate::support::sources::kube_api::WatchStep;
use crate::support::sources::kube_api::event;
use crate::support::sources::kube_api::follow_kubeconfig;
use crate::support::sources::kube_api::list;
use crate::support::sources::kube_api::object;
use crate::support::sources::kube_api::status;
use crate::support::sources::kube_api::write_kubeconfig;
use crate::support::sources::settings;
use crate::support::temp_dir::TempDir;

#[tokio::test]
async fn broken_watch_lists_the_resource_again() {
    let directory = TempDir::new();
    let api = KubeApi::start(Some(&object(9, "a"))).await;
    let followed = api.follow(directory.path());
    let changed = event("MODIFIED", &object(11, "x"));
    let half = changed.as_bytes()[..changed.len() / 2].to_vec();
    let bad = |text: &str| vec![WatchStep::Send(format!("{text}\n").into_bytes())];
    let failing = r#"{"type":"ERROR","object":{"code":500,"message":"no quorum"}}"#;
    let too_large = vec![b'x'; 17 * 1024 * 1024];
    let cases = [
        (
            vec![WatchStep::Send(half.clone()), WatchStep::End],
            "in the middle of an event",
        ),
        (vec![WatchStep::Send(half), WatchStep::Reset], "reset"),
        (vec![WatchStep::Reset], "reset"),
        (vec![WatchStep::End], "as soon as it has begun"),
        (bad("[]"), "expected an object"),
        (bad("{}"), "`type` or `object` is missing"),
        (
            bad(r#"{"type":"NEWS","object":{}}"#),
            "unknown type of event `NEWS`",
        ),
        (bad(failing), "the watch failed: no quorum"),
        (
            vec![WatchStep::Send(too_large)],
            "larger than 16777216 bytes",
        ),
    ];
    for (at, (steps, why)) in cases.into_iter().enumerate() {
        let variant = format!("v{at}");
        api.wait_for_watch(at + 1).await;
        api.set_list(list(Some(&object(20, &variant))));
        for step in steps {
            api.step(step);
        }
        followed.wait_for_variant(&variant).await;
        let state = followed.state(0);
        let (_, last) = state.last_error.expect("an error");
        assert!(last.contains(why), "{last}");
        followed.wait_for_state(0, |state| !state.is_stale()).await;
    }
}

#[tokio::test]
async fn event_may_arrive_in_parts() {
    let directory = TempDir::new();
    let api = KubeApi::start(Some(&object(9, "a"))).await;
    let followed = api.follow(directory.path());
    api.wait_for_watch(1).await;
    // The document is larger than one read of the socket, and two events end in one part.
    let padding = "é".repeat(100_000);
    let large = object(11, "b").replace(
        r#""metadata":{"#,
        &format!(r#""metadata":{{"x":"{padding}","#),
    );
    let events = format!(
        "\n{}\n{}\n",
        event("MODIFIED", &large),
        event("MODIFIED", &object(12, "c"))
    );
    let bytes = events.as_bytes();
    for part in bytes.chunks(bytes.len() / 5) {
        api.step(WatchStep::Send(part.to_vec()));
    }
    followed.wait_for_variant("c").await;
    assert_eq!(followed.state(0).accepted, 3);
}

#[tokio::test]
async fn server_that_is_gone_is_found_again() {
    let directory = TempDir::new();
    let api = KubeApi::start(Some(&object(9, "a"))).await;
    let followed = api.follow(directory.path());
    followed.wait_for_variant("a").await;
    api.wait_for_watch(1).await;
    let refuse = |_: &_| Some(status("503 Service Unavailable", "starting"));
    api.set_handler(refuse);
    api.step(WatchStep::Reset);
    followed
        .wait_for_error(
            0,
            "cannot list featureflags.core.openfeature.dev in namespace `ns`: 503",
        )
        .await;
    assert_eq!(followed.variant("f"), "a");
    assert!(followed.state(0).is_stale());
    api.set_list(list(Some(&object(9, "a"))));
    followed.wait_for_state(0, |state| !state.is_stale()).await;
    assert_eq!(followed.state(0).accepted, 1);
}

#[tokio::test]
async fn watch_that_outlives_its_time_begins_again() {
    let directory = TempDir::new();
    let api = KubeApi::start(Some(&object(9, "a"))).await;
    let url = format!("http://127.0.0.1:{}", api.port);
    let path = write_kubeconfig(directory.path(), &url, "", "token: hush-1");
    let mut hasty = settings();
    hasty.timing.watch_timeout = Duration::from_secs(1);
    hasty.timing.keepalive_timeout = Duration::from_millis(50);
    let followed = follow_kubeconfig(path, &hasty);
    let first = api.wait_for_watch(1).await;
    assert!(first.path.ends_with("&timeoutSeconds=1"), "{}", first.path);
    // The server never ends the watch, as if it were gone.
    api.wait_for_watch(2).await;
    followed.wait_for_variant("a").await;
    assert_eq!((followed.state(0).failed, api.list_count()), (0, 1));
}
