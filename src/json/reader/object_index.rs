//! Index of the keys of one object: looks up a member without parsing the others.

use crate::json::reader::Reader;
use crate::json::reader::Result;

/// The index takes one allocation if members are at least this long on average, and at most
/// [`MAX_PREALLOCATED_MEMBERS`] in number.
const TYPICAL_MEMBER_BYTES: usize = 32;

/// The most members for which memory is reserved in advance, so that an object with few members costs little.
const MAX_PREALLOCATED_MEMBERS: usize = 1024;

/// A validated object and the offsets of its keys, none of which has escapes.
#[derive(Debug, Clone)]
pub struct ObjectIndex<'t> {
    text: &'t str,
    /// The length of the input from the object's first byte on.
    left_before: usize,
    /// The length of the input after the opening and after the closing quote of each key.
    keys: Vec<(usize, usize)>,
}

impl<'t> Reader<'t> {
    /// Passes over an object as [`Reader::skip_value`] does and returns the index of its keys; `None` if a key has
    /// escapes. A value of another kind has an empty index.
    ///
    /// The index takes 16 bytes for each member; the shortest member is five bytes long.
    ///
    /// # Errors
    /// Those of [`Reader::skip_value`].
    pub fn index_object(&mut self) -> Result<Option<ObjectIndex<'t>>> {
        let start = self.next_offset();
        let left = self.remaining();
        let mut keys =
            Vec::with_capacity((left / TYPICAL_MEMBER_BYTES + 1).min(MAX_PREALLOCATED_MEMBERS));
        let mut escaped = false;
        self.skip_value_noting_keys(|key| {
            if key.escaped {
                escaped = true;
            } else {
                keys.push((key.left_after_open_quote, key.left_after_close_quote));
            }
        })?;
        let text = self.text_since(start);
        Ok((!escaped).then_some(ObjectIndex {
            text,
            left_before: left,
            keys,
        }))
    }
}

impl<'t> ObjectIndex<'t> {
    /// The number of members.
    pub fn member_count(&self) -> usize {
        self.keys.len()
    }

    /// The whole object.
    pub fn text(&self) -> &'t str {
        self.text
    }

    /// A reader at the value of the member called `name`; the last one if there are several.
    pub fn member(&self, name: &str) -> Option<Reader<'t>> {
        let called = |(inside, behind): &&(usize, usize)| {
            inside - behind == name.len() + 1
                && self
                    .text
                    .get(self.left_before - inside..self.left_before - behind - 1)
                    == Some(name)
        };
        let (_, behind) = self.keys.iter().rfind(called)?;
        let mut reader = Reader::new_at(self.text, self.left_before - behind, 1);
        reader.skip_whitespace();
        reader.expect_byte(b':', "`:`").ok()?;
        Some(reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text of the member called `name`.
    fn member<'t>(text: &'t str, name: &str) -> Option<&'t str> {
        let outline = Reader::new(text).index_object().expect("JSON")?;
        assert_eq!(outline.text(), text.trim());
        let mut value = outline.member(name)?;
        let start = value.next_offset();
        value.skip_value().expect("a value");
        Some(value.text_since(start))
    }

    #[test]
    fn member_is_found_by_its_full_name() {
        let text = r#" { "a" : 1, "ab":[{"a":2}] ,"":"a","b":{"c":3}, "é": null } "#;
        assert_eq!(member(text, "a"), Some("1"));
        assert_eq!(member(text, "ab"), Some("[{\"a\":2}]"));
        assert_eq!(member(text, ""), Some("\"a\""));
        assert_eq!(member(text, "é"), Some("null"));
        assert_eq!(member(text, "c"), None);
        assert_eq!(member("{}", "a"), None);
    }

    #[test]
    fn last_duplicate_key_wins() {
        assert_eq!(member(r#"{"a":1,"b":2,"a":[3]}"#, "a"), Some("[3]"));
    }

    #[test]
    fn object_with_escaped_keys_is_not_indexed() {
        let outline = |text| Reader::new(text).index_object().expect("JSON").is_some();
        assert!(!outline(r#"{"a":1,"\u0062":2}"#));
        assert!(outline(r#"{"a":"\u0062","b":{"\u0062":1}}"#));
    }
}
