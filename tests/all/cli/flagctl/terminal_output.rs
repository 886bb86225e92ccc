//! `--quiet`, `--color`, and the order of findings and summary.

use std::collections::BTreeSet;
use std::process::Command;
use std::process::Output;

use crate::support::program::printed;
use crate::support::temp_dir::TempDir;

fn directory() -> TempDir {
    let directory = TempDir::new();
    let flags = "flags:\n  b: { variants: { x: 1 }, defaultVariant: x, stat: y }\n  a: { variants: { x: 1 }, defaultVariant: z }\n";
    directory.write("flags/b.yaml", flags);
    directory.write("flags/a.yaml", flags.replace("b:", "c:"));
    directory.write("src/a.ts", "useFlag('zz', 1);\nuseFlag('yy', 1);\n");
    directory
}

/// Runs a program in a directory with these environment variables only.
fn run(directory: &TempDir, environment: &[(&str, &str)], arguments: &[&str]) -> Output {
    let (program, arguments) = arguments.split_first().expect("a program");
    let program = match *program {
        "flag-lint" => env!("CARGO_BIN_EXE_flag-lint"),
        _ => env!("CARGO_BIN_EXE_flagctl"),
    };
    let mut command = Command::new(program);
    let command = command.env_clear().envs(environment.iter().copied());
    let command = command.current_dir(directory.path()).args(arguments);
    command.output().expect("the program runs")
}

#[test]
fn colour_is_for_terminals_unless_it_is_forced() {
    let directory = directory();
    let coloured = |environment: &[(&str, &str)], arguments: &[&str]| {
        let output = run(&directory, environment, arguments);
        let streams = [output.stdout, output.stderr];
        streams.map(|stream| printed(&stream).contains('\u{1b}'))
    };
    let lint = &["flagctl", "lint", "flags"][..];
    assert_eq!(coloured(&[], lint), [false, false]);
    assert_eq!(coloured(&[("CLICOLOR_FORCE", "1")], lint), [true, false]);
    let eval = ["flagctl", "eval", "a", "--flags", "flags"];
    assert_eq!(coloured(&[("CLICOLOR_FORCE", "1")], &eval), [false, true]);
    let both = [("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")];
    assert_eq!(coloured(&both, lint), [false, false]);
    for (arguments, want) in [
        (&["--color", "always", "lint", "flags"][..], true),
        (&["lint", "flags", "--color=always"], true),
        (&["lint", "flags", "--color", "never"], false),
        (&["lint", "flags", "--color", "auto"], false),
        (&["lint", "flags", "--color", "always", "-o", "json"], false),
        (
            &["lint", "flags", "--color", "always", "-o", "github"],
            false,
        ),
        (
            &["refs", "src", "--flags", "flags", "--color", "always"],
            true,
        ),
    ] {
        let arguments = [&["flagctl"], arguments].concat();
        assert_eq!(coloured(&[], &arguments)[0], want, "{arguments:?}");
    }
}

#[test]
fn quiet_suppresses_everything_but_results_and_errors() {
    let directory = directory();
    for (arguments, quiet) in [
        (&["flagctl", "lint", "flags"][..], ""),
        (&["flagctl", "refs", "src", "--flags", "flags"], ""),
        (
            &["flagctl", "eval", "b", "--flags", "flags/b.yaml"],
            "flags/b.yaml:2:47: error: F008: unknown member `stat` of flag `b`, ignored (help: did you mean `state`?)\n",
        ),
        (
            &["flagctl", "eval", "none", "--flags", "flags/b.yaml"],
            "error: flag `none` not found\n",
        ),
        (
            &["flagctl", "lint", "none*.yaml"],
            "error: no flag files in `none*.yaml`: no path that ends in .yaml, .yml or .json matches\n",
        ),
    ] {
        let loud = run(&directory, &[], arguments);
        assert_ne!(printed(&loud.stderr), "", "{arguments:?}");
        for option in ["-q", "--quiet"] {
            let output = run(&directory, &[], &[arguments, &[option]].concat());
            assert_eq!(printed(&output.stderr), quiet, "{arguments:?}");
            assert_eq!(output.stdout, loud.stdout, "{arguments:?}");
            assert_eq!(output.status, loud.status, "{arguments:?}");
        }
    }
}

#[test]
fn findings_are_grouped_by_file_and_sorted_by_position() {
    let directory = directory();
    directory.write(".flagrc.yaml", "flags: [flags]\nrefs: { paths: [src] }\n");
    for arguments in [
        &["flag-lint", "check"][..],
        &["flagctl", "lint", "flags"],
        &["flagctl", "refs", "src", "--flags", "flags"],
    ] {
        let output = run(&directory, &[], arguments);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let places = printed(&output.stdout)
            .lines()
            .filter(|line| !line.starts_with(' '));
        let places: Vec<(&str, u32)> = places
            .map(|line| {
                let mut parts = line.split(':');
                let file = parts.next().expect("a file");
                (
                    file,
                    parts.next().expect("a line").parse().expect("a number"),
                )
            })
            .collect();
        let mut files: Vec<&str> = places.iter().map(|(file, _)| *file).collect();
        files.dedup();
        let distinct: BTreeSet<&str> = files.iter().copied().collect();
        assert_eq!(files.len(), distinct.len(), "{arguments:?}: {places:?}");
        let sorted = places.is_sorted_by(|a, b| a.0 != b.0 || a.1 <= b.1);
        assert!(sorted, "{arguments:?}: {places:?}");
    }
}

/// With one stream for both, as on a terminal, the summary is the last line.
#[test]
fn summary_is_the_last_line() {
    let directory = directory();
    let flagctl = env!("CARGO_BIN_EXE_flagctl");
    let script = format!("{flagctl} lint flags 2>&1");
    let mut shell = Command::new("bash");
    let shell = shell.current_dir(directory.path()).args(["-c", &script]);
    let output = shell.output().expect("a shell");
    let told = printed(&output.stdout);
    let last = told.lines().last().expect("a line");
    assert!(
        last.contains(" error") && last.ends_with(" in 2 files"),
        "{told}"
    );
    assert_eq!(told.matches(" in 2 files").count(), 1, "{told}");
}
