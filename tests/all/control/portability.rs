//! Definitions on their way through a control plane and a sidecar.

use std::path::Path;
use std::sync::Arc;

use fanion::document::DocumentFormat;
use fanion::live::Live;
use fanion::serve::ServeConfig;
use fanion::source::updater::loader::Loader;
use fanion::wire::flag_sync;
use fanion::wire::fleet::definitions;
use serde_json::json;

use crate::control::fleet_upstream::FleetUpstream;
use crate::control::fleet_upstream::revision;
use crate::meta::source_tree::files_below;
use crate::support::evaluate;
use crate::support::server;
use crate::support::server::grpc_client::channel_to;
use crate::support::server::grpc_client::pb::sync1::FetchAllFlagsRequest;
use crate::support::server::grpc_client::pb::sync1::flag_sync_service_client::FlagSyncServiceClient;
use crate::support::sources::grpc_upstream::grpc_source_spec;
use crate::support::sources::settings;

#[tokio::test]
async fn dialect_flags_evaluate_as_written_and_stay_out_of_plain_sync() {
    let text = json!({"flags": {
        "f": {"variants": {"a": "a"}, "defaultVariant": "a"},
        "g": {"variants": {"on": true, "off": false}, "defaultVariant": "off",
              "rollout": {"variant": "on", "percentage": 30, "dialect": "md5-8hex-100"}},
    }});
    let first = revision(0, 1, &text.to_string());
    let upstream = FleetUpstream::start(first.clone()).await;
    let live = Arc::new(Live::default());
    let specs = [grpc_source_spec(&upstream.target(), &json!({}))];
    let loader = Loader::new(&specs, &settings(), live.clone());
    let sidecar = server::start_loader(loader, live, ServeConfig::default()).await;
    let snapshot = sidecar.live.load_full();
    assert!(snapshot.ruleset.flag("g").expect("a flag").not_portable);
    let mut on = 0;
    for user in 0..300 {
        let context = json!({"targetingKey": format!("user-{user}")});
        let own = evaluate::evaluate(&snapshot.ruleset, "g", &context);
        assert_eq!(
            own,
            evaluate::evaluate(&first.snapshot.ruleset, "g", &context)
        );
        on += usize::from(own["variant"] == "on");
    }
    assert!((60..120).contains(&on), "{on}");
    let mut plain = FlagSyncServiceClient::new(channel_to(sidecar.sync).await);
    let fetched = plain.fetch_all_flags(FetchAllFlagsRequest::default()).await;
    let fetched = fetched.expect("flags").into_inner().flag_configuration;
    assert!(
        fetched.contains("\"f\"") && !fetched.contains("\"g\""),
        "{fetched}"
    );
}

#[test]
fn definitions_are_written_again_as_they_were_read() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let examples = files_below(&root.join("flags"));
    let examples = examples
        .iter()
        .filter(|path| path.extension().is_some_and(|e| e == "yaml"));
    let mut count = 0;
    for path in examples {
        let text = std::fs::read_to_string(path).expect("a file");
        let (ruleset, _) = evaluate::load(&text, DocumentFormat::Yaml);
        let flags = ruleset.flags.iter().filter(|flag| !flag.is_faulty());
        let first: Vec<_> = flags
            .map(|flag| (flag.key.to_string(), flag_sync::definition(flag)))
            .collect();
        let document =
            definitions::write_document(first.iter().map(|(key, text)| (&**key, &**text)));
        let (again, _) = evaluate::load(&document, DocumentFormat::Json);
        for (key, text) in &first {
            let flag = again.flag(key).expect("a flag");
            assert_eq!(flag_sync::definition(flag), *text);
            count += 1;
        }
    }
    assert!(count > 10, "{count}");
}
