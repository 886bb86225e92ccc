//! Options and environment variables of the OTLP export. `tests/telemetry/run` tests the export with a real collector.

use std::collections::HashMap;
use std::time::Duration;

use ::fanion::telemetry::config::OtelOptions;
use ::fanion::telemetry::config::TelemetryConfig;
use ::fanion::telemetry::config::from_env;
use ::fanion::telemetry::config::otlp_protocol::OtlpProtocol;

fn resolve(
    typed: &OtelOptions,
    variables: &[(&str, &str)],
) -> Result<TelemetryConfig, Vec<String>> {
    let variables: HashMap<&str, &str> = variables.iter().copied().collect();
    from_env::resolve(typed, |name| variables.get(name).map(|v| (*v).to_owned()))
}

fn options_with_collector(uri: &str) -> OtelOptions {
    OtelOptions {
        metrics_exporter: Some("otel".to_owned()),
        collector_uri: Some(uri.to_owned()),
        ..OtelOptions::default()
    }
}

#[test]
fn exporters_are_off_by_default() {
    let settings = resolve(&OtelOptions::default(), &[]).expect("settings");
    assert!(settings.metrics.is_none() && settings.traces.is_none());
    let disabled = resolve(
        &options_with_collector("c:4317"),
        &[("OTEL_SDK_DISABLED", "true")],
    );
    let disabled = disabled.expect("settings");
    assert!(disabled.metrics.is_none() && disabled.traces.is_none());
    let none = [
        ("OTEL_TRACES_EXPORTER", "none"),
        ("OTEL_METRICS_EXPORTER", "none"),
    ];
    let none = resolve(&options_with_collector("c:4317"), &none).expect("settings");
    assert!(none.metrics.is_none() && none.traces.is_none());
    // As in flagd, a collector URI without a metrics exporter exports traces only.
    let traces = OtelOptions {
        metrics_exporter: None,
        ..options_with_collector("c:4317")
    };
    let traces = resolve(&traces, &[]).expect("settings");
    assert!(traces.metrics.is_none() && traces.traces.is_some());
}

#[test]
fn collector_address_may_omit_the_scheme() {
    let path = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
    let named = |uri: &str, variables: &[(&str, &str)]| {
        let settings = resolve(&options_with_collector(uri), variables).expect("settings");
        let target = settings.metrics.expect("a target");
        (target.uri.to_string(), target.protocol)
    };
    let grpc = |start: &str| (format!("{start}{path}"), OtlpProtocol::Grpc);
    assert_eq!(named("localhost:4317", &[]), grpc("http://localhost:4317"));
    assert_eq!(named("http://c:1/", &[]), grpc("http://c:1"));
    assert_eq!(named("https://c:1", &[]), grpc("https://c:1"));
    let http = ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
    let over_http = |uri: &str| (uri.to_owned(), OtlpProtocol::Http);
    assert_eq!(
        named("c:4318", &[http]),
        over_http("http://c:4318/v1/metrics")
    );
    let own = ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://m:9/in");
    assert_eq!(named("c:4318", &[http, own]), over_http("http://m:9/in"));
    let authority = ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/ca.crt");
    assert_eq!(named("c:4317", &[authority]), grpc("https://c:4317"));
}

#[test]
fn otel_environment_variables_set_headers_timeout_and_resource() {
    let variables = [
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            "authorization=Bearer%20secret,x-a=1",
        ),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "1500"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "250"),
        (
            "OTEL_RESOURCE_ATTRIBUTES",
            "service.name=ignored,team=a%2Cb",
        ),
        ("OTEL_SERVICE_NAME", "shop"),
    ];
    let settings = resolve(&options_with_collector("c:4317"), &variables).expect("settings");
    let target = settings.metrics.as_ref().expect("a target");
    let (name, value) = &target.headers[0];
    assert_eq!(
        (name.as_str(), value.as_bytes()),
        ("authorization", &b"Bearer secret"[..])
    );
    assert_eq!(target.headers.len(), 2);
    assert!(!format!("{settings:?}").contains("secret"), "{settings:?}");
    assert_eq!(target.timeout, Duration::from_millis(1500));
    assert_eq!(settings.metrics_interval, Duration::from_millis(250));
    let of = |key: &str| {
        let found: Vec<_> = settings
            .resource
            .iter()
            .filter(|(known, _)| known == key)
            .collect();
        assert_eq!(found.len(), 1, "{key}");
        found[0].1.clone()
    };
    assert_eq!(
        (of("service.name"), of("team")),
        ("shop".to_owned(), "a,b".to_owned())
    );
    assert_eq!(of("service.version"), env!("CARGO_PKG_VERSION"));
}

#[test]
fn all_errors_are_reported_together() {
    let typed = OtelOptions {
        metrics_exporter: Some("statsd".to_owned()),
        collector_uri: Some("http://".to_owned()),
        cert_path: Some("/c.crt".into()),
        ..OtelOptions::default()
    };
    let variables = [
        ("OTEL_METRIC_EXPORT_INTERVAL", "soon"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
    ];
    let mistakes = resolve(&typed, &variables).expect_err("mistakes");
    let want = [
        "invalid value \"statsd\" for --metrics-exporter: must be otel, or empty to serve only /metrics",
        "invalid OTLP protocol \"http/json\": must be grpc or http/protobuf",
        "invalid collector address \"http://\": must be HOST:PORT, http://HOST:PORT or https://HOST:PORT",
        "invalid value \"soon\" for OTEL_METRIC_EXPORT_INTERVAL: must be a positive number of milliseconds",
    ];
    assert_eq!(mistakes, want);
    let half = OtelOptions {
        cert_path: Some("/c.crt".into()),
        ..options_with_collector("http://c:4317")
    };
    let mistakes = resolve(&half, &[]).expect_err("mistakes").join("\n");
    assert!(
        mistakes.contains("--otel-cert-path and --otel-key-path must be set together"),
        "{mistakes}"
    );
    assert!(mistakes.contains("use https"), "{mistakes}");
}
