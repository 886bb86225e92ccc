//! Reads the document in a successful HTTP response.

use http::header;
use reqwest::Response;

use crate::limits;
use crate::source::error::SourceError;
use crate::source::network::http::media_type;
use crate::source::network::http::response_body;
use crate::source::update_channel::FetchedDocument;

/// Returns the document in a response. `path` is that of its URL, or its key in an object store.
///
/// # Errors
/// If the body is empty, too large or cannot be received, or its format is unknown.
pub async fn read_document(response: Response, path: &str) -> Result<FetchedDocument, SourceError> {
    let etag = response.headers().get(header::ETAG);
    let etag = etag.and_then(|tag| tag.to_str().ok()).map(Into::into);
    let content_type = response.headers().get(header::CONTENT_TYPE).cloned();
    let bytes = response_body::read_body(response, limits::DOCUMENT).await?;
    if bytes.is_empty() {
        return Err(SourceError::EmptyResponse);
    }
    let format = media_type::document_format(path, content_type.as_ref())?;
    Ok(FetchedDocument {
        bytes,
        format,
        etag,
    })
}
