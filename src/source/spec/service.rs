//! The fields of a flag sync service.

use crate::limits;
use crate::source::spec::Grpc;
use crate::source::spec::Kind;
use crate::source::spec::Security;
use crate::source::spec::Spec;
use crate::source::spec::field::Fields;
use crate::source::spec::target::Target;

/// Reads a source at `uri`.
pub fn read(uri: &str, fields: &mut Fields<'_>) -> Option<Spec> {
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
