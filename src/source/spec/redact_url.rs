//! Redacts the user, password and query of URLs for logs, metrics and `--print-config`.

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

/// Returns a text in which the user and the password of every URL are redacted. A URL ends at a quote that is not
/// escaped, so that the text may be JSON.
pub fn redact_user_info(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("://") {
        out += before;
        out += "://";
        rest = behind;
        let mut quotes = behind.match_indices('"').map(|(at, _)| at);
        let end = quotes.find(|at| !behind.get(..*at).is_some_and(|url| url.ends_with('\\')));
        let url = behind.get(..end.unwrap_or(behind.len()));
        if let Some(at) = url.and_then(user_info_end) {
            out += REDACTED;
            rest = behind.get(at..).unwrap_or("");
        }
    }
    out + rest
}

/// Returns the address of a server, with or without a scheme, in which the user and the password are redacted.
pub fn redact_address(text: &str) -> String {
    if text.contains("://") {
        return redact_user_info(text);
    }
    let redacted = redact_user_info(&format!("://{text}"));
    redacted.trim_start_matches("://").to_owned()
}

/// The offset of the `@` after the user and the password of a URL without its scheme.
fn user_info_end(url: &str) -> Option<usize> {
    let authority = url.split(['/', '?', '#']).next().unwrap_or("");
    if let Some(at) = authority.rfind('@') {
        return Some(at);
    }
    // A port is a number: this is a password with a `/`, `?` or `#` that is not escaped.
    let (_, port) = authority.rsplit_once(':')?;
    let is_port = port.bytes().all(|b| b.is_ascii_digit() || b == b']');
    if is_port { None } else { url.rfind('@') }
}

#[cfg(test)]
mod tests {
    use super::redact_address;
    use super::redact_user_info;

    #[test]
    fn user_and_password_are_redacted_in_every_url() {
        for (text, want) in [
            (
                "https://u:p@host:1/a?b#c",
                "https://[redacted]@host:1/a?b#c",
            ),
            ("https://token@host", "https://[redacted]@host"),
            ("https://u:p/w@host/x", "https://[redacted]@host/x"),
            ("https://u:p@w@host", "https://[redacted]@host"),
            ("a b://u@c,d://e@f", "a b://[redacted]@c,d://[redacted]@f"),
            ("https://u:p,q w@host", "https://[redacted]@host"),
            (r#""https://u:p\"q@host""#, r#""https://[redacted]@host""#),
            (
                r#"{"k": "x://u:p@h", "l": "m@n"}"#,
                r#"{"k": "x://[redacted]@h", "l": "m@n"}"#,
            ),
            ("https://host:8080/a@b", "https://host:8080/a@b"),
            ("https://[::1]:80/@x", "https://[::1]:80/@x"),
            ("https://[::1]/@x", "https://[::1]/@x"),
            ("user@host", "user@host"),
        ] {
            assert_eq!(redact_user_info(text), want, "{text}");
        }
        for (text, want) in [
            ("u:p@host:1", "[redacted]@host:1"),
            ("host:1", "host:1"),
            ("http://u:p@host:1", "http://[redacted]@host:1"),
        ] {
            assert_eq!(redact_address(text), want, "{text}");
        }
    }
}
