//! Resolves the OTLP configuration from flagd's options and OpenTelemetry's environment variables.

use std::path::PathBuf;
use std::time::Duration;

use http::HeaderName;
use http::HeaderValue;
use http::Uri;
use percent_encoding::percent_decode_str;

use crate::metric::registry::default_resource;
use crate::telemetry::config::OtelOptions;
use crate::telemetry::config::OtlpEndpoint;
use crate::telemetry::config::TelemetryConfig;
use crate::telemetry::config::otlp_protocol::OtlpProtocol;
use crate::telemetry::config::otlp_protocol::Signal;

/// Resolves the options and the environment.
///
/// # Errors
/// All mistakes, one message each.
pub fn resolve(
    options: &OtelOptions,
    env: impl Fn(&str) -> Option<String>,
) -> Result<TelemetryConfig, Vec<String>> {
    let mut reader = EnvReader {
        env,
        options,
        errors: Vec::new(),
    };
    let config = reader.telemetry_config();
    if reader.errors.is_empty() {
        Ok(config)
    } else {
        Err(reader.errors)
    }
}

struct EnvReader<'t, E> {
    env: E,
    options: &'t OtelOptions,
    /// All mistakes, one message each.
    errors: Vec<String>,
}

impl<E: Fn(&str) -> Option<String>> EnvReader<'_, E> {
    fn telemetry_config(&mut self) -> TelemetryConfig {
        let exports = match self.options.metrics_exporter.as_deref() {
            None | Some("" | "prometheus") => false,
            Some("otel") => true,
            Some(other) => {
                let want = "must be otel, or empty to serve only /metrics";
                let mistake = format!("invalid value {other:?} for --metrics-exporter: {want}");
                self.errors.push(mistake);
                false
            }
        };
        let off = self.env_var("OTEL_SDK_DISABLED").as_deref() == Some("true");
        let metrics = match self.env_var("OTEL_METRICS_EXPORTER").as_deref() {
            Some("otlp") => true,
            Some("none") => false,
            _ => exports,
        };
        let named =
            self.options.collector_uri.is_some() || self.endpoint_var(Signal::Traces).is_some();
        let traces = match self.env_var("OTEL_TRACES_EXPORTER").as_deref() {
            Some("otlp") => true,
            Some("none") => false,
            _ => named,
        };
        TelemetryConfig {
            metrics: (metrics && !off)
                .then(|| self.otlp_endpoint(Signal::Metrics))
                .flatten(),
            traces: (traces && !off)
                .then(|| self.otlp_endpoint(Signal::Traces))
                .flatten(),
            metrics_interval: self.millis_var("OTEL_METRIC_EXPORT_INTERVAL", 60_000),
            resource: self.resource_attributes(),
        }
    }

    fn env_var(&self, name: &str) -> Option<String> {
        (self.env)(name).filter(|value| !value.trim().is_empty())
    }

    /// Returns the variable of a signal, or else that of all signals.
    fn otlp_var(&self, signal: Signal, what: &str) -> Option<String> {
        let own = format!("OTEL_EXPORTER_OTLP_{}_{what}", signal.env_name());
        let all = || self.env_var(&format!("OTEL_EXPORTER_OTLP_{what}"));
        self.env_var(&own).or_else(all)
    }

    fn endpoint_var(&self, signal: Signal) -> Option<String> {
        self.otlp_var(signal, "ENDPOINT")
    }

    fn millis_var(&mut self, name: &str, default: u64) -> Duration {
        let Some(text) = self.env_var(name) else {
            return Duration::from_millis(default);
        };
        let parsed = text.trim().parse().ok().filter(|millis| *millis > 0);
        Duration::from_millis(parsed.unwrap_or_else(|| {
            let mistake = format!(
                "invalid value {text:?} for {name}: must be a positive number of milliseconds"
            );
            self.errors.push(mistake);
            default
        }))
    }

    fn otlp_endpoint(&mut self, signal: Signal) -> Option<OtlpEndpoint> {
        let protocol = match self.otlp_var(signal, "PROTOCOL").as_deref() {
            None | Some("grpc") => OtlpProtocol::Grpc,
            Some("http/protobuf") => OtlpProtocol::Http,
            Some(other) => {
                let want = "must be grpc or http/protobuf";
                let mistake = format!("invalid OTLP protocol {other:?}: {want}");
                self.errors.push(mistake);
                OtlpProtocol::Grpc
            }
        };
        let file = |typed: &Option<PathBuf>, what: &str| {
            typed
                .clone()
                .or_else(|| self.otlp_var(signal, what).map(Into::into))
        };
        let authority = file(&self.options.ca_path, "CERTIFICATE");
        let certificate = file(&self.options.cert_path, "CLIENT_CERTIFICATE");
        let key = file(&self.options.key_path, "CLIENT_KEY");
        let secure = authority.is_some() || certificate.is_some() || key.is_some();
        let uri = self.endpoint_uri(signal, protocol, secure)?;
        if secure && uri.scheme_str() == Some("http") {
            let mistake = "the collector's address has the scheme http, but certificates require TLS: use https";
            self.errors.push(mistake.to_owned());
        }
        let identity = match (certificate, key) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            _ => {
                let mistake = "--otel-cert-path and --otel-key-path must be set together";
                self.errors.push(mistake.to_owned());
                None
            }
        };
        let timeout = format!("OTEL_EXPORTER_OTLP_{}_TIMEOUT", signal.env_name());
        let timeout = if self.env_var(&timeout).is_some() {
            &timeout
        } else {
            "OTEL_EXPORTER_OTLP_TIMEOUT"
        };
        Some(OtlpEndpoint {
            uri,
            protocol,
            headers: self.headers_var(signal),
            timeout: self.millis_var(timeout, 10_000),
            ca_path: authority,
            client_cert_and_key: identity,
            reload_interval: self
                .options
                .reload_interval
                .unwrap_or(Duration::from_secs(3600)),
        })
    }

    /// As in flagd, the variables override the option.
    fn endpoint_uri(
        &mut self,
        signal: Signal,
        protocol: OtlpProtocol,
        secure: bool,
    ) -> Option<Uri> {
        let own = self.env_var(&format!(
            "OTEL_EXPORTER_OTLP_{}_ENDPOINT",
            signal.env_name()
        ));
        let whole = own.is_some() && protocol == OtlpProtocol::Http;
        let port = if protocol == OtlpProtocol::Grpc {
            4317
        } else {
            4318
        };
        let named = self
            .endpoint_var(signal)
            .or_else(|| self.options.collector_uri.clone());
        let text = named.unwrap_or_else(|| format!("localhost:{port}"));
        let scheme = if secure { "https" } else { "http" };
        let full = if text.contains("://") {
            text.clone()
        } else {
            format!("{scheme}://{text}")
        };
        let path = if whole {
            ""
        } else {
            signal.export_path(protocol)
        };
        let uri: Option<Uri> = format!("{}{path}", full.trim_end_matches('/')).parse().ok();
        let sound = |uri: &Uri| matches!(uri.scheme_str(), Some("http" | "https"));
        let uri = uri.filter(|uri| sound(uri) && uri.host().is_some_and(|host| !host.is_empty()));
        if uri.is_none() {
            let want = "must be HOST:PORT, http://HOST:PORT or https://HOST:PORT";
            let mistake = format!("invalid collector address {full:?}: {want}");
            self.errors.push(mistake);
        }
        uri
    }

    fn headers_var(&mut self, signal: Signal) -> Vec<(HeaderName, HeaderValue)> {
        let text = self.otlp_var(signal, "HEADERS").unwrap_or_default();
        let mut headers = Vec::new();
        for (name, value) in parse_key_values(&text) {
            let parsed = HeaderName::try_from(name.as_str()).ok();
            if let (Some(name), Ok(mut value)) = (parsed, HeaderValue::try_from(value)) {
                value.set_sensitive(true);
                headers.push((name, value));
            } else {
                let mistake = format!("invalid header {name:?} in OTEL_EXPORTER_OTLP_HEADERS");
                self.errors.push(mistake);
            }
        }
        headers
    }

    fn resource_attributes(&self) -> Vec<(String, String)> {
        let mut resource = default_resource();
        let text = self.env_var("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default();
        let name = self.env_var("OTEL_SERVICE_NAME");
        let name = name.map(|name| ("service.name".to_owned(), name));
        for (key, value) in parse_key_values(&text).into_iter().chain(name) {
            resource.retain(|(known, _)| *known != key);
            resource.push((key, value));
        }
        resource
    }
}

/// Parses `NAME=VALUE` pairs, separated by commas, with percent-encoded values.
fn parse_key_values(text: &str) -> Vec<(String, String)> {
    let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    let decoded = pairs.map(|(name, value)| {
        let value = percent_decode_str(value.trim()).decode_utf8_lossy();
        (name.trim().to_owned(), value.into_owned())
    });
    decoded.filter(|(name, _)| !name.is_empty()).collect()
}
