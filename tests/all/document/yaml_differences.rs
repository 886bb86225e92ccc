//! The differences between the YAML parser and flagd's reader, and the findings in text that flagd rejects.

use fanion::diag::DiagnosticSink;
use fanion::diag::Severity;
use fanion::document::DocumentFormat;
use fanion::document::parse;
use fanion::document::parse_syntax_tree;
use fanion::document::serialize::to_pretty_json;

use crate::support::evaluate;

/// The JSON of a text, `refused` if there is none, and the codes of its findings.
fn read(text: &str) -> (String, Vec<String>) {
    let mut report = DiagnosticSink::new("f".into());
    let node = parse_syntax_tree(text, DocumentFormat::Yaml, &mut report);
    let json = node.map_or("refused".to_owned(), |node| {
        let json = to_pretty_json(&node);
        json.split_whitespace().collect()
    });
    let code = |found: &fanion::diag::Diagnostic| match found.severity {
        Severity::Error => format!("error {}", found.code.id()),
        Severity::Warning => format!("warning {}", found.code.id()),
    };
    (json, report.finish().iter().map(code).collect())
}

fn check(text: &str, json: &str, codes: &[&str]) {
    let (read, found) = read(text);
    assert_eq!(
        (read.as_str(), &*found),
        (json, &owned(codes)[..]),
        "{text:?}"
    );
}

fn owned(codes: &[&str]) -> Vec<String> {
    codes.iter().map(|code| (*code).to_owned()).collect()
}

#[test]
fn yaml_1_2_is_read_where_flagd_rejects_it() {
    check("%YAML 1.2\n---\nk: 1\n", r#"{"k":1}"#, &[]);
    check("%YAML 1.1\n---\nk: 1\n", r#"{"k":1}"#, &[]);
    check(r#"k: "a\/b""#, r#"{"k":"a/b"}"#, &[]);
    check("k: [a?b, c?]", r#"{"k":["a?b","c?"]}"#, &[]);
    check("k: [!<x>, 1]", r#"{"k":["",1]}"#, &["warning F028"]);
    check("k: {<<: [[{x: 1}]]}", r#"{"k":{"x":1}}"#, &[]);
}

#[test]
fn text_that_does_not_fit_its_tag_is_reported() {
    check("k: !!int a", r#"{"k":"a"}"#, &["error F028"]);
    check("k: {!!int a: x}", r#"{"k":{"a":"x"}}"#, &["error F028"]);
    check("k: {!!int 5: x}", r#"{"k":{"5":"x"}}"#, &[]);
    check("k: {&a !!int b: x}", r#"{"k":{"b":"x"}}"#, &["error F028"]);
    check("k: {!x b: x}", r#"{"k":{"b":"x"}}"#, &["warning F028"]);
    check("k: !!binary cGw=", r#"{"k":"pl"}"#, &[]);
    check("k: !!binary |\n  cG\n  w=\n", r#"{"k":"pl"}"#, &[]);
    check("k: !!binary 'cG-w='", r#"{"k":"cG-w="}"#, &["error F028"]);
    let (_, found) = read("k: !!binary 'cG w='");
    assert_eq!(found, ["error F028"]);
    let far = "2024-01-01T10:00:00+24:00";
    check(
        &format!("k: !!timestamp {far}"),
        &format!(r#"{{"k":"{far}"}}"#),
        &["error F028"],
    );
}

#[test]
fn a_timestamp_with_an_offset_of_a_day_is_text() {
    for offset in ["+24:00", "-24:00", "+23:60"] {
        let text = format!("2024-01-01T10:00:00{offset}");
        let json = format!(r#"{{"k":"{text}"}}"#);
        check(&format!("k: {text}"), &json, &["warning F001"]);
        check(&format!("k: '{text}'"), &json, &[]);
    }
}

#[test]
fn two_merge_keys_in_one_mapping_are_reported() {
    let json = r#"{"k":{"a":1,"b":2}}"#;
    check("k: {<<: {a: 1}, <<: {b: 2}}", json, &["warning F004"]);
    check("k: {<<: [{a: 1}, {b: 2}]}", json, &[]);
}

#[test]
fn keys_of_the_same_text_are_duplicates() {
    let warned = &["warning F004"];
    check("k: {1: a, 1.0: b}", r#"{"k":{"1":"b"}}"#, warned);
    check("k: {1: a, 0x1: b}", r#"{"k":{"1":"b"}}"#, warned);
    check("k: {1: a, '1': b}", r#"{"k":{"1":"b"}}"#, warned);
    check("k: {<<: {1: a}, 1.0: b}", r#"{"k":{"1":"b"}}"#, &[]);
    check("<<: {1: a}\n1: b", r#"{"1":"b"}"#, &[]);
}

#[test]
fn only_documents_with_contents_are_reported_as_ignored() {
    for end in [
        "---",
        "---\n",
        "---\n# c\n",
        "---\n---\n",
        "...\n",
        "---\n...\n",
        "--- &a\n",
    ] {
        check(&format!("k: 1\n{end}"), r#"{"k":1}"#, &[]);
    }
    for second in ["---\nl: 1\n", "--- ''\n", "---\n---\nl: 1\n", "---\n]\n"] {
        check(&format!("k: 1\n{second}"), r#"{"k":1}"#, &["warning F002"]);
    }
    check("k: 1\n...\n]\n", "refused", &["error F001"]);
}

#[test]
fn members_that_define_an_anchor_are_not_reported() {
    let found = |member: &str| {
        let text = format!("{member}\nflags: {{}}\n");
        let parsed = parse(&text, DocumentFormat::Yaml, &evaluate::origin());
        let codes = parsed.diagnostics.iter().map(|found| found.code.id());
        codes.collect::<Vec<_>>()
    };
    for member in [
        "none: &none {}",
        "none: &none",
        "none: &none [1]",
        "none: &none x",
        "none: {a: &a 1}",
    ] {
        assert_eq!(found(member), [""; 0], "{member}");
    }
    for member in ["none: {}", "none: {a: 1}", "flag: &a {}", "&a none: {}"] {
        assert_eq!(found(member), ["F008"], "{member}");
    }
}

#[test]
fn a_null_key_of_the_document_is_reported_as_ignored() {
    check("~: x\nk: 1", r#"{"k":1}"#, &["warning F008"]);
    check("'~': x\nk: 1", r#"{"~":"x","k":1}"#, &[]);
    check("k: {~: x}", r#"{"k":{"<nil>":"x"}}"#, &[]);
}
