//! Requests that the API refuses: missing rights, missing resources, invalid credentials.

use crate::support::sources::http_upstream::http_response;
use crate::support::sources::kube_api::KubeApi;
use crate::support::sources::kube_api::follow_kubeconfig;
use crate::support::sources::kube_api::is_watch;
use crate::support::sources::kube_api::list;
use crate::support::sources::kube_api::object;
use crate::support::sources::kube_api::status;
use crate::support::sources::kube_api::write_kubeconfig;
use crate::support::sources::settings;
use crate::support::temp_dir::TempDir;
use crate::support::wait::wait_until;

#[tokio::test]
async fn missing_right_is_named_with_verb_resource_namespace() {
    let directory = TempDir::new();
    let api = KubeApi::start(None).await;
    api.set_list(status("403 Forbidden", "User \\\"x\\\" cannot"));
    let followed = api.follow(directory.path());
    let want = "no permission to list featureflags.core.openfeature.dev in namespace `ns`: a Role must grant the verbs \
                list and watch: User \"x\" cannot";
    followed.wait_for_error(0, want).await;
    api.set_list(list(Some(&object(9, "a"))));
    followed.wait_for_variant("a").await;
    followed.wait_for_state(0, |state| !state.is_stale()).await;
}

#[tokio::test]
async fn refused_watch_polls_and_stays_a_failure() {
    let directory = TempDir::new();
    let api = KubeApi::start(None).await;
    let answer = |reply: crate::support::sources::http_upstream::Reply| {
        move |request: &_| {
            if is_watch(request) {
                Some(status("403 Forbidden", ""))
            } else {
                Some(reply.clone())
            }
        }
    };
    api.set_handler(answer(list(Some(&object(9, "a")))));
    let followed = api.follow(directory.path());
    let want = "no permission to watch featureflags.core.openfeature.dev in namespace `ns`";
    followed.wait_for_error(0, want).await;
    assert_eq!(followed.variant("f"), "a");
    let since = followed.state(0).failing_since;
    let lists = api.list_count();
    let told = || "no list".to_owned();
    wait_until(|| api.list_count() > lists + 5, told).await;
    // A list that gives the same flags is no recovery, which would be logged each time.
    assert_eq!(followed.state(0).failing_since, since);
    api.set_handler(answer(list(Some(&object(11, "b")))));
    followed.wait_for_variant("b").await;
    followed.wait_for_error(0, want).await;
    api.set_list(list(Some(&object(11, "b"))));
    followed.wait_for_state(0, |state| !state.is_stale()).await;
    assert_eq!(followed.state(0).accepted, 2);
}

#[tokio::test]
async fn missing_definition_and_other_versions_are_told_apart() {
    let directory = TempDir::new();
    let api = KubeApi::start(None).await;
    let not_found = || http_response("404 Not Found", &[], "404 page not found\n");
    api.set_handler(move |_| Some(not_found()));
    let followed = api.follow(directory.path());
    followed
        .wait_for_error(0, "has no resource featureflags.core.openfeature.dev: install its CustomResourceDefinition")
        .await;
    let group = r#"{"kind":"APIGroup","versions":[{"version":"v1alpha2"},{"version":"v1alpha1"}]}"#;
    api.set_handler(move |request| {
        Some(match request.path.as_str() {
            "/apis/core.openfeature.dev" => http_response("200 OK", &[], group),
            _ => not_found(),
        })
    });
    followed
        .wait_for_error(0, "in version v1alpha2, v1alpha1, not in v1beta1")
        .await;
    api.set_list(list(Some(&object(9, "a"))));
    followed.wait_for_variant("a").await;
}

#[tokio::test]
async fn replaced_token_is_read_again() {
    let directory = TempDir::new();
    let api = KubeApi::start(None).await;
    let listed = list(Some(&object(9, "a")));
    api.set_handler(move |request| {
        if request.header("authorization") != "Bearer hush-2" {
            return Some(status("401 Unauthorized", "Unauthorized"));
        }
        (!is_watch(request)).then(|| listed.clone())
    });
    let url = format!("http://127.0.0.1:{}", api.port);
    let path = write_kubeconfig(directory.path(), &url, "", "tokenFile: token");
    let followed = follow_kubeconfig(path, &settings());
    followed.wait_for_error(0, "token: No such file").await;
    directory.write("token", " \n");
    followed.wait_for_error(0, "the token file is empty").await;
    directory.write("token", "hush-1\n");
    followed
        .wait_for_error(0, "is not accepted, or has expired (401)")
        .await;
    directory.write("token", "hush-2\n");
    followed.wait_for_variant("a").await;
    followed.wait_for_state(0, |state| !state.is_stale()).await;
}
