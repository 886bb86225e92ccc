//! Flag sync: whole flag documents for those who evaluate them in their own process.
//!
//! Documents carry only what plain flagd knows: evaluators are put in their place, metadata of the flag set is each
//! flag's, and old spellings are written anew. A faulty flag is left out: it would make others refuse the document.

use prost::Message as _;
use prost_types::Struct;

use crate::document::flag::Flag;
use crate::document::node::Kind;
use crate::document::node::Member;
use crate::document::node::Node;
use crate::json;
use crate::number;
use crate::value::Literal;
use crate::wire::error::RpcError;
use crate::wire::extra::Extra;
use crate::wire::pb::sync1 as pb;
use crate::wire::structure;

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
        let request = request.map_err(|error| RpcError::malformed(&error.to_string()))?;
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
    let value = |(name, value): &(Box<str>, Box<str>)| (name.clone(), Literal::Text(value.clone()));
    let members: Vec<_> = extra.values.iter().map(value).collect();
    structure::to_struct(&members)
}

/// A document with these flags.
pub fn document<'f>(flags: impl Iterator<Item = &'f Flag>) -> String {
    let mut out = String::from("{\"flags\":{");
    for (i, flag) in flags.filter(|flag| flag.fault.is_none()).enumerate() {
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
    out.push_str(":{\"state\":\"");
    out.push_str(if flag.disabled { "DISABLED" } else { "ENABLED" });
    out.push_str("\",\"defaultVariant\":");
    json::write_text(out, flag.default_variant.as_deref().unwrap_or(""));
    out.push_str(",\"variants\":");
    structure::write_members(out, &flag.variants);
    if let Some(targeting) = &flag.targeting {
        out.push_str(",\"targeting\":");
        write_rule(out, targeting);
    }
    out.push_str(",\"source\":");
    json::write_text(out, &flag.origin.source);
    if !flag.metadata.is_empty() {
        out.push_str(",\"metadata\":");
        structure::write_members(out, &flag.metadata);
    }
    out.push('}');
}

fn write_rule(out: &mut String, node: &Node) {
    match &node.kind {
        Kind::Null => out.push_str("null"),
        Kind::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Kind::Number(n) => {
            number::write_json(out, *n);
        }
        Kind::Text(text) => json::write_text(out, text),
        Kind::List(items) => write_list(out, items),
        Kind::Map(members) => write_operation(out, members),
    }
}

fn write_list(out: &mut String, items: &[Node]) {
    out.push('[');
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        write_rule(out, item);
    }
    out.push(']');
}

fn write_operation(out: &mut String, members: &[Member]) {
    out.push('{');
    for (i, member) in members.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        let legacy = members.len() == 1 && &*member.key == "fractionalEvaluation";
        json::write_text(out, if legacy { "fractional" } else { &member.key });
        out.push(':');
        match &member.value.kind {
            Kind::List(items) if legacy => write_legacy(out, items),
            _ => write_rule(out, &member.value),
        }
    }
    out.push('}');
}

/// The arguments of `fractionalEvaluation`, whose first was the name of an attribute, for `fractional`.
fn write_legacy(out: &mut String, items: &[Node]) {
    let Some((Kind::Text(name), rest)) = items.split_first().map(|(f, rest)| (&f.kind, rest))
    else {
        return write_list(out, items);
    };
    out.push_str("[{\"var\":");
    json::write_text(out, name);
    out.push('}');
    for item in rest {
        out.push(',');
        write_rule(out, item);
    }
    out.push(']');
}
