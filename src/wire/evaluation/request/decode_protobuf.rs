//! Decodes protobuf requests for one flag and for all flags, scanned in place.
//!
//! Field numbers: a request has `flag_key = 1` and `context = 2`, a bulk request `context = 1`. The context is a
//! `google.protobuf.Struct`: <https://protobuf.dev/reference/protobuf/google.protobuf/#struct>.

use std::borrow::Cow;

use smallvec::SmallVec;

use crate::wire::context::encoded::EncodedContext;
use crate::wire::protobuf::decode_field::WireField;
use crate::wire::protobuf::decode_field::decode_utf8;
use crate::wire::protobuf::decode_field::next_field;
use crate::wire::rpc_error::RpcError;

type Result<T> = std::result::Result<T, RpcError>;

/// The flag key and the context of a request for one flag.
pub fn decode_resolve_request(body: &[u8]) -> Result<(Cow<'_, str>, EncodedContext<'_>)> {
    let mut flag_key = "";
    let mut parts = SmallVec::new();
    let mut rest = body;
    while let Some(field) = next_field(&mut rest)? {
        match field {
            (1, WireField::Bytes(key)) => flag_key = decode_utf8(key)?,
            (2, WireField::Bytes(part)) => parts.push(part),
            _ => {}
        }
    }
    Ok((flag_key.into(), EncodedContext::Protobuf(parts)))
}

/// The context of a request for all flags.
pub fn decode_resolve_all_request(body: &[u8]) -> Result<EncodedContext<'_>> {
    let mut parts = SmallVec::new();
    let mut rest = body;
    while let Some(field) = next_field(&mut rest)? {
        if let (1, WireField::Bytes(part)) = field {
            parts.push(part);
        }
    }
    Ok(EncodedContext::Protobuf(parts))
}
