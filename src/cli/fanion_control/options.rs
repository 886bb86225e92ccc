//! The options of the control plane.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::config::go_duration;
use crate::serve::http::cors::AllowedOrigins;

/// The environment of `--flags`.
const DEFAULT_ENVIRONMENT: &str = "default";
/// The longest name of an environment, in bytes.
const MAX_NAME: usize = 64;
/// The most environments.
const MAX_ENVIRONMENTS: usize = 64;

/// The options of the control plane.
#[derive(Debug, Clone, clap::Args)]
pub struct StartOptions {
    /// Flag file, directory or glob of the environment `default`.
    #[arg(long, value_name = "DIR")]
    flags: Option<PathBuf>,
    /// Environment and its flag file, directory or glob; may be repeated.
    #[arg(long, value_name = "NAME=DIR", value_parser = parse_named_path)]
    env: Vec<(String, PathBuf)>,
    /// Data directory, with the store and the bootstrap token. It is created if it does not exist.
    #[arg(long, value_name = "DIR", default_value = "fanion-data")]
    pub data_dir: PathBuf,
    /// Listen on this address [default: all interfaces].
    #[arg(long, value_name = "IP")]
    pub bind_address: Option<IpAddr>,
    /// Port of the API, probes and metrics.
    #[arg(long, value_name = "PORT", default_value_t = 8020)]
    pub port: u16,
    /// Port of flag sync.
    #[arg(long, value_name = "PORT", default_value_t = 8025)]
    pub sync_port: u16,
    /// File with the token that has full access to the API [default: `bootstrap-token` in the data directory, created at
    /// the first start].
    #[arg(long, value_name = "FILE")]
    pub bootstrap_token_path: Option<PathBuf>,
    /// File with the tokens of the replicas of an environment, one per line; may be repeated. The token of a replica
    /// selects its environment. With one environment and no such file, replicas need no token.
    #[arg(long, value_name = "NAME=FILE", value_parser = parse_named_path)]
    pub sync_token_path: Vec<(String, PathBuf)>,
    /// Requests to the API that a token may send in a second; 0 for no limit. Kills, pauses and freezes are not limited.
    #[arg(long, value_name = "COUNT", default_value_t = 500)]
    pub requests_per_second: u32,
    /// Name of a replica that counts in `replicas` and `kill --wait` even before it has connected, as NAME or
    /// ENVIRONMENT/NAME; may be repeated.
    #[arg(long, value_name = "NAME")]
    pub expect_replica: Vec<String>,
    /// How long a disconnected replica still counts in `replicas` and `kill --wait`.
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = parse_duration)]
    pub expect_within: Duration,
    /// Endpoint to which events of the log are sent; may be repeated. Each needs `--webhook-secret-path`.
    #[arg(long, value_name = "NAME=URL", value_parser = parse_named_url)]
    pub webhook: Vec<(String, String)>,
    /// File with the secrets by which messages to an endpoint are signed, one a line; may be repeated.
    #[arg(long, value_name = "NAME=FILE", value_parser = parse_named_path)]
    pub webhook_secret_path: Vec<(String, PathBuf)>,
    /// Origin of web pages that may call the routes of flag services; may be repeated.
    /// `*` matches any text.
    #[arg(long, value_name = "ORIGIN")]
    pub cors_origin: Vec<String>,
    /// Origin from which remote modules may be loaded; may be repeated [default: every
    /// https origin].
    #[arg(long, value_name = "ORIGIN")]
    pub remote_origin: Vec<String>,
    /// TLS certificate of both ports, in PEM.
    #[arg(long, value_name = "FILE", requires = "server_key_path")]
    pub server_cert_path: Option<PathBuf>,
    /// Private key of the certificate, in PEM.
    #[arg(long, value_name = "FILE", requires = "server_cert_path")]
    pub server_key_path: Option<PathBuf>,
    /// Log format: `console` or `json`.
    #[arg(long, value_name = "FORMAT", default_value = "console", value_parser = ["console", "json"])]
    pub log_format: String,
    /// Log at debug level.
    #[arg(long)]
    pub debug: bool,
}

fn parse_named_path(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, path)) if !path.is_empty() => {
            check_name(name)?;
            Ok((name.to_owned(), path.into()))
        }
        _ => Err("write NAME=PATH".to_owned()),
    }
}

fn parse_named_url(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, url)) if !url.is_empty() => {
            check_name(name)?;
            Ok((name.to_owned(), url.to_owned()))
        }
        _ => Err("write NAME=URL".to_owned()),
    }
}

/// Checks the name of an environment or of an endpoint, which is part of URLs.
fn check_name(name: &str) -> Result<(), String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !name.is_empty() && name.len() <= MAX_NAME && name.chars().all(is_plain) {
        return Ok(());
    }
    Err(format!(
        "such a name has 1 to {MAX_NAME} letters, digits, `-`, `_` and `.`"
    ))
}

fn parse_duration(text: &str) -> Result<Duration, String> {
    go_duration::parse(text).ok_or_else(|| go_duration::invalid_help(text))
}

impl StartOptions {
    /// The origins from which remote modules may be loaded, in lower case.
    pub fn remote_origins(&self) -> Vec<String> {
        let origins = self.remote_origin.iter();
        origins
            .map(|origin| origin.trim_end_matches('/').to_ascii_lowercase())
            .collect()
    }

    /// The origins of web pages; `None` without any.
    pub fn allowed_origins(&self) -> Option<AllowedOrigins> {
        let names = &self.cors_origin;
        (!names.is_empty()).then(|| AllowedOrigins::from_names(names))
    }

    /// The flag files of each environment.
    ///
    /// # Errors
    /// If there is no environment, one is named twice, or there are too many.
    pub fn environments(&self) -> Result<BTreeMap<String, PathBuf>, String> {
        let default = self.flags.iter();
        let default = default.map(|path| (DEFAULT_ENVIRONMENT.to_owned(), path.clone()));
        let mut environments = BTreeMap::new();
        for (name, path) in default.chain(self.env.iter().cloned()) {
            if environments.insert(name.clone(), path).is_some() {
                return Err(format!("the environment `{name}` is given twice"));
            }
        }
        match environments.len() {
            0 => Err("no flags given: pass --flags DIR, or --env NAME=DIR".to_owned()),
            count if count > MAX_ENVIRONMENTS => Err(format!(
                "{count} environments; at most {MAX_ENVIRONMENTS} are allowed"
            )),
            _ => Ok(environments),
        }
    }
}
