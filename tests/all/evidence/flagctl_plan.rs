//! `flagctl evidence plan` and `simulate`.

use crate::support::program::printed;
use crate::support::program::run_flagctl;
use crate::support::temp_dir::TempDir;

#[test]
fn plan_prints_failures_time_and_ceiling() {
    let directory = TempDir::new();
    let arguments = [
        "evidence",
        "plan",
        "--share",
        "10",
        "--traffic",
        "600",
        "--base-rate",
        "0.8%",
    ];
    let output = run_flagctl(directory.path(), &arguments);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = printed(&output.stdout);
    assert!(
        text.contains("\n3×           33         6 min     10 min\n"),
        "{text}"
    );
    assert!(
        text.contains("\nceiling: 125.0×, when every unit fails\n"),
        "{text}"
    );
    let arguments = [
        "evidence",
        "plan",
        "--share",
        "10",
        "--traffic",
        "600",
        "--base-rate",
        "120",
    ];
    let output = run_flagctl(directory.path(), &arguments);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

#[test]
fn a_ratio_that_is_impossible_is_said_so() {
    let directory = TempDir::new();
    let arguments = [
        "evidence",
        "plan",
        "--share",
        "1",
        "--traffic",
        "0.001",
        "--base-rate",
        "40",
    ];
    let output = run_flagctl(directory.path(), &arguments);
    let text = printed(&output.stdout);
    assert!(
        text.contains("\n3×           -          impossible   impossible\n"),
        "{text}"
    );
    assert!(text.contains("no regression is caught"), "{text}");
}

#[test]
fn simulation_prints_tables_and_writes_pictures() {
    let directory = TempDir::new();
    let simulate = |name: &str| {
        let arguments = [
            "evidence", "simulate", "--runs", "1", "--seed", "4", "--svg", name,
        ];
        run_flagctl(directory.path(), &arguments)
    };
    let output = simulate("a");
    let text = printed(&output.stdout).to_owned();
    assert_eq!(text.matches("| shared outage |").count(), 2, "{output:?}");
    assert!(text.contains(
        "| rule | 3× from the start | 3× after 12 h | 10× from the start | 10× after 12 h |"
    ));
    assert_eq!(printed(&simulate("b").stdout), text);
    for name in ["false-alarms.svg", "detection.svg"] {
        let svg = std::fs::read_to_string(directory.path().join("a").join(name)).unwrap();
        assert!(
            svg.starts_with("<svg ") && svg.ends_with("</svg>\n"),
            "{name}"
        );
    }
}
