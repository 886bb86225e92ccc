//! Finds members of a JSON object without building a tree: most of a resource is metadata that nobody reads.

use crate::json::Reader;
use crate::source::error::kubernetes::KubernetesError;

/// Returns the texts of the values of these members. Of members with the same name the last one wins, as in Go.
///
/// # Errors
/// If the text is not a JSON object.
pub fn find_members<'t, const N: usize>(
    text: &'t str,
    names: [&str; N],
) -> Result<[Option<&'t str>; N], KubernetesError> {
    let mut found = [None; N];
    let mut note = |name: &str, value| {
        let slots = names.iter().zip(&mut found);
        slots
            .filter(|(known, _)| **known == name)
            .for_each(|(_, slot)| *slot = Some(value));
    };
    let read = for_each_member(text, &mut note);
    read.map_err(|error| KubernetesError::Malformed(error.describe(text)))?;
    Ok(found)
}

/// Returns the text of a JSON string; `None` for another value.
pub fn parse_string(text: &str) -> Option<String> {
    let read = Reader::new(text).parse_string().ok()?;
    Some(read.unescape().into_owned())
}

/// Returns the items of an array.
///
/// # Errors
/// If the text is not a JSON array.
pub fn array_items(text: &str) -> Result<Vec<&str>, KubernetesError> {
    let mut items = Vec::new();
    let mut reader = Reader::new(text);
    let mut read = || {
        reader.begin_array()?;
        while reader.has_next_item(items.is_empty())? {
            let start = reader.next_offset();
            reader.skip_value()?;
            items.push(reader.text_since(start));
        }
        Ok(())
    };
    let read: Result<(), crate::json::Error> = read();
    read.map_err(|error| KubernetesError::Malformed(error.describe(text)))?;
    Ok(items)
}

fn for_each_member<'t>(
    text: &'t str,
    note: &mut impl FnMut(&str, &'t str),
) -> Result<(), crate::json::Error> {
    let mut reader = Reader::new(text);
    reader.begin_object()?;
    let mut first = true;
    while let Some(name) = reader.next_key(first)? {
        first = false;
        let start = reader.next_offset();
        reader.skip_value()?;
        note(&name.unescape(), reader.text_since(start));
    }
    reader.expect_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_of_equal_members_wins_as_in_go() {
        let text = r#" {"a": 1, "b": {"a": 2}, "\u0061": [3, {}], "c": null} "#;
        let found = find_members(text, ["a", "b", "d"]).expect("an object");
        assert_eq!(found, [Some("[3, {}]"), Some(r#"{"a": 2}"#), None]);
        assert_eq!(array_items("[3, {}]").expect("an array"), ["3", "{}"]);
        assert_eq!(parse_string(r#""\u0061""#).as_deref(), Some("a"));
        assert_eq!(parse_string("1"), None);
        for text in ["", "[]", r#"{"a": 1"#, r#"{"a": 1}{}"#] {
            assert!(find_members(text, ["a"]).is_err(), "{text}");
        }
    }
}
