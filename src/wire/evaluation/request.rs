//! Requests for one flag, for all flags and for an event stream: the flag key, and the context still encoded.

mod decode_json;
mod decode_protobuf;

use std::borrow::Cow;

use prost::Message as _;

use crate::wire::Codec;
use crate::wire::context::encoded::EncodedContext;
use crate::wire::protobuf::generated::evaluation1::EventStreamRequest;
use crate::wire::rpc_error::RpcError;

/// A request for one flag.
#[derive(Debug)]
pub struct ResolveRequest<'b> {
    /// The flag's key.
    pub flag_key: Cow<'b, str>,
    /// The context, still encoded.
    pub context: EncodedContext<'b>,
}

impl<'b> ResolveRequest<'b> {
    /// Finds the flag's key and the context in `body`.
    ///
    /// # Errors
    /// If `body` is not a request.
    pub fn decode(codec: Codec, body: &'b [u8]) -> Result<ResolveRequest<'b>, RpcError> {
        match codec {
            Codec::Proto => decode_protobuf::decode_resolve_request(body),
            Codec::Json => decode_json::decode_resolve_request(body),
        }
        .map(|(flag_key, context)| ResolveRequest { flag_key, context })
    }

    /// Finds the context in the body of a request for all flags, which has no key.
    ///
    /// # Errors
    /// If `body` is not a request.
    pub fn decode_resolve_all(
        codec: Codec,
        body: &'b [u8],
    ) -> Result<EncodedContext<'b>, RpcError> {
        match codec {
            Codec::Proto => decode_protobuf::decode_resolve_all_request(body),
            Codec::Json => decode_json::decode_resolve_all_request(body),
        }
    }
}

/// Checks a request whose fields are all ignored.
///
/// # Errors
/// If `body` is not a message.
pub fn validate_empty(codec: Codec, body: &[u8]) -> Result<(), RpcError> {
    match codec {
        _ if body.is_empty() => Ok(()),
        Codec::Proto => EventStreamRequest::decode(body)
            .map(drop)
            .map_err(|error| RpcError::malformed(&error.to_string())),
        Codec::Json => decode_json::validate_empty_request(body),
    }
}
