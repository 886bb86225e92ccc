//! The parser reads YAML with the values that flagd reads, except for the differences named here.
//!
//! `tests/data/yaml_values.jsonl.gz` contains documents of PyYAML, ruamel.yaml, yaml.v3, js-yaml and yaml.js in their
//! styles, the documents of the public YAML test suite, handwritten ones and mutations of them, each with the JSON that flagd 0.16.1 reads
//! from it. `tests/conformance/yaml_values/record` records it.

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
    /// yaml.v3 refuses `%YAML 1.2`.
    VersionDirective,
    /// A value or key does not fit its tag: an error for the flag, or none; flagd refuses the document.
    MisfitTag,
    /// The last one of equal keys counts, with the warning F004; flagd refuses the document.
    DuplicateKey,
    /// `"\/"` is an escape sequence in YAML 1.2; yaml.v3 refuses it.
    EscapedSlash,
    /// In a flow collection, `a?b` is text in YAML 1.2; yaml.v3 ends the scalar in front of `?`.
    FlowQuestionMark,
    /// The text behind the first document must be a document; flagd does not read it.
    TextBehindDocument,
    /// A second document is not read; flagd reads its first token, which may be invalid.
    SecondDocument,
    /// `!<x>` may stand in front of a comma, as other tags do.
    VerbatimTag,
    /// `<<` accepts a list in a list.
    NestedMerge,

    // Errors of the parser, to be corrected:
    /// A comment behind a tab, in the line below a comment, is accepted by flagd.
    CommentBehindTab,
    /// Base64 whose unused last bits are not zero is accepted by flagd.
    BinaryBits,
    /// A byte order mark is skipped at the start of every line; in flagd, only at the start of the text.
    ByteOrderMark,
    /// flagd writes integer keys as integers: `1000000` and not `1e+06`.
    IntegerKey,
    /// The integer `-0` is 0.
    NegativeZero,
    /// A timestamp key with an anchor, an alias or a tag has Go's text for times in flagd, and not RFC 3339.
    TimestampKey,
    /// Timestamps with a comma, ten digits of a fraction, two spaces or zones such as `+01:60`.
    TimestampForm,
    /// At the top, and for merged keys among keys that are strings, flagd keeps the text of a key (`1.50`), and drops
    /// a null key.
    RawKeyText,
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
    CommentBehindTab,
    BinaryBits,
    ByteOrderMark,
    IntegerKey,
    NegativeZero,
    TimestampKey,
    TimestampForm,
    RawKeyText,
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
        let text = member(&line, key).and_then(Node::as_text);
        text.unwrap_or_default().to_owned()
    };
    Recorded {
        source: text("source"),
        yaml: text("yaml"),
        json: member(&line, "json").cloned().ok_or_else(|| text("error")),
        has_error_behind: member(&line, "behind").is_some(),
    }
}

fn member<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    let found = node.as_map()?.iter().find(|member| member.key == key)?;
    Some(&found.value)
}

/// The value of a document; `None` if it is refused, as one is that is neither a mapping nor empty.
fn read(yaml: &str) -> Option<Node> {
    parse(yaml, DocumentFormat::Yaml)
        .filter(|node| matches!(node.kind, NodeKind::Map(_) | NodeKind::Null))
}

/// The differences of a document; an error names one without a rule.
fn differences(document: &Recorded) -> Result<Vec<Difference>, String> {
    match (&document.json, read(&document.yaml)) {
        (Ok(theirs), Some(ours)) => {
            let mut seen = Vec::new();
            match compare(theirs, &ours, &mut seen) {
                Err(_) if has_later_byte_order_mark(&document.yaml) => Ok(vec![ByteOrderMark]),
                result => result.map(|()| seen),
            }
        }
        (Err(_), None) => Ok(Vec::new()),
        (Err(error), Some(_)) => {
            let rule = rule_of_refusal(error, &document.yaml);
            let rule = rule.ok_or_else(|| format!("only flagd refuses it: {error}"))?;
            Ok(vec![rule])
        }
        (Ok(_), None) if document.has_error_behind => Ok(vec![TextBehindDocument]),
        (Ok(_), None) if has_later_byte_order_mark(&document.yaml) => Ok(vec![ByteOrderMark]),
        (Ok(_), None) if document.yaml.contains('\t') && document.yaml.contains('#') => {
            Ok(vec![CommentBehindTab])
        }
        (Ok(theirs), None) => Err(format!("only flagd reads it: {}", shown(theirs))),
    }
}

/// The rule by which only flagd refuses a document, with this error.
fn rule_of_refusal(error: &str, yaml: &str) -> Option<Difference> {
    if has_later_byte_order_mark(yaml) {
        return Some(ByteOrderMark);
    }
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
        ("timezone hour outside of range", ":", TimestampForm),
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

/// Returns true if a line other than the first begins with a byte order mark.
fn has_later_byte_order_mark(yaml: &str) -> bool {
    yaml.lines()
        .skip(1)
        .any(|line| line.starts_with('\u{feff}'))
}

/// Adds the rules by which two values differ; an error names two that no rule explains.
fn compare(theirs: &Node, ours: &Node, seen: &mut Vec<Difference>) -> Result<(), String> {
    match (&theirs.kind, &ours.kind) {
        (NodeKind::Null, NodeKind::Null) => Ok(()),
        (NodeKind::Bool(a), NodeKind::Bool(b)) if a == b => Ok(()),
        (NodeKind::Number(a), NodeKind::Number(b)) if a.to_bits() == b.to_bits() => Ok(()),
        (NodeKind::Text(a), NodeKind::Text(b)) if a == b => Ok(()),
        (NodeKind::List(a), NodeKind::List(b)) if a.len() == b.len() => {
            let mut items = a.iter().zip(b);
            items.try_for_each(|(theirs, ours)| compare(theirs, ours, seen))
        }
        (NodeKind::Map(a), NodeKind::Map(b)) => compare_members(a, b, seen),
        (NodeKind::Number(a), NodeKind::Number(b)) if a == b => {
            seen.push(NegativeZero);
            Ok(())
        }
        (NodeKind::Text(a), NodeKind::Text(b)) if b.ends_with('=') && a.len() < b.len() => {
            seen.push(BinaryBits);
            Ok(())
        }
        (NodeKind::Text(a), NodeKind::Text(b)) if is_same_year(a, b) => {
            seen.push(TimestampForm);
            Ok(())
        }
        _ => Err(format!(
            "flagd reads {}, not {}",
            shown(theirs),
            shown(ours)
        )),
    }
}

fn compare_members(
    theirs: &[Member],
    ours: &[Member],
    seen: &mut Vec<Difference>,
) -> Result<(), String> {
    let mut missing: BTreeMap<_, _> = ours.iter().map(|m| (m.key.as_str(), &m.value)).collect();
    let mut other = Vec::new();
    for member in theirs {
        match missing.remove(member.key.as_str()) {
            Some(value) => compare(&member.value, value, seen)?,
            None => other.push(member),
        }
    }
    for member in other {
        if member.key == "0" && theirs.iter().any(|m| m.key == "-0") {
            // The parser takes the keys `-0` and `-0.0` for equal.
            seen.push(NegativeZero);
            continue;
        }
        let found = missing.keys().find_map(|key| {
            let rule = rule_of_key(&member.key, key)?;
            Some((*key, rule))
        });
        let (key, rule) = found.ok_or_else(|| format!("key {:?} is missing", member.key))?;
        let value = missing.remove(key).expect("a key of the map");
        compare(&member.value, value, seen)?;
        seen.push(rule);
    }
    if missing.remove("<nil>").is_some() {
        seen.push(RawKeyText);
    }
    match missing.keys().next() {
        None => Ok(()),
        Some(key) => Err(format!("flagd has no key {key:?}")),
    }
}

/// The rule by which a key of flagd is another text.
fn rule_of_key(theirs: &str, ours: &str) -> Option<Difference> {
    let plain = read(&format!("k: {theirs}")).and_then(|node| member(&node, "k").cloned());
    let number = |text: &str| text.parse::<f64>().ok();
    if theirs.ends_with("UTC") || theirs.contains(" +") || theirs.contains(" -") {
        let known = theirs.get(..10) == ours.get(..10) && ours.contains('T') && !ours.contains(',');
        return is_same_year(theirs, ours).then_some(if known {
            TimestampKey
        } else {
            TimestampForm
        });
    }
    match plain?.kind {
        NodeKind::Number(_) if ours == "-0" => Some(NegativeZero),
        NodeKind::Number(n) if number(ours) == Some(n) => {
            let integer = theirs
                .trim_start_matches('-')
                .bytes()
                .all(|b| b.is_ascii_digit());
            Some(if integer { IntegerKey } else { RawKeyText })
        }
        NodeKind::Bool(b) if ours == b.to_string() => Some(RawKeyText),
        NodeKind::Text(_) if ours.ends_with("UTC") => {
            is_same_year(theirs, ours).then_some(RawKeyText)
        }
        _ => None,
    }
}

fn is_same_year(a: &str, b: &str) -> bool {
    a.get(..5) == b.get(..5) && a.get(4..5) == Some("-")
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
        match differences(document) {
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
