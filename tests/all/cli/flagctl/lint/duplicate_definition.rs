//! F118: two files define one flag in one flag set.

use crate::support::lint::findings_with_codes;
use crate::support::program::run_flagctl;
use crate::support::temp_dir::TempDir;

const WARM: &str = "flags:\n  g: { variants: { a: 1, b: 2 }, defaultVariant: a }\n";
const COLD: &str = "flags:\n  g: { variants: { a: 1, b: 2 }, defaultVariant: b }\n";

#[test]
fn flag_in_two_files_is_reported_in_the_later_one() {
    assert_eq!(
        findings_with_codes(&[("a.yaml", WARM), ("b.yaml", COLD)], &["F118"]),
        [
            "b.yaml:2:3 F118 flag `g` is defined a second time, and replaces the other definition in a.yaml:2"
        ]
    );
    assert_eq!(
        findings_with_codes(&[("a.yaml", WARM), ("b.yaml", WARM)], &["F118"]),
        ["b.yaml:2:3 F118 flag `g` is defined a second time, equal to a.yaml:2"]
    );
    let other_set = format!("metadata: {{ flagSetId: other }}\n{COLD}");
    let other_key = COLD.replace("g:", "h:");
    for text in [&other_set, &other_key] {
        let found = findings_with_codes(&[("a.yaml", WARM), ("b.yaml", text)], &["F118"]);
        assert_eq!(found, [""; 0]);
    }
}

#[test]
fn definitions_that_differ_fail_the_run() {
    for (second, code) in [(COLD, 1), (WARM, 0)] {
        let directory = TempDir::new();
        directory.write("a.yaml", WARM);
        directory.write("b.yaml", second);
        let output = run_flagctl(directory.path(), &["lint", "."]);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
    }
}
