//! Priority of sources that define the same flag.

use std::fs;

use fanion::source::SourceConfig;
use fanion::source::spec::SourceSpec;
use serde_json::json;

use crate::support::sources::document;
use crate::support::sources::flag;
use crate::support::sources::grpc_upstream::grpc_source_spec;
use crate::support::sources::grpc_upstream::start_grpc_upstream;
use crate::support::sources::settings;
use crate::support::sources::start_sources;
use crate::support::sources::watched_files::watch_files;
use crate::support::sources::watched_files::yaml_document;
use crate::support::temp_dir::TempDir;

#[test]
fn shadowed_flag_returns_when_the_override_is_removed() {
    let directory = TempDir::new();
    let (low, high) = (
        directory.path().join("low.yaml"),
        directory.path().join("high.yaml"),
    );
    fs::write(&low, yaml_document("low")).expect("a file");
    fs::write(&high, yaml_document("high")).expect("a file");
    let watched = watch_files(&[&low, &high]);
    watched.wait_for_variant("high");
    fs::write(&high, "flags: {}").expect("a file");
    watched.wait_for_variant("low");
    fs::write(&high, yaml_document("high")).expect("a file");
    watched.wait_for_variant("high");
}

#[tokio::test]
async fn source_order_is_priority_and_shadowed_flag_returns() {
    let directory = TempDir::new();
    let file = directory.path().join("flags.json");
    fs::write(&file, document("file")).expect("a file");
    let web = crate::support::sources::http_upstream::HttpUpstream::start(|_| {
        crate::support::sources::http_upstream::document_response("web")
    })
    .await;
    let service = start_grpc_upstream(&document("sync")).await;
    let specs = [
        SourceSpec::from_path(&file),
        crate::support::sources::http_source_spec(&web.url("/flags.json"), &json!({})),
        grpc_source_spec(&service.target(), &json!({})),
    ];
    let followed = start_sources(&specs, &SourceConfig::clone(&settings()));
    followed.wait_for_variant("sync").await;
    followed
        .wait_for_state(1, |state| state.accepted == 1)
        .await;
    service.write(&flag("other", "x"));
    followed.wait_for_variant("web").await;
    web.set_handler(|_| {
        crate::support::sources::http_upstream::http_response("200 OK", &[], "{\"flags\": {}}")
    });
    followed.wait_for_variant("file").await;
    service.write(&document("again"));
    followed.wait_for_variant("again").await;
    // A change of the lowest source has no effect until the other sources drop the flag.
    fs::write(&file, document("late")).expect("a file");
    followed
        .wait_for_state(0, |state| state.accepted == 2)
        .await;
    assert_eq!(followed.variant("f"), "again");
    service.write("{\"flags\": {}}");
    followed.wait_for_variant("late").await;
}
