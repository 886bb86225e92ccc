//! Context that the operator adds to every request: `--context-value` and `--context-from-header`.

use ecow::EcoString;
use http::HeaderMap;
use http::HeaderName;
use smallvec::SmallVec;

/// What is added.
#[derive(Debug, Clone, Default)]
pub struct Extra {
    /// Names and values that hide the caller's.
    pub values: Vec<(EcoString, EcoString)>,
    /// Request headers whose first value, unless it is empty, becomes the attribute.
    pub headers: Vec<(HeaderName, EcoString)>,
}

/// Attributes to lay over a request's context; of equal names the last one counts.
pub type Overlay<'a> = SmallVec<[(&'a str, &'a str); 2]>;

impl Extra {
    /// The attributes for a request with these headers; without them only the fixed ones.
    pub fn overlay<'a>(&'a self, headers: Option<&'a HeaderMap>) -> Overlay<'a> {
        let values = self.values.iter().map(|(name, value)| (&**name, &**value));
        let mut overlay: Overlay<'a> = values.collect();
        let Some(headers) = headers else {
            return overlay;
        };
        for (header, name) in &self.headers {
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
