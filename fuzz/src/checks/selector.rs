//! Selectors: a model of the grammar, and the round trip through response metadata.

use fanion::limits;
use fanion::selector::Selector;

pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let parsed = Selector::parse(text);
    let (key, value) = match text.find('=') {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => ("source", text),
    };
    let known = ["flagSetId", "source"].contains(&key) && text.len() <= limits::SELECTOR_BYTES;
    assert_eq!(parsed.is_ok(), known, "{text:?}");
    let Ok(selector) = parsed else {
        return;
    };
    if text.is_empty() {
        assert_eq!(selector, Selector::All);
    }
    let by_set = key == "flagSetId";
    for (set, source) in [
        (Some(value), "s"),
        (None, value),
        (Some("x"), value),
        (None, "s"),
    ] {
        let want = match (by_set, value) {
            _ if text.is_empty() => true,
            (true, "") => set.is_none(),
            (true, _) => set == Some(value),
            (false, "") => false,
            (false, _) => source == value,
        };
        // A flag set cannot have an empty id.
        if set != Some("") {
            assert_eq!(
                selector.matches(set, source),
                want,
                "{text:?} for {set:?} of {source:?}"
            );
        }
    }
    if let Some((key, value)) = selector.metadata_entry() {
        let again = format!("{key}={value}");
        if again.len() <= limits::SELECTOR_BYTES {
            assert_eq!(Selector::parse(&again).as_ref(), Ok(&selector));
        }
    }
}
