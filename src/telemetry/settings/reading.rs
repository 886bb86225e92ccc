//! How options and variables become settings.

use std::path::PathBuf;
use std::time::Duration;

use http::HeaderName;
use http::HeaderValue;
use http::Uri;
use percent_encoding::percent_decode_str;

use crate::metric::SERVICE;
use crate::telemetry::settings::Protocol;
use crate::telemetry::settings::Settings;
use crate::telemetry::settings::Signal;
use crate::telemetry::settings::Target;
use crate::telemetry::settings::Typed;

/// What is being read, and what is wrong with it.
pub struct Reading<'t, E> {
    /// The environment.
    pub env: E,
    /// What was typed.
    pub typed: &'t Typed,
    /// What is wrong, a sentence each.
    pub mistakes: Vec<String>,
}

impl<E: Fn(&str) -> Option<String>> Reading<'_, E> {
    /// What it all means.
    pub fn settings(&mut self) -> Settings {
        let exports = match self.typed.exporter.as_deref() {
            None | Some("" | "prometheus") => false,
            Some("otel") => true,
            Some(other) => {
                let want = "must be otel, or empty for /metrics alone";
                let mistake = format!("invalid value {other:?} for --metrics-exporter: {want}");
                self.mistakes.push(mistake);
                false
            }
        };
        let off = self.variable("OTEL_SDK_DISABLED").as_deref() == Some("true");
        let metrics = match self.variable("OTEL_METRICS_EXPORTER").as_deref() {
            Some("otlp") => true,
            Some("none") => false,
            _ => exports,
        };
        let named = self.typed.collector.is_some() || self.endpoint(Signal::Traces).is_some();
        let traces = match self.variable("OTEL_TRACES_EXPORTER").as_deref() {
            Some("otlp") => true,
            Some("none") => false,
            _ => named,
        };
        Settings {
            metrics: (metrics && !off)
                .then(|| self.target(Signal::Metrics))
                .flatten(),
            traces: (traces && !off)
                .then(|| self.target(Signal::Traces))
                .flatten(),
            interval: self.millis("OTEL_METRIC_EXPORT_INTERVAL", 60_000),
            resource: self.resource(),
        }
    }

    fn variable(&self, name: &str) -> Option<String> {
        (self.env)(name).filter(|value| !value.trim().is_empty())
    }

    /// The variable of a signal, or else that of all signals.
    fn of(&self, signal: Signal, what: &str) -> Option<String> {
        let own = format!("OTEL_EXPORTER_OTLP_{}_{what}", signal.name());
        let all = || self.variable(&format!("OTEL_EXPORTER_OTLP_{what}"));
        self.variable(&own).or_else(all)
    }

    fn endpoint(&self, signal: Signal) -> Option<String> {
        self.of(signal, "ENDPOINT")
    }

    fn millis(&mut self, name: &str, default: u64) -> Duration {
        let Some(text) = self.variable(name) else {
            return Duration::from_millis(default);
        };
        let parsed = text.trim().parse().ok().filter(|millis| *millis > 0);
        Duration::from_millis(parsed.unwrap_or_else(|| {
            let mistake = format!("invalid value {text:?} for {name}: must be milliseconds");
            self.mistakes.push(mistake);
            default
        }))
    }

    fn target(&mut self, signal: Signal) -> Option<Target> {
        let protocol = match self.of(signal, "PROTOCOL").as_deref() {
            None | Some("grpc") => Protocol::Grpc,
            Some("http/protobuf") => Protocol::Http,
            Some(other) => {
                let want = "must be grpc or http/protobuf";
                let mistake = format!("invalid OTLP protocol {other:?}: {want}");
                self.mistakes.push(mistake);
                Protocol::Grpc
            }
        };
        let file = |typed: &Option<PathBuf>, what: &str| {
            typed
                .clone()
                .or_else(|| self.of(signal, what).map(Into::into))
        };
        let authority = file(&self.typed.authority, "CERTIFICATE");
        let certificate = file(&self.typed.certificate, "CLIENT_CERTIFICATE");
        let key = file(&self.typed.key, "CLIENT_KEY");
        let secure = authority.is_some() || certificate.is_some() || key.is_some();
        let uri = self.uri(signal, protocol, secure)?;
        if secure && uri.scheme_str() == Some("http") {
            let mistake =
                "the collector's address says http, which uses no certificates: say https";
            self.mistakes.push(mistake.to_owned());
        }
        let identity = match (certificate, key) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            _ => {
                let mistake = "--otel-cert-path and --otel-key-path need each other";
                self.mistakes.push(mistake.to_owned());
                None
            }
        };
        let timeout = format!("OTEL_EXPORTER_OTLP_{}_TIMEOUT", signal.name());
        let timeout = if self.variable(&timeout).is_some() {
            &timeout
        } else {
            "OTEL_EXPORTER_OTLP_TIMEOUT"
        };
        Some(Target {
            uri,
            protocol,
            headers: self.headers(signal),
            timeout: self.millis(timeout, 10_000),
            authority,
            identity,
            reload: self.typed.reload.unwrap_or(Duration::from_secs(3600)),
        })
    }

    /// As in flagd, the variables count before the option.
    fn uri(&mut self, signal: Signal, protocol: Protocol, secure: bool) -> Option<Uri> {
        let own = self.variable(&format!("OTEL_EXPORTER_OTLP_{}_ENDPOINT", signal.name()));
        let whole = own.is_some() && protocol == Protocol::Http;
        let port = if protocol == Protocol::Grpc {
            4317
        } else {
            4318
        };
        let named = self
            .endpoint(signal)
            .or_else(|| self.typed.collector.clone());
        let text = named.unwrap_or_else(|| format!("localhost:{port}"));
        let scheme = if secure { "https" } else { "http" };
        let full = if text.contains("://") {
            text.clone()
        } else {
            format!("{scheme}://{text}")
        };
        let path = if whole { "" } else { signal.path(protocol) };
        let uri: Option<Uri> = format!("{}{path}", full.trim_end_matches('/')).parse().ok();
        let sound = |uri: &Uri| matches!(uri.scheme_str(), Some("http" | "https"));
        let uri = uri.filter(|uri| sound(uri) && uri.host().is_some_and(|host| !host.is_empty()));
        if uri.is_none() {
            let want = "must be HOST:PORT, or that after http:// or https://";
            let mistake = format!("invalid address {text:?} of a collector: {want}");
            self.mistakes.push(mistake);
        }
        uri
    }

    fn headers(&mut self, signal: Signal) -> Vec<(HeaderName, HeaderValue)> {
        let text = self.of(signal, "HEADERS").unwrap_or_default();
        let mut headers = Vec::new();
        for (name, value) in pairs(&text) {
            let parsed = HeaderName::try_from(name.as_str()).ok();
            if let (Some(name), Ok(mut value)) = (parsed, HeaderValue::try_from(value)) {
                value.set_sensitive(true);
                headers.push((name, value));
            } else {
                let mistake = format!("invalid header {name:?} in OTEL_EXPORTER_OTLP_HEADERS");
                self.mistakes.push(mistake);
            }
        }
        headers
    }

    fn resource(&self) -> Vec<(String, String)> {
        let mut resource = vec![
            ("service.name".to_owned(), SERVICE.to_owned()),
            (
                "service.version".to_owned(),
                env!("CARGO_PKG_VERSION").to_owned(),
            ),
        ];
        let text = self
            .variable("OTEL_RESOURCE_ATTRIBUTES")
            .unwrap_or_default();
        let name = self.variable("OTEL_SERVICE_NAME");
        let name = name.map(|name| ("service.name".to_owned(), name));
        for (key, value) in pairs(&text).into_iter().chain(name) {
            resource.retain(|(known, _)| *known != key);
            resource.push((key, value));
        }
        resource
    }
}

/// `NAME=VALUE` pairs, separated by commas, values percent-encoded.
fn pairs(text: &str) -> Vec<(String, String)> {
    let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    let decoded = pairs.map(|(name, value)| {
        let value = percent_decode_str(value.trim()).decode_utf8_lossy();
        (name.trim().to_owned(), value.into_owned())
    });
    decoded.filter(|(name, _)| !name.is_empty()).collect()
}
