//! The options of `start`: what was typed, and what it means. Names and environment variables are flagd's.

use std::path::PathBuf;
use std::time::Duration;

use http::HeaderName;

use crate::cli::start::duration;
use crate::document::Faults;
use crate::json;
use crate::json::Kind;
use crate::json::Reader;
use crate::limits;
use crate::source::uri::Uri;
use crate::telemetry;
use crate::telemetry::LogFormat;
use crate::wire::extra::Extra;

/// The options as typed. Values are checked together, so that every mistake is told at once.
#[derive(Debug, Default, clap::Args)]
pub struct Options {
    /// Where flags come from: `file:PATH`, where PATH is a file, a directory or a glob of .yaml, .yml and .json files.
    /// Repeat it, or separate several by commas; later ones win. [env: `FLAGD_URI`, separated by spaces]
    #[arg(short = 'f', long = "uri", value_name = "URI")]
    uri: Vec<String>,
    /// Port for evaluation: gRPC, gRPC-Web and Connect. [env: `FLAGD_PORT`] [default: 8013]
    #[arg(short = 'p', long, value_name = "PORT")]
    port: Option<String>,
    /// Port for `/healthz` and `/readyz`. [env: `FLAGD_MANAGEMENT_PORT`] [default: 8014]
    #[arg(short = 'm', long, value_name = "PORT")]
    management_port: Option<String>,
    /// Port for flag sync. [env: `FLAGD_SYNC_PORT`] [default: 8015]
    #[arg(short = 'g', long, value_name = "PORT")]
    sync_port: Option<String>,
    /// Ends streams of events and flags after this time, for instance `10m`; 0 for never.
    /// [env: `FLAGD_STREAM_DEADLINE`] [default: 0]
    #[arg(long, value_name = "DURATION")]
    stream_deadline: Option<String>,
    /// Does not serve `GetMetadata` on the sync port. [env: `FLAGD_DISABLE_SYNC_METADATA`]
    #[arg(long)]
    disable_sync_metadata: bool,
    /// Port for OFREP. [env: `FLAGD_OFREP_PORT`] [default: 8016]
    #[arg(short = 'r', long, value_name = "PORT")]
    ofrep_port: Option<String>,
    /// Adds an attribute to every context; wins over the caller's. Repeatable. [env: `FLAGD_CONTEXT_VALUE`, a JSON object]
    #[arg(short = 'X', long = "context-value", value_name = "KEY=VALUE")]
    context_value: Vec<String>,
    /// Makes a request header an attribute; wins over --context-value. Repeatable. [env: `FLAGD_CONTEXT_FROM_HEADER`, a
    /// JSON object]
    #[arg(short = 'H', long = "context-from-header", value_name = "HEADER=KEY")]
    context_from_header: Vec<String>,
    /// `otel` sends metrics to a collector as well. [env: `FLAGD_METRICS_EXPORTER`]
    #[arg(short = 't', long, value_name = "EXPORTER")]
    metrics_exporter: Option<String>,
    /// The collector of metrics and traces: `HOST:PORT`, or that after http:// or https://.
    /// [env: `FLAGD_OTEL_COLLECTOR_URI`]
    #[arg(short = 'o', long, value_name = "URI")]
    otel_collector_uri: Option<String>,
    /// The certificate to show to the collector. [env: `FLAGD_OTEL_CERT_PATH`]
    #[arg(short = 'D', long, value_name = "PATH")]
    otel_cert_path: Option<String>,
    /// Its key. [env: `FLAGD_OTEL_KEY_PATH`]
    #[arg(short = 'K', long, value_name = "PATH")]
    otel_key_path: Option<String>,
    /// The certificate authority to trust with the collector. [env: `FLAGD_OTEL_CA_PATH`]
    #[arg(short = 'A', long, value_name = "PATH")]
    otel_ca_path: Option<String>,
    /// How often these files are read again. [env: `FLAGD_OTEL_RELOAD_INTERVAL`] [default: 1h]
    #[arg(short = 'I', long, value_name = "DURATION")]
    otel_reload_interval: Option<String>,
    /// `console` or `json`. [env: `FLAGD_LOG_FORMAT`] [default: console]
    #[arg(short = 'z', long, value_name = "FORMAT")]
    log_format: Option<String>,
    /// Logs more. [env: `FLAGD_DEBUG`]
    #[arg(short = 'x', long)]
    debug: bool,
    /// Refuses a whole file for one error in it, as flagd does. [env: `FLAGD_STRICT`]
    #[arg(long)]
    strict: bool,
    /// The largest request body in bytes; 0 for any. [env: `FLAGD_MAX_REQUEST_BODY`] [default: 1000000]
    #[arg(short = 'B', long, value_name = "BYTES")]
    max_request_body: Option<String>,
    /// The largest header block of a request in bytes; 0 for the default.
    /// [env: `FLAGD_MAX_REQUEST_HEADER`] [default: 1000000]
    #[arg(short = 'R', long, value_name = "BYTES")]
    max_request_header: Option<String>,
}

/// What the options mean.
#[derive(Debug, Clone)]
pub struct Config {
    /// The sources, the strongest last.
    pub uris: Vec<Uri>,
    /// The evaluation port; 0 for any that is free.
    pub port: u16,
    /// The management port; 0 for any that is free.
    pub management_port: u16,
    /// The sync port; 0 for any that is free.
    pub sync_port: u16,
    /// How long a stream may last; zero for any time.
    pub stream_deadline: Duration,
    /// Whether `GetMetadata` is served.
    pub sync_metadata: bool,
    /// The OFREP port; 0 for any that is free.
    pub ofrep_port: u16,
    /// Context that is added to every request.
    pub extra: Extra,
    /// Where metrics and traces go.
    pub telemetry: telemetry::settings::Settings,
    /// How log lines are written.
    pub log_format: LogFormat,
    /// Whether to log more.
    pub debug: bool,
    /// How faulty flags are treated.
    pub faults: Faults,
    /// The largest request body, in bytes; 0 for any.
    pub max_body: usize,
    /// The largest header block, in bytes.
    pub max_header: usize,
}

impl Options {
    /// Checks the options; what is not typed comes from the environment.
    ///
    /// # Errors
    /// All mistakes, a sentence each.
    pub fn resolve(self, env: impl Fn(&str) -> Option<String>) -> Result<Config, Vec<String>> {
        let mut read = Reading {
            env,
            mistakes: Vec::new(),
        };
        let typed = telemetry::settings::Typed {
            exporter: self
                .metrics_exporter
                .or_else(|| read.variable("metrics-exporter")),
            collector: self
                .otel_collector_uri
                .or_else(|| read.variable("otel-collector-uri")),
            certificate: read.path("otel-cert-path", self.otel_cert_path),
            key: read.path("otel-key-path", self.otel_key_path),
            authority: read.path("otel-ca-path", self.otel_ca_path),
            reload: Some(read.duration("otel-reload-interval", self.otel_reload_interval))
                .filter(|interval| !interval.is_zero()),
        };
        let config = Config {
            telemetry: read.telemetry(&typed),
            uris: read.uris(&self.uri),
            port: read.number("port", self.port, 8013),
            management_port: read.number("management-port", self.management_port, 8014),
            ofrep_port: read.number("ofrep-port", self.ofrep_port, 8016),
            sync_port: read.number("sync-port", self.sync_port, 8015),
            stream_deadline: read.duration("stream-deadline", self.stream_deadline),
            sync_metadata: !read.switch("disable-sync-metadata", self.disable_sync_metadata),
            extra: Extra {
                values: read.pairs("context-value", &self.context_value),
                headers: read.headers(&self.context_from_header),
            },
            log_format: read.log_format(self.log_format),
            debug: read.switch("debug", self.debug),
            faults: if read.switch("strict", self.strict) {
                Faults::Refuse
            } else {
                Faults::Contain
            },
            max_body: read.number(
                "max-request-body",
                self.max_request_body,
                limits::REQUEST_BODY,
            ),
            max_header: read.number("max-request-header", self.max_request_header, 0),
        };
        if !read.mistakes.is_empty() {
            return Err(read.mistakes);
        }
        let max_header = match config.max_header {
            0 => limits::REQUEST_HEADER,
            bytes => bytes,
        };
        Ok(Config {
            max_header,
            ..config
        })
    }
}

struct Reading<E> {
    env: E,
    mistakes: Vec<String>,
}

impl<E: Fn(&str) -> Option<String>> Reading<E> {
    /// The environment's value for an option.
    fn variable(&self, option: &str) -> Option<String> {
        let name = format!("FLAGD_{}", option.to_uppercase().replace('-', "_"));
        (self.env)(&name).filter(|value| !value.trim().is_empty())
    }

    fn wrong(&mut self, option: &str, found: &str, want: &str) {
        let mistake = format!("invalid value {found:?} for --{option}: {want}");
        self.mistakes.push(mistake);
    }

    fn number<N: std::str::FromStr>(
        &mut self,
        option: &str,
        typed: Option<String>,
        default: N,
    ) -> N {
        let Some(text) = typed.or_else(|| self.variable(option)) else {
            return default;
        };
        text.trim().parse().unwrap_or_else(|_| {
            let port = option.ends_with("port");
            let want = if port {
                "must be a port from 0 to 65535"
            } else {
                "must be a number of bytes"
            };
            self.wrong(option, &text, want);
            default
        })
    }

    fn duration(&mut self, option: &str, typed: Option<String>) -> Duration {
        let Some(text) = typed.or_else(|| self.variable(option)) else {
            return Duration::ZERO;
        };
        duration::parse(text.trim()).unwrap_or_else(|| {
            self.wrong(option, &text, "must be a duration such as 10m or 1h30m");
            Duration::ZERO
        })
    }

    fn switch(&mut self, option: &str, typed: bool) -> bool {
        let text = self.variable(option);
        match text.as_deref().filter(|_| !typed) {
            None => typed,
            Some("1" | "t" | "T" | "true" | "TRUE" | "True") => true,
            Some("0" | "f" | "F" | "false" | "FALSE" | "False") => false,
            Some(other) => {
                let other = other.to_owned();
                self.wrong(option, &other, "must be true or false");
                false
            }
        }
    }

    fn path(&self, option: &str, typed: Option<String>) -> Option<PathBuf> {
        typed.or_else(|| self.variable(option)).map(Into::into)
    }

    fn telemetry(&mut self, typed: &telemetry::settings::Typed) -> telemetry::settings::Settings {
        let settings = telemetry::settings::Settings::resolve(typed, &self.env);
        settings.unwrap_or_else(|mistakes| {
            self.mistakes.extend(mistakes);
            telemetry::settings::Settings::default()
        })
    }

    fn uris(&mut self, typed: &[String]) -> Vec<Uri> {
        let texts: Vec<String> = if typed.is_empty() {
            let text = self.variable("uri").unwrap_or_default();
            text.split_whitespace().map(str::to_owned).collect()
        } else {
            let split = typed.iter().flat_map(|text| text.split(','));
            split.map(str::to_owned).collect()
        };
        let mut uris = Vec::new();
        for text in &texts {
            match Uri::parse(text) {
                Ok(uri) => uris.push(uri),
                Err(mistake) => self.mistakes.push(mistake),
            }
        }
        if texts.is_empty() {
            let mistake =
                "no sync implementation set: say where the flags are with --uri file:PATH";
            self.mistakes.push(mistake.to_owned());
        }
        uris
    }

    fn log_format(&mut self, typed: Option<String>) -> LogFormat {
        match typed.or_else(|| self.variable("log-format")).as_deref() {
            None | Some("console") => LogFormat::Console,
            Some("json") => LogFormat::Json,
            Some(other) => {
                self.wrong("log-format", other, "must be console or json");
                LogFormat::Console
            }
        }
    }

    /// `KEY=VALUE` pairs, of which several may stand in one argument, or a JSON object of strings in the environment.
    fn pairs(&mut self, option: &str, typed: &[String]) -> Vec<(Box<str>, Box<str>)> {
        let mut pairs = Vec::new();
        if typed.is_empty() {
            let Some(text) = self.variable(option) else {
                return pairs;
            };
            return object(&text).unwrap_or_else(|| {
                self.wrong(
                    option,
                    &text,
                    "the environment variable must be a JSON object of strings",
                );
                pairs
            });
        }
        for pair in typed.iter().flat_map(|text| text.split(',')) {
            match pair.split_once('=') {
                Some((key, value)) if !key.is_empty() => pairs.push((key.into(), value.into())),
                _ => self.wrong(option, pair, "must be KEY=VALUE"),
            }
        }
        pairs
    }

    fn headers(&mut self, typed: &[String]) -> Vec<(HeaderName, Box<str>)> {
        let option = "context-from-header";
        let mut headers = Vec::new();
        for (header, key) in self.pairs(option, typed) {
            match HeaderName::from_bytes(header.as_bytes()) {
                Ok(name) => headers.push((name, key)),
                Err(_) => self.wrong(option, &header, "must be the name of a header"),
            }
        }
        headers
    }
}

/// The members of a JSON object whose values are strings.
fn object(text: &str) -> Option<Vec<(Box<str>, Box<str>)>> {
    let mut reader = Reader::new(text);
    let read = |reader: &mut Reader<'_>| -> Result<Vec<_>, json::Error> {
        let mut members = Vec::new();
        reader.open_map()?;
        while let Some(key) = reader.key(members.is_empty())? {
            if reader.peek()? != Kind::Text {
                let (at, fault) = (reader.offset(), json::Fault::Expected("a string"));
                return Err(json::Error { at, fault });
            }
            members.push((key.unescape().into(), reader.text()?.unescape().into()));
        }
        reader.end()?;
        Ok(members)
    };
    read(&mut reader).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_told_at_once() {
        let options = Options {
            uri: vec!["ftp://x".into()],
            port: Some("70000".into()),
            log_format: Some("xml".into()),
            context_value: vec!["novalue".into()],
            ..Options::default()
        };
        let mistakes = options.resolve(|_| None).map(drop).unwrap_err();
        assert_eq!(mistakes.len(), 4, "{mistakes:?}");
    }

    #[test]
    fn the_environment_fills_in_what_is_not_typed() {
        let env = |name: &str| match name {
            "FLAGD_URI" => Some("file:a.yaml  file:b.json".to_owned()),
            "FLAGD_PORT" => Some("9000".to_owned()),
            "FLAGD_CONTEXT_VALUE" => Some(r#"{"region":"eu"}"#.to_owned()),
            _ => None,
        };
        let options = Options {
            port: Some("9001".into()),
            ..Options::default()
        };
        let config = options.resolve(env).expect("the options are right");
        assert_eq!(config.uris.len(), 2);
        assert_eq!(config.port, 9001);
        assert_eq!(config.extra.values, [("region".into(), "eu".into())]);
    }
}
