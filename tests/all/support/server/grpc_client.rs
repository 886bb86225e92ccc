//! gRPC clients generated from the proto files, frames and protobuf values.

use crate::support::server::Server;

pub fn grpc_frame(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).expect("a short message");
    [&[0], &length.to_be_bytes()[..], message].concat()
}

/// gRPC clients, generated from the same proto files as the server's messages.
#[allow(
    clippy::pedantic,
    rust_2018_idioms,
    unused_qualifications,
    reason = "generated"
)]
pub mod pb {
    pub mod evaluation1 {
        include!(concat!(env!("OUT_DIR"), "/client/flagd.evaluation.v1.rs"));
    }
    pub mod evaluation2 {
        include!(concat!(env!("OUT_DIR"), "/client/flagd.evaluation.v2.rs"));
    }
    pub mod sync1 {
        include!(concat!(env!("OUT_DIR"), "/client/flagd.sync.v1.rs"));
    }
    pub mod health1 {
        include!(concat!(env!("OUT_DIR"), "/client/grpc.health.v1.rs"));
    }
    pub mod reflection1 {
        include!(concat!(env!("OUT_DIR"), "/client/grpc.reflection.v1.rs"));
    }
    pub mod reflection1alpha {
        include!(concat!(
            env!("OUT_DIR"),
            "/client/grpc.reflection.v1alpha.rs"
        ));
    }
    pub mod schema1 {
        include!(concat!(env!("OUT_DIR"), "/client/schema.v1.rs"));
    }
}

/// A gRPC channel to the evaluation port.
pub async fn channel(server: &Server) -> tonic::transport::Channel {
    channel_to(server.port).await
}

/// A gRPC channel to any port.
pub async fn channel_to(port: u16) -> tonic::transport::Channel {
    let address = format!("http://127.0.0.1:{port}");
    let endpoint = tonic::transport::Endpoint::from_shared(address).expect("an address");
    endpoint.connect().await.expect("a connection")
}

/// JSON as a protobuf value.
pub fn proto_value(value: &serde_json::Value) -> prost_types::Value {
    use prost_types::value::Kind;
    let kind = match value {
        serde_json::Value::Null => Kind::NullValue(0),
        serde_json::Value::Bool(b) => Kind::BoolValue(*b),
        serde_json::Value::Number(n) => Kind::NumberValue(n.as_f64().expect("a float")),
        serde_json::Value::String(s) => Kind::StringValue(s.clone()),
        serde_json::Value::Array(items) => Kind::ListValue(prost_types::ListValue {
            values: items.iter().map(proto_value).collect(),
        }),
        serde_json::Value::Object(_) => Kind::StructValue(proto_struct(value)),
    };
    prost_types::Value { kind: Some(kind) }
}

/// A JSON object as a protobuf struct.
pub fn proto_struct(value: &serde_json::Value) -> prost_types::Struct {
    let members = value.as_object().expect("an object").iter();
    prost_types::Struct {
        fields: members.map(|(k, v)| (k.clone(), proto_value(v))).collect(),
    }
}
