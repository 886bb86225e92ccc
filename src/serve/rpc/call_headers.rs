//! The headers of a call: content type, compression and deadline; and the message that they describe.

use bytes::Bytes;
use http::HeaderValue;
use http::header;
use http::request::Parts;

use crate::serve::rpc::compression;
use crate::serve::rpc::connect;
use crate::serve::rpc::deadline::Deadline;
use crate::serve::rpc::envelope;
use crate::serve::rpc::grpc;
use crate::serve::rpc::negotiate;
use crate::serve::rpc::negotiate::HttpRejection;
use crate::serve::rpc::negotiate::RpcProtocol;
use crate::serve::rpc::route::EvaluationMethod;
use crate::serve::rpc::route::RpcRoute;
use crate::wire::Codec;
use crate::wire::rpc_error::RpcError;

/// The headers of a call, parsed.
#[derive(Debug)]
pub struct CallHeaders {
    /// The service and method.
    pub route: RpcRoute,
    /// The content type of the response.
    pub content_type: HeaderValue,
    /// The protocol.
    pub protocol: RpcProtocol,
    /// The codec of the messages.
    pub codec: Codec,
    /// True for a compressed message, and the deadline; or the error to respond with.
    pub encoding_and_deadline: Result<(bool, Deadline), RpcError>,
}

impl CallHeaders {
    /// Parses the headers of a call.
    ///
    /// # Errors
    /// If the request is not a call in a known protocol.
    pub fn parse(route: RpcRoute, parts: &Parts) -> Result<CallHeaders, HttpRejection> {
        let headers = &parts.headers;
        let streaming = route.method == EvaluationMethod::EventStream;
        let (content_type, protocol, codec) = negotiate::negotiate_call(parts, streaming)?;
        let encoding = match protocol {
            RpcProtocol::Connect if streaming => connect::STREAM_CONTENT_ENCODING,
            RpcProtocol::Connect => header::CONTENT_ENCODING.as_str(),
            RpcProtocol::Grpc | RpcProtocol::GrpcWeb => grpc::ENCODING,
        };
        let parse_deadline = match protocol {
            RpcProtocol::Connect => connect::parse_protocol_headers,
            RpcProtocol::Grpc | RpcProtocol::GrpcWeb => grpc::parse_deadline,
        };
        let gzip = compression::is_gzip(headers, encoding);
        Ok(CallHeaders {
            route,
            content_type,
            protocol,
            codec,
            encoding_and_deadline: gzip.and_then(|gzip| Ok((gzip, parse_deadline(headers)?))),
        })
    }

    /// Decodes the message in the body of the call, and returns it with the deadline.
    ///
    /// # Errors
    /// If the body is not exactly one message, or the headers were invalid.
    pub fn decode_message(
        &self,
        body: &Bytes,
        limit: usize,
    ) -> Result<(Bytes, Deadline), RpcError> {
        let (gzip, deadline) = self.encoding_and_deadline.clone()?;
        let bare = self.protocol == RpcProtocol::Connect
            && self.route.method != EvaluationMethod::EventStream;
        let message = match bare {
            true if gzip => compression::gunzip(body, limit)?,
            true => body.clone(),
            false => envelope::only_message(body, gzip, limit, self.protocol)?,
        };
        Ok((message, deadline))
    }
}
