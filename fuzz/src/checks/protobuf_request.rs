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
    let ours = ours.expect("prost accepts the request");
    assert_eq!(ours.flag_key, theirs.flag_key);
    // A value that is sent in several parts: protobuf merges them, and the last one applies here. No encoder does this.
    if theirs.encoded_len() == data.len() {
        let context = theirs.context.unwrap_or_default();
        json_request::check_attributes(&ours.context, to_members(context));
    }
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
