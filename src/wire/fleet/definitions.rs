//! Definitions of flags in JSON by key, and the documents that consist of them.

use std::borrow::Cow;

use crate::json;
use crate::json::Reader;
use crate::wire::content_hash::ContentHash;

/// Returns a document with these definitions. Equal definitions give equal documents, and the text of a flag in it
/// depends on this flag only.
pub fn write_document<'f>(flags: impl IntoIterator<Item = (&'f str, &'f str)>) -> String {
    let mut out = String::from("{\"flags\":{");
    for (at, (key, definition)) in flags.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        json::write_string(&mut out, key);
        out.push(':');
        out.push_str(definition);
    }
    out.push_str("}}");
    out
}

/// Returns the keys and definitions of a document that [`write_document`] wrote, sorted by key. `None` for any other
/// document.
pub fn split_document(text: &str) -> Option<Vec<(Cow<'_, str>, &str)>> {
    let mut reader = Reader::new(text);
    reader.begin_object().ok()?;
    if &*reader.next_key(true).ok()??.unescape() != "flags" {
        return None;
    }
    reader.begin_object().ok()?;
    let mut flags: Vec<(Cow<'_, str>, &str)> = Vec::new();
    while let Some(key) = reader.next_key(flags.is_empty()).ok()? {
        let at = reader.next_offset();
        reader.skip_unchecked().ok()?;
        flags.push((key.unescape(), reader.text_since(at)));
    }
    if reader.next_key(false).ok()?.is_some() {
        return None;
    }
    reader.expect_end().ok()?;
    flags.sort_by(|a, b| a.0.cmp(&b.0));
    flags.is_sorted_by(|a, b| a.0 < b.0).then_some(flags)
}

/// Returns the content hash of a document, if [`split_document`] splits it.
pub fn content_hash(flags: &[(Cow<'_, str>, &str)]) -> ContentHash {
    ContentHash::of_definitions(flags.iter().map(|(key, text)| (&**key, *text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn document_is_split_into_its_definitions() {
        let flags = [("a\"b", "{\"x\": [1, \"}\"]}"), ("é", "{}")];
        let document = write_document(flags);
        let split = split_document(&document).expect("a document");
        let split: Vec<_> = split.iter().map(|(key, text)| (&**key, *text)).collect();
        assert_eq!(split, flags);
        assert!(
            split_document("{\"flags\":{}}")
                .expect("a document")
                .is_empty()
        );
    }

    #[test]
    fn other_documents_are_not_split() {
        for text in [
            "",
            "{}",
            "{\"flags\":[]}",
            "{\"flags\":{},\"x\":1}",
            "{\"x\":1,\"flags\":{}}",
            "{\"flags\":{\"a\":1,\"a\":2}}",
            "{\"flags\":{\"a\":1}} 1",
            "{\"flags\":{\"a\":",
        ] {
            assert_eq!(split_document(text), None, "{text}");
        }
    }
}
