//! Sources as text without their secrets.

use std::time::Duration;

use http::HeaderMap;
use reqwest::Url;

use crate::json;
use crate::source::spec::Credentials;
use crate::source::spec::Grpc;
use crate::source::spec::Http;
use crate::source::spec::Kind;
use crate::source::spec::OAuth;
use crate::source::spec::Security;
use crate::source::spec::Spec;

const REDACTED: &str = "[redacted]";

/// A URL without its user, password and query.
pub fn url(url: &Url) -> String {
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
pub fn veiled(text: &str) -> String {
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
pub fn entry(spec: &Spec) -> String {
    let mut object = Object::default();
    object.text("uri", &spec.label);
    object.text("provider", spec.kind.word());
    match &spec.kind {
        Kind::File(_) => {}
        Kind::Http(http) => http_fields(http, &mut object),
        Kind::Grpc(grpc) => grpc_fields(grpc, &mut object),
    }
    object.finish()
}

fn http_fields(http: &Http, object: &mut Object) {
    if http.authorization.is_some() {
        object.text("authHeader", REDACTED);
    }
    object.seconds("interval", http.interval);
    if !http.seed.is_empty() {
        object.text("intervalSeed", &http.seed);
    }
    object.seconds("timeoutS", http.timeout);
    headers(&http.headers, object);
    if let Some(oauth) = &http.oauth {
        object.raw("oauth", &oauth_fields(oauth));
    }
}

fn oauth_fields(oauth: &OAuth) -> String {
    let mut object = Object::default();
    match &oauth.credentials {
        Credentials::Given { id, .. } => {
            object.text("clientID", id);
            object.text("clientSecret", REDACTED);
        }
        Credentials::Folder { path, reload } => {
            object.text("folder", &path.to_string_lossy());
            object.seconds("reloadDelayS", *reload);
        }
    }
    object.text("tokenUrl", &url(&oauth.token_url));
    object.finish()
}

fn grpc_fields(grpc: &Grpc, object: &mut Object) {
    object.raw("tls", &(grpc.security != Security::Plain).to_string());
    if let Security::Authority(path) = &grpc.security {
        object.text("certPath", &path.to_string_lossy());
    }
    if !grpc.provider_id.is_empty() {
        object.text("providerID", &grpc.provider_id);
    }
    if !grpc.selector.is_empty() {
        object.text("selector", &grpc.selector);
    }
    object.raw("maxMsgSize", &grpc.max_message.to_string());
    if grpc.incremental {
        object.raw("incrementalUpdates", "true");
    }
    headers(&grpc.headers, object);
}

fn headers(headers: &HeaderMap, object: &mut Object) {
    if headers.is_empty() {
        return;
    }
    let mut inner = Object::default();
    for name in headers.keys() {
        inner.text(name.as_str(), REDACTED);
    }
    object.raw("headers", &inner.finish());
}

/// A JSON object as it is written.
#[derive(Default)]
struct Object {
    members: String,
}

impl Object {
    fn text(&mut self, key: &str, value: &str) {
        let mut text = String::new();
        json::write_text(&mut text, value);
        self.raw(key, &text);
    }

    fn seconds(&mut self, key: &str, value: Duration) {
        self.raw(key, &value.as_secs().to_string());
    }

    fn raw(&mut self, key: &str, value: &str) {
        if !self.members.is_empty() {
            self.members.push(',');
        }
        json::write_text(&mut self.members, key);
        self.members.push(':');
        self.members += value;
    }

    fn finish(self) -> String {
        format!("{{{}}}", self.members)
    }
}
