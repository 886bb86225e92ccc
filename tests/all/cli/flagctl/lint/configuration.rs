//! `flagctl lint`: output formats, `.flagrc.yaml` and exit status.

use std::path::Path;

use fanion::analysis::lint;
use fanion::analysis::lint::policy::LintPolicy;
use fanion::diag::DiagnosticSink;
use fanion::document::yaml_parser;

use crate::support::lint::lint_policy;
use crate::support::lint::parse_files;
use crate::support::program::printed;
use crate::support::program::run_flagctl;
use crate::support::temp_dir::TempDir;

#[test]
fn configured_severity_overrides_the_default() {
    let text = "flags:\n  pay-beta: { state: DISABLED }\n  pay-ga: { stat: x }\n";
    let policy = lint_policy("rules: { F108: off, f008: error }");
    let files = parse_files(&[("flags.yaml", text)]);
    let found = lint::check(&files, &policy);
    let (errors, warnings) = lint::count_errors_and_warnings(&found);
    assert_eq!((errors, warnings), (1, 0), "{found:?}");
}

#[test]
fn flagrc_is_found_in_parent_and_errors_have_positions() {
    let dir = TempDir::new();
    let deep = dir.path().join("a/b");
    std::fs::create_dir_all(&deep).expect("directories");
    std::fs::create_dir(dir.path().join("flags")).expect("a directory");
    dir.write("flags/x.yaml", "flags: { a_b: { state: DISABLED } }\n");
    for (name, text, place) in [
        (".flagrc.yaml", "flags: [flags]\nnamin: kebab-case\n", "2:1"),
        (
            ".flagrc.json",
            "{\"flags\": [\"flags\"],\n \"namin\": \"kebab-case\"}",
            "2:2",
        ),
        (
            ".flagrc.toml",
            "flags = [\"flags\"]\nnamin = \"kebab-case\"\n",
            "2:1",
        ),
    ] {
        let path = dir.path().join(name);
        std::fs::write(&path, text).expect("a file");
        let output = run_flagctl(&deep, &["lint"]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let want = format!(
            "../../{name}:{place}: error: F131: unknown setting `namin`\n  help: did you mean `naming`?\n"
        );
        assert_eq!(printed(&output.stdout), want);
        std::fs::write(&path, text.replace("namin", "naming")).expect("a file");
        let output = run_flagctl(&deep, &["lint", "--fail-on", "warning"]);
        assert_eq!(output.status.code(), Some(1));
        let said = printed(&output.stdout);
        assert!(
            said.starts_with("../../flags/x.yaml:1:10: warning: F109: "),
            "{said}"
        );
        std::fs::remove_file(&path).expect("the file exists");
    }
    let output = run_flagctl(&deep, &["lint"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(printed(&output.stderr).contains("no flag files given"));
}

#[test]
fn all_flagrc_errors_are_reported() {
    let text = "naming: kebab\nlifecycle: { require: [ownr] }\nurls: { origins: [cdn.example.com, \"https://a/b\"] }\n\
                rules: { F999: off, F108: of }\nfailOn: [error]\nattributes: 3\nrefs: { paths: [src], pattern: x }\nrings: ['']\n";
    let mut report = DiagnosticSink::new("c".into());
    let root = yaml_parser::parse(text, &mut report).expect("valid YAML");
    LintPolicy::from_node(&root, &mut report);
    let found = report.finish();
    let lines: Vec<u32> = found.iter().map(|d| d.position.line).collect();
    assert_eq!(lines, [1, 2, 3, 3, 4, 4, 5, 6, 7, 8], "{found:?}");
}

#[test]
fn explain_option_prints_the_page_of_a_code() {
    let here = Path::new(".");
    let output = run_flagctl(here, &["lint", "--explain", "f103"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(printed(&output.stdout).starts_with("# F103: "));
    let output = run_flagctl(here, &["lint", "--explain", "all"]);
    assert!(printed(&output.stdout).lines().count() > 30);
    assert_eq!(
        run_flagctl(here, &["lint", "--explain", "F999"])
            .status
            .code(),
        Some(2)
    );
}

#[test]
fn unreadable_files_are_reported_as_findings() {
    let output = run_flagctl(Path::new("."), &["lint", "nowhere.yaml", "Cargo.toml"]);
    assert_eq!(output.status.code(), Some(1));
    let said = printed(&output.stdout);
    assert_eq!(said.matches("error: F015: ").count(), 2, "{said}");
}
