//! Sources as text without their secrets.

use std::time::Duration;

use http::HeaderMap;
use reqwest::Url;

use crate::json;
use crate::source::spec::GrpcSpec;
use crate::source::spec::HttpSpec;
use crate::source::spec::OAuthCredentials;
use crate::source::spec::OAuthSpec;
use crate::source::spec::SourceKind;
use crate::source::spec::SourceSpec;
use crate::source::spec::TlsMode;

const REDACTED: &str = "[redacted]";

/// A URL without its user, password and query.
pub fn redact_parsed_url(url: &Url) -> String {
    let mut text = format!("{}://", url.scheme());
    if !url.username().is_empty() || url.password().is_some() {
        text += REDACTED;
        text += "@";
    }
    text += url.host_str().unwrap_or_default();
    if let Some(port) = url.port() {
        text += ":";
        text += &port.to_string();
    }
    text += url.path();
    if url.query().is_some() {
        text += "?";
        text += REDACTED;
    }
    text
}

/// A text that was meant to be a URL, without what may be secret in it, whatever else is wrong with it.
pub fn redact_url(text: &str) -> String {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), text),
    };
    let rest = match rest.rsplit_once('@') {
        Some((_, rest)) => format!("{REDACTED}@{rest}"),
        None => rest.to_owned(),
    };
    match rest.split_once('?') {
        Some((rest, _)) => format!("{scheme}{rest}?{REDACTED}"),
        None => scheme + &rest,
    }
}

/// A source as an entry of `--sources`.
pub fn to_json(spec: &SourceSpec) -> String {
    let mut object = RedactedObject::default();
    object.string("uri", &spec.redacted_name);
    object.string("provider", spec.kind.as_str());
    match &spec.kind {
        SourceKind::File(_) => {}
        SourceKind::Http(http) => write_http(http, &mut object),
        SourceKind::Grpc(grpc) => write_grpc(grpc, &mut object),
    }
    object.finish()
}

fn write_http(http: &HttpSpec, object: &mut RedactedObject) {
    if http.authorization.is_some() {
        object.string("authHeader", REDACTED);
    }
    object.seconds("interval", http.interval);
    if !http.interval_seed.is_empty() {
        object.string("intervalSeed", &http.interval_seed);
    }
    object.seconds("timeoutS", http.timeout);
    write_headers(&http.headers, object);
    if let Some(oauth) = &http.oauth {
        object.raw("oauth", &oauth_json(oauth));
    }
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

/// A JSON object as it is written.
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
