//! Decodes the fields of a protobuf message in place, without generated code.
//! <https://protobuf.dev/programming-guides/encoding/>

use prost::encoding::DecodeContext;
use prost::encoding::WireType;
use prost::encoding::decode_key;
use prost::encoding::decode_varint;
use prost::encoding::skip_field;

use crate::wire::rpc_error::RpcError;

type Result<T> = std::result::Result<T, RpcError>;

/// The value of a field by its wire type.
pub enum WireField<'a> {
    /// A varint.
    Varint(u64),
    /// Eight bytes, little-endian.
    Fixed64(u64),
    /// A length-delimited field: a string, bytes or a message.
    Bytes(&'a [u8]),
    /// A group or four bytes, which are skipped.
    Other,
}

/// The next field of a message; `None` at its end.
#[inline]
pub fn next_field<'a>(rest: &mut &'a [u8]) -> Result<Option<(u32, WireField<'a>)>> {
    if let Some((tag, bytes, behind)) = split_short_field(rest) {
        *rest = behind;
        return Ok(Some((tag, WireField::Bytes(bytes))));
    }
    if rest.is_empty() {
        return Ok(None);
    }
    decode_field(rest).map(Some)
}

/// The number and bytes of a field whose tag and length take one byte each, as most do, and the bytes after the field.
#[inline]
fn split_short_field(part: &[u8]) -> Option<(u32, &[u8], &[u8])> {
    let ([tag @ 8..0x80, length @ 0..0x80], rest) = part.split_first_chunk()? else {
        return None;
    };
    let (bytes, behind) = rest.split_at_checked(usize::from(*length))?;
    (tag & 7 == 2).then_some((u32::from(tag >> 3), bytes, behind))
}

fn decode_field<'a>(rest: &mut &'a [u8]) -> Result<(u32, WireField<'a>)> {
    let (tag, wire_type) = decode_key(rest).map_err(|_| invalid_wire_format())?;
    let field = match wire_type {
        WireType::Varint => {
            WireField::Varint(decode_varint(rest).map_err(|_| invalid_wire_format())?)
        }
        WireType::SixtyFourBit => {
            let (bytes, tail) = rest.split_first_chunk().ok_or_else(invalid_wire_format)?;
            *rest = tail;
            WireField::Fixed64(u64::from_le_bytes(*bytes))
        }
        WireType::LengthDelimited => {
            let len = decode_varint(rest).map_err(|_| invalid_wire_format())?;
            let len = usize::try_from(len).map_err(|_| invalid_wire_format())?;
            let (bytes, tail) = rest.split_at_checked(len).ok_or_else(invalid_wire_format)?;
            *rest = tail;
            WireField::Bytes(bytes)
        }
        WireType::StartGroup | WireType::EndGroup | WireType::ThirtyTwoBit => {
            skip_field(wire_type, tag, rest, DecodeContext::default())
                .map_err(|_| invalid_wire_format())?;
            WireField::Other
        }
    };
    Ok((tag, field))
}

/// The text of a string field.
pub fn decode_utf8(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes)
        .map_err(|_| RpcError::malformed("string field contains invalid UTF-8"))
}

fn invalid_wire_format() -> RpcError {
    RpcError::malformed("proto: cannot parse invalid wire-format data")
}
