//! An incremental parse has the same result as a full parse, diagnostics included.

use std::sync::Arc;

use fanion::diag::Diagnostic;
use fanion::document;
use fanion::document::DocumentFormat;
use fanion::document::FaultPolicy;
use fanion::rule::bucketing::bucketing_value::FractionalVersion;
use fanion::ruleset;
use fanion::ruleset::CompiledFlag;
use fanion::source::layer;
use fanion::source::layer::Layer;
use fanion::source::layer::compile::CompileOptions;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::evaluate;

/// Definitions: valid ones, invalid ones, and ones with references to evaluators.
const DEFINITIONS: [&str; 18] = [
    r#"{"state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":"on"}"#,
    r#"{"state":"DISABLED","variants":{"on":1,"off":0.5},"defaultVariant":"off"}"#,
    r#"{"variants":{"a":"x","b":"y"},"defaultVariant":"a","targeting":{"if":[{"==":[{"var":"c"},"DE"]},"b"]}}"#,
    r#"{"variants":{"a":{},"b":{"n":[1,2]}},"targeting":{"fractional":[["a",1],["b",2]]},"metadata":{"owner":"x","n":null}}"#,
    r#"{"variants":{"a":1,"b":2},"defaultVariant":"a","targeting":{"if":[{"$ref":"beta"},"b"]}}"#,
    r#"{"variants":{"a":1},"defaultVariant":"a","targeting":{"$ref":"nobody"}}"#,
    r#"{"variants":{"a":1},"defaultVariant":"a","targeting":{"$ref":"round"}}"#,
    r#"{"variants":{"a":1},"defaultVariant":"b"}"#,
    r#"{"variants":{"a":1},"defaultVariant":"a","targeting":{"if":[true,"c"]}}"#,
    r#"{"variants":{"a":1},"defaultVariant":"a","targeting":{"fractionl":[["a",1]]}}"#,
    r#"{"variants":{"a":1},"defaultVariant":"a","description":"ünïcödé \u00e9 \ud83d\ude00"}"#,
    r#"{"variants":{"a":"Zo\ud83d"},"defaultVariant":"a"}"#,
    r#"{"variants":{"a\ud83d":1,"a\ude00":2},"defaultVariant":"a","metadata":{"\ud83d":"\ud83d\ude00"}}"#,
    r#"{"variants":{"a":1,"a":2},"defaultVariant":"a"}"#,
    r#"{"variants":{"a":1},"defaultVariant":"a","metadata":{"flagSetId":"other"}}"#,
    r#"{"state":"on","variants":[]}"#,
    "3",
    "null",
];

/// Members before and after the flags.
const SURROUNDINGS: [(&str, &str); 8] = [
    ("{\"flags\":{", "}}"),
    ("{\n  \"$schema\": \"x\",\n  \"flags\": {\n", "\n  }\n}\n"),
    (
        "{\"flags\":{",
        "},\"metadata\":{\"flagSetId\":\"set\",\"version\":1}}",
    ),
    (
        "{\"$evaluators\":{\"beta\":{\"in\":[\"beta\",{\"var\":\"ring\"}]},\"round\":{\"!\":{\"$ref\":\"round\"}}},\"flags\":{",
        "}}",
    ),
    (
        "\u{feff}{\"metadata\":{\"team\":\"é\"},\"flags\":{",
        "}, \"$evaluators\": {\"beta\": {\"==\":[{\"var\":\"x\"},{\"$ref\":\"beat\"}]}, \"beat\": 1, \"round\": []}}",
    ),
    ("{\"flgs\":1,\"Flags\":{", "},\"metadata\":7}"),
    ("{\"flags\":{\"early\":{}},\"flags\":{", "}}"),
    ("{\"$evaluators\":3,\"flags\":{", "}}"),
];

/// A document with flags by key and definition between surroundings, optionally with a typo.
fn text(
    flags: &[(usize, usize)],
    around: usize,
    spread: bool,
    slip: Option<(usize, char)>,
) -> String {
    let (before, behind) = SURROUNDINGS[around];
    let separators = if spread {
        (",\n    ", " : ")
    } else {
        (",", ":")
    };
    let key = |key| {
        if key == 11 {
            "$ref".to_owned()
        } else {
            format!("flag-é{key}")
        }
    };
    let member =
        |(k, d): &(usize, usize)| format!("{:?}{}{}", key(*k), separators.1, DEFINITIONS[*d]);
    let members: Vec<String> = flags.iter().map(member).collect();
    let mut text = format!("{before}{}{behind}", members.join(separators.0));
    if let Some((at, c)) = slip {
        let at = (0..=at % text.len())
            .rev()
            .find(|at| text.is_char_boundary(*at));
        text.insert(at.unwrap_or(0), c);
    }
    text
}

/// A document and the texts after each of several edits.
fn texts() -> impl Strategy<Value = Vec<String>> {
    let slip = (
        any::<usize>(),
        prop::sample::select(vec!['}', ',', '"', ' ', '\n', '1']),
    );
    let edit = (
        0..12_usize,
        0..DEFINITIONS.len(),
        0..4_u8,
        prop_oneof![6 => Just(0_usize), 1 => 0..SURROUNDINGS.len()],
        prop::bool::weighted(0.1),
        prop::option::weighted(0.1, slip),
    );
    let start = vec((0..12_usize, 0..DEFINITIONS.len()), 0..8);
    (start, 0..SURROUNDINGS.len(), vec(edit, 1..12)).prop_map(|(mut flags, around, edits)| {
        let mut texts = vec![text(&flags, around, false, None)];
        for (key, definition, how, to, spread, slip) in edits {
            let at = flags.iter().position(|(k, _)| *k == key);
            match (how, at) {
                (0, Some(at)) => drop(flags.remove(at)),
                (1, Some(at)) => flags.swap(0, at),
                // Duplicate keys are rare, but must not be merged.
                (2, Some(_)) if definition == 0 => flags.push((key, definition)),
                (_, Some(at)) => flags[at].1 = definition,
                (_, None) => flags.insert(flags.len() / 2, (key, definition)),
            }
            let around = if to == 0 { around } else { to };
            texts.push(text(&flags, around, spread, slip));
        }
        texts
    })
}

const MANNER: CompileOptions = CompileOptions {
    faults: FaultPolicy::IsolateFlag,
    fractional_version: FractionalVersion::V2,
};

fn shown<'f>(flags: impl IntoIterator<Item = &'f Arc<CompiledFlag>>) -> Vec<String> {
    flags.into_iter().map(|flag| format!("{flag:?}")).collect()
}

/// Parses a document without a previous version.
fn whole(text: &str) -> (Option<Vec<String>>, Vec<Diagnostic>) {
    let origin = evaluate::origin();
    let parsed = document::parse(text, DocumentFormat::Json, &origin);
    let compiled = parsed.document.map(|document| {
        let flags = document
            .flags
            .iter()
            .map(|flag| ruleset::compile_flag((**flag).clone(), FractionalVersion::V2));
        shown(&flags.map(Arc::new).collect::<Vec<_>>())
    });
    (compiled, parsed.diagnostics)
}

fn read(text: &str, before: Option<&Layer>) -> (Option<Layer>, Vec<Diagnostic>) {
    let origin = evaluate::origin();
    layer::compile::compile(
        DocumentFormat::Json,
        &origin,
        text.as_bytes(),
        MANNER,
        before,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn incremental_parse_equals_full_parse(texts in texts()) {
        let mut before: Option<Layer> = None;
        for text in texts {
            let (want, want_told) = whole(&text);
            for known in [None, before.as_ref()] {
                let (layer, told) = read(&text, known);
                prop_assert_eq!(&told, &want_told, "{}", text);
                prop_assert_eq!(layer.map(|layer| shown(&layer.flags)), want.clone(), "{}", text);
            }
            before = read(&text, before.as_ref()).0.or(before);
        }
    }
}

#[test]
fn unchanged_flags_are_reused() {
    let many = |last| {
        let flags: Vec<(usize, usize)> = (0..10).map(|key| (key, 2)).chain([(10, last)]).collect();
        text(&flags, 0, false, None)
    };
    let (before, _) = read(&many(0), None);
    let (after, _) = read(&many(1), before.as_ref());
    let (before, after) = (before.expect("flags"), after.expect("flags"));
    let same = before.flags.iter().zip(&after.flags);
    let same: Vec<bool> = same.map(|(a, b)| Arc::ptr_eq(a, b)).collect();
    assert_eq!(same, [[true; 10].as_slice(), &[false]].concat());
}

#[test]
fn reused_copies_count_against_the_expansion_limit() {
    let wide: Vec<String> = (0..30_000).map(|i| i.to_string()).collect();
    let evaluator = format!("{{\"in\":[{{\"var\":\"x\"}},[{}]]}}", wide.join(","));
    let document = |copies: usize, last: &str| {
        let flag = |i| {
            format!(
                r#""f{i}":{{"variants":{{"a":1}},"targeting":{{"if":[{{"$ref":"wide"}},"a"]}}}}"#
            )
        };
        let flags: Vec<String> = (0..copies).map(flag).collect();
        format!(
            r#"{{"$evaluators":{{"wide":{evaluator}}},"flags":{{{}{last}}}}}"#,
            flags.join(",")
        )
    };
    // The limit for a text of this size is about 120,000 copied values, which is 4 copies.
    for copies in [2, 3, 8] {
        let before = read(&document(copies, ""), None).0;
        let text = document(copies, r#","g":{}"#);
        let (layer, told) = read(&text, before.as_ref());
        let (want, want_told) = whole(&text);
        assert_eq!(told, want_told);
        assert_eq!(told.is_empty(), copies < 4, "{copies}");
        assert_eq!(layer.map(|layer| shown(&layer.flags)), want);
    }
}
