//! The list of a resource, and the events of its watch.

use crate::support::sources::kube_api::KubeApi;
use crate::support::sources::kube_api::WatchStep;
use crate::support::sources::kube_api::event;
use crate::support::sources::kube_api::is_watch;
use crate::support::sources::kube_api::list;
use crate::support::sources::kube_api::object;
use crate::support::sources::kube_api::object_with;
use crate::support::sources::kube_api::status;
use crate::support::temp_dir::TempDir;

#[tokio::test]
async fn resource_is_created_changed_deleted_and_recreated() {
    let directory = TempDir::new();
    let api = KubeApi::start(None).await;
    let followed = api.follow(directory.path());
    let missing = "FeatureFlag `ns/flags` does not exist";
    followed.wait_for_error(0, missing).await;
    assert!(!followed.live.load().is_usable());
    api.wait_for_watch(1).await;
    api.send(&[event("ADDED", &object(11, "a"))]);
    followed.wait_for_variant("a").await;
    followed.wait_for_state(0, |state| !state.is_stale()).await;
    api.send(&[event("MODIFIED", &object(12, "b"))]);
    followed.wait_for_variant("b").await;
    api.send(&[event("DELETED", &object(13, "b"))]);
    followed.wait_for_error(0, missing).await;
    assert_eq!(followed.variant("f"), "b");
    assert!(followed.state(0).is_stale());
    api.send(&[event("ADDED", &object(14, "c"))]);
    followed.wait_for_variant("c").await;
    let state = followed.wait_for_state(0, |state| !state.is_stale()).await;
    assert_eq!(state.accepted, 3);
    assert_eq!(api.list_count(), 1);
}

#[tokio::test]
async fn requests_name_the_resource_and_send_the_token() {
    let directory = TempDir::new();
    let api = KubeApi::start(Some(&object(9, "a"))).await;
    let followed = api.follow(directory.path());
    let watch = api.wait_for_watch(1).await;
    let list = api.requests().swap_remove(0);
    let path = "/apis/core.openfeature.dev/v1beta1/namespaces/ns/featureflags?fieldSelector=metadata.name%3Dflags";
    assert_eq!(list.path, path);
    let parameters = "&watch=true&allowWatchBookmarks=true&resourceVersion=10&timeoutSeconds=";
    let seconds = watch.path.strip_prefix(&format!("{path}{parameters}"));
    let seconds: u64 = seconds.expect("the parameters").parse().expect("a number");
    assert!((60..=120).contains(&seconds), "{seconds}");
    for request in [list, watch] {
        assert_eq!(request.header("authorization"), "Bearer hush-1");
        assert_eq!(request.header("accept"), "application/json");
    }
    followed.wait_for_variant("a").await;
}

#[tokio::test]
async fn watch_continues_at_the_version_of_a_bookmark() {
    let directory = TempDir::new();
    let api = KubeApi::start(Some(&object(9, "a"))).await;
    let followed = api.follow(directory.path());
    api.wait_for_watch(1).await;
    let bookmark = r#"{"kind":"FeatureFlag","metadata":{"resourceVersion":"77"}}"#;
    api.send(&[event("BOOKMARK", bookmark)]);
    api.step(WatchStep::End);
    let again = api.wait_for_watch(2).await;
    assert!(
        again.path.contains("&resourceVersion=77&"),
        "{}",
        again.path
    );
    api.send(&[event("MODIFIED", &object(80, "b"))]);
    followed.wait_for_variant("b").await;
    api.step(WatchStep::End);
    let again = api.wait_for_watch(3).await;
    assert!(
        again.path.contains("&resourceVersion=80&"),
        "{}",
        again.path
    );
    assert_eq!(api.list_count(), 1);
    assert_eq!(followed.state(0).failed, 0);
}

#[tokio::test]
async fn expired_version_lists_the_resource_again() {
    let directory = TempDir::new();
    let api = KubeApi::start(Some(&object(9, "a"))).await;
    let followed = api.follow(directory.path());
    api.wait_for_watch(1).await;
    api.set_list(list(Some(&object(20, "b"))));
    let gone = r#"{"kind":"Status","code":410,"reason":"Expired","message":"too old"}"#;
    api.send(&[event("ERROR", gone)]);
    followed.wait_for_variant("b").await;
    api.wait_for_watch(2).await;
    // The next watch gets the status in place of an event.
    let third = list(Some(&object(30, "c")));
    api.set_handler(move |request| {
        if request.path.contains("resourceVersion=21") {
            return Some(status("410 Gone", "too old"));
        }
        (!is_watch(request)).then(|| third.clone())
    });
    let bookmark = r#"{"metadata":{"resourceVersion":"21"}}"#;
    api.send(&[event("BOOKMARK", bookmark)]);
    api.step(WatchStep::End);
    followed.wait_for_variant("c").await;
    assert_eq!(followed.state(0).failed, 0);
}

#[tokio::test]
async fn invalid_resource_keeps_the_last_good_flags() {
    let directory = TempDir::new();
    let api = KubeApi::start(Some(&object(9, "a"))).await;
    let followed = api.follow(directory.path());
    api.wait_for_watch(1).await;
    let invalid = object_with(11, r#"{"flagSpec":{"flags":1}}"#);
    api.send(&[event("MODIFIED", &invalid)]);
    followed.wait_for_error(0, "`flags` is a number").await;
    let empty = event("MODIFIED", &object_with(12, "{}"));
    api.send(&[empty]);
    followed.wait_for_error(0, "has no `spec.flagSpec`").await;
    assert_eq!(followed.variant("f"), "a");
    // Of two members with one name the last wins, as in Go.
    let twice =
        object(13, "b").replace(r#""spec":"#, r#""spec":{"flagSpec":{"flags":{}}},"spec":"#);
    api.send(&[event("MODIFIED", &twice)]);
    followed.wait_for_variant("b").await;
    followed.wait_for_state(0, |state| !state.is_stale()).await;
    assert_eq!(api.list_count(), 1);
}

#[tokio::test]
async fn events_about_other_resources_are_ignored() {
    let directory = TempDir::new();
    let api = KubeApi::start(Some(&object(9, "a"))).await;
    let followed = api.follow(directory.path());
    api.wait_for_watch(1).await;
    let other = object(11, "x").replace(r#""name":"flags""#, r#""name":"other""#);
    api.send(&[
        event("MODIFIED", &other),
        event("DELETED", &other),
        event("MODIFIED", &object(12, "b")),
    ]);
    followed.wait_for_variant("b").await;
    let state = followed.state(0);
    assert_eq!((state.accepted, state.failed), (2, 0));
}
