//! HTTP/2 frames and header blocks for load generators: a client library costs as much CPU as a server.

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RESET: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
/// END_STREAM in DATA and HEADERS, ACK in SETTINGS.
pub const END: u8 = 1;
pub const END_HEADERS: u8 = 4;

/// Appends an HTTP/2 frame. <https://www.rfc-editor.org/rfc/rfc9113#section-4.1>
pub fn frame(out: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    out.extend_from_slice(&(payload.len() as u32).to_be_bytes()[1..]);
    out.extend_from_slice(&[kind, flags]);
    out.extend_from_slice(&stream.to_be_bytes());
    out.extend_from_slice(payload);
}

/// The header block of the first call, which adds its fields to the dynamic table, and the block of all later calls,
/// which refers to the table. <https://www.rfc-editor.org/rfc/rfc7541#section-6.2.1>
pub fn heads(address: &str, path: &str) -> [Vec<u8>; 2] {
    // `:method: POST` and `:scheme: http`.
    let (mut first, mut others) = (vec![0x83, 0x86], vec![0x83, 0x86]);
    let mut put = |name: &[u8], value: &str| {
        first.extend_from_slice(name);
        first.push(u8::try_from(value.len()).ok().filter(|length| *length < 127).expect("a short value"));
        first.extend_from_slice(value.as_bytes());
    };
    put(&[0x41], address);
    put(&[0x44], path);
    put(&[0x5f], "application/grpc");
    put(b"\x40\x02te", "trailers");
    others.extend_from_slice(&[0x80 | 65, 0x80 | 64, 0x80 | 63, 0x80 | 62]);
    [first, others]
}
