//! The committed JSON Schema equals the output of `flagctl schema`, and examples refer to it.

use std::path::Path;

use fanion::cli::flagctl::schema;

#[test]
fn committed_schema_equals_flagctl_schema_output() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schema/flags.json");
    let written = std::fs::read_to_string(file).unwrap_or_default();
    let printed = schema::render();
    assert!(
        written == printed,
        "generate it again: flagctl schema > docs/schema/flags.json"
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
