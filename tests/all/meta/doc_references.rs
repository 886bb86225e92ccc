//! Tests and options that the documents name exist.

use std::path::Path;

use fanion::config::option::table;
use fanion::document::schema as document_schema;
use fanion::document::schema::ObjectSchema;

use crate::meta::source_tree;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).expect(path)
}

/// The tests that a text names, as `module::test` or `module::*`.
fn named_tests(text: &str) -> Vec<(&str, &str)> {
    let words = text.split('`').skip(1).step_by(2);
    let path = |word: &&str| {
        word.chars()
            .all(|c| c.is_ascii_alphanumeric() || "_:*".contains(c))
    };
    words
        .filter(path)
        .filter_map(|word| word.rsplit_once("::"))
        .collect()
}

/// The source of a module of the tests; empty if there is none.
fn source_of(module: &str) -> String {
    let read_in = |tests: &str| {
        let path = format!("tests/{tests}/{}.rs", module.replace("::", "/"));
        std::fs::read_to_string(root().join(path))
    };
    let found = read_in("all").or_else(|_| read_in("control"));
    found.unwrap_or_default()
}

/// Returns true if the module, or a module below it, has a test.
fn any_test_below(module: &str) -> bool {
    let has_test = |text: &str| text.contains("#[test]") || text.contains("#[tokio::test");
    let directory = root().join(format!("tests/all/{}", module.replace("::", "/")));
    let below = if directory.is_dir() {
        source_tree::files_below(&directory)
    } else {
        Vec::new()
    };
    has_test(&source_of(module))
        || below
            .iter()
            .any(|path| has_test(&std::fs::read_to_string(path).expect("a source")))
}

#[test]
fn every_test_named_in_the_docs_exists() {
    let mut count = 0;
    let mut missing = Vec::new();
    let documents = [
        "docs/compatibility.md",
        "docs/dialects.md",
        "docs/flagd.md",
        "docs/rollout.md",
        "docs/rollouts.md",
    ];
    for document in documents {
        let text = read(document);
        for (module, test) in named_tests(&text) {
            let exists = match test {
                "*" => any_test_below(module),
                _ => source_of(module).contains(&format!("fn {test}(")),
            };
            count += 1;
            if !exists {
                missing.push(format!("{document}: {module}::{test}"));
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
    assert!(count > 100, "only {count} names were found");
}

#[test]
fn every_option_has_a_row_in_flagd_md() {
    let text = read("docs/flagd.md");
    for row in table::options() {
        let begins = format!("| `--{}` | `", row.name);
        assert!(text.contains(&begins), "no row for --{}", row.name);
    }
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
        assert!(found, "docs/rollout.md does not mention `{name}`");
    }
}

/// The rows of all tables of a text that begin with this header.
fn table_rows<'t>(text: &'t str, header: &'t str) -> impl Iterator<Item = &'t str> {
    text.split(header).skip(1).flat_map(|table| {
        let lines = table.lines().skip(2);
        lines.take_while(|line| line.starts_with('|'))
    })
}

/// The last of three cells of a row.
fn third_cell(row: &str) -> &str {
    let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
    assert_eq!(cells.len(), 3, "{row}");
    cells[2]
}

#[test]
fn every_row_of_the_rollout_table_names_a_test() {
    let text = read("docs/rollout.md") + &read("docs/rollouts.md");
    let mut count = 0;
    for row in table_rows(&text, "| id | how fanion meets it | test |") {
        assert!(!named_tests(third_cell(row)).is_empty(), "{row}");
        count += 1;
    }
    assert!(count > 30, "{count} rows");
}

#[test]
fn every_difference_from_flagd_names_a_test() {
    let text = read("docs/compatibility.md");
    let mut count = 0;
    for row in table_rows(&text, "| difference | reason | test |") {
        let cell = third_cell(row);
        let has_script = cell.contains("`tests/telemetry/run`");
        assert!(has_script || !named_tests(cell).is_empty(), "{row}");
        count += 1;
    }
    assert!(count > 60, "{count} rows");
}

#[test]
fn every_dependency_is_in_dependencies_md() {
    let manifest = read("Cargo.toml");
    let text = read("docs/dependencies.md");
    let mut section = "";
    let mut count = 0;
    for line in manifest.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            section = name;
        }
        if let (true, Some((name, _))) = (section.ends_with("dependencies"), line.split_once(" = "))
        {
            let row = format!("| `{name}` |");
            assert!(
                text.contains(&row),
                "no row for {name} of [{section}] in docs/dependencies.md"
            );
            count += 1;
        }
    }
    assert!(count > 60, "only {count} dependencies were found");
}
