//! Decodes the body of an HTTP response by its `Content-Encoding`, bounded before and after decompression.

use std::io;
use std::io::Write;

use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use http::HeaderMap;
use http::header;

use crate::source::error::SourceError;

/// A body of which parts have been received.
#[derive(Debug)]
pub struct BodyDecoder {
    decoder: Decoder,
    received: u64,
    limit: u64,
}

#[derive(Debug)]
enum Decoder {
    Identity(BoundedBuffer),
    Gzip(MultiGzDecoder<BoundedBuffer>),
}

#[derive(Debug)]
struct BoundedBuffer {
    bytes: Vec<u8>,
    limit: u64,
}

impl BodyDecoder {
    /// A body with these headers, of which nothing has been received.
    ///
    /// # Errors
    /// If its encoding is not supported.
    pub fn new(headers: &HeaderMap, limit: u64) -> Result<BodyDecoder, SourceError> {
        let buffer = BoundedBuffer {
            bytes: Vec::new(),
            limit,
        };
        let decoder = match content_encoding(headers).as_str() {
            "" => Decoder::Identity(buffer),
            "gzip" | "x-gzip" => Decoder::Gzip(MultiGzDecoder::new(buffer)),
            encoding => return Err(SourceError::ContentEncoding(encoding.to_owned())),
        };
        Ok(BodyDecoder {
            decoder,
            received: 0,
            limit,
        })
    }

    /// Decodes the next bytes.
    ///
    /// # Errors
    /// If the body is too large, or malformed.
    pub fn decode(&mut self, chunk: &[u8]) -> Result<(), SourceError> {
        self.received += chunk.len() as u64;
        if self.received > self.limit {
            return Err(SourceError::ResponseTooLarge(self.limit));
        }
        let decoded = match &mut self.decoder {
            Decoder::Identity(buffer) => buffer.write_all(chunk),
            Decoder::Gzip(decoder) => decoder.write_all(chunk),
        };
        decoded.map_err(|error| decode_error(error, self.limit))
    }

    /// Returns the whole body.
    ///
    /// # Errors
    /// As [`BodyDecoder::decode`], or if the compressed body is incomplete.
    pub fn finish(self) -> Result<Bytes, SourceError> {
        let buffer = match self.decoder {
            Decoder::Identity(buffer) => Ok(buffer),
            // A response without a body is reported as empty.
            Decoder::Gzip(_) if self.received == 0 => return Ok(Bytes::new()),
            Decoder::Gzip(decoder) => decoder.finish(),
        };
        let buffer = buffer.map_err(|error| decode_error(error, self.limit))?;
        Ok(buffer.bytes.into())
    }
}

/// Returns the encodings of a body in lower case, without those that change nothing.
fn content_encoding(headers: &HeaderMap) -> String {
    let values = headers.get_all(header::CONTENT_ENCODING).into_iter();
    let values: Vec<_> = values
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect();
    let names = values.iter().flat_map(|value| value.split(','));
    let names = names.map(|name| name.trim().to_ascii_lowercase());
    let names: Vec<String> = names
        .filter(|name| !name.is_empty() && name != "identity")
        .collect();
    names.join(", ")
}

fn decode_error(error: io::Error, limit: u64) -> SourceError {
    match error.kind() {
        io::ErrorKind::FileTooLarge => SourceError::ResponseTooLarge(limit),
        _ => SourceError::Decompression(error),
    }
}

impl Write for BoundedBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if (self.bytes.len() + bytes.len()) as u64 > self.limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
