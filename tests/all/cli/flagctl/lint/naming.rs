//! Lint rules on flag keys: naming convention and flags that differ only by ring.

use fanion::analysis::lint;

use crate::support::lint::findings;
use crate::support::lint::lint_policy;
use crate::support::lint::parse_files;
use crate::support::program::printed;
use crate::support::program::run_flagctl;
use crate::support::temp_dir::TempDir;

#[test]
fn naming_convention_is_enforced_with_a_suggestion() {
    let text = "flags:\n  new-checkout-flow: { state: DISABLED }\n  enable_dark_mode: { state: DISABLED }\n  FEATURE_enhanced_search: { state: DISABLED }\n";
    let dir = TempDir::new();
    dir.write("flags.yaml", text);
    let config = "naming: kebab-case\nfailOn: warning\nflags: [flags.yaml]\n";
    dir.write(".flagrc.yaml", config);
    let output = run_flagctl(dir.path(), &["lint"]);
    assert_eq!(output.status.code(), Some(1));
    let said = printed(&output.stdout);
    assert_eq!(
        said,
        "flags.yaml:3:3: warning: F109: key of flag `enable_dark_mode` is not kebab-case\n  \
           help: rename it to `enable-dark-mode`\n\
         flags.yaml:4:3: warning: F109: key of flag `FEATURE_enhanced_search` is not kebab-case\n  \
           help: rename it to `feature-enhanced-search`\n"
    );
}

#[test]
fn naming_convention_applies_to_each_key_segment() {
    let policy = lint_policy("naming: { convention: kebab-case, separator: \".\" }");
    let text = "flags:\n  checkout.payments.express-pay: { state: DISABLED }\n  checkout.Payments.express: { state: DISABLED }\n";
    let want = ["3:3 F109 key of flag `checkout.Payments.express` is not kebab-case"];
    assert_eq!(findings(text, &policy), want);
}

#[test]
fn number_of_parts_of_a_key_is_checked() {
    let policy = lint_policy("naming: { convention: kebab-case, separator: \".\", parts: 3 }");
    let text = "flags:\n  checkout.payments.express-pay: { state: DISABLED }\n  express-pay: { state: DISABLED }\n";
    let want = ["3:3 F109 key of flag `express-pay` has 1 parts instead of 3"];
    assert_eq!(findings(text, &policy), want);
}

#[test]
fn flags_that_differ_only_by_ring_are_reported() {
    let text = "rings: { wave-a: {} }\nflags:\n  pay-internal: { state: DISABLED }\n  pay-beta: { state: DISABLED }\n  pay-wave-a: {}\n  \
                ship_ring0: { state: DISABLED }\n  ship_ring-1: { state: DISABLED }\n  lonely-beta: { state: DISABLED }\n  beta: { state: DISABLED }\n  pay: { state: DISABLED }\n";
    let found = findings(text, &lint_policy("{}"));
    let found: Vec<&String> = found.iter().filter(|line| line.contains("F108")).collect();
    assert_eq!(
        found,
        [
            "3:3 F108 flag `pay-internal` differs from `pay-beta`, `pay-wave-a` only by its ring",
            "4:3 F108 flag `pay-beta` differs from `pay-internal`, `pay-wave-a` only by its ring",
            "5:3 F108 flag `pay-wave-a` differs from `pay-beta`, `pay-internal` only by its ring",
            "6:3 F108 flag `ship_ring0` differs from `ship_ring-1` only by its ring",
            "7:3 F108 flag `ship_ring-1` differs from `ship_ring0` only by its ring",
        ]
    );
}

#[test]
fn same_flag_in_two_files_is_not_a_family() {
    let text = "flags: { pay-beta: { state: DISABLED } }";
    let files = parse_files(&[("a.yaml", text), ("b.yaml", text)]);
    let found = lint::check(&files, &lint_policy("{}"));
    assert!(
        found.iter().all(|found| found.code.id() == "F118"),
        "{found:?}"
    );
}
