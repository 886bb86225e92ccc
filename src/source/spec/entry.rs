//! One source, from a URI or from an entry of `--sources`.

use crate::document::node::Node;
use crate::source::spec::Spec;
use crate::source::spec::field::Fields;
use crate::source::spec::render::veiled;
use crate::source::spec::service;
use crate::source::spec::web;

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
/// The providers of flagd that this program does not have.
const MISSING: [&str; 4] = ["kubernetes", "gcs", "azblob", "s3"];
/// How sources of these providers begin.
const MISSING_URIS: [&str; 4] = ["gs://", "azblob://", "s3://", "core.openfeature.dev"];
/// How targets for gRPC's name resolvers begin.
const TARGETS: [&str; 5] = ["envoy:", "dns:", "uds:", "xds:", "unix:"];

/// Reads a `--uri`.
pub fn from_uri(text: &str) -> Result<Spec, String> {
    let provider = match text {
        _ if text.starts_with("file:") => "file",
        _ if text.starts_with("http://") || text.starts_with("https://") => "http",
        _ if text.starts_with("grpc://") || text.starts_with("grpcs://") => "grpc",
        _ if TARGETS.iter().any(|scheme| text.starts_with(scheme)) => "grpc",
        _ if MISSING_URIS.iter().any(|begin| text.starts_with(begin)) => {
            return Err(format!(
                "sync uri argument {} names a kind of source that is not supported yet",
                veiled(text)
            ));
        }
        _ => {
            return Err(format!(
                "invalid sync uri argument: {}, must start with 'file:', 'http(s)://' or 'grpc(s)://'",
                veiled(text)
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
        "http" => web::read(uri, fields),
        "grpc" => service::read(uri, fields),
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
        fields.wrong("uri", &format!("{} is not the path of a file", veiled(uri)));
    } else if path.is_empty() && !uri.is_empty() {
        fields.wrong("uri", &format!("{uri}, the path is missing"));
    }
    (!path.is_empty()).then(|| Spec::file(path))
}
