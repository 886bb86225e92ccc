//! `flagctl` with several flag files: merging, prerequisites between files, the size limit.

use fanion::limits;

use crate::support::lint::API;
use crate::support::lint::BUTTON;
use crate::support::lint::findings_with_codes;
use crate::support::program::printed;
use crate::support::program::run_flagctl;
use crate::support::temp_dir::TempDir;

#[test]
fn prerequisite_may_be_defined_in_another_file() {
    for order in [
        [("a.yaml", API), ("b.yaml", BUTTON)],
        [("b.yaml", BUTTON), ("a.yaml", API)],
    ] {
        assert_eq!(findings_with_codes(&order, &["F018", "F107"]), [""; 0]);
    }
    let alone = findings_with_codes(&[("b.yaml", BUTTON)], &["F018"]);
    assert_eq!(
        alone,
        ["b.yaml:5:16 F018 flag `button` requires flag `api`, which does not exist"]
    );
    // Two files that are valid alone form a cycle, which is reported in both files.
    let back = API.replace(
        "    targeting",
        "    requires: [{ flag: button, variant: \"on\" }]\n    targeting",
    );
    assert_eq!(
        findings_with_codes(&[("a.yaml", &back), ("b.yaml", BUTTON)], &["F018"]),
        [
            "a.yaml:5:16 F018 prerequisites form a cycle: `api` requires `button` requires `api`",
            "b.yaml:5:16 F018 prerequisites form a cycle: `button` requires `api` requires `button`",
        ]
    );
}

#[test]
fn every_command_merges_all_flag_files() {
    let directory = TempDir::new();
    for (name, text) in [("a.yaml", API), ("b.yaml", BUTTON)] {
        directory.write(name, text);
    }
    for command in [
        &["lint", "."][..],
        &["compile", "."],
        &["list", "--flags", "."],
        &["eval", "button", "--flags", "."],
        &["explain", "button", "--flags", "."],
    ] {
        let output = run_flagctl(directory.path(), command);
        let said = printed(&output.stderr);
        assert!(!said.contains("F018"), "{command:?}: {said}");
        assert_eq!(output.status.code(), Some(0), "{command:?}: {said}");
    }
    let compiled = run_flagctl(directory.path(), &["compile", "."]);
    let button = printed(&compiled.stdout)
        .split("\"button\"")
        .nth(1)
        .expect("the flag");
    assert!(
        button.contains("\"DE\""),
        "the rule of the other file is missing: {button}"
    );
}

#[test]
fn too_large_file_is_rejected_by_name() {
    let directory = TempDir::new();
    directory.write("small.yaml", API);
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
        let output = run_flagctl(directory.path(), command);
        assert_eq!(output.status.code(), Some(2), "{command:?}");
        assert_eq!(
            printed(&output.stderr),
            format!("error: {want}\n"),
            "{command:?}"
        );
    }
    let output = run_flagctl(directory.path(), &["lint", "large.yaml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        printed(&output.stdout).contains("large.yaml:1:1: error: F015: the file is larger than")
    );
}
