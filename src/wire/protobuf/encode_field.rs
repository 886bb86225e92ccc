//! Fields of protobuf messages, written one after the other without building the messages first.

use prost::encoding::WireType;
use prost::encoding::encode_key;
use prost::encoding::encode_varint;
use prost::encoding::encoded_len_varint;

/// Appends a string, even if it is empty.
pub fn string(out: &mut Vec<u8>, tag: u32, text: &str) {
    encode_key(tag, WireType::LengthDelimited, out);
    encode_varint(text.len() as u64, out);
    out.extend_from_slice(text.as_bytes());
}

/// Appends a boolean, an enum or an integer, even if it is zero.
pub fn varint(out: &mut Vec<u8>, tag: u32, value: u64) {
    encode_key(tag, WireType::Varint, out);
    encode_varint(value, out);
}

/// Appends a number, even if it is zero.
pub fn double(out: &mut Vec<u8>, tag: u32, value: f64) {
    encode_key(tag, WireType::SixtyFourBit, out);
    out.extend_from_slice(&value.to_le_bytes());
}

/// Appends a message whose fields `write` appends.
pub fn message(out: &mut Vec<u8>, tag: u32, write: impl FnOnce(&mut Vec<u8>)) {
    encode_key(tag, WireType::LengthDelimited, out);
    let start = out.len();
    // Most messages are short: one byte is reserved for their length, which is known only after they are written.
    out.push(0);
    write(out);
    let length = (out.len() - start - 1) as u64;
    let more = encoded_len_varint(length) - 1;
    if more > 0 {
        let body = start + 1..out.len();
        out.resize(out.len() + more, 0);
        out.copy_within(body, start + 1 + more);
    }
    if let Some(mut place) = out.get_mut(start..=start + more) {
        encode_varint(length, &mut place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost::Message as _;
    use prost_types::FileDescriptorProto;
    use prost_types::FileDescriptorSet;

    #[test]
    fn messages_of_every_length_round_trip() {
        for length in [0, 1, 120, 127, 128, 129, 16_383, 16_384, 100_000] {
            let name = "x".repeat(length);
            let mut out = vec![];
            message(&mut out, 1, |out| string(out, 1, &name));
            let file = FileDescriptorProto {
                name: Some(name),
                ..FileDescriptorProto::default()
            };
            let whole = FileDescriptorSet { file: vec![file] };
            assert_eq!(out, whole.encode_to_vec(), "{length}");
        }
    }
}
