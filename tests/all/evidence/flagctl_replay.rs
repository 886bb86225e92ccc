//! `flagctl evidence replay`: verdicts, exit codes, and errors that name the line.

use std::fmt::Write as _;
use std::process::Output;

use serde_json::Value;

use crate::support::program::printed;
use crate::support::program::run_flagctl_with_input;
use crate::support::temp_dir::TempDir;

fn replay(text: &str) -> Output {
    let directory = TempDir::new();
    run_flagctl_with_input(directory.path(), &["evidence", "replay", "-"], text)
}

fn lines(output: &Output) -> Vec<Value> {
    let lines = printed(&output.stdout).lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn recording(header: &str, names: [&str; 2], bad: (u64, u64), looks: u64) -> String {
    let mut text = format!("{header}\n");
    let [units, failed] = names;
    for look in 0..looks {
        let t = look * 60;
        let (control, treatment) = bad;
        let _ = writeln!(
            text,
            "{{\"t\": {t}, \"{units}\": {{\"control\": 540, \"treatment\": 60}}, \"{failed}\": {{\"control\": {control}, \"treatment\": {treatment}}}}}"
        );
    }
    text
}

const UNITS: [&str; 2] = ["atRisk", "failed"];
const EVENTS: [&str; 2] = ["units", "bad"];

#[track_caller]
fn check(header: &str, names: [&str; 2], bad: (u64, u64), verdict: &str, code: i32) {
    let output = replay(&recording(header, names, bad, 40));
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    let lines = lines(&output);
    assert_eq!(lines.len(), 40);
    assert_eq!(lines[39]["verdict"], verdict, "{header} {:?}", lines[39]);
    assert_eq!(lines[39]["t"], 39 * 60);
    assert!(lines[39]["logE"].is_number());
}

#[test]
fn comparisons_give_their_verdicts_and_exit_codes() {
    check(
        r#"{"test": "compare", "alpha": 0.05}"#,
        UNITS,
        (4, 3),
        "regressed",
        1,
    );
    check(
        r#"{"test": "compare", "alpha": 0.05}"#,
        UNITS,
        (9, 1),
        "undecided",
        0,
    );
    check(
        r#"{"test": "share-bet", "alpha": 0.05}"#,
        EVENTS,
        (4, 6),
        "regressed",
        1,
    );
}

#[test]
fn limit_and_health_give_their_verdicts_and_exit_codes() {
    check(
        r#"{"test": "limit", "max": 0.02}"#,
        EVENTS,
        (4, 8),
        "regressed",
        1,
    );
    check(
        r#"{"test": "limit", "max": 0.02}"#,
        EVENTS,
        (100, 12),
        "shared-incident",
        0,
    );
    check(
        r#"{"test": "limit", "max": 0.2}"#,
        EVENTS,
        (4, 1),
        "healthy",
        0,
    );
    check(
        r#"{"test": "must-not-fall", "margin": 0}"#,
        UNITS,
        (90, 4),
        "regressed",
        1,
    );
    check(
        r#"{"test": "health", "margin": 1.5}"#,
        UNITS,
        (90, 8),
        "healthy",
        0,
    );
    check(
        r#"{"test": "health", "margin": 0.5}"#,
        UNITS,
        (90, 8),
        "healthy",
        0,
    );
    check(r#"{"test": "compare"}"#, UNITS, (9, 61), "invalid", 0);
}

#[test]
fn a_limit_takes_the_treatment_alone() {
    let output = replay("{\"test\":\"limit\",\"max\":0.01}\n{\"t\":0,\"units\":100,\"bad\":60}\n");
    assert_eq!(lines(&output)[0]["verdict"], "regressed");
}

#[test]
fn missing_arm_is_invalid_with_its_reason() {
    let text = "{\"test\":\"compare\"}\n{\"t\":0,\"atRisk\":{\"control\":9,\"treatment\":9},\"failed\":{\"control\":1}}\n";
    let line = &lines(&replay(text))[0];
    assert_eq!(
        (&line["verdict"], &line["reason"]),
        (&"invalid".into(), &"arm-vanished".into())
    );
}

#[track_caller]
fn check_error(text: &str, want: &str) {
    let output = replay(text);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_eq!(printed(&output.stderr).trim_end(), format!("error: {want}"));
    assert!(output.stdout.is_empty());
}

#[test]
fn bad_lines_are_errors_that_name_line_and_remedy() {
    check_error(
        "{\"test\": \"compared\"}\n",
        "standard input:1: `test` is `compared`: write `compare`, `limit`, `share-bet`, `must-not-fall` or `health`",
    );
    check_error(
        "{\"test\": \"compare\", \"alpha\": 5}\n",
        "standard input:1: `alpha` is 5: write a number above 0 and below 1",
    );
    check_error(
        "{\"test\": \"limit\"}\n",
        "standard input:1: `max` is missing: write the largest allowed share, such as 0.02",
    );
    check_error(
        "{\"test\": \"compare\", \"max\": 1}\n",
        "standard input:1: unknown member `max`: write `test`, `alpha`, `margin` or `proof`",
    );
    check_error(
        "{\"test\": \"compare\"}\n\n{\"t\": 0, \"atRisk\": {\"control\": 1.5}, \"failed\": {}}\n",
        "standard input:3: `atRisk.control` is 1.5: write a whole number from 0 on",
    );
    check_error(
        "{\"test\": \"compare\"}\n{\"t\": 0, \"atRisk\": {\"contol\": 1}, \"failed\": {}}\n",
        "standard input:2: unknown member `contol`: write `control`",
    );
    check_error(
        "{\"test\": \"compare\"}\n{\"atRisk\": {}, \"failed\": {}}\n",
        "standard input:2: `t` is missing: write the time in seconds",
    );
    check_error(
        "{\"test\": \"compare\"}\n[]\n",
        "standard input:2: found an array: write an object, such as {\"t\": 0, …}",
    );
    check_error("", "`-` is empty: begin with the line of the test");
    let long = format!("{{\"test\": \"compare\"}}\n{}\n", " ".repeat(20_000));
    check_error(
        &long,
        "standard input:2: the line is longer than 16384 bytes: write one object per line",
    );
}

#[test]
fn text_that_is_no_json_is_an_error() {
    let output = replay("{\"test\": \"compare\"}\n{\"t\": 0,,}\n");
    assert_eq!(output.status.code(), Some(2));
    let text = printed(&output.stderr).to_owned();
    assert!(text.starts_with("error: standard input:2: "), "{text}");
    assert!(
        text.trim_end()
            .ends_with(": write one JSON object per line"),
        "{text}"
    );
}
