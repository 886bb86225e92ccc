//! `flagctl evidence events`: the counting of raw lines.

use std::fmt::Write as _;
use std::process::Output;

use serde_json::Value;

use crate::support::program::printed;
use crate::support::program::run_flagctl_with_input;
use crate::support::temp_dir::TempDir;

fn events(text: &str, options: &[&str]) -> Output {
    let directory = TempDir::new();
    let arguments = [&["evidence", "events", "-"], options].concat();
    run_flagctl_with_input(directory.path(), &arguments, text)
}

/// Ten new units per second, one of them in the treatment. Every fourth unit of the treatment and every fortieth of the
/// control fails, three times. Staff always fail.
fn recording(header: &str) -> String {
    let mut text = header.to_owned();
    for t in 0..400 {
        for number in 0..10 {
            let arm = if number == 0 { "treatment" } else { "control" };
            let every = if number == 0 { 4 } else { 40 };
            let fails = (t + number) % every == 0;
            let unit = format!("\"t\": {t}, \"unit\": \"u{t}-{number}\", \"arm\": \"{arm}\"");
            let _ = writeln!(text, "{{{unit}, \"lane\": \"share\"}}");
            for _ in 0..if fails { 3 } else { 0 } {
                let _ = writeln!(
                    text,
                    "{{{unit}, \"lane\": \"share\", \"outcome\": \"error\"}}"
                );
            }
        }
        let staff =
            format!("\"t\": {t}, \"unit\": \"staff\", \"arm\": \"treatment\", \"lane\": \"ring\"");
        let _ = writeln!(text, "{{{staff}}}\n{{{staff}, \"outcome\": \"error\"}}");
    }
    text
}

fn verdicts(output: &Output) -> Vec<String> {
    let line = |line| serde_json::from_str::<Value>(line).unwrap()["verdict"].to_string();
    printed(&output.stdout).lines().map(line).collect()
}

#[test]
fn raw_lines_are_counted_and_judged() {
    let output = events(&recording(""), &[]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(verdicts(&output).len(), 7);
    assert_eq!(verdicts(&output).last().unwrap(), "\"regressed\"");
    let note = "left out: 800 lines of rings and allow lists, which are not randomised";
    assert!(printed(&output.stderr).contains(note), "{output:?}");
    for header in [
        "{\"test\": \"share-bet\"}\n",
        "{\"test\": \"limit\", \"max\": 0.05}\n",
    ] {
        let output = events(&recording(header), &["--every", "10"]);
        assert_eq!(output.status.code(), Some(1), "{header} {output:?}");
        assert_eq!(verdicts(&output).len(), 40);
    }
}

#[test]
fn outcomes_can_be_chosen_by_name() {
    let output = events(&recording(""), &["--outcome", "order.placed"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(
        verdicts(&output)
            .iter()
            .all(|verdict| verdict == "\"undecided\"")
    );
}

#[test]
fn many_units_are_sampled() {
    let output = events(&recording(""), &["--max-units", "1000"]);
    assert!(
        printed(&output.stderr).contains("the counts are those of a sample of"),
        "{output:?}"
    );
    assert_eq!(verdicts(&output).len(), 7);
}

#[test]
fn bad_event_lines_name_line_and_remedy() {
    let exposure = "{\"t\": 5, \"unit\": \"a\", \"lane\": \"share\", \"arm\": \"control\"}\n";
    for (line, want) in [
        (
            "{\"t\": 4, \"unit\": \"a\", \"lane\": \"share\", \"arm\": \"control\"}",
            "`t` is 4, after a line with 5: sort the lines by time",
        ),
        (
            "{\"t\": 5, \"unit\": 7, \"lane\": \"share\", \"arm\": \"control\"}",
            "`unit` is a number: write a string",
        ),
        (
            "{\"t\": 5, \"unit\": \"a\", \"lane\": \"chair\", \"arm\": \"control\"}",
            "`lane` is `chair`: write `share`, `ring` or `allow`",
        ),
        (
            "{\"t\": 5, \"unit\": \"a\", \"lane\": \"share\"}",
            "`arm` is missing: write `\"arm\": \"control\"`",
        ),
        (
            "{\"t\": 90000000, \"unit\": \"a\", \"lane\": \"share\", \"arm\": \"control\"}",
            "more than a million looks without an event: choose a larger --every",
        ),
    ] {
        let output = events(&format!("{exposure}{line}\n"), &[]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let text = printed(&output.stderr).trim_end().to_owned();
        assert_eq!(text, format!("error: standard input:2: {want}"));
    }
}
