//! Context that the operator adds to every request: `--context-value` and `--context-from-header`.

use std::borrow::Cow;

use ecow::EcoString;
use http::HeaderMap;
use http::HeaderName;
use smallvec::SmallVec;

use crate::json;

/// The attributes to add.
#[derive(Debug, Clone, Default)]
pub struct ContextEnrichment {
    /// Names and values that override those of the caller.
    pub static_values: Vec<(EcoString, EcoString)>,
    /// Request headers whose first value, unless it is empty, becomes the attribute, as in flagd. Bytes that are not
    /// UTF-8 become U+FFFD: a header that the caller cannot set is never weaker than the caller's context.
    pub header_mappings: Vec<(HeaderName, EcoString)>,
}

/// An attribute that is merged over a request's context: its name and its value.
pub type OverlayAttribute<'a> = (&'a str, Cow<'a, str>);

/// Attributes to merge over a request's context. If a name occurs several times, the last one wins.
pub type ContextOverlay<'a> = SmallVec<[OverlayAttribute<'a>; 2]>;

impl ContextEnrichment {
    /// The attributes for a request with these headers; without headers only the static ones.
    pub fn overlay<'a>(&'a self, headers: Option<&'a HeaderMap>) -> ContextOverlay<'a> {
        let values = self
            .static_values
            .iter()
            .map(|(name, value)| (&**name, Cow::Borrowed(&**value)));
        let mut overlay: ContextOverlay<'a> = values.collect();
        let Some(headers) = headers else {
            return overlay;
        };
        for (header, name) in &self.header_mappings {
            let value = headers.get(header).filter(|value| !value.is_empty());
            let text = value.map(|value| json::decode_utf8_lossy(value.as_bytes()));
            overlay.extend(text.map(|text| (&**name, text)));
        }
        overlay
    }
}
