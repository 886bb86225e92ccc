//! The query of a URL as pairs of names and values, encoded as `application/x-www-form-urlencoded`: a `+` is a space.
//! <https://url.spec.whatwg.org/#urlencoded-parsing>

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// A name and its value, decoded.
pub type QueryPair<'q> = (Cow<'q, str>, Cow<'q, str>);

/// The error of a query with a value that is not valid UTF-8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidUtf8 {
    /// The name of the parameter.
    pub name: String,
}

/// The first value of `name`; invalid UTF-8 becomes replacement characters.
pub fn query_value<'q>(query: &'q str, name: &str) -> Option<Cow<'q, str>> {
    form_urlencoded::parse(query.as_bytes()).find_map(|(key, value)| (key == name).then_some(value))
}

/// All names and values, in order.
///
/// # Errors
/// If a value is not valid UTF-8.
pub fn query_pairs(query: &str) -> Result<Vec<QueryPair<'_>>, InvalidUtf8> {
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    // The separators are ASCII, so a query is valid UTF-8 exactly if all its parts are.
    if percent_decode_str(query).decode_utf8().is_ok() {
        return Ok(pairs);
    }
    let replaced = |text: &str| text.contains(char::REPLACEMENT_CHARACTER);
    let invalid = pairs
        .into_iter()
        .find(|(key, value)| replaced(key) || replaced(value));
    let name = invalid.map_or(String::new(), |(key, _)| key.into_owned());
    Err(InvalidUtf8 { name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plus_and_percent_20_are_spaces() {
        for query in ["key=a+b", "key=a%20b", "&other=1&key=a+b&key=c"] {
            assert_eq!(query_value(query, "key").as_deref(), Some("a b"), "{query}");
        }
        assert_eq!(query_value("key=a%2Bb", "key").as_deref(), Some("a+b"));
        assert_eq!(query_value("key", "key").as_deref(), Some(""));
        assert_eq!(query_value("other=1", "key"), None);
    }

    #[test]
    fn pairs_keep_their_order_and_must_be_utf8() {
        let pair = |(name, value)| (Cow::Borrowed(name), Cow::Borrowed(value));
        let want = [("a", "1"), ("b", ""), ("a", "2")].map(pair);
        assert_eq!(query_pairs("a=1&&b&a=2").as_deref(), Ok(&want[..]));
        let name = "bad".to_owned();
        assert_eq!(query_pairs("a=1&bad=%FF"), Err(InvalidUtf8 { name }));
        assert!(query_pairs("a=%EF%BF%BD").is_ok());
    }
}
