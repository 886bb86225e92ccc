//! Selectors of requests: the `Flagd-Selector` header, and the option that makes a selector mandatory.

use http::HeaderMap;

use crate::selector::Selector;
use crate::serve::config::ServeConfig;

const SELECTOR_REQUIRED: &str = "a selector is required: send the header Flagd-Selector with \"flagSetId=ID\" or \
    \"source=NAME\"";

/// The flags that a request's headers select.
///
/// # Errors
/// If the header is an invalid selector, or is missing where one is required, with the text for the caller.
pub fn from_headers(config: &ServeConfig, headers: &HeaderMap) -> Result<Selector, String> {
    match headers.get("flagd-selector") {
        Some(text) => parse(config, &String::from_utf8_lossy(text.as_bytes())),
        None => enforce(config, Selector::All),
    }
}

/// The flags that a text selects.
///
/// # Errors
/// If the text is an invalid selector, or is empty where one is required, with the text for the caller.
pub fn parse(config: &ServeConfig, text: &str) -> Result<Selector, String> {
    enforce(config, Selector::parse(text)?)
}

fn enforce(config: &ServeConfig, selector: Selector) -> Result<Selector, String> {
    match selector {
        Selector::All if config.require_selector => Err(SELECTOR_REQUIRED.to_owned()),
        selector => Ok(selector),
    }
}
