//! Parses one source from a `--uri` or an entry of `--sources`.

use crate::document::syntax_tree::Node;
use crate::source::spec::field_reader::SpecFieldReader;
use crate::source::spec::grpc;
use crate::source::spec::http;
use crate::source::spec::kubernetes;
use crate::source::spec::kubernetes::API_GROUP;
use crate::source::spec::object_store;
use crate::source::spec::object_store::StoreKind;
use crate::source::spec::redact_url::redact_url;
use crate::source::spec::source_spec::SourceSpec;

const KNOWN_FIELDS: [&str; 14] = [
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
/// The schemes of targets for gRPC's name resolvers.
const GRPC_TARGET_SCHEMES: [&str; 5] = ["envoy:", "dns:", "uds:", "xds:", "unix:"];

impl SourceSpec {
    /// Parses a `--uri`.
    ///
    /// # Errors
    /// A message for the operator, if the text names no supported source.
    pub fn from_uri(text: &str) -> Result<SourceSpec, String> {
        let provider = match text {
            _ if text.starts_with("file:") => "file",
            _ if text.starts_with("http://") || text.starts_with("https://") => "http",
            _ if text.starts_with("grpc://") || text.starts_with("grpcs://") => "grpc",
            _ if GRPC_TARGET_SCHEMES
                .iter()
                .any(|scheme| text.starts_with(scheme)) =>
            {
                "grpc"
            }
            _ if text.starts_with(API_GROUP) => "kubernetes",
            _ => match StoreKind::of_uri(text) {
                Some(kind) => kind.provider(),
                None => {
                    return Err(format!(
                        "invalid sync uri argument: {}, must start with 'file:', 'http(s)://', 'grpc(s)://', 'gs://', 'azblob://', 's3://' or 'core.openfeature.dev'",
                        redact_url(text)
                    ));
                }
            },
        };
        let mut fields = SpecFieldReader::empty();
        match parse_provider(text, provider, &mut fields) {
            Some(spec) if fields.mistakes.is_empty() => Ok(spec),
            _ => {
                let why = fields.mistakes.join(", ");
                Err(format!("invalid sync uri argument: {why}"))
            }
        }
    }
}

/// Parses an entry of `--sources`; messages name it by `path`.
pub fn from_node(path: String, node: &Node) -> Result<SourceSpec, Vec<String>> {
    let mut fields = SpecFieldReader::new(path, node, &KNOWN_FIELDS);
    if node.as_map().is_none() {
        return Err(fields.mistakes);
    }
    let (uri, provider) = (fields.string("uri"), fields.string("provider"));
    for (field, value) in [("uri", uri), ("provider", provider)] {
        let is_typed = fields
            .get(field)
            .is_none_or(|node| node.as_text().is_some());
        if value.is_empty() && is_typed {
            fields.add_mistake(field, &format!("{field} is a required field"));
        }
    }
    let spec = parse_provider(uri, provider, &mut fields);
    match spec {
        Some(spec) if fields.mistakes.is_empty() => Ok(spec),
        _ => Err(fields.mistakes),
    }
}

fn parse_provider(
    uri: &str,
    provider: &str,
    fields: &mut SpecFieldReader<'_>,
) -> Option<SourceSpec> {
    match provider {
        "file" | "fsnotify" | "fileinfo" => parse_file(uri, fields),
        "http" => http::parse::parse(uri, fields),
        "grpc" => grpc::parse::parse(uri, fields),
        "kubernetes" => kubernetes::parse::parse(uri, fields),
        "s3" => object_store::parse::parse(StoreKind::S3, uri, fields),
        "gcs" => object_store::parse::parse(StoreKind::Gcs, uri, fields),
        "azblob" => object_store::parse::parse(StoreKind::Azblob, uri, fields),
        "" => None,
        _ => {
            let why = format!(
                "invalid sync provider: {provider}, must be one of 'file', 'fsnotify', 'fileinfo', 'kubernetes', 'http', 'grpc', 'gcs', 'azblob' or 's3'"
            );
            fields.add_mistake("provider", &why);
            None
        }
    }
}

fn parse_file(uri: &str, fields: &mut SpecFieldReader<'_>) -> Option<SourceSpec> {
    let path = uri.strip_prefix("file:").unwrap_or(uri);
    if path.contains("://") {
        fields.add_mistake("uri", &format!("{} is not a file path", redact_url(uri)));
    } else if path.is_empty() && !uri.is_empty() {
        fields.add_mistake("uri", &format!("{uri}, the path is missing"));
    }
    (!path.is_empty()).then(|| SourceSpec::from_path(path))
}
