//! The schema for editors and the reader of documents know the same files. The schema is judged by a validator of others.

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

use crate::support::evaluate;

/// The schema, ready to judge.
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
            index: index.expect("a sound schema"),
            schemas,
        }
    }

    fn takes(&self, document: &Value) -> bool {
        self.schemas.validate(document, self.index).is_ok()
    }
}

/// What is said of a document when it is loaded, and by lint of what is written below `lifecycle`.
fn complaints(document: &Value) -> Vec<String> {
    let text = document.to_string();
    let (_, mut found) = evaluate::load(&text, DocumentFormat::Json);
    let files = crate::cli::flagctl::lint::configuration::files(&[("flags.json", &text)]);
    let linted = lint::check(&files, &LintPolicy::default());
    found.extend(linted.into_iter().filter(|found| found.code.id() == "F112"));
    found.iter().map(ToString::to_string).collect()
}

/// Every member that a document may have.
fn everything() -> Value {
    let rule = json!({"if": [{"==": [{"var": "country"}, "DE"]}, "on"]});
    let released = json!({
        "variant": "on", "percentage": 5, "rings": ["internal", "beta"], "segments": ["early"], "allow": ["a"],
        "deny": ["b"], "when": {"==": [{"var": "country"}, "DE"]}, "bucketBy": "sessionId", "seed": "spring",
        "dialect": "flagd-murmur3", "regions": [{"region": ["eu"], "percentage": 100}, {"region": "us", "percentage": 5}],
    });
    let ramp = json!({"from": "2026-05-01", "to": "2026-07-01", "shape": "linear", "steps": 10, "reverse": false});
    let lifecycle = json!({
        "owner": "a", "kind": "ops", "created": "2026-06-01", "expires": "2090-06-01", "status": "active", "ticket": "A-1",
    });
    let older = json!({"owner": "a", "createdAt": "2026-06-01", "expectedCleanupDate": "2090-06-01", "jiraTicket": "A-1"});
    json!({
        "$schema": "https://flagd.dev/schema/v0/flags.json",
        "$evaluators": {"staff": {"ends_with": [{"var": "email"}, "@example.com"]}},
        "metadata": {"flagSetId": "shop"},
        "rings": {"internal": {"$ref": "staff"}, "beta": {"segments": ["early"]}, "all": true},
        "flags": {
            "words": {
                "key": "words", "source": "a", "state": "ENABLED", "variants": {"on": true, "off": false},
                "defaultVariant": "off", "safeVariant": "off", "kill": false, "metadata": {"team": "a"},
                "requires": [{"flag": "other", "variant": "on"}], "lifecycle": lifecycle, "targeting": rule,
                "rollout": [released, {"split": {"on": 1, "off": 2}, "ramp": ramp}],
            },
            // Everybody has it: it hides nothing of the flag that requires it.
            "other": {"state": "ENABLED", "variants": {"on": {"a": 1}}, "defaultVariant": "on"},
            "third": {"variants": {"on": 1}, "lifecycle": older, "rollout": {"variant": "on", "rings": ["all"]}},
        },
    })
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
    let parts = [
        &document_schema::ROLLOUT,
        &document_schema::RAMP,
        &document_schema::REGION,
        &document_schema::PREREQUISITE,
        &document_schema::LIFECYCLE,
    ];
    for part in parts {
        known(&schema["definitions"][part.name], &[part]);
    }
    // Each of them is in the document of everything, which both take.
    let mut names = BTreeSet::new();
    collect(&everything(), &mut names);
    let all = [
        &document_schema::DOCUMENT,
        &document_schema::FLAG,
        &document_schema::ROLLOUT_FIELDS,
    ]
    .into_iter()
    .chain(parts);
    for name in all.flat_map(ObjectSchema::field_names) {
        assert!(names.contains(name), "{name}");
    }
    assert_eq!(complaints(&everything()), Vec::<String>::new());
    assert!(Schema::new().takes(&everything()));
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

/// What can stand in the place of a value: each type, some bounds, and everything that is one of a few.
fn substitutes() -> Vec<Value> {
    let mut all = vec![
        json!("2026-06-01"),
        json!("2026-6-1"),
        json!("2026-06-01T08:00Z"),
        json!("2026-06-01 08:00:00.5+02:00"),
        json!("2026-06-01T08:00:00"),
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(1),
        json!(-1),
        json!(0.5),
        json!(100),
        json!(100.5),
        json!(1000),
        json!(1001),
        json!(1_000_001),
        json!(""),
        json!("x"),
        json!("$flagd.timestamp"),
        json!("on"),
        json!([]),
        json!(["x"]),
        json!(["on"]),
        json!([5]),
        json!([null]),
        json!([[]]),
        json!([{}]),
        json!({}),
        json!({"x": 1}),
        json!({"x": 1, "y": 2}),
        json!({"var": "a"}),
        json!({"and": true}),
        json!({"and": [true]}),
        json!({"segments": []}),
        json!({"segments": "x"}),
        json!({"segments": [""]}),
        json!({"segments": ["x", 5]}),
        json!({"on": 1}),
        json!({"on": 0.5}),
        json!({"on": {"on": 1}}),
        json!({"flag": "other", "variant": "on"}),
        json!([{"key": "a"}, {"key": "b", "state": "ENABLED"}]),
        json!([{"key": ""}]),
        json!([null, {"key": "c"}]),
        json!({"variant": "on"}),
        json!({"variant": "on", "split": {"on": 1}}),
        json!({"region": "x", "percentage": 1}),
    ];
    let choices = document_schema::LIFECYCLE
        .fields
        .iter()
        .chain(document_schema::ROLLOUT.fields)
        .chain(document_schema::RAMP.fields)
        .chain(document_schema::FLAG.fields);
    for field in choices {
        if let document_schema::FieldType::Choice(known)
        | document_schema::FieldType::OptionalChoice(known) = &field.field_type
        {
            all.extend(known.iter().map(|known| json!(known)));
        }
    }
    all
}

/// Places of `value` by their JSON pointers. What stands in rules, values and metadata is anybody's.
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

/// The document with another value at a place; without one, the member is taken away.
fn with(at: &str, value: Option<Value>) -> Option<Value> {
    let mut document = everything();
    if let Some(value) = value {
        *document.pointer_mut(at)? = value;
    } else {
        let (above, name) = at.rsplit_once('/')?;
        document.pointer_mut(above)?.as_object_mut()?.remove(name)?;
    }
    Some(document)
}

/// What a schema does not know: names of variants, rings, flags and evaluators, what has no effect, sums, arguments, and what
/// is known of dialects.
const BEYOND: [&str; 10] = [
    "F007", "F010", "F012", "F013", "F017", "F018", "F020", "F021", "F022", "F023",
];

#[test]
fn schema_and_parser_reject_the_same_documents() {
    let schema = Schema::new();
    let mut all = Vec::new();
    places(&everything(), "", &mut all);
    let (mut taken, mut refused, mut stricter, mut laxer) = (0, 0, Vec::new(), Vec::new());
    for at in &all {
        let mut candidates: Vec<Option<Value>> = substitutes().into_iter().map(Some).collect();
        candidates.push(None);
        let own = everything().pointer(at).cloned();
        if let Some(Value::Object(mut members)) = own {
            members.insert("nonsense".to_owned(), json!(1));
            candidates.push(Some(Value::Object(members)));
        }
        for candidate in candidates {
            let Some(document) = with(at, candidate.clone()) else {
                continue;
            };
            let told = complaints(&document);
            let shown = candidate.map_or("nothing".to_owned(), |value| value.to_string());
            match (schema.takes(&document), told.is_empty()) {
                (true, true) => taken += 1,
                (false, false) => refused += 1,
                (false, true) => stricter.push(format!("{at}: {shown}")),
                (true, false) => laxer.push((format!("{at}: {shown}"), told)),
            }
        }
    }
    assert_eq!(
        stricter,
        Vec::<String>::new(),
        "the schema refuses what loads without complaint"
    );
    laxer.retain(|(_, told)| {
        !told.iter().any(|told| {
            BEYOND
                .iter()
                .any(|code| told.contains(&format!(" {code}: ")))
        })
    });
    assert_eq!(
        laxer,
        Vec::new(),
        "the schema takes what is complained about"
    );
    assert!(taken > 300 && refused > 1000, "{taken} {refused}");
}

#[test]
fn every_valid_flag_file_matches_the_schema() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<_> = [
        "flags",
        "tests/data",
        "tests/conformance/drivers",
        "tests/flagd/flags",
        "../shared/testbed/flags",
    ]
    .iter()
    .filter_map(|directory| std::fs::read_dir(root.join(directory)).ok())
    .flatten()
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

#[test]
fn committed_schema_equals_flagctl_schema_output() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schema/flags.json");
    let written = std::fs::read_to_string(file).unwrap_or_default();
    let printed = schema::render();
    assert!(
        written == printed,
        "write it anew: flagctl schema > docs/schema/flags.json"
    );
}

#[test]
fn every_example_file_references_the_schema() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/flags");
    for entry in std::fs::read_dir(directory).expect("the examples") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("an example");
        let first = text.lines().next().expect("a line");
        assert_eq!(
            first,
            "# yaml-language-server: $schema=../docs/schema/flags.json",
            "{}",
            path.display()
        );
    }
    assert!(
        Path::new(directory)
            .join("../docs/schema/flags.json")
            .is_file()
    );
}

#[test]
fn every_rollout_field_is_documented() {
    let reference = include_str!("../../../docs/rollout.md");
    let parts = [
        &document_schema::ROLLOUT_FIELDS,
        &document_schema::ROLLOUT,
        &document_schema::RAMP,
        &document_schema::REGION,
        &document_schema::PREREQUISITE,
        &document_schema::LIFECYCLE,
    ];
    for name in parts.into_iter().flat_map(ObjectSchema::field_names) {
        let named = |word: &str| {
            word.split(|c: char| !c.is_ascii_alphanumeric())
                .any(|part| part == name)
        };
        let found = reference.split('`').skip(1).step_by(2).any(named);
        assert!(found, "docs/rollout.md does not tell of `{name}`");
    }
}
