//! The flags that requests of the fuzzer ask for.

use std::sync::OnceLock;

use bumpalo::Bump;
use fanion::document;
use fanion::document::DocumentFormat;
use fanion::document::DocumentOrigin;
use fanion::document::merge::merge_documents;
use fanion::resolve::RequestScope;
use fanion::rule::bucketing::bucketing_value::FractionalVersion;
use fanion::ruleset;
use fanion::selector::Selector;
use fanion::snapshot::Snapshot;
use fanion::wire::context::encoded::EncodedContext;
use fanion::wire::context::full_context::FullContext;

/// Flags that read attributes in every way: whole, by member, by index, all at once, never.
const FLAGS: &str = r#"{"flags": {
    "s": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off"},
    "d": {"state": "DISABLED", "variants": {"on": {"k": [1, null]}}, "defaultVariant": "on"},
    "n": {"state": "ENABLED", "variants": {"a": 1.5}, "targeting": {"var": "v"}},
    "t": {"state": "ENABLED", "variants": {"a": "x", "b": "y", "true": "z", "1": "w"}, "defaultVariant": "a",
        "targeting": {"if": [{"==": [{"var": "a"}, "b"]}, "b", {"in": [{"var": "u.m"}, ["p", "q"]]}, {"var": "c"}]}},
    "l": {"state": "ENABLED", "variants": {"a": {}, "b": {"x": 1}}, "defaultVariant": "a",
        "targeting": {"if": [{"some": [{"var": "u"}, {"<": [{"var": "k"}, {"var": "a"}]}]}, "b", {"var": "u.1.k"}]}},
    "w": {"state": "ENABLED", "variants": {"a": 1, "b": 2}, "defaultVariant": "a",
        "targeting": {"if": [{"var": ["", 1]}, {"var": ""}, "b"]}},
    "f": {"state": "ENABLED", "variants": {"a": 1, "b": 2}, "defaultVariant": "a", "metadata": {"flagSetId": "set"},
        "targeting": {"fractional": [["a", 1], ["b", 1]]}},
    "x": {"state": "ENABLED", "variants": {"a": 1}, "defaultVariant": "a", "targeting": {"unknown": []}},
    "é\"": {"state": "ENABLED", "variants": {"a": null}, "defaultVariant": "a", "metadata": {"m": "é\"\\"}}
}}"#;

pub fn origin() -> DocumentOrigin {
    DocumentOrigin {
        source: "source".into(),
        file: "file".into(),
    }
}

pub fn snapshot() -> &'static Snapshot {
    static SNAPSHOT: OnceLock<Snapshot> = OnceLock::new();
    SNAPSHOT.get_or_init(|| {
        let parsed = document::parse(FLAGS, DocumentFormat::Json, &origin());
        let document = merge_documents([&parsed.document.expect("a document")]);
        let (ruleset, _) = ruleset::compile(&document, FractionalVersion::default());
        assert_eq!(ruleset.flags.len(), 9);
        Snapshot::build(ruleset, &Snapshot::default())
    })
}

pub fn scope(selector: &Selector) -> RequestScope<'_> {
    RequestScope {
        selector,
        overlay: &[],
        clock: || 1_763_600_000.0,
        observer: None,
    }
}

/// Asserts that every flag decides the same for attributes that are decoded in place and for the decoded context.
pub fn assert_partial_decoding_is_equivalent(context: &EncodedContext<'_>) {
    let all = Bump::new();
    let Ok(members) = context.decode_attributes(&[], &all) else {
        return;
    };
    let full = FullContext::new(members);
    for flag in &snapshot().ruleset.flags {
        let arena = Bump::new();
        let partial = context.context_for_flag(flag, &[], &arena, 0.0);
        let partial = partial.expect("the whole context was decoded");
        let arena = Bump::new();
        let whole = full.context_for_flag(flag, &arena, 0.0, fanion::limits::EVALUATION_STEPS);
        let whole = whole.expect("few attributes");
        assert_eq!(flag.decide(&partial), flag.decide(&whole), "{}", flag.key);
    }
}
