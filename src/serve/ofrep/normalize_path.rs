//! Path normalization as in flagd's router: redirects for `.`, `..` and `//`, and rejection of invalid escapes.

use http::Uri;
use percent_encoding::AsciiSet;
use percent_encoding::CONTROLS;
use percent_encoding::percent_decode_str;
use percent_encoding::utf8_percent_encode;

/// The characters that are escaped in a path. <https://www.rfc-editor.org/rfc/rfc3986#section-3.3>
const PATH_ESCAPES: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The result of normalizing a path.
#[derive(Debug, PartialEq, Eq)]
pub enum NormalizedPath {
    /// The path is normal.
    Valid,
    /// The client should request this path.
    Redirect(String),
    /// The path has a `%` without two hexadecimal digits.
    Malformed,
}

/// Normalizes the path of a request.
pub fn normalize(uri: &Uri) -> NormalizedPath {
    let path = uri.path();
    if !has_valid_escapes(path) {
        return NormalizedPath::Malformed;
    }
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    // Only paths with one of these substrings can have a redundant segment.
    if !decoded.contains("//") && !decoded.contains("/.") {
        return NormalizedPath::Valid;
    }
    let cleaned = clean(&decoded);
    if *cleaned == *decoded {
        return NormalizedPath::Valid;
    }
    let mut location = utf8_percent_encode(&cleaned, PATH_ESCAPES).to_string();
    if let Some(query) = uri.query() {
        location.push('?');
        location.push_str(query);
    }
    NormalizedPath::Redirect(location)
}

/// Returns true if two hexadecimal digits follow every `%`.
fn has_valid_escapes(path: &str) -> bool {
    let mut pieces = path.split('%').map(str::as_bytes);
    pieces.next();
    pieces.all(|piece| {
        let digits = piece.first_chunk::<2>();
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

/// The shortest equivalent path. A trailing slash is kept.
fn clean(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(kept.pop()),
            other => kept.push(other),
        }
    }
    let mut cleaned: String = kept.iter().flat_map(|part| ["/", part]).collect();
    if path.ends_with('/') || cleaned.is_empty() {
        cleaned.push('/');
    }
    cleaned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redundant_segments_redirect_and_bad_escapes_are_malformed() {
        let check = |text: &str| match normalize(&text.parse().expect("a target")) {
            NormalizedPath::Valid => "normal".to_owned(),
            NormalizedPath::Redirect(location) => format!("-> {location}"),
            NormalizedPath::Malformed => "malformed".to_owned(),
        };
        for (path, want) in [
            ("/a/b", "normal"),
            ("/a/b/?x=//", "normal"),
            ("/a/.hidden", "normal"),
            ("/a%2Fb", "normal"),
            ("/", "normal"),
            ("//a//b/?x=1", "-> /a/b/?x=1"),
            ("/a/../b", "-> /b"),
            ("/a/.", "-> /a"),
            ("/a/b/%2E%2e", "-> /a"),
            ("/..", "-> /"),
            ("/a%20b/./c", "-> /a%20b/c"),
            ("/%zz", "malformed"),
            ("/a%2", "malformed"),
        ] {
            assert_eq!(check(path), want, "{path}");
        }
    }
}
