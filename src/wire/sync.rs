//! Flag sync: whole flag documents for those who evaluate them in their own process.
//!
//! Documents carry only what plain flagd knows, their rules as `document::plain` writes them. A faulty flag is left out: it would make
//! others refuse the document.

use prost::Message as _;
use prost_types::Struct;
use prost_types::Value;
use prost_types::value::Kind as ValueKind;

use crate::json;
use crate::ruleset::Flag;
use crate::ruleset::Plan;
use crate::wire::error::Code;
use crate::wire::error::RpcError;
use crate::wire::extra::Extra;
use crate::wire::pb::sync1 as pb;

/// What the body of a request says.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The flags that it is about; deprecated in favour of the header.
    pub selector: String,
    /// How the client calls itself.
    pub provider: String,
}

impl Request {
    /// Reads a body.
    ///
    /// # Errors
    /// If it is no request.
    pub fn decode(body: &[u8]) -> Result<Request, RpcError> {
        let request = pb::SyncFlagsRequest::decode(body);
        let request = request.map_err(|error| {
            let why = format!("grpc: failed to unmarshal the received message: {error}");
            RpcError::new(Code::Internal, why)
        })?;
        Ok(Request {
            selector: request.selector,
            provider: request.provider_id,
        })
    }
}

/// The message of a `SyncFlags` stream.
pub fn flags_with_context(document: &str, extra: &Extra) -> Vec<u8> {
    pb::SyncFlagsResponse {
        flag_configuration: document.to_owned(),
        sync_context: Some(context(extra)),
    }
    .encode_to_vec()
}

/// The answer to `FetchAllFlags`.
pub fn flags(document: &str) -> Vec<u8> {
    let flag_configuration = document.to_owned();
    pb::FetchAllFlagsResponse { flag_configuration }.encode_to_vec()
}

/// The answer to `GetMetadata`.
pub fn metadata(extra: &Extra) -> Vec<u8> {
    let metadata = Some(context(extra));
    pb::GetMetadataResponse { metadata }.encode_to_vec()
}

/// What subscribers add to their contexts: the fixed values, never those from headers.
fn context(extra: &Extra) -> Struct {
    let text = |text: &str| Value {
        kind: Some(ValueKind::StringValue(text.to_owned())),
    };
    let values = extra.values.iter();
    Struct {
        fields: values
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect(),
    }
}

/// A document with these flags.
pub fn document<'f>(flags: impl Iterator<Item = &'f Flag>) -> String {
    let mut out = String::from("{\"flags\":{");
    for (i, flag) in flags
        .filter(|flag| !flag.is_faulty() && !flag.foreign)
        .enumerate()
    {
        if i > 0 {
            out.push(',');
        }
        write_flag(&mut out, flag);
    }
    out.push_str("}}");
    out
}

fn write_flag(out: &mut String, flag: &Flag) {
    json::write_text(out, &flag.key);
    out.push(':');
    write_members(out, flag, Some(&flag.source));
}

/// A document with these flags that does not say where they are from.
pub fn definitions<'f>(flags: impl Iterator<Item = &'f Flag>) -> String {
    let mut out = String::from("{\"flags\":{");
    for (i, flag) in flags.filter(|flag| !flag.is_faulty()).enumerate() {
        if i > 0 {
            out.push(',');
        }
        json::write_text(&mut out, &flag.key);
        out.push(':');
        write_definition(&mut out, flag);
    }
    out.push_str("}}");
    out
}

/// Appends a flag as it stands in a document, without where it is from.
pub fn write_definition(out: &mut String, flag: &Flag) {
    write_members(out, flag, None);
}

fn write_members(out: &mut String, flag: &Flag, source: Option<&str>) {
    out.push_str("{\"state\":\"");
    let disabled = matches!(flag.plan, Plan::Disabled);
    out.push_str(if disabled { "DISABLED" } else { "ENABLED" });
    out.push_str("\",\"defaultVariant\":");
    let default = flag.default.and_then(|at| flag.names.get(usize::from(at)));
    json::write_text(out, default.map_or("", |name| name));
    out.push_str(",\"variants\":{");
    for (i, (name, value)) in flag.names.iter().zip(&*flag.values).enumerate() {
        if i > 0 {
            out.push(',');
        }
        json::write_text(out, name);
        out.push(':');
        json::write_json(out, value);
    }
    out.push('}');
    if let Some(rule) = &flag.rule {
        out.push_str(",\"targeting\":");
        out.push_str(rule);
    }
    if let Some(source) = source {
        out.push_str(",\"source\":");
        json::write_text(out, source);
    }
    if !flag.metadata.is_empty() {
        out.push_str(",\"metadata\":");
        json::write_members(out, &flag.metadata);
    }
    out.push('}');
}
