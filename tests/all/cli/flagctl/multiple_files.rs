//! Flags of several files are known as they are in force together, and a file is read up to a bound.

use fanion::analysis::lint;
use fanion::limits;

use crate::cli::flagctl::lint::configuration::files;
use crate::cli::flagctl::lint::configuration::flagctl;
use crate::cli::flagctl::lint::configuration::policy;
use crate::cli::flagctl::lint::configuration::printed;

/// What is told in files, as far as it is of `codes`: name, place, code and message.
pub fn told(texts: &[(&str, &str)], codes: &[&str]) -> Vec<String> {
    let found = lint::check(&files(texts), &policy("{}"));
    let found = found.iter().filter(|d| codes.contains(&d.code.id()));
    found
        .map(|d| {
            let (place, code) = (d.position, d.code.id());
            format!(
                "{}:{}:{} {code} {}",
                d.file, place.line, place.column, d.message
            )
        })
        .collect()
}

pub const API: &str = "flags:\n  api:\n    variants: { \"on\": 1, \"off\": 0 }\n    defaultVariant: \"off\"\n    \
                   targeting: { if: [{ \"==\": [{ var: c }, DE] }, \"on\"] }\n";
pub const BUTTON: &str = "flags:\n  button:\n    variants: { \"on\": 1, \"off\": 0 }\n    defaultVariant: \"off\"\n    \
                      requires: [{ flag: api, variant: \"on\" }]\n    rollout: { variant: \"on\", percentage: 5 }\n";

#[test]
fn prerequisite_may_be_defined_in_another_file() {
    for order in [
        [("a.yaml", API), ("b.yaml", BUTTON)],
        [("b.yaml", BUTTON), ("a.yaml", API)],
    ] {
        assert_eq!(told(&order, &["F018", "F107"]), [""; 0]);
    }
    let alone = told(&[("b.yaml", BUTTON)], &["F018"]);
    assert_eq!(
        alone,
        ["b.yaml:5:16 F018 flag `button` requires `api`, and there is no such flag"]
    );
    // Two files that are right by themselves make a circle, and each end of it is told in its own file.
    let back = API.replace(
        "    targeting",
        "    requires: [{ flag: button, variant: \"on\" }]\n    targeting",
    );
    assert_eq!(
        told(&[("a.yaml", &back), ("b.yaml", BUTTON)], &["F018"]),
        [
            "a.yaml:5:16 F018 prerequisites run in a circle: `api` requires `button` requires `api`",
            "b.yaml:5:16 F018 prerequisites run in a circle: `button` requires `api` requires `button`",
        ]
    );
}

#[test]
fn every_command_merges_all_flag_files() {
    let directory = tempfile::tempdir().expect("a directory");
    for (name, text) in [("a.yaml", API), ("b.yaml", BUTTON)] {
        std::fs::write(directory.path().join(name), text).expect("a file");
    }
    for command in [
        &["lint", "."][..],
        &["compile", "."],
        &["list", "--flags", "."],
        &["eval", "button", "--flags", "."],
        &["explain", "button", "--flags", "."],
    ] {
        let output = flagctl(directory.path(), command);
        let said = printed(&output.stderr);
        assert!(!said.contains("F018"), "{command:?}: {said}");
        assert_eq!(output.status.code(), Some(0), "{command:?}: {said}");
    }
    let compiled = flagctl(directory.path(), &["compile", "."]);
    let button = printed(&compiled.stdout)
        .split("\"button\"")
        .nth(1)
        .expect("the flag");
    assert!(
        button.contains("\"DE\""),
        "the rule of the other file is in it: {button}"
    );
}

#[test]
fn too_large_file_is_rejected_by_name() {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("small.yaml"), API).expect("a file");
    let large = std::fs::File::create(directory.path().join("large.yaml")).expect("a file");
    large.set_len(limits::DOCUMENT + 1).expect("a hole");
    let want = format!(
        "large.yaml: the file is larger than {} bytes: split it",
        limits::DOCUMENT
    );
    for command in [
        &["eval", "api", "--flags", "large.yaml"][..],
        &["explain", "api", "--flags", "large.yaml"],
        &["diff", "small.yaml", "large.yaml"],
    ] {
        let output = flagctl(directory.path(), command);
        assert_eq!(output.status.code(), Some(2), "{command:?}");
        assert_eq!(
            printed(&output.stderr),
            format!("error: {want}\n"),
            "{command:?}"
        );
    }
    let output = flagctl(directory.path(), &["lint", "large.yaml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        printed(&output.stdout).contains("large.yaml:1:1: error: F015: the file is larger than")
    );
}
