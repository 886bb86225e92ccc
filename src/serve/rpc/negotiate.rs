//! Protocol negotiation: gRPC, gRPC-Web or Connect, and the codec, by method and content type.

use http::HeaderMap;
use http::HeaderName;
use http::HeaderValue;
use http::Method;
use http::StatusCode;
use http::header;
use http::request::Parts;

use crate::wire::Codec;

/// The protocol that frames a call's messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RpcProtocol {
    /// gRPC.
    Grpc,
    /// gRPC-Web, binary.
    GrpcWeb,
    /// Connect: unframed messages for unary calls, frames for streams.
    Connect,
}

impl RpcProtocol {
    /// The name of the protocol in the log.
    pub fn name(self) -> &'static str {
        match self {
            RpcProtocol::Grpc => "grpc",
            RpcProtocol::GrpcWeb => "grpc-web",
            RpcProtocol::Connect => "connect",
        }
    }
}

/// The protocol and codec that a content type names, for a unary call or for a stream.
pub fn parse_content_type(content_type: &str, streaming: bool) -> Option<(RpcProtocol, Codec)> {
    // The common case, without parsing parameters.
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

/// The spelling of a known content type in responses, if it differs from the request's.
pub fn canonical_content_type(content_type: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || matches!(byte, b'/' | b'+' | b'-' | b'.');
    if content_type.bytes().all(plain) {
        return None;
    }
    let lower = content_type.to_ascii_lowercase();
    let (media, parameters) = lower.split_once(';').unwrap_or((&lower, ""));
    let media = media.trim();
    // The only parameter that is allowed.
    Some(if parameters.trim().is_empty() {
        media.to_owned()
    } else {
        format!("{media}; charset=utf-8")
    })
}

/// The rejection of a request that is not a call: a status, and a header that lists the accepted methods or types.
pub type HttpRejection = (StatusCode, (HeaderName, HeaderValue));

const ACCEPT_POST: HeaderName = HeaderName::from_static("accept-post");

/// The content type for the response to a call, and the protocol and codec of the call.
///
/// # Errors
/// If the method is not POST, or the content type is unknown.
pub fn negotiate_call(
    parts: &Parts,
    streaming: bool,
) -> Result<(HeaderValue, RpcProtocol, Codec), HttpRejection> {
    if parts.method != Method::POST {
        let allow = (header::ALLOW, HeaderValue::from_static("POST"));
        return Err((StatusCode::METHOD_NOT_ALLOWED, allow));
    }
    let types = if streaming {
        STREAM_CONTENT_TYPES
    } else {
        UNARY_CONTENT_TYPES
    };
    negotiate_content_type(&parts.headers, streaming).ok_or_else(|| {
        let accept = (ACCEPT_POST, HeaderValue::from_static(types));
        (StatusCode::UNSUPPORTED_MEDIA_TYPE, accept)
    })
}

fn negotiate_content_type(
    headers: &HeaderMap,
    streaming: bool,
) -> Option<(HeaderValue, RpcProtocol, Codec)> {
    let content_type = headers.get(header::CONTENT_TYPE)?;
    let text = content_type.to_str().ok()?;
    let (protocol, codec) = parse_content_type(text, streaming)?;
    let echoed = match canonical_content_type(text) {
        None => content_type.clone(),
        Some(canonical) => HeaderValue::from_str(&canonical).ok()?,
    };
    Some((echoed, protocol, codec))
}

/// Returns true if a request is plain gRPC, which no browser can send.
pub fn is_plain_grpc(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE);
    content_type.is_some_and(|value| {
        let begins = |with: &str| {
            let begin = value.as_bytes().get(..with.len());
            begin.is_some_and(|begin| begin.eq_ignore_ascii_case(with.as_bytes()))
        };
        begins("application/grpc") && !begins("application/grpc-web")
    })
}

/// The content types of unary calls, for the `Accept-Post` header.
pub const UNARY_CONTENT_TYPES: &str = "application/grpc, application/grpc+json, \
    application/grpc+json; charset=utf-8, application/grpc+proto, application/grpc-web, \
    application/grpc-web+json, application/grpc-web+json; charset=utf-8, \
    application/grpc-web+proto, application/json, application/json; charset=utf-8, \
    application/proto";
/// The content types of streams, for the `Accept-Post` header.
pub const STREAM_CONTENT_TYPES: &str = "application/connect+json, application/connect+json; charset=utf-8, \
    application/connect+proto, application/grpc, application/grpc+json, \
    application/grpc+json; charset=utf-8, application/grpc+proto, application/grpc-web, \
    application/grpc-web+json, application/grpc-web+json; charset=utf-8, \
    application/grpc-web+proto";
