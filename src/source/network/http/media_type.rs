//! Determines the format of a fetched document from the extension of its path or the content type.

use http::HeaderValue;

use crate::document::DocumentFormat;
use crate::source::error::SourceError;

/// Returns the format of a document: by the extension of the path of its URL or its key, or else by the content type.
///
/// # Errors
/// If neither names a format.
pub fn document_format(
    path: &str,
    content_type: Option<&HeaderValue>,
) -> Result<DocumentFormat, SourceError> {
    if let Some(format) = DocumentFormat::from_path(path.as_ref()) {
        return Ok(format);
    }
    let text = content_type.map(|value| String::from_utf8_lossy(value.as_bytes()));
    let Some(text) = text else {
        return Err(SourceError::MediaType(None));
    };
    let media = text.split(';').next().unwrap_or_default();
    match media.trim().to_ascii_lowercase().as_str() {
        "application/json" => Ok(DocumentFormat::Json),
        "application/yaml" | "application/x-yaml" | "text/yaml" | "text/x-yaml" => {
            Ok(DocumentFormat::Yaml)
        }
        media if media.ends_with("+json") => Ok(DocumentFormat::Json),
        media if media.ends_with("+yaml") => Ok(DocumentFormat::Yaml),
        media => Err(SourceError::MediaType(Some(media.to_owned()))),
    }
}
