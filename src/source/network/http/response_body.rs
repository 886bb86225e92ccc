//! Reads the body of an HTTP response up to a size limit.

use bytes::Bytes;
use reqwest::Response;

use crate::source::error::SourceError;
use crate::source::network::http::body_decoder::BodyDecoder;

/// Returns the body of a response, decompressed.
///
/// # Errors
/// If it is larger than `limit` bytes before or after decompression, is not compressed with gzip, or cannot be received.
pub async fn read_body(mut response: Response, limit: u64) -> Result<Bytes, SourceError> {
    if response
        .content_length()
        .is_some_and(|length| length > limit)
    {
        return Err(SourceError::ResponseTooLarge(limit));
    }
    let mut body = BodyDecoder::new(response.headers(), limit)?;
    while let Some(chunk) = response.chunk().await? {
        body.decode(&chunk)?;
    }
    body.finish()
}
