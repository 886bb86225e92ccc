//! What the documents say of the tests is true.

use std::path::Path;

use fanion::config::table;

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
        .filter_map(|word| word.split_once("::"))
        .collect()
}

#[test]
fn every_test_that_is_named_exists() {
    let mut count = 0;
    let mut missing = Vec::new();
    for document in ["README.md", "docs/flagd.md", "docs/rollout.md"] {
        let text = read(document);
        for (module, test) in named(&text) {
            let source = root().join(format!("tests/all/{module}.rs"));
            let source = std::fs::read_to_string(source).unwrap_or_default();
            let exists = match test {
                "*" => source.contains("#[test]") || source.contains("#[tokio::test"),
                _ => source.contains(&format!("fn {test}()")),
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
fn every_option_has_a_test() {
    let text = read("docs/flagd.md");
    for row in table::options() {
        let begins = format!("| `--{}` | `", row.name);
        assert!(text.contains(&begins), "no row for --{}", row.name);
    }
}
