//! `serde_yaml` reads each YAML document as the parser does, except for the differences named here.
//!
//! It is an independent reader on YAML 1.2; the parser follows flagd's reader, gopkg.in/yaml.v3, which has parts of
//! YAML 1.1. `docs/dependencies.md` lists the differences.

use std::collections::BTreeSet;
use std::path::Path;

use fanion::diag::DiagnosticSink;
use fanion::document::DocumentFormat;
use fanion::document::parse_syntax_tree;
use fanion::document::syntax_tree::Member;
use fanion::document::syntax_tree::Node;
use fanion::document::syntax_tree::NodeKind;
use proptest::prelude::*;
use serde_json::Value;

use crate::meta::source_tree;

/// The rules by which the two readers differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Difference {
    /// `010` is 8 in YAML 1.1, and text to `serde_yaml`.
    LeadingZero,
    /// `1_000` is 1000 in YAML 1.1.
    Underscore,
    /// yaml.v3 reads `2024-01-01` as a time, whose JSON is RFC 3339 text.
    Timestamp,
    /// yaml.v3 takes `0x`, `0o` and `0b` numbers in other forms and ranges: `0X1F`, `+0b1`, 64 bits.
    RadixForm,
    /// JSON numbers are floats: integers beyond 2^53 lose digits.
    Precision,
    /// JSON cannot express infinity and NaN: the document is rejected, as in flagd.
    NotFinite,
    /// yaml.v3 stringifies keys by Go's `fmt.Sprint`: `~` is `<nil>`, `1.50` is `1.5`.
    KeyText,
    /// `<<` merges mappings in YAML 1.1.
    MergeKey,
    /// `serde_yaml` keeps a local tag; yaml.v3 drops it, which is F028.
    LocalTag,
    /// Text that does not fit its tag stays text, with the error F028; both other readers refuse the document.
    MisfitTag,
    /// A duplicate key: the last one counts, with the warning F004; `serde_yaml` refuses the document.
    DuplicateKey,
    /// The first of several documents is used, with the warning F002; `serde_yaml` refuses the text.
    SeveralDocuments,
}

use Difference::*;

fn parse(text: &str) -> Option<Value> {
    let mut sink = DiagnosticSink::new("f.yaml".into());
    let node = parse_syntax_tree(text, DocumentFormat::Yaml, &mut sink)?;
    Some(node_to_json(&node))
}

fn node_to_json(node: &Node) -> Value {
    match &node.kind {
        NodeKind::Null => Value::Null,
        NodeKind::Bool(b) => Value::Bool(*b),
        NodeKind::Number(n) => serde_json::to_value(n).expect("a float"),
        NodeKind::Text(text) => Value::String(text.to_string()),
        NodeKind::List(items) => items.iter().map(node_to_json).collect(),
        NodeKind::Map(members) => {
            let member = |m: &Member| (m.key.to_string(), node_to_json(&m.value));
            Value::Object(members.iter().map(member).collect())
        }
    }
}

/// `serde_yaml`'s value as JSON, as far as JSON can express it.
fn to_json(value: serde_yaml::Value, seen: &mut BTreeSet<Difference>) -> Value {
    match value {
        serde_yaml::Value::Null => Value::Null,
        serde_yaml::Value::Bool(b) => Value::Bool(b),
        serde_yaml::Value::Number(n) => {
            let exact = n.as_i64().is_none_or(|n| n.unsigned_abs() <= 1 << 53);
            if !exact {
                seen.insert(Precision);
            }
            serde_json::to_value(n.as_f64()).expect("a float")
        }
        serde_yaml::Value::String(s) => Value::String(s),
        serde_yaml::Value::Sequence(items) => {
            items.into_iter().map(|item| to_json(item, seen)).collect()
        }
        serde_yaml::Value::Mapping(members) => {
            let member = |(key, value)| (key_text(key), to_json(value, seen));
            Value::Object(members.into_iter().map(member).collect())
        }
        serde_yaml::Value::Tagged(tagged) => {
            seen.insert(LocalTag);
            to_json(tagged.value, seen)
        }
    }
}

fn key_text(key: serde_yaml::Value) -> String {
    match key {
        serde_yaml::Value::String(text) => text,
        other => serde_yaml::to_string(&other)
            .expect("a scalar")
            .trim()
            .to_owned(),
    }
}

/// Adds the rules by which two values differ; an error names two that no rule explains.
fn compare(ours: &Value, theirs: &Value, seen: &mut BTreeSet<Difference>) -> Result<(), String> {
    match (ours, theirs) {
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).try_for_each(|(a, b)| compare(a, b, seen))
        }
        (Value::Object(a), Value::Object(b)) => {
            let merged = b.contains_key("<<");
            if merged {
                seen.insert(MergeKey);
            }
            for (key, value) in b.iter().filter(|(key, _)| *key != "<<") {
                match a.get(key) {
                    Some(ours) => compare(ours, value, seen)?,
                    None if is_other_key_text(key) => drop(seen.insert(KeyText)),
                    None => return Err(format!("key {key:?} is missing in {ours}")),
                }
            }
            let same_size = a.len() == b.len() || merged || seen.contains(&KeyText);
            same_size
                .then_some(())
                .ok_or(format!("{ours} has more keys than {theirs}"))
        }
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64(), b.as_f64());
            (a == b).then_some(()).ok_or(format!("{a:?} and {b:?}"))
        }
        _ if ours == theirs => Ok(()),
        _ => {
            seen.insert(scalar_difference(ours, theirs).ok_or(format!("{ours} and {theirs}"))?);
            Ok(())
        }
    }
}

/// Returns true if yaml.v3 has another text for a key that `serde_yaml` prints this way.
fn is_other_key_text(key: &str) -> bool {
    let scalar = parse(&format!("- {key}\n"));
    !matches!(scalar, Some(Value::Array(items)) if items[0].is_string())
        || key.starts_with(['2', '.'])
}

/// The rule by which two scalars differ.
fn scalar_difference(ours: &Value, theirs: &Value) -> Option<Difference> {
    match (ours, theirs) {
        (Value::Number(_), Value::String(text)) => {
            let digits = text.trim_start_matches(['+', '-']).to_ascii_lowercase();
            if text.contains('_') {
                Some(Underscore)
            } else if ["0x", "0o", "0b"]
                .iter()
                .any(|radix| digits.starts_with(radix))
            {
                Some(RadixForm)
            } else {
                digits.starts_with('0').then_some(LeadingZero)
            }
        }
        (Value::String(_), Value::Number(_)) => Some(RadixForm),
        (Value::String(ours), Value::String(theirs)) => {
            let same_day = ours.contains('T') && ours.get(..5) == theirs.get(..5);
            same_day.then_some(Timestamp)
        }
        _ => None,
    }
}

/// The rules by which the readers differ for one text.
fn differences(text: &str) -> BTreeSet<Difference> {
    let mut seen = BTreeSet::new();
    let theirs: Result<serde_yaml::Value, _> = serde_yaml::from_str(text);
    match (parse(text), theirs) {
        (Some(ours), Ok(theirs)) => {
            let theirs = to_json(theirs, &mut seen);
            if let Err(why) = compare(&ours, &theirs, &mut seen) {
                panic!("{why} in:\n{text}");
            }
        }
        (None, Err(_)) => {}
        (Some(_), Err(error)) => {
            let error = error.to_string();
            let rule = if error.contains("duplicate entry") {
                DuplicateKey
            } else if error.contains("invalid value") {
                MisfitTag
            } else if error.contains("more than one document") {
                SeveralDocuments
            } else {
                panic!("serde_yaml refuses: {error}\n{text}")
            };
            seen.insert(rule);
        }
        (None, Ok(theirs)) if !is_finite(&theirs) => {
            seen.insert(NotFinite);
        }
        (None, Ok(theirs)) => panic!("only serde_yaml reads {theirs:?} in:\n{text}"),
    }
    seen
}

/// Returns true if JSON can express every number in a value.
fn is_finite(value: &serde_yaml::Value) -> bool {
    match value {
        serde_yaml::Value::Number(n) => n.is_i64() || n.is_u64() || n.is_finite(),
        serde_yaml::Value::Sequence(items) => items.iter().all(is_finite),
        serde_yaml::Value::Mapping(members) => members.values().all(is_finite),
        serde_yaml::Value::Tagged(tagged) => is_finite(&tagged.value),
        serde_yaml::Value::Null | serde_yaml::Value::Bool(_) | serde_yaml::Value::String(_) => true,
    }
}

#[test]
fn readers_differ_by_named_rules_only() {
    for (text, rules) in [
        (
            "a: [on, yes, off, True, ~, null, 1.5, -3, 1e3, .5, 0x1F, 0o17, 0b11]",
            vec![],
        ),
        ("a: 010\nb: 09", vec![LeadingZero]),
        ("a: 1_000", vec![Underscore]),
        ("a: 2024-01-01\nb: 2024-1-2 3:4:5.50", vec![Timestamp]),
        ("a: 0X1F", vec![RadixForm]),
        ("a: 9007199254740993", vec![Precision]),
        ("a: [.inf, -.inf, .nan]", vec![NotFinite]),
        ("~: 1\n1.50: 2", vec![KeyText]),
        ("a: &a { x: 1 }\nb: { <<: *a, y: 2 }", vec![MergeKey]),
        ("a: !foo bar", vec![LocalTag]),
        ("a: !!bool \"maybe\"", vec![MisfitTag]),
        ("a: 1\na: 2", vec![DuplicateKey]),
        ("a: 1\n---\na: 2", vec![SeveralDocuments]),
        ("a: { b: [1, 2\n", vec![]),
        ("a: \"x\n", vec![]),
        ("a: !!int \"5\"\nb: !!str 5\nc: !!bool \"true\"", vec![]),
        ("variants:\n  &on on: true\ndefaultVariant: *on", vec![]),
        ("a: {\n\"b\": [\n1\n]\n}\nstate:\tENABLED", vec![]),
        ("a: |\n  x\n   y\nb: >-\n  z\n  w\n", vec![]),
    ] {
        assert_eq!(differences(text), rules.into_iter().collect(), "{text}");
    }
}

#[test]
fn documents_of_the_repository_are_read_alike() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut count = 0;
    let mut seen = BTreeSet::new();
    for directory in ["flags", "tests/data", "tests/conformance"] {
        let directory = root.join(directory);
        for path in source_tree::files_below(&directory) {
            let is_document = DocumentFormat::from_path(&path).is_some();
            if is_document && !path.to_string_lossy().contains("node_modules") {
                let text = std::fs::read_to_string(&path).expect("a document");
                seen.extend(differences(&text));
                count += 1;
            }
        }
    }
    assert!(count > 20, "only {count} documents");
    assert!(
        seen.is_subset(&BTreeSet::from([Timestamp, Precision])),
        "{seen:?}"
    );
}

/// A scalar in one of YAML's styles.
fn scalar() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z][a-z0-9 _.-]{0,8}[a-z0-9]",
        "[+-]?[0-9]{1,4}(\\.[0-9]{1,3})?(e[+-]?[0-9]{1,2})?",
        "0[xob][0-9a-f]{1,4}",
        "[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}",
        Just("~".to_owned()),
        Just("true".to_owned()),
        Just("No".to_owned()),
        "\"[ -!#-Z^-~]{0,9}\"",
        "'[ -&(-~]{0,9}'",
        "!!(str|int|bool) [a-z0-9]{1,5}",
    ]
}

/// A flow collection of scalars.
fn flow() -> impl Strategy<Value = String> {
    scalar().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|items| format!("[{}]", items.join(", "))),
            prop::collection::btree_map("[a-z]{1,4}", inner, 0..4).prop_map(|members| {
                let members: Vec<_> = members.iter().map(|(k, v)| format!("{k}: {v}")).collect();
                format!("{{ {} }}", members.join(", "))
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]
    #[test]
    fn generated_documents_are_read_alike(members in prop::collection::btree_map("[a-z]{1,5}", flow(), 1..6), block in any::<bool>()) {
        let separator = if block { ":\n  " } else { ": " };
        let text: String = members.iter().map(|(k, v)| format!("{k}{separator}{v}\n")).collect();
        differences(&text);
    }
}
