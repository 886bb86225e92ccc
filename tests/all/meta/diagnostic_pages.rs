//! The page of each diagnostic code: its bad example is reported, its good one is not.

use fanion::analysis::lint;
use fanion::analysis::lint::suppression::ignore_comment;
use fanion::diag::Code;

use crate::support::lint::lint_policy;
use crate::support::lint::parse_files;

/// The YAML block after `heading` on a page.
fn example<'p>(page: &'p str, heading: &str) -> Option<&'p str> {
    let (_, behind) = page.split_once(&format!("\n{heading}:\n\n```yaml\n"))?;
    behind.split("```").next()
}

fn found(page: &str, text: &str) -> Vec<&'static str> {
    let policy = lint_policy(example(page, "With this in `.flagrc.yaml`").unwrap_or("{}"));
    let files = parse_files(&[("flags.yaml", text)]);
    let mut found = lint::check(&files, &policy);
    ignore_comment::remove_ignored(&files, &mut found);
    found.iter().map(|found| found.code.id()).collect()
}

#[test]
fn bad_examples_produce_the_code_of_their_page() {
    let mut examples = 0;
    for code in Code::ALL {
        let page = code.page();
        if let Some(bad) = example(page, "Bad") {
            let found = found(page, bad);
            assert!(found.contains(&code.id()), "{page}: {found:?}");
            examples += 1;
        }
        if let Some(good) = example(page, "Good") {
            assert_eq!(found(page, good), [""; 0], "{page}");
        }
    }
    assert!(examples > 25, "only {examples} pages have an example");
}

#[test]
fn every_page_has_a_title_and_a_severity() {
    for code in Code::ALL {
        let page = code.page();
        let title = format!("# {}: {}\n\nSeverity: ", code.id(), code.title());
        assert!(page.starts_with(&title), "{page}");
        assert_eq!(Code::from_id(&code.id().to_lowercase()), Some(*code));
    }
    assert_eq!(Code::from_id("F000"), None);
}

#[test]
fn diagnostic_codes_are_unique_and_sorted() {
    let ids: Vec<_> = Code::ALL.iter().map(|code| code.id()).collect();
    assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
}

#[test]
fn the_index_lists_every_page() {
    let index = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/lint/README.md");
    let index = std::fs::read_to_string(index).expect("the index");
    let rows: String = Code::ALL
        .iter()
        .map(|code| format!("| [{0}]({0}.md) | {1} |\n", code.id(), code.title()))
        .collect();
    assert!(
        index.ends_with(&rows),
        "docs/lint/README.md should end with:\n{rows}"
    );
}
