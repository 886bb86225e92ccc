//! The JSON Schema accepts what the parser accepts, and rejects what it reports.

mod full_document;
mod plans;

use std::collections::BTreeSet;
use std::path::Path;

use boon::Compiler;
use boon::SchemaIndex;
use boon::Schemas;
use fanion::analysis::lint;
use fanion::analysis::lint::policy::LintPolicy;
use fanion::cli::flagctl::schema;
use fanion::document::DocumentFormat;
use fanion::document::schema as document_schema;
use fanion::document::schema::ObjectSchema;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::document::json_schema::full_document::everything;
use crate::document::json_schema::plans::PARTS;
use crate::document::json_schema::plans::PLAN_SUBSTITUTES;
use crate::document::json_schema::plans::planned_documents;
use crate::support::evaluate;
use crate::support::flagd::testbed;

/// The compiled schema.
struct Schema {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Schema {
    fn new() -> Schema {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        let written = serde_json::from_str(&schema::render()).expect("JSON");
        compiler
            .add_resource("flags.json", written)
            .expect("a schema");
        let index = compiler.compile("flags.json", &mut schemas);
        Schema {
            index: index.expect("a valid schema"),
            schemas,
        }
    }

    fn takes(&self, document: &Value) -> bool {
        self.schemas.validate(document, self.index).is_ok()
    }
}

/// Returns the diagnostics of the parser, and those of lint for lifecycle fields.
fn complaints(document: &Value) -> Vec<String> {
    let text = document.to_string();
    let (_, mut found) = evaluate::load(&text, DocumentFormat::Json);
    let files = crate::support::lint::parse_files(&[("flags.json", &text)]);
    let linted = lint::check(&files, &LintPolicy::default());
    found.extend(linted.into_iter().filter(|found| found.code.id() == "F112"));
    found.iter().map(ToString::to_string).collect()
}

#[test]
fn schema_lists_every_parsed_field() {
    let schema: Value = serde_json::from_str(&schema::render()).expect("JSON");
    let known = |place: &Value, parts: &[&ObjectSchema]| {
        let there: BTreeSet<&str> = place["properties"]
            .as_object()
            .expect("members")
            .keys()
            .map(String::as_str)
            .collect();
        let named: BTreeSet<&str> = parts.iter().flat_map(|part| part.field_names()).collect();
        assert_eq!(there, named);
        assert_eq!(place["additionalProperties"], json!(false));
    };
    known(&schema, &[&document_schema::DOCUMENT]);
    known(
        &schema["definitions"]["flag"],
        &[&document_schema::FLAG, &document_schema::ROLLOUT_FIELDS],
    );
    for part in PARTS {
        known(&schema["definitions"][part.name], &[part]);
    }
    // These documents have each field, and both the schema and the parser accept them.
    let mut names = BTreeSet::new();
    let documents: Vec<Value> = std::iter::once(everything())
        .chain(planned_documents())
        .collect();
    for document in &documents {
        collect(document, &mut names);
    }
    let all = [
        &document_schema::DOCUMENT,
        &document_schema::FLAG,
        &document_schema::ROLLOUT_FIELDS,
    ]
    .into_iter()
    .chain(PARTS);
    for name in all.flat_map(ObjectSchema::field_names) {
        assert!(names.contains(name), "{name}");
    }
    for document in &documents {
        assert_eq!(complaints(document), Vec::<String>::new());
        assert!(Schema::new().takes(document));
    }
}

fn collect(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            names.extend(members.keys().cloned());
            members.values().for_each(|value| collect(value, names));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, names)),
        _ => {}
    }
}

/// Replacement values: each JSON type, dates and bounds.
const SUBSTITUTES: &str = r#"[
    "2026-06-01", "2026-6-1", "2026-06-01T08:00Z", "2026-06-01 08:00:00.5+02:00", "2026-06-01T08:00:00", null,
    true, false, 0, 1, -1, 0.5, 100, 100.5, 1000, 1001, 1000001, "", "x", "$flagd.timestamp", "on", [], ["x"],
    ["on"], [5], [null], [[]], [{}], {}, {"x": 1}, {"x": 1, "y": 2}, {"var": "a"}, {"and": true}, {"and": [true]},
    {"segments": []}, {"segments": "x"}, {"segments": [""]}, {"segments": ["x", 5]}, {"on": 1}, {"on": 0.5},
    {"on": {"on": 1}}, {"flag": "other", "variant": "on"}, [{"key": "a"}, {"key": "b", "state": "ENABLED"}],
    [{"key": ""}], [null, {"key": "c"}], {"variant": "on"}, {"variant": "on", "split": {"on": 1}},
    {"region": "x", "percentage": 1}
]"#;

/// Replacement values, with every allowed value of the fields of `parts` that are enumerations.
fn substitutes(parts: &[&ObjectSchema], further: &str) -> Vec<Value> {
    let mut all: Vec<Value> = serde_json::from_str(SUBSTITUTES).expect("JSON");
    all.extend(serde_json::from_str::<Vec<Value>>(further).expect("JSON"));
    for field in parts.iter().flat_map(|part| part.fields) {
        if let document_schema::FieldType::Choice(known)
        | document_schema::FieldType::OptionalChoice(known) = &field.field_type
        {
            all.extend(known.iter().map(|known| json!(known)));
        }
    }
    all
}

/// Collects the JSON pointers of `value` and of everything in it.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    let members: Vec<(String, &Value)> = match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), value))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(at, value)| (at.to_string(), value))
            .collect(),
        _ => Vec::new(),
    };
    for (name, value) in members {
        places(value, &format!("{at}/{name}"), found);
    }
}

/// The document with another value at a JSON pointer, or without that member if `value` is `None`.
fn with(document: &Value, at: &str, value: Option<Value>) -> Option<Value> {
    let mut document = document.clone();
    if let Some(value) = value {
        *document.pointer_mut(at)? = value;
    } else {
        let (above, name) = at.rsplit_once('/')?;
        document.pointer_mut(above)?.as_object_mut()?.remove(name)?;
    }
    Some(document)
}

/// Codes that a schema cannot express: unknown names of variants, rings, flags and evaluators, fields without effect,
/// sums, arguments, types of variants, weaknesses of dialects, and the relations between the members of a plan.
const BEYOND: [&str; 12] = [
    "F007", "F010", "F012", "F013", "F017", "F018", "F019", "F020", "F021", "F022", "F023", "F029",
];

/// The verdicts of the schema and of the parser about many documents.
#[derive(Default)]
struct Comparison {
    taken: usize,
    refused: usize,
    stricter: Vec<String>,
    laxer: Vec<(String, Vec<String>)>,
}

impl Comparison {
    /// Compares all documents that differ from `base` in one value.
    fn vary(&mut self, schema: &Schema, base: &Value, substitutes: &[Value]) {
        let mut all = Vec::new();
        places(base, "", &mut all);
        for at in &all {
            let mut candidates: Vec<Option<Value>> =
                substitutes.iter().cloned().map(Some).collect();
            candidates.push(None);
            if let Some(Value::Object(mut members)) = base.pointer(at).cloned() {
                members.insert("nonsense".to_owned(), json!(1));
                candidates.push(Some(Value::Object(members)));
            }
            for candidate in candidates {
                if let Some(document) = with(base, at, candidate.clone()) {
                    let shown = candidate.map_or("nothing".to_owned(), |value| value.to_string());
                    self.compare(schema, &document, format!("{at}: {shown}"));
                }
            }
        }
    }

    fn compare(&mut self, schema: &Schema, document: &Value, shown: String) {
        let told = complaints(document);
        match (schema.takes(document), told.is_empty()) {
            (true, true) => self.taken += 1,
            (false, false) => self.refused += 1,
            (false, true) => self.stricter.push(shown),
            (true, false) => self.laxer.push((shown, told)),
        }
    }

    /// Checks that nothing but codes beyond a schema makes a difference.
    fn check(mut self, taken: usize, refused: usize) {
        let none = Vec::<String>::new();
        assert_eq!(
            self.stricter, none,
            "the schema rejects documents without diagnostics"
        );
        let is_beyond = |told: &String| {
            let mut codes = BEYOND.iter();
            codes.any(|code| told.contains(&format!(" {code}: ")))
        };
        self.laxer.retain(|(_, told)| !told.iter().any(is_beyond));
        assert_eq!(
            self.laxer,
            [],
            "the schema accepts documents with diagnostics"
        );
        assert!(
            self.taken > taken && self.refused > refused,
            "{} {}",
            self.taken,
            self.refused
        );
    }
}

#[test]
fn schema_and_parser_reject_the_same_documents() {
    let parts = [
        &document_schema::LIFECYCLE,
        &document_schema::ROLLOUT,
        &document_schema::RAMP,
        &document_schema::FLAG,
    ];
    let mut comparison = Comparison::default();
    comparison.vary(&Schema::new(), &everything(), &substitutes(&parts, "[]"));
    comparison.check(300, 1000);
}

#[test]
fn schema_and_parser_reject_the_same_plans() {
    let mut comparison = Comparison::default();
    let substitutes = substitutes(&PARTS[5..], PLAN_SUBSTITUTES);
    for document in planned_documents() {
        comparison.vary(&Schema::new(), &document, &substitutes);
    }
    comparison.check(300, 1000);
}

#[test]
fn every_valid_flag_file_matches_the_schema() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<_> = [
        "flags",
        "tests/data",
        "tests/conformance/drivers",
        "tests/flagd/flags",
    ]
    .iter()
    .map(|directory| root.join(directory))
    .chain([testbed::directory().join("flags")])
    .flat_map(|directory| std::fs::read_dir(directory).expect("a directory of flags"))
    .map(|entry| entry.expect("an entry").path())
    .collect();
    files.sort();
    let (schema, mut valid) = (Schema::new(), 0);
    for file in files {
        let Some(format) = DocumentFormat::from_path(&file) else {
            continue;
        };
        let text = std::fs::read_to_string(&file).expect("a file");
        let mut report = fanion::diag::DiagnosticSink::new("file".into());
        let Some(node) = fanion::document::parse_syntax_tree(&text, format, &mut report) else {
            continue;
        };
        let document = to_json(&node.to_owned_value());
        let told = complaints(&document);
        let takes = schema.takes(&document);
        assert!(
            takes || !told.is_empty() || document.get("flags").is_none(),
            "{}",
            file.display()
        );
        valid += u32::from(takes);
    }
    assert!(valid >= 15, "{valid}");
}

fn to_json(literal: &fanion::value::OwnedValue) -> Value {
    use fanion::value::OwnedValue;
    match literal {
        OwnedValue::Null => Value::Null,
        OwnedValue::Bool(b) => json!(b),
        OwnedValue::Number(n) => json!(n),
        OwnedValue::Text(text) => json!(&**text),
        OwnedValue::List(items) => items.iter().map(to_json).collect(),
        OwnedValue::Map(members) => {
            let members = members
                .iter()
                .map(|(name, value)| (name.to_string(), to_json(value)));
            Value::Object(members.collect::<Map<_, _>>())
        }
    }
}
