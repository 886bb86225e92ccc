//! Messages of the event stream: provider events and configuration changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use prost::Message as _;
use prost_types::Struct;
use prost_types::Value;
use prost_types::value::Kind;

use crate::change::ChangeKind;
use crate::json;
use crate::wire::Codec;
use crate::wire::protobuf::generated::evaluation1::EventStreamResponse;

/// An event without flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderEvent {
    /// The stream is open.
    Ready,
    /// The keep-alive interval has passed without an event.
    KeepAlive,
    /// The server is shutting down.
    Shutdown,
}

impl ProviderEvent {
    /// The encoded message.
    pub fn encode(self, codec: Codec) -> Vec<u8> {
        let (kind, data) = match self {
            ProviderEvent::Ready => ("provider_ready", Some(Struct::default())),
            ProviderEvent::KeepAlive => ("keep_alive", None),
            ProviderEvent::Shutdown => ("provider_shutdown", Some(Struct::default())),
        };
        match codec {
            Codec::Proto => {
                let r#type = kind.to_owned();
                EventStreamResponse { r#type, data }.encode_to_vec()
            }
            Codec::Json => {
                let data = if data.is_some() { "{}" } else { "null" };
                format!("{{\"type\":\"{kind}\",\"data\":{data}}}").into_bytes()
            }
        }
    }
}

/// The event that lists the changed flags: `{"flags":{"<key>":{"type":"write"}}}`.
pub fn encode_configuration_change(codec: Codec, flags: &[(Arc<str>, ChangeKind)]) -> Vec<u8> {
    match codec {
        Codec::Proto => {
            let entry = |(key, change): &(Arc<str>, ChangeKind)| {
                let kind = Kind::StringValue(change.as_str().to_owned());
                (
                    key.to_string(),
                    struct_value([("type".to_owned(), value(kind))]),
                )
            };
            let flags = struct_value(flags.iter().map(entry));
            let data = BTreeMap::from([("flags".to_owned(), flags)]);
            EventStreamResponse {
                r#type: "configuration_change".to_owned(),
                data: Some(Struct { fields: data }),
            }
            .encode_to_vec()
        }
        Codec::Json => {
            let mut out = String::from("{\"type\":\"configuration_change\",\"data\":{\"flags\":{");
            for (i, (key, change)) in flags.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                json::write_string(&mut out, key);
                out.push_str(":{\"type\":\"");
                out.push_str(change.as_str());
                out.push_str("\"}");
            }
            out.push_str("}}}");
            out.into_bytes()
        }
    }
}

fn struct_value(fields: impl IntoIterator<Item = (String, Value)>) -> Value {
    value(Kind::StructValue(Struct {
        fields: fields.into_iter().collect(),
    }))
}

fn value(kind: Kind) -> Value {
    Value { kind: Some(kind) }
}
