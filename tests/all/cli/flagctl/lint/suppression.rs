//! Suppression of lint findings by comments and by a baseline.

use crate::support::lint::findings;
use crate::support::lint::lint_policy;
use crate::support::program::printed;
use crate::support::program::run_flagctl;
use crate::support::temp_dir::TempDir;

#[test]
fn ignore_comment_suppresses_a_finding() {
    let text = "flags:\n  # flag-lint: ignore F104 the demo flickers on purpose\n  f:\n    variants: { a: 1, b: 2 }\n    \
                targeting: { fractional: [{ var: requestId }, [a, 1], [b, 1]] }\n  \
                g:\n    variants: { a: 1, b: 2 }\n    \
                targeting: { fractional: [{ var: requestId }, [a, 1], [b, 1]] } # flag-lint: ignore F104, F107\n  \
                h:\n    variants: { a: 1, b: 2 }\n    \
                targeting: { fractional: [{ var: requestId }, [a, 1], [b, 1]] } # flag-lint: ignore this\n";
    let want = [
        "11:33 F104 bucketing key of flag `h` contains `requestId`, which differs for every request",
        "8:69 F130 unused ignore comment: no F107 finding here",
        "11:69 F130 ignore comment without a code",
    ];
    assert_eq!(findings(text, &lint_policy("{}")), want);
}

#[test]
fn load_errors_cannot_be_suppressed() {
    let text = "flags:\n  f: { variants: { a: 1 }, defaultVariant: b } # flag-lint: ignore F007\n";
    let want = ["2:44 F007 `defaultVariant` of flag `f` is `b`, which is not a variant"];
    assert_eq!(findings(text, &lint_policy("rules: { F007: off }")), want);
}

#[test]
fn baseline_hides_known_findings() {
    let dir = TempDir::new();
    let write = |text: &str| dir.write("f.yaml", text);
    let lint = |more: &[&str]| {
        let arguments = [
            &[
                "lint",
                "f.yaml",
                "--fail-on",
                "warning",
                "--baseline",
                "known.json",
            ],
            more,
        ]
        .concat();
        run_flagctl(dir.path(), &arguments)
    };
    write("flags:\n  f: { stat: 1 }\n");
    assert_eq!(lint(&[]).status.code(), Some(2), "the baseline is missing");
    assert_eq!(lint(&["--write-baseline"]).status.code(), Some(0));
    let output = lint(&[]);
    assert_eq!(output.status.code(), Some(0));
    assert!(printed(&output.stderr).contains("1 more in the baseline"));
    write("flags:\n\n  g: { stat: 1 }\n  f: { stat: 1 }\n");
    let output = lint(&[]);
    assert_eq!(
        output.status.code(),
        Some(1),
        "a second finding of the same kind is new"
    );
    assert_eq!(printed(&output.stdout).matches("F008").count(), 1);
    dir.write("known.json", "[]");
    assert_eq!(lint(&[]).status.code(), Some(2), "the baseline is invalid");
}
