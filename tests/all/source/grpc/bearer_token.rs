//! Bearer tokens that a source sends to a flag sync service.

use std::sync::Arc;
use std::time::Duration;

use fanion::serve::ServeConfig;
use fanion::serve::http::auth::token_file::PortTokens;
use fanion::serve::http::auth::token_file::TokenFile;
use serde_json::json;

use crate::support::server;
use crate::support::sources::document;
use crate::support::sources::grpc_upstream::subscribe;
use crate::support::temp_dir::TempDir;
use crate::support::temp_dir::replace_file;

#[tokio::test]
async fn source_sends_its_token_to_a_flag_sync_service() {
    let directory = TempDir::new();
    let tokens = directory.write("tokens", "hush-first-token-of-flag-sync");
    let file = TokenFile::load_with_interval(tokens.clone(), "sync", Duration::from_millis(5));
    let settings = ServeConfig {
        tokens: PortTokens {
            sync: Some(Arc::new(file.expect("a token"))),
            ..PortTokens::default()
        },
        ..ServeConfig::default()
    };
    let flags = directory.write("flags.json", document("a"));
    let upstream = server::start_with(&flags, settings).await;
    let target = format!("127.0.0.1:{}", upstream.sync);
    let value = "Bearer hush-first-token-of-flag-sync";
    for fields in [
        json!({"authHeader": value}),
        json!({"headers": {"Authorization": value}}),
        json!({"authHeader": value, "headers": {"Authorization": "Bearer hush-another-token"}}),
    ] {
        let followed = subscribe(&target, &fields);
        followed.wait_for_variant("a").await;
    }
    let followed = subscribe(&target, &json!({}));
    followed
        .wait_for_error(0, "a bearer token is required")
        .await;
    let second = json!({"authHeader": "Bearer hush-second-token-of-flag-sync"});
    let followed = subscribe(&target, &second);
    followed
        .wait_for_error(0, "the bearer token is not valid")
        .await;
    // The source tries again, and the service accepts its token meanwhile.
    replace_file(&tokens, "hush-second-token-of-flag-sync");
    followed.wait_for_variant("a").await;
}
