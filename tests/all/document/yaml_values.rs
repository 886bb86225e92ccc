//! The parser reads YAML with the values that flagd reads, except for the differences named here.
//!
//! `tests/data/yaml_values.jsonl.gz` contains documents of `PyYAML`, `ruamel.yaml`, yaml.v3, js-yaml and yaml.js in their
//! styles, the documents of the public YAML test suite, handwritten ones and mutations of them, each with the JSON that
//! flagd 0.16.1 reads from it. `tests/conformance/yaml_values/record` records it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufRead as _;
use std::io::BufReader;

use fanion::diag::DiagnosticSink;
use fanion::document::DocumentFormat;
use fanion::document::parse_syntax_tree;
use fanion::document::syntax_tree::Member;
use fanion::document::syntax_tree::Node;
use fanion::document::syntax_tree::NodeKind;
use flate2::read::GzDecoder;

/// The rules by which the readers differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Difference {
    /// yaml.v3 rejects `%YAML 1.2`.
    VersionDirective,
    /// A value or key that does not fit its tag is text, with the error F028; flagd rejects the document.
    MisfitTag,
    /// The last one of equal keys counts, with the warning F004; flagd rejects the document.
    DuplicateKey,
    /// `"\/"` is an escape sequence in YAML 1.2; yaml.v3 rejects it.
    EscapedSlash,
    /// In a flow collection, `a?b` is text in YAML 1.2; yaml.v3 ends the scalar in front of `?`.
    FlowQuestionMark,
    /// The text behind the first document must be YAML up to the next document; flagd does not read it.
    TextBehindDocument,
    /// A second document is not read; flagd reads its first token, which may be invalid.
    SecondDocument,
    /// `!<x>` may stand in front of a comma, as other tags do.
    VerbatimTag,
    /// `<<` accepts a list in a list.
    NestedMerge,
    /// A timestamp with an offset of 24 hours or more is text; flagd rejects the document.
    FarOffset,
    /// The flags are in a later document, which is an error; flagd reads the first one, which is empty.
    EmptyFirstDocument,
}

use Difference::*;

/// The rules that recorded documents need.
const DIFFERENCES: &[Difference] = &[
    VersionDirective,
    MisfitTag,
    DuplicateKey,
    EscapedSlash,
    FlowQuestionMark,
    TextBehindDocument,
    SecondDocument,
    VerbatimTag,
    NestedMerge,
    FarOffset,
    EmptyFirstDocument,
];

/// A recorded document.
struct Recorded {
    source: String,
    yaml: String,
    /// The value that flagd reads, or its error.
    json: Result<Node, String>,
    /// The text behind the first document is not YAML.
    has_error_behind: bool,
}

fn parse(text: &str, format: DocumentFormat) -> Option<Node> {
    let mut sink = DiagnosticSink::new("f".into());
    parse_syntax_tree(text, format, &mut sink)
}

/// The recorded documents. The parser's own JSON reader reads them, for it parses numbers exactly as Go does.
fn recorded() -> Vec<Recorded> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/data/yaml_values.jsonl.gz"
    );
    let file = File::open(path).expect("the recorded documents");
    let lines = BufReader::new(GzDecoder::new(file)).lines();
    lines
        .map(|line| recorded_document(&line.expect("gzip")))
        .collect()
}

fn recorded_document(line: &str) -> Recorded {
    let line = parse(line, DocumentFormat::Json).expect("a line of JSON");
    let text = |key: &str| {
        let text = line.member(key).and_then(Node::as_text);
        text.unwrap_or_default().to_owned()
    };
    Recorded {
        source: text("source"),
        yaml: text("yaml"),
        json: line.member("json").cloned().ok_or_else(|| text("error")),
        has_error_behind: line.member("behind").is_some(),
    }
}

/// The value of a document; `None` if it is refused, as one is that is neither a mapping nor empty.
fn read(yaml: &str) -> Option<Node> {
    parse(yaml, DocumentFormat::Yaml)
        .filter(|node| matches!(node.kind, NodeKind::Map(_) | NodeKind::Null))
}

/// The rule by which the readers differ, if they do; an error names a difference without a rule.
fn difference(document: &Recorded) -> Result<Option<Difference>, String> {
    match (&document.json, read(&document.yaml)) {
        (Ok(theirs), Some(ours)) => {
            compare(theirs, &ours)?;
            Ok(None)
        }
        (Err(_), None) => Ok(None),
        (Err(error), Some(_)) => {
            let rule = rule_of_refusal(error, &document.yaml);
            let rule = rule.ok_or_else(|| format!("only flagd refuses it: {error}"))?;
            let is_told = !is_reported(rule) || has_findings(&document.yaml);
            is_told
                .then_some(Some(rule))
                .ok_or_else(|| format!("{rule:?} is not reported"))
        }
        (Ok(_), None) if document.has_error_behind => Ok(Some(TextBehindDocument)),
        (Ok(theirs), None) if matches!(theirs.kind, NodeKind::Null) => Ok(Some(EmptyFirstDocument)),
        (Ok(theirs), None) => Err(format!("only flagd reads it: {}", shown(theirs))),
    }
}

/// Returns true if a diagnostic tells the author of the difference.
fn is_reported(rule: Difference) -> bool {
    match rule {
        MisfitTag | DuplicateKey | SecondDocument | FarOffset | TextBehindDocument
        | EmptyFirstDocument => true,
        VersionDirective | EscapedSlash | FlowQuestionMark | VerbatimTag | NestedMerge => false,
    }
}

fn has_findings(yaml: &str) -> bool {
    let mut sink = DiagnosticSink::new("f".into());
    parse_syntax_tree(yaml, DocumentFormat::Yaml, &mut sink);
    sink.count() > 0
}

/// The rule by which only flagd refuses a document, with this error.
fn rule_of_refusal(error: &str, yaml: &str) -> Option<Difference> {
    let causes = [
        (
            "found incompatible YAML document",
            "%YAML",
            VersionDirective,
        ),
        ("cannot decode !!", "!", MisfitTag),
        ("invalid base64 data", "!", MisfitTag),
        ("already defined at line", "", DuplicateKey),
        ("unknown escape character", "\\/", EscapedSlash),
        ("did not find expected ',' or", "?", FlowQuestionMark),
        ("map merge requires map or sequence", "[[", NestedMerge),
        ("did not find expected whitespace", ">", VerbatimTag),
        ("timezone hour outside of range", ":", FarOffset),
    ];
    let cause = |(message, text, _): &&(&str, &str, Difference)| {
        error.contains(message) && yaml.contains(text)
    };
    let rule = causes.iter().find(cause).map(|(_, _, rule)| *rule);
    rule.or_else(|| {
        let has_second = yaml.contains("\n---") && read(yaml.split("\n---").next()?).is_some();
        has_second.then_some(SecondDocument)
    })
}

/// Compares two values; an error names a difference.
fn compare(theirs: &Node, ours: &Node) -> Result<(), String> {
    match (&theirs.kind, &ours.kind) {
        (NodeKind::Null, NodeKind::Null) => Ok(()),
        (NodeKind::Bool(a), NodeKind::Bool(b)) if a == b => Ok(()),
        (NodeKind::Number(a), NodeKind::Number(b)) if a.to_bits() == b.to_bits() => Ok(()),
        (NodeKind::Text(a), NodeKind::Text(b)) if a == b => Ok(()),
        (NodeKind::List(a), NodeKind::List(b)) if a.len() == b.len() => {
            let mut items = a.iter().zip(b);
            items.try_for_each(|(theirs, ours)| compare(theirs, ours))
        }
        (NodeKind::Map(a), NodeKind::Map(b)) => compare_members(a, b),
        _ => Err(format!(
            "flagd reads {}, not {}",
            shown(theirs),
            shown(ours)
        )),
    }
}

fn compare_members(theirs: &[Member], ours: &[Member]) -> Result<(), String> {
    let mut missing: BTreeMap<_, _> = ours.iter().map(|m| (m.key.as_str(), &m.value)).collect();
    for member in theirs {
        let value = missing.remove(member.key.as_str());
        let value = value.ok_or_else(|| format!("key {:?} is missing", member.key))?;
        compare(&member.value, value)?;
    }
    match missing.keys().next() {
        None => Ok(()),
        Some(key) => Err(format!("flagd has no key {key:?}")),
    }
}

fn shown(node: &Node) -> String {
    format!("{:?}", node.kind)
}

#[test]
fn documents_of_public_writers_have_flagds_values() {
    let documents = recorded();
    assert!(documents.len() > 4000, "only {}", documents.len());
    let mut counts = BTreeMap::new();
    let mut unexplained = Vec::new();
    for document in &documents {
        match difference(document) {
            Ok(seen) => seen
                .into_iter()
                .for_each(|rule| *counts.entry(rule).or_insert(0) += 1),
            Err(why) => {
                unexplained.push(format!("{}: {why}:\n{}", document.source, document.yaml));
            }
        }
    }
    let shown = unexplained.get(..10).unwrap_or(&unexplained);
    let count = unexplained.len();
    assert!(
        count == 0,
        "{count} documents differ:\n{}",
        shown.join("\n")
    );
    let seen: Vec<_> = counts.keys().copied().collect();
    assert_eq!(seen, DIFFERENCES, "{counts:?}");
}
