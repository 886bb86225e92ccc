//! Writes a source as a JSON entry of `--sources`, without its secrets.

use std::fmt;
use std::time::Duration;

use http::HeaderMap;

use crate::json;
use crate::source::spec::grpc::GrpcSpec;
use crate::source::spec::grpc::TlsMode;
use crate::source::spec::http::HttpSpec;
use crate::source::spec::http::OAuthCredentials;
use crate::source::spec::http::OAuthSpec;
use crate::source::spec::redact_url::REDACTED;
use crate::source::spec::redact_url::redact_parsed_url;
use crate::source::spec::source_spec::SourceKind;
use crate::source::spec::source_spec::SourceSpec;

impl SourceSpec {
    /// Returns the source as an entry of `--sources`, secrets replaced by `[redacted]`.
    pub fn to_redacted_json(&self) -> String {
        let mut object = RedactedObject::default();
        object.string("uri", &self.redacted_name);
        object.string("provider", self.kind.as_str());
        match &self.kind {
            SourceKind::File(_) | SourceKind::Kubernetes(_) => {}
            SourceKind::Http(http) => write_http(http, &mut object),
            SourceKind::Grpc(grpc) => write_grpc(grpc, &mut object),
            SourceKind::ObjectStore(store) => {
                write_polling(
                    store.interval,
                    &store.interval_seed,
                    store.timeout,
                    &mut object,
                );
            }
        }
        object.finish()
    }
}

impl fmt::Debug for SourceSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_redacted_json())
    }
}

fn write_http(http: &HttpSpec, object: &mut RedactedObject) {
    if http.authorization.is_some() {
        object.string("authHeader", REDACTED);
    }
    write_polling(http.interval, &http.interval_seed, http.timeout, object);
    write_headers(&http.headers, object);
    if let Some(oauth) = &http.oauth {
        object.raw("oauth", &oauth_json(oauth));
    }
}

fn write_polling(interval: Duration, seed: &str, timeout: Duration, object: &mut RedactedObject) {
    object.seconds("interval", interval);
    if !seed.is_empty() {
        object.string("intervalSeed", seed);
    }
    object.seconds("timeoutS", timeout);
}

fn oauth_json(oauth: &OAuthSpec) -> String {
    let mut object = RedactedObject::default();
    match &oauth.credentials {
        OAuthCredentials::Inline { id, .. } => {
            object.string("clientID", id);
            object.string("clientSecret", REDACTED);
        }
        OAuthCredentials::Directory {
            path,
            reload_interval: reload,
        } => {
            object.string("folder", &path.to_string_lossy());
            object.seconds("reloadDelayS", *reload);
        }
    }
    object.string("tokenUrl", &redact_parsed_url(&oauth.token_url));
    object.finish()
}

fn write_grpc(grpc: &GrpcSpec, object: &mut RedactedObject) {
    object.raw("tls", &(grpc.tls != TlsMode::Plaintext).to_string());
    if let TlsMode::CaFile(path) = &grpc.tls {
        object.string("certPath", &path.to_string_lossy());
    }
    if !grpc.provider_id.is_empty() {
        object.string("providerID", &grpc.provider_id);
    }
    if !grpc.selector.is_empty() {
        object.string("selector", &grpc.selector);
    }
    object.raw("maxMsgSize", &grpc.max_message_bytes.to_string());
    if grpc.incremental {
        object.raw("incrementalUpdates", "true");
    }
    write_headers(&grpc.headers, object);
}

fn write_headers(headers: &HeaderMap, object: &mut RedactedObject) {
    if headers.is_empty() {
        return;
    }
    let mut inner = RedactedObject::default();
    for name in headers.keys() {
        inner.string(name.as_str(), REDACTED);
    }
    object.raw("headers", &inner.finish());
}

/// A JSON object that is being written.
#[derive(Default)]
struct RedactedObject {
    members: String,
}

impl RedactedObject {
    fn string(&mut self, key: &str, value: &str) {
        let mut text = String::new();
        json::write_string(&mut text, value);
        self.raw(key, &text);
    }

    fn seconds(&mut self, key: &str, value: Duration) {
        self.raw(key, &value.as_secs().to_string());
    }

    fn raw(&mut self, key: &str, value: &str) {
        if !self.members.is_empty() {
            self.members.push(',');
        }
        json::write_string(&mut self.members, key);
        self.members.push(':');
        self.members += value;
    }

    fn finish(self) -> String {
        format!("{{{}}}", self.members)
    }
}
