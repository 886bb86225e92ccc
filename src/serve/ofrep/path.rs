//! Paths as flagd's router takes them: sound, and without what `.`, `..` and `//` make superfluous.

use http::Uri;
use percent_encoding::AsciiSet;
use percent_encoding::CONTROLS;
use percent_encoding::percent_decode_str;
use percent_encoding::utf8_percent_encode;

/// What stands in a path only escaped. <https://www.rfc-editor.org/rfc/rfc3986#section-3.3>
const ESCAPED: &AsciiSet = &CONTROLS
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

/// What is to be done about the path of a request.
#[derive(Debug, PartialEq, Eq)]
pub enum Path<'u> {
    /// It can be looked up.
    Sound(&'u str),
    /// The client should ask there instead.
    Moved(String),
    /// It has a `%` without two digits.
    Malformed,
}

/// Looks at the path of a request.
pub fn check(uri: &Uri) -> Path<'_> {
    let path = uri.path();
    if !is_escaped(path) {
        return Path::Malformed;
    }
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    // Only these can have a segment that goes.
    if !decoded.contains("//") && !decoded.contains("/.") {
        return Path::Sound(path);
    }
    let cleaned = clean(&decoded);
    if *cleaned == *decoded {
        return Path::Sound(path);
    }
    let mut location = utf8_percent_encode(&cleaned, ESCAPED).to_string();
    if let Some(query) = uri.query() {
        location.push('?');
        location.push_str(query);
    }
    Path::Moved(location)
}

/// Whether two hexadecimal digits follow every `%`.
fn is_escaped(path: &str) -> bool {
    let mut pieces = path.split('%').map(str::as_bytes);
    pieces.next();
    pieces.all(|piece| {
        let digits = piece.first_chunk::<2>();
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

/// The shortest path to the same place. A slash at the end stays.
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
    fn superfluous_segments_go_and_escapes_are_sound() {
        let check = |text: &str| match check(&text.parse().expect("a target")) {
            Path::Sound(path) => path.to_owned(),
            Path::Moved(location) => format!("-> {location}"),
            Path::Malformed => "malformed".to_owned(),
        };
        for (path, want) in [
            ("/a/b", "/a/b"),
            ("/a/b/?x=//", "/a/b/"),
            ("/a/.hidden", "/a/.hidden"),
            ("/a%2Fb", "/a%2Fb"),
            ("/", "/"),
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
