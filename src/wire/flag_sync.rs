//! Messages of flag sync, which sends whole flag documents to in-process providers.
//!
//! Documents contain only what plain flagd supports, with the rules as written by `document::flagd_targeting_json`. A
//! faulty flag is left out, because it would make clients reject the document.

use prost::Message as _;
use prost_types::Struct;
use prost_types::Value;
use prost_types::value::Kind as ValueKind;

use crate::json;
use crate::ruleset::CompiledFlag;
use crate::ruleset::EvaluationPlan;
use crate::wire::context::enrichment::ContextEnrichment;
use crate::wire::protobuf::generated::sync1 as pb;
use crate::wire::rpc_error::RpcCode;
use crate::wire::rpc_error::RpcError;

/// The fields of a request.
#[derive(Debug, Clone, Default)]
pub struct SyncRequestBody {
    /// The selector of the flags; deprecated in favour of the header.
    pub selector: String,
    /// The name that the client sends.
    pub provider_id: String,
}

impl SyncRequestBody {
    /// Decodes a body.
    ///
    /// # Errors
    /// If the body is not a request.
    pub fn decode(body: &[u8]) -> Result<SyncRequestBody, RpcError> {
        let request = pb::SyncFlagsRequest::decode(body);
        let request = request.map_err(|error| {
            let why = format!("grpc: failed to unmarshal the received message: {error}");
            RpcError::new(RpcCode::Internal, why)
        })?;
        Ok(SyncRequestBody {
            selector: request.selector,
            provider_id: request.provider_id,
        })
    }
}

/// The message of a `SyncFlags` stream.
pub fn encode_sync_flags_response(document: &str, enrichment: &ContextEnrichment) -> Vec<u8> {
    pb::SyncFlagsResponse {
        flag_configuration: document.to_owned(),
        sync_context: Some(sync_context(enrichment)),
    }
    .encode_to_vec()
}

/// The response to `FetchAllFlags`.
pub fn encode_fetch_all_flags_response(document: &str) -> Vec<u8> {
    let flag_configuration = document.to_owned();
    pb::FetchAllFlagsResponse { flag_configuration }.encode_to_vec()
}

/// The response to `GetMetadata`.
pub fn encode_metadata_response(enrichment: &ContextEnrichment) -> Vec<u8> {
    let metadata = Some(sync_context(enrichment));
    pb::GetMetadataResponse { metadata }.encode_to_vec()
}

/// The attributes that subscribers add to their contexts: the static values, never those from headers.
fn sync_context(enrichment: &ContextEnrichment) -> Struct {
    let text = |text: &str| Value {
        kind: Some(ValueKind::StringValue(text.to_owned())),
    };
    let values = enrichment.static_values.iter();
    Struct {
        fields: values
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect(),
    }
}

/// A document with these flags.
pub fn flag_configuration<'f>(flags: impl Iterator<Item = &'f CompiledFlag>) -> String {
    write_document(flags, |flag| Some(&flag.source))
}

/// A document with these flags, without their sources.
pub fn flag_configuration_without_source<'f>(
    flags: impl Iterator<Item = &'f CompiledFlag>,
) -> String {
    write_document(flags, |_| None)
}

fn write_document<'f>(
    flags: impl Iterator<Item = &'f CompiledFlag>,
    source: impl Fn(&'f CompiledFlag) -> Option<&'f str>,
) -> String {
    let mut out = String::from("{\"flags\":{");
    for (i, flag) in flags.filter(|flag| is_sent(flag)).enumerate() {
        if i > 0 {
            out.push(',');
        }
        json::write_string(&mut out, &flag.key);
        out.push(':');
        write_definition(&mut out, flag, source(flag));
    }
    out.push_str("}}");
    out
}

/// Returns true if flag sync sends a flag: plain flagd can evaluate it.
pub fn is_sent(flag: &CompiledFlag) -> bool {
    !flag.is_faulty() && !flag.not_portable
}

/// The definition of a flag, as documents for plain flagd have it, without its source. A rule that plain flagd cannot
/// evaluate is included.
pub fn flag_definition(flag: &CompiledFlag) -> String {
    let mut out = String::new();
    write_definition(&mut out, flag, None);
    out
}

/// Appends the definition of a flag for display. A flag that flag sync omits has the member `"portable": false`.
pub fn write_displayed_definition(out: &mut String, flag: &CompiledFlag) {
    write_definition(out, flag, None);
    if flag.not_portable {
        out.pop();
        out.push_str(",\"portable\":false}");
    }
}

/// The definition of a flag in JSON, as plain flagd evaluates it, without its source.
pub fn definition(flag: &CompiledFlag) -> String {
    let mut out = String::new();
    write_definition(&mut out, flag, None);
    out
}

fn write_definition(out: &mut String, flag: &CompiledFlag, source: Option<&str>) {
    out.push_str("{\"state\":\"");
    let disabled = matches!(flag.evaluation_plan, EvaluationPlan::Disabled);
    out.push_str(if disabled { "DISABLED" } else { "ENABLED" });
    out.push_str("\",\"defaultVariant\":");
    let default = flag
        .default_variant
        .and_then(|at| flag.variant_names.get(usize::from(at)));
    json::write_string(out, default.map_or("", |name| name));
    out.push_str(",\"variants\":{");
    for (i, (name, value)) in flag
        .variant_names
        .iter()
        .zip(&*flag.variant_values)
        .enumerate()
    {
        if i > 0 {
            out.push(',');
        }
        json::write_string(out, name);
        out.push(':');
        json::write_value(out, value);
    }
    out.push('}');
    if let Some(rule) = &flag.targeting_json {
        out.push_str(",\"targeting\":");
        out.push_str(rule);
    }
    if let Some(source) = source {
        out.push_str(",\"source\":");
        json::write_string(out, source);
    }
    if !flag.metadata.is_empty() {
        out.push_str(",\"metadata\":");
        json::write_object(out, &flag.metadata);
    }
    out.push('}');
}
