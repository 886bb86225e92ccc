//! Envelopes of gRPC, gRPC-Web and Connect: a model of the framing, and round trips.

use bytes::Bytes;
use fanion::serve::rpc::compression;
use fanion::serve::rpc::envelope;
use fanion::serve::rpc::negotiate;
use fanion::serve::rpc::negotiate::RpcProtocol;

/// The largest message.
const LIMIT: usize = 4096;

pub fn check(data: &[u8]) {
    let body = Bytes::copy_from_slice(data);
    for (protocol, end) in [
        (RpcProtocol::Grpc, 0),
        (RpcProtocol::GrpcWeb, 0x80),
        (RpcProtocol::Connect, 2),
    ] {
        for gzip in [false, true] {
            let found = envelope::only_message(&body, gzip, LIMIT, protocol);
            let want = model(data, gzip, end);
            assert_eq!(
                found.as_deref().ok(),
                want.as_deref(),
                "{protocol:?}, gzip {gzip}"
            );
        }
    }
    check_round_trip(data);
    if let Ok(text) = std::str::from_utf8(data) {
        check_content_type(text);
    }
}

/// The only message of a body; `None` if the body is not one message and, at most, one empty end of the stream.
fn model(body: &[u8], gzip: bool, end: u8) -> Option<Vec<u8>> {
    let (flags, message, rest) = model_frame(body)?;
    let message = match flags {
        0 => message.to_vec(),
        1 if gzip && message.is_empty() => Vec::new(),
        1 if gzip => compression::gunzip(message, LIMIT).ok()?.to_vec(),
        _ => return None,
    };
    if rest.is_empty() {
        return Some(message);
    }
    let (flags, _, rest) = model_frame(rest)?;
    (flags & 0xfe != 0 && flags & end != 0 && rest.is_empty()).then_some(message)
}

fn model_frame(body: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let length = u32::from_be_bytes(body.get(1..5)?.try_into().ok()?) as usize;
    let message = body.get(5..5 + length)?;
    Some((body[0], message, &body[5 + length..]))
}

/// What is framed, compressed or not, is read back; what is cut off is not.
fn check_round_trip(message: &[u8]) {
    let plain = envelope::encode_length_prefixed(0, message);
    let packed =
        envelope::encode_length_prefixed(envelope::COMPRESSED, &compression::gzip(message));
    for framed in [plain, packed] {
        let read =
            |bytes: &Bytes, limit| envelope::only_message(bytes, true, limit, RpcProtocol::Grpc);
        assert_eq!(read(&framed, 1 << 20).as_deref().ok(), Some(message));
        assert!(read(&framed.slice(..framed.len() - 1), 1 << 20).is_err());
        if let Ok(short) = read(&framed, LIMIT) {
            // The limit applies to what is decompressed; the size of the body is limited before.
            assert!(short.len() <= LIMIT || framed[0] == 0);
        }
    }
}

/// The spelling in a response means the same as the spelling in the request, and is stable.
fn check_content_type(text: &str) {
    for streaming in [false, true] {
        let Some(parsed) = negotiate::parse_content_type(text, streaming) else {
            continue;
        };
        let Some(canonical) = negotiate::canonical_content_type(text) else {
            continue;
        };
        assert_eq!(
            negotiate::parse_content_type(&canonical, streaming),
            Some(parsed),
            "{text:?}"
        );
        let again = negotiate::canonical_content_type(&canonical);
        assert!(
            again.is_none_or(|again| again == canonical),
            "{canonical:?}"
        );
    }
}
