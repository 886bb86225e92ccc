//! Which protocol a request speaks, and what it asks for.

use crate::decision::FlagType;
use crate::wire::Codec;
use crate::wire::EvaluationApi;

/// What the path of a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RpcRoute {
    /// The contract of the service.
    pub contract: EvaluationApi,
    /// The method.
    pub method: EvaluationMethod,
}

/// The methods of the evaluation services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EvaluationMethod {
    /// `ResolveBoolean` and its siblings.
    Resolve(FlagType),
    /// `ResolveAll`.
    ResolveAll,
    /// `EventStream`.
    EventStream,
}

/// The names of the evaluation services.
pub const EVALUATION_SERVICES: [&str; 3] = [
    "flagd.evaluation.v1.Service",
    "flagd.evaluation.v2.Service",
    "schema.v1.Service",
];

impl RpcRoute {
    /// The route of a path such as `/flagd.evaluation.v1.Service/ResolveBoolean`.
    pub fn parse(path: &str) -> Option<RpcRoute> {
        let (service, method) = path.strip_prefix('/')?.split_once('/')?;
        let contract = match service {
            "flagd.evaluation.v1.Service" => EvaluationApi::EvaluationV1,
            "flagd.evaluation.v2.Service" => EvaluationApi::EvaluationV2,
            "schema.v1.Service" => EvaluationApi::SchemaV1,
            _ => return None,
        };
        let method = match method {
            "ResolveBoolean" => EvaluationMethod::Resolve(FlagType::Boolean),
            "ResolveString" => EvaluationMethod::Resolve(FlagType::String),
            "ResolveInt" => EvaluationMethod::Resolve(FlagType::Int),
            "ResolveFloat" => EvaluationMethod::Resolve(FlagType::Float),
            "ResolveObject" => EvaluationMethod::Resolve(FlagType::Object),
            "ResolveAll" if contract != EvaluationApi::EvaluationV2 => EvaluationMethod::ResolveAll,
            "EventStream" => EvaluationMethod::EventStream,
            _ => return None,
        };
        Some(RpcRoute { contract, method })
    }
}

/// How messages travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RpcProtocol {
    /// gRPC.
    Grpc,
    /// gRPC-Web, binary.
    GrpcWeb,
    /// Connect: bare messages for unary calls, frames for streams.
    Connect,
}

/// The protocol and codec that a content type names, for a unary call or for a stream.
pub fn parse_content_type(content_type: &str, streaming: bool) -> Option<(RpcProtocol, Codec)> {
    // The common case without a search through parameters.
    if content_type == "application/grpc" {
        return Some((RpcProtocol::Grpc, Codec::Proto));
    }
    let lower = content_type.to_ascii_lowercase();
    let (media, parameters) = lower.split_once(';').unwrap_or((&lower, ""));
    let (protocol, codec) = match media.trim() {
        "application/grpc" | "application/grpc+proto" => (RpcProtocol::Grpc, Codec::Proto),
        "application/grpc+json" => (RpcProtocol::Grpc, Codec::Json),
        "application/grpc-web" | "application/grpc-web+proto" => {
            (RpcProtocol::GrpcWeb, Codec::Proto)
        }
        "application/grpc-web+json" => (RpcProtocol::GrpcWeb, Codec::Json),
        "application/proto" if !streaming => (RpcProtocol::Connect, Codec::Proto),
        "application/json" if !streaming => (RpcProtocol::Connect, Codec::Json),
        "application/connect+proto" if streaming => (RpcProtocol::Connect, Codec::Proto),
        "application/connect+json" if streaming => (RpcProtocol::Connect, Codec::Json),
        _ => return None,
    };
    let parameters = parameters.replace([' ', '"'], "");
    let known = match codec {
        Codec::Json => matches!(&*parameters, "" | "charset=utf-8"),
        Codec::Proto => parameters.is_empty(),
    };
    known.then_some((protocol, codec))
}

/// How answers spell a content type that [`parse_content_type`] knows, if not as it was given.
pub fn canonical_content_type(content_type: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || matches!(byte, b'/' | b'+' | b'-' | b'.');
    if content_type.bytes().all(plain) {
        return None;
    }
    let lower = content_type.to_ascii_lowercase();
    let (media, parameters) = lower.split_once(';').unwrap_or((&lower, ""));
    let media = media.trim();
    // The only parameter that there may be.
    Some(if parameters.trim().is_empty() {
        media.to_owned()
    } else {
        format!("{media}; charset=utf-8")
    })
}

/// The content types of unary calls, as an answer to one that is none of them.
pub const UNARY_CONTENT_TYPES: &str = "application/grpc, application/grpc+json, \
    application/grpc+json; charset=utf-8, application/grpc+proto, application/grpc-web, \
    application/grpc-web+json, application/grpc-web+json; charset=utf-8, \
    application/grpc-web+proto, application/json, application/json; charset=utf-8, \
    application/proto";
/// The content types of streams.
pub const STREAM_CONTENT_TYPES: &str = "application/connect+json, application/connect+json; charset=utf-8, \
    application/connect+proto, application/grpc, application/grpc+json, \
    application/grpc+json; charset=utf-8, application/grpc+proto, application/grpc-web, \
    application/grpc-web+json, application/grpc-web+json; charset=utf-8, \
    application/grpc-web+proto";
