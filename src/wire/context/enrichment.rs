//! Context that the operator adds to every request: `--context-value` and `--context-from-header`.

use ecow::EcoString;
use http::HeaderMap;
use http::HeaderName;
use smallvec::SmallVec;

/// The attributes to add.
#[derive(Debug, Clone, Default)]
pub struct ContextEnrichment {
    /// Names and values that override those of the caller.
    pub static_values: Vec<(EcoString, EcoString)>,
    /// Request headers whose first value, unless it is empty, becomes the attribute.
    pub header_mappings: Vec<(HeaderName, EcoString)>,
}

/// Attributes to merge over a request's context. If a name occurs several times, the last one wins.
pub type ContextOverlay<'a> = SmallVec<[(&'a str, &'a str); 2]>;

impl ContextEnrichment {
    /// The attributes for a request with these headers; without headers only the static ones.
    pub fn overlay<'a>(&'a self, headers: Option<&'a HeaderMap>) -> ContextOverlay<'a> {
        let values = self
            .static_values
            .iter()
            .map(|(name, value)| (&**name, &**value));
        let mut overlay: ContextOverlay<'a> = values.collect();
        let Some(headers) = headers else {
            return overlay;
        };
        for (header, name) in &self.header_mappings {
            let value = headers
                .get(header)
                .and_then(|value| std::str::from_utf8(value.as_bytes()).ok());
            overlay.extend(
                value
                    .filter(|v| !v.is_empty())
                    .map(|value| (&**name, value)),
            );
        }
        overlay
    }
}
