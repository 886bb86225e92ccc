//! Replaces one value in the text of a JSON document, and leaves every other byte as it is.

use std::ops::Range;

use serde::de::IgnoredAny;
use serde_json::Value;

/// Returns the text with another value at a path of member names and indices. A missing member of the last step is
/// added; `None` if anything else of the path is missing.
pub fn set(text: &str, path: &[&str], value: &Value) -> Option<String> {
    let mut range = 0..text.len();
    let last = path.len().checked_sub(1)?;
    for (depth, step) in path.iter().enumerate() {
        match find(text, range.start, step)? {
            Place::Found(found) => range = found,
            Place::Missing { at, is_first } if depth == last => {
                let comma = if is_first { "" } else { "," };
                let name = Value::from(*step);
                return Some(splice(text, &(at..at), &format!("{comma}{name}:{value}")));
            }
            Place::Missing { .. } => return None,
        }
    }
    Some(splice(text, &range, &value.to_string()))
}

/// The place of a member or an item.
enum Place {
    /// The bytes of its value.
    Found(Range<usize>),
    /// The end of an object that does not have the member.
    Missing { at: usize, is_first: bool },
}

fn splice(text: &str, range: &Range<usize>, new: &str) -> String {
    let before = text.get(..range.start).unwrap_or_default();
    let after = text.get(range.end..).unwrap_or_default();
    format!("{before}{new}{after}")
}

/// Finds a member of the object, or an item of the list, that begins at `start`.
fn find(text: &str, start: usize, step: &str) -> Option<Place> {
    let open = skip_space(text, start);
    let is_object = match text.as_bytes().get(open)? {
        b'{' => true,
        b'[' => false,
        _ => return None,
    };
    let (mut at, mut index) = (open + 1, 0_usize);
    loop {
        let item = skip_space(text, at);
        match text.as_bytes().get(item)? {
            b'}' if is_object => {
                return Some(Place::Missing {
                    at: end_of_items(text, item),
                    is_first: index == 0,
                });
            }
            b']' => return None,
            b',' => {
                at = item + 1;
                continue;
            }
            _ => {}
        }
        let mut value = item;
        let mut is_wanted = !is_object && step.parse() == Ok(index);
        if is_object {
            let name_end = end_of_value(text, item)?;
            let name: String = serde_json::from_str(text.get(item..name_end)?).ok()?;
            is_wanted = name == step;
            value = skip_space(text, skip_space(text, name_end) + 1);
        }
        let end = end_of_value(text, value)?;
        if is_wanted {
            return Some(Place::Found(value..end));
        }
        (at, index) = (end, index + 1);
    }
}

/// The end of the last item before a bracket.
fn end_of_items(text: &str, bracket: usize) -> usize {
    text.get(..bracket)
        .map_or(bracket, |before| before.trim_end().len())
}

fn skip_space(text: &str, from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    from + rest.len() - rest.trim_ascii_start().len()
}

/// The end of the JSON value that begins at `start`.
fn end_of_value(text: &str, start: usize) -> Option<usize> {
    let rest = text.get(start..)?;
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<IgnoredAny>();
    values.next()?.ok()?;
    Some(start + values.byte_offset())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_the_bytes_of_one_value_change() {
        let text = "{ \"a\" : [1, {\"b\":\"}\"}],\n \"p\":10 , \"é\": {} }";
        let check = |path: &[&str], value: Value, want: Option<&str>| {
            assert_eq!(set(text, path, &value).as_deref(), want, "{path:?}");
        };
        check(
            &["p"],
            json!(0),
            Some("{ \"a\" : [1, {\"b\":\"}\"}],\n \"p\":0 , \"é\": {} }"),
        );
        check(
            &["a", "1", "b"],
            json!(true),
            Some("{ \"a\" : [1, {\"b\":true}],\n \"p\":10 , \"é\": {} }"),
        );
        check(
            &["é", "x"],
            json!(1),
            Some("{ \"a\" : [1, {\"b\":\"}\"}],\n \"p\":10 , \"é\": {\"x\":1} }"),
        );
        check(
            &["new"],
            json!(1),
            Some("{ \"a\" : [1, {\"b\":\"}\"}],\n \"p\":10 , \"é\": {},\"new\":1 }"),
        );
        check(&["x", "y"], json!(1), None);
        check(&["a", "9"], json!(1), None);
        check(&["p", "y"], json!(1), None);
    }
}
