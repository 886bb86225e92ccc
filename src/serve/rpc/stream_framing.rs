//! Framing of streams in gRPC, gRPC-Web and Connect: the opening response and the frame that ends them.

use bytes::Bytes;
use http::HeaderMap;
use http::HeaderValue;
use http::Response;
use http::header;
use http_body::Frame;

use crate::serve::http::body::Body;
use crate::serve::http::body::BoxedFrame;
use crate::serve::http::body::data_frame;
use crate::serve::rpc::envelope;
use crate::serve::rpc::grpc;
use crate::serve::rpc::negotiate::RpcProtocol;
use crate::wire::rpc_error::RpcError;

/// The framing of streams in one protocol.
#[derive(Debug, Clone, Copy)]
pub struct StreamFraming {
    /// The protocol.
    pub protocol: RpcProtocol,
}

impl StreamFraming {
    /// The framing of services that speak gRPC only.
    pub const GRPC: StreamFraming = StreamFraming {
        protocol: RpcProtocol::Grpc,
    };

    /// The response that opens a stream, or the error response.
    pub fn opening_response(
        self,
        content_type: HeaderValue,
        opened: Result<Body, RpcError>,
    ) -> Response<Body> {
        let body = match (self.protocol, opened) {
            (_, Ok(body)) => body,
            (RpcProtocol::Grpc | RpcProtocol::GrpcWeb, Err(error)) => {
                return grpc::unary_response(self.protocol, content_type, Err(error), false);
            }
            (RpcProtocol::Connect, Err(error)) => Body::Full(connect_end_frame(Err(error))),
        };
        let mut response = Response::new(body);
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, content_type);
        response
    }

    /// The frame that ends a stream.
    pub fn end_frame(self, status: Result<(), RpcError>) -> BoxedFrame {
        match self.protocol {
            RpcProtocol::Connect => data_frame(connect_end_frame(status)),
            RpcProtocol::Grpc => Box::new(Frame::trailers(grpc::status_trailers(status))),
            RpcProtocol::GrpcWeb => {
                let trailers: HeaderMap = grpc::status_trailers(status);
                data_frame(grpc::web_trailers_frame(&trailers))
            }
        }
    }
}

/// The frame that ends a Connect stream.
fn connect_end_frame(status: Result<(), RpcError>) -> Bytes {
    let end = match status {
        Ok(()) => "{}".to_owned(),
        Err(error) => format!("{{\"error\":{}}}", error.to_json()),
    };
    envelope::encode_length_prefixed(envelope::END_STREAM, end.as_bytes())
}
