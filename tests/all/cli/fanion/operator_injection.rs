//! The sidecar that the OpenFeature operator 0.9.2 injects: its arguments and variables, with fanion in flagd's place.
//!
//! The lists follow `buildFlagdArgs`, `generateBasicFlagdContainer` and `ToEnvVars` of the operator's sources. Ports are 0,
//! so that tests can run side by side.

use std::process::Command;
use std::process::Stdio;

use serde_json::Value;
use serde_json::json;

use crate::support::program::daemon::Daemon;
use crate::support::program::printed;
use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpVersion;
use crate::support::temp_dir::TempDir;

/// The arguments of the injected container with these sources, for a `FeatureFlagSource` that sets every field.
fn injected_arguments(sources: &Value) -> Vec<String> {
    let sources = sources.to_string();
    let words = [
        "start",
        "--management-port",
        "0",
        "--port",
        "0",
        "--sources",
        &sources,
        "--debug",
        "--metrics-exporter",
        "otel",
        "--otel-collector-uri",
        "localhost:4317",
        "--context-value",
        "env=prod",
        "--context-value",
        "region=us-east-1",
        "--context-from-header",
        "X-Region=region",
        "--context-from-header",
        "X-Tenant=tenant",
        "--cors-origin",
        "http://localhost:3000",
        "--cors-origin",
        "https://example.com",
        "--ofrep-port",
        "0",
    ];
    words.map(str::to_owned).to_vec()
}

/// The injected container.
fn injected(sources: &Value) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fanion"));
    command.env_clear().args(injected_arguments(sources));
    command.envs([
        ("FLAGD_MANAGEMENT_PORT", "0"),
        ("FLAGD_PORT", "0"),
        ("FLAGD_EVALUATOR", "json"),
        ("FLAGD_LOG_FORMAT", "json"),
        ("FLAGD_RESOLVER", "rpc"),
        // A variable of `envVars`, as the operator prefixes it.
        ("FLAGD_SYNC_PORT", "0"),
    ]);
    command
}

#[test]
fn every_argument_of_the_operator_is_accepted() {
    let sources = json!([
        {"uri": "/etc/flagd/shop_flags/shop_flags.flagd.json", "provider": "file"},
        {"uri": "https://flags.example/flags.json", "provider": "http", "interval": 30},
        {"uri": "flags.example:8015", "provider": "grpc", "certPath": "/etc/ca.pem", "tls": true, "providerID": "p"},
        {"uri": "shop/flags", "provider": "kubernetes"},
        {"uri": "flagd-proxy-svc.operator.svc.cluster.local:8015", "provider": "grpc", "selector": "core.openfeature.dev/shop/flags"},
    ]);
    let output = injected(&sources).arg("--print-config").output();
    let output = output.expect("the program runs");
    let (shown, errors) = (printed(&output.stdout), printed(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{errors}");
    for value in [
        "otel-collector-uri",
        "region",
        "https://example.com",
        "flagd-proxy-svc",
        "shop/flags",
    ] {
        assert!(shown.contains(value), "{value} is not in {shown}");
    }
}

#[tokio::test]
async fn injected_sidecar_answers_with_its_context() {
    let directory = TempDir::new();
    let targeting = json!({"if": [{"==": [{"var": "env"}, "prod"]}, {"var": "tenant"}, "none"]});
    let flag = json!({"state": "ENABLED", "variants": {"acme": "A", "none": "N"}, "defaultVariant": "none", "targeting": targeting});
    directory.write(
        "shop_flags.flagd.json",
        json!({"flags": {"f": flag}}).to_string(),
    );
    let mut command = injected(&json!([{"uri": "shop_flags.flagd.json", "provider": "file"}]));
    command
        .current_dir(directory.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let daemon = Daemon::spawn(command);
    daemon.wait_until_ready().await;
    let mut client = HttpClient::connect(daemon.ofrep, HttpVersion::Http1).await;
    let headers = ["x-tenant: acme"];
    let response = client
        .post("/ofrep/v1/evaluate/flags/f", &headers, "{}")
        .await;
    assert_eq!(response.status, 200);
    let answer: Value = serde_json::from_slice(&response.body).expect("JSON");
    assert_eq!(answer["value"], "A");
    // The effect of `debugLogging` and of `logFormat`.
    daemon.wait_for_log(|line| line["level"] == "DEBUG");
}

/// flagd 0.16 ignores the field that the operator writes for `httpSyncBearerToken`, and sends requests without a token.
#[test]
fn bearer_token_of_the_operator_is_refused_with_a_reason() {
    let sources =
        json!([{"uri": "https://flags.example/", "provider": "http", "bearerToken": "t"}]);
    let output = injected(&sources).arg("--print-config").output();
    let output = output.expect("the program runs");
    assert_eq!(output.status.code(), Some(1));
    let errors = printed(&output.stderr);
    assert!(
        errors.contains("bearerToken: unknown field; use `authHeader`"),
        "{errors}"
    );
}
