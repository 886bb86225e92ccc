//! Reads the body of an HTTP response up to a size limit.

use bytes::Bytes;
use bytes::BytesMut;
use reqwest::Response;

use crate::source::error::SourceError;

/// Returns the body of a response.
///
/// # Errors
/// If it is larger than `limit` bytes, or cannot be received.
pub async fn read_body(mut response: Response, limit: u64) -> Result<Bytes, SourceError> {
    if response
        .content_length()
        .is_some_and(|length| length > limit)
    {
        return Err(SourceError::ResponseTooLarge(limit));
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await? {
        if (body.len() + chunk.len()) as u64 > limit {
            return Err(SourceError::ResponseTooLarge(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}
