//! One source, from a URI or from an entry of `--sources`.

use std::time::Duration;

use reqwest::Url;

use crate::document::node::Node;
use crate::limits;
use crate::source::spec::Credentials;
use crate::source::spec::Grpc;
use crate::source::spec::Http;
use crate::source::spec::Kind;
use crate::source::spec::OAuth;
use crate::source::spec::Security;
use crate::source::spec::Spec;
use crate::source::spec::field::Fields;
use crate::source::spec::render;
use crate::source::spec::target::Target;

const FIELDS: [&str; 14] = [
    "uri",
    "provider",
    "authHeader",
    "certPath",
    "tls",
    "providerID",
    "selector",
    "interval",
    "intervalSeed",
    "maxMsgSize",
    "timeoutS",
    "incrementalUpdates",
    "headers",
    "oauth",
];
const OAUTH_FIELDS: [&str; 5] = [
    "clientID",
    "clientSecret",
    "tokenUrl",
    "folder",
    "reloadDelayS",
];
/// The providers of flagd that this program does not have.
const MISSING: [&str; 4] = ["kubernetes", "gcs", "azblob", "s3"];
/// How sources of these providers begin.
const MISSING_URIS: [&str; 4] = ["gs://", "azblob://", "s3://", "core.openfeature.dev"];
/// How targets for gRPC's name resolvers begin.
const TARGETS: [&str; 5] = ["envoy:", "dns:", "uds:", "xds:", "unix:"];
/// The longest interval, in seconds, as in flagd.
const LONGEST: u32 = 86_400;
/// The interval of a source that names none, in seconds, as in flagd.
const INTERVAL: u32 = 5;

/// Reads a `--uri`.
pub fn from_uri(text: &str) -> Result<Spec, String> {
    let provider = match text {
        _ if text.starts_with("file:") => "file",
        _ if text.starts_with("http://") || text.starts_with("https://") => "http",
        _ if text.starts_with("grpc://") || text.starts_with("grpcs://") => "grpc",
        _ if TARGETS.iter().any(|scheme| text.starts_with(scheme)) => "grpc",
        _ if MISSING_URIS.iter().any(|begin| text.starts_with(begin)) => {
            return Err(format!(
                "sync uri argument {text} names a kind of source that is not supported yet"
            ));
        }
        _ => {
            return Err(format!(
                "invalid sync uri argument: {text}, must start with 'file:', 'http(s)://' or 'grpc(s)://'"
            ));
        }
    };
    let mut fields = Fields::none();
    match read(text, provider, &mut fields) {
        Some(spec) if fields.mistakes.is_empty() => Ok(spec),
        _ => {
            let why = fields.mistakes.join(", ");
            Err(format!("invalid sync uri argument: {why}"))
        }
    }
}

/// Reads an entry of `--sources`, which complaints call `path`.
pub fn from_node(path: String, node: &Node) -> Result<Spec, Vec<String>> {
    let mut fields = Fields::of(path, node, &FIELDS);
    if node.as_map().is_none() {
        return Err(fields.mistakes);
    }
    let (uri, provider) = (fields.text("uri"), fields.text("provider"));
    for (field, value) in [("uri", uri), ("provider", provider)] {
        let is_typed = fields
            .node(field)
            .is_none_or(|node| node.as_text().is_some());
        if value.is_empty() && is_typed {
            fields.wrong(field, &format!("{field} is a required field"));
        }
    }
    let spec = read(uri, provider, &mut fields);
    match spec {
        Some(spec) if fields.mistakes.is_empty() => Ok(spec),
        _ => Err(fields.mistakes),
    }
}

fn read(uri: &str, provider: &str, fields: &mut Fields<'_>) -> Option<Spec> {
    match provider {
        "file" | "fsnotify" | "fileinfo" => file(uri, fields),
        "http" => http(uri, fields),
        "grpc" => grpc(uri, fields),
        "" => None,
        _ if MISSING.contains(&provider) => {
            let why = format!("the provider `{provider}` is not supported yet");
            fields.wrong("provider", &why);
            None
        }
        _ => {
            let why = format!(
                "invalid sync provider: {provider}, must be one of 'file', 'fsnotify', 'fileinfo', 'http' or 'grpc'"
            );
            fields.wrong("provider", &why);
            None
        }
    }
}

fn file(uri: &str, fields: &mut Fields<'_>) -> Option<Spec> {
    let path = uri.strip_prefix("file:").unwrap_or(uri);
    if path.contains("://") {
        fields.wrong("uri", &format!("{uri} is not the path of a file"));
    } else if path.is_empty() && !uri.is_empty() {
        fields.wrong("uri", &format!("{uri}, the path is missing"));
    }
    (!path.is_empty()).then(|| Spec::file(path))
}

fn http(uri: &str, fields: &mut Fields<'_>) -> Option<Spec> {
    let url = web_url(uri, "uri", fields);
    let authorization = match fields.text("authHeader") {
        "" => None,
        value => fields.header("authHeader", value),
    };
    let interval = fields.whole("interval", u32::MAX).unwrap_or(INTERVAL);
    if interval > LONGEST {
        let why = format!("polling interval {interval}s exceeds maximum {LONGEST}s");
        fields.wrong("interval", &why);
    }
    let seconds = |whole: u32| Duration::from_secs(whole.into());
    let settings = Http {
        authorization,
        headers: fields.headers("headers"),
        interval: seconds(interval),
        seed: fields.text("intervalSeed").into(),
        timeout: fields
            .whole("timeoutS", LONGEST)
            .map_or(limits::FETCH_TIMEOUT, seconds),
        oauth: oauth(fields),
        url: url?,
    };
    Some(Spec {
        name: uri.into(),
        label: render::url(&settings.url).into(),
        kind: Kind::Http(Box::new(settings)),
    })
}

fn web_url(text: &str, field: &str, fields: &mut Fields<'_>) -> Option<Url> {
    if text.is_empty() {
        return None;
    }
    // What is wrong is not repeated word for word: it may hold a password.
    let url = Url::parse(text).map_err(|error| error.to_string());
    let why = match url {
        Ok(url) if matches!(url.scheme(), "http" | "https") => return Some(url),
        Ok(url) => format!("expected http:// or https://, found {}:", url.scheme()),
        Err(error) => format!("not a URL: {error}"),
    };
    fields.wrong(field, &why);
    None
}

fn oauth(fields: &mut Fields<'_>) -> Option<OAuth> {
    let node = fields.node("oauth")?;
    let mut inner = Fields::of(fields.inside("oauth"), node, &OAUTH_FIELDS);
    let token_url = inner.text("tokenUrl");
    if token_url.is_empty() {
        inner.wrong("tokenUrl", "tokenUrl is a required field");
    }
    let token_url = web_url(token_url, "tokenUrl", &mut inner);
    let (id, secret) = (inner.text("clientID"), inner.text("clientSecret"));
    let (folder, reload) = (inner.text("folder"), inner.whole("reloadDelayS", u32::MAX));
    let credentials = if folder.is_empty() {
        if id.is_empty() || secret.is_empty() {
            inner.wrong(
                "",
                "give clientID and clientSecret, or a folder that has them",
            );
        }
        let (id, secret) = (id.into(), secret.into());
        Credentials::Given { id, secret }
    } else {
        Credentials::Folder {
            path: folder.into(),
            reload: Duration::from_secs(reload.unwrap_or(0).into()),
        }
    };
    fields.absorb(inner);
    Some(OAuth {
        token_url: token_url?,
        credentials,
    })
}

fn grpc(uri: &str, fields: &mut Fields<'_>) -> Option<Spec> {
    let (name, secure) = match uri.split_once("://") {
        Some(("grpc", rest)) => (rest, false),
        Some(("grpcs", rest)) => (rest, true),
        _ => (uri, false),
    };
    let target = match name {
        "" => None,
        _ => Target::parse(name)
            .map_err(|why| fields.wrong("uri", &why))
            .ok(),
    };
    let settings = Grpc {
        security: security(secure, fields),
        provider_id: fields.text("providerID").to_owned(),
        selector: fields.text("selector").to_owned(),
        max_message: message_size(fields),
        headers: fields.headers("headers"),
        incremental: fields.switch("incrementalUpdates").unwrap_or(false),
        target: target?,
    };
    Some(Spec {
        name: name.into(),
        label: name.into(),
        kind: Kind::Grpc(Box::new(settings)),
    })
}

fn security(secure: bool, fields: &mut Fields<'_>) -> Security {
    let tls = fields.switch("tls");
    if secure && tls == Some(false) {
        fields.wrong(
            "tls",
            "grpcs:// asks for an encrypted connection, and `tls` for none",
        );
    }
    match (secure || tls == Some(true), fields.text("certPath")) {
        (false, "") => Security::Plain,
        (true, "") => Security::System,
        (true, path) => Security::Authority(path.into()),
        (false, path) => {
            let why = format!(
                "provided a non empty certificate {path}, but requested an insecure connection; set `tls` to true"
            );
            fields.wrong("certPath", &why);
            Security::Plain
        }
    }
}

fn message_size(fields: &mut Fields<'_>) -> usize {
    let most = usize::try_from(limits::DOCUMENT).unwrap_or(usize::MAX);
    let most = u32::try_from(most).unwrap_or(u32::MAX);
    let size = fields.whole("maxMsgSize", most);
    size.map_or(limits::SYNC_MESSAGE, |size| {
        usize::try_from(size).unwrap_or(limits::SYNC_MESSAGE)
    })
}
