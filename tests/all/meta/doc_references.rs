//! What the documents say of the tests is true.

use std::path::Path;

use fanion::config::option_table;

use crate::meta::module_dependencies;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).expect(path)
}

/// The tests that a text names, as `module::test` or `module::*`.
fn named(text: &str) -> Vec<(&str, &str)> {
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

/// The source of a module of this crate; empty if there is none.
fn source_of(module: &str) -> String {
    let path = format!("tests/all/{}.rs", module.replace("::", "/"));
    std::fs::read_to_string(root().join(path)).unwrap_or_default()
}

/// Returns true if the module, or a module below it, has a test.
fn any_test_below(module: &str) -> bool {
    let has_test = |text: &str| text.contains("#[test]") || text.contains("#[tokio::test");
    let directory = root().join(format!("tests/all/{}", module.replace("::", "/")));
    let below = directory
        .is_dir()
        .then(|| module_dependencies::sources(&directory))
        .unwrap_or_default();
    has_test(&source_of(module))
        || below
            .iter()
            .any(|path| has_test(&std::fs::read_to_string(path).expect("a source")))
}

#[test]
fn every_test_named_in_the_docs_exists() {
    let mut count = 0;
    let mut missing = Vec::new();
    for document in ["README.md", "docs/flagd.md", "docs/rollout.md"] {
        let text = read(document);
        for (module, test) in named(&text) {
            let exists = match test {
                "*" => any_test_below(module),
                _ => source_of(module).contains(&format!("fn {test}()")),
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
    for row in option_table::options() {
        let begins = format!("| `--{}` | `", row.name);
        assert!(text.contains(&begins), "no row for --{}", row.name);
    }
}
