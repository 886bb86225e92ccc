//! Redacts the user, password and query of URLs for logs and metrics.

use reqwest::Url;

/// The replacement of a secret.
pub const REDACTED: &str = "[redacted]";

/// Returns a URL with its user, password and query redacted.
pub fn redact_parsed_url(url: &Url) -> String {
    let mut text = format!("{}://", url.scheme());
    if !url.username().is_empty() || url.password().is_some() {
        text += REDACTED;
        text += "@";
    }
    text += url.host_str().unwrap_or_default();
    if let Some(port) = url.port() {
        text += ":";
        text += &port.to_string();
    }
    text += url.path();
    if url.query().is_some() {
        text += "?";
        text += REDACTED;
    }
    text
}

/// Returns a text that was meant to be a URL, with a possible user, password and query redacted.
pub fn redact_url(text: &str) -> String {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), text),
    };
    let rest = match rest.rsplit_once('@') {
        Some((_, rest)) => format!("{REDACTED}@{rest}"),
        None => rest.to_owned(),
    };
    match rest.split_once('?') {
        Some((rest, _)) => format!("{scheme}{rest}?{REDACTED}"),
        None => scheme + &rest,
    }
}
