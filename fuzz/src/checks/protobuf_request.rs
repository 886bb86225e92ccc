//! Protobuf requests, compared with messages that `prost` generates.

use fanion::wire::Codec;
use fanion::wire::evaluation::request::ResolveRequest;
use fanion::wire::protobuf::generated::evaluation1::ResolveBooleanRequest;
use prost::Message as _;
use prost_types::Struct;
use prost_types::Value;
use prost_types::value::Kind;
use serde_json::Value as Json;

use crate::checks::json_request;
use crate::checks::sample_flags;

pub fn check(data: &[u8]) {
    let ours = ResolveRequest::decode(Codec::Proto, data);
    let theirs = ResolveBooleanRequest::decode(data);
    json_request::check_responses(data, Codec::Proto);
    if let Ok(request) = &ours {
        sample_flags::assert_partial_decoding_is_equivalent(&request.context);
    }
    // prost refuses fields of another wire type, which are skipped here, and has another limit of depth.
    let Ok(theirs) = theirs else {
        return;
    };
    let canonical = theirs.encode_to_vec();
    let decoded = ResolveRequest::decode(Codec::Proto, &canonical).expect("prost's encoding");
    assert_eq!(decoded.flag_key, theirs.flag_key);
    let members = to_members(theirs.context.unwrap_or_default());
    json_request::check_attributes(&decoded.context, members.clone());
    // Other encodings may differ in ways that no encoder uses: a value in several parts, which protobuf merges, or a
    // wrong wire type, which prost accepts for entries of a map. Only the order of the fields is free here.
    if sorted(&canonical) == sorted(data) {
        let ours = ours.expect("prost accepts the request");
        assert_eq!(ours.flag_key, theirs.flag_key);
        json_request::check_attributes(&ours.context, members);
    }
}

fn sorted(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes.sort_unstable();
    bytes
}

fn to_members(message: Struct) -> serde_json::Map<String, Json> {
    message
        .fields
        .into_iter()
        .map(|(k, v)| (k, to_json(v)))
        .collect()
}

fn to_json(value: Value) -> Json {
    match value.kind {
        None | Some(Kind::NullValue(_)) => Json::Null,
        Some(Kind::BoolValue(b)) => b.into(),
        Some(Kind::NumberValue(n)) if n.is_nan() => "NaN".into(),
        Some(Kind::NumberValue(n)) if n.is_infinite() => {
            (if n > 0.0 { "Infinity" } else { "-Infinity" }).into()
        }
        Some(Kind::NumberValue(n)) => n.into(),
        Some(Kind::StringValue(text)) => text.into(),
        Some(Kind::ListValue(list)) => list.values.into_iter().map(to_json).collect(),
        Some(Kind::StructValue(inner)) => Json::Object(to_members(inner)),
    }
}
