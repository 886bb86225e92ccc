//! Parses the fields of a gRPC source.

use http::HeaderMap;
use http::header;

use crate::limits;
use crate::source::spec::field_reader::SpecFieldReader;
use crate::source::spec::grpc::GrpcSpec;
use crate::source::spec::grpc::TlsMode;
use crate::source::spec::grpc::target::GrpcTarget;
use crate::source::spec::source_spec::SourceKind;
use crate::source::spec::source_spec::SourceSpec;

/// Parses a source at `uri`.
pub fn parse(uri: &str, fields: &mut SpecFieldReader<'_>) -> Option<SourceSpec> {
    let (name, secure) = match uri.split_once("://") {
        Some(("grpc", rest)) => (rest, false),
        Some(("grpcs", rest)) => (rest, true),
        _ => (uri, false),
    };
    let target = match name {
        "" => None,
        _ => GrpcTarget::parse(name)
            .map_err(|why| fields.add_mistake("uri", &why))
            .ok(),
    };
    let spec = GrpcSpec {
        tls: parse_tls(secure, fields),
        provider_id: fields.string("providerID").to_owned(),
        selector: fields.string("selector").to_owned(),
        max_message_bytes: parse_message_size(fields),
        headers: parse_headers(fields),
        incremental: fields.boolean("incrementalUpdates").unwrap_or(false),
        target: target?,
    };
    Some(SourceSpec {
        name: name.into(),
        redacted_name: name.into(),
        kind: SourceKind::Grpc(Box::new(spec)),
    })
}

/// Returns the metadata; as in HTTP sources, `authHeader` overrides an `authorization` in `headers`.
fn parse_headers(fields: &mut SpecFieldReader<'_>) -> HeaderMap {
    let mut headers = fields.header_map("headers");
    if let Some(authorization) = fields.authorization() {
        headers.insert(header::AUTHORIZATION, authorization);
    }
    headers
}

fn parse_tls(secure: bool, fields: &mut SpecFieldReader<'_>) -> TlsMode {
    let tls = fields.boolean("tls");
    if secure && tls == Some(false) {
        fields.add_mistake(
            "tls",
            "`tls` is false, but grpcs:// requires TLS; remove `tls` or use grpc://",
        );
    }
    match (secure || tls == Some(true), fields.string("certPath")) {
        (false, "") => TlsMode::Plaintext,
        (true, "") => TlsMode::SystemRoots,
        (true, path) => TlsMode::CaFile(path.into()),
        (false, path) => {
            let why = format!(
                "provided a non empty certificate {path}, but requested an insecure connection; set `tls` to true"
            );
            fields.add_mistake("certPath", &why);
            TlsMode::Plaintext
        }
    }
}

fn parse_message_size(fields: &mut SpecFieldReader<'_>) -> usize {
    let most = usize::try_from(limits::DOCUMENT).unwrap_or(usize::MAX);
    let most = u32::try_from(most).unwrap_or(u32::MAX);
    let size = fields.positive_integer("maxMsgSize", most);
    size.map_or(limits::SYNC_MESSAGE, |size| {
        usize::try_from(size).unwrap_or(limits::SYNC_MESSAGE)
    })
}
