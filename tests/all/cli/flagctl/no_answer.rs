//! Commands that cannot answer exit with 2: without flag files, and with files that cannot be read or parsed.

use crate::support::lint::pay_flag;
use crate::support::program::printed;
use crate::support::program::run_flagctl;
use crate::support::program::run_flagctl_with_env;
use crate::support::program::run_git;
use crate::support::temp_dir::TempDir;

/// Each command with `PATH` in place of its flag files.
const COMMANDS: [&[&str]; 10] = [
    &["lint", "PATH"],
    &["lint", "good.yaml", "--against", "PATH"],
    &["compile", "PATH"],
    &["diff", "good.yaml", "PATH"],
    &["diff", "PATH", "good.yaml"],
    &["list", "--flags", "PATH"],
    &["get", "pay", "--flags", "PATH"],
    &["eval", "pay", "--flags", "PATH"],
    &["explain", "pay", "--flags", "PATH"],
    &["refs", "src", "--flags", "PATH"],
];

fn directory() -> TempDir {
    let directory = TempDir::new();
    directory.write("good.yaml", pay_flag(1));
    directory.write("src/a.ts", "useFlag('pay', false)");
    directory
}

fn run(directory: &TempDir, command: &[&str], path: &str) -> (Option<i32>, String, String) {
    let words: Vec<&str> = command
        .iter()
        .map(|word| if *word == "PATH" { path } else { word })
        .collect();
    let output = run_flagctl(directory.path(), &words);
    let told = (printed(&output.stdout), printed(&output.stderr));
    (output.status.code(), told.0.to_owned(), told.1.to_owned())
}

#[test]
fn paths_without_flag_files_exit_with_2() {
    let directory = directory();
    std::fs::create_dir(directory.path().join("empty")).expect("a directory");
    directory.write("docs/readme.md", "no flags here");
    directory.write("nested/flags/a.yaml", pay_flag(1));
    directory.write("hidden/.a.yaml", pay_flag(1));
    for path in [
        "x*.yaml",
        "empty",
        "docs",
        "nested",
        "hidden",
        "docs/*",
        "empty/*.json",
    ] {
        for command in COMMANDS {
            let (status, stdout, stderr) = run(&directory, command, path);
            assert_eq!(status, Some(2), "{command:?} {path}: {stdout}{stderr}");
            let reason = format!("error: no flag files in `{path}`: ");
            assert!(stderr.starts_with(&reason), "{command:?}: {stderr}");
            assert_eq!(stdout, "", "{command:?} {path}");
        }
    }
    // One path without flag files is an error beside others that have them.
    let output = run_flagctl(directory.path(), &["lint", "good.yaml", "x*.yaml"]);
    assert_eq!(output.status.code(), Some(2));
}

/// The commands that answer a question about flags; `lint` and `refs` report the file as a finding and exit with 1.
#[test]
fn unreadable_and_unparsable_files_exit_with_2() {
    let directory = directory();
    directory.write("broken.yaml", "flags: [\n");
    directory.write("broken.json", "{\"flags\": {\"pay\": }}");
    directory.write("bytes.yaml", b"flags: {}\xff\n");
    directory.write("list.yaml", "- flags\n");
    directory.write("other.json", "{\"name\": \"a package\"}");
    directory.write("text.yaml", "flags: none\n");
    directory.write("notes.txt", pay_flag(1));
    directory.write("mixed/a.yaml", pay_flag(1));
    directory.write("mixed/b.yaml", "flags: [\n");
    for path in [
        "missing.yaml",
        "broken.yaml",
        "broken.json",
        "bytes.yaml",
        "list.yaml",
        "other.json",
        "text.yaml",
        "notes.txt",
        "mixed",
    ] {
        for command in COMMANDS {
            let (status, stdout, stderr) = run(&directory, command, path);
            let file = if path == "mixed" {
                "mixed/b.yaml"
            } else {
                path
            };
            let told = if matches!(command, ["lint", "PATH"] | ["refs", ..]) {
                assert_eq!(status, Some(1), "{command:?} {path}: {stdout}{stderr}");
                stdout
            } else {
                assert_eq!(status, Some(2), "{command:?} {path}: {stdout}{stderr}");
                assert_eq!(stdout, "", "{command:?} {path}");
                assert!(stderr.starts_with("error: "), "{command:?}: {stderr}");
                stderr
            };
            assert!(told.contains(file), "{command:?} {path}: {told}");
        }
    }
}

#[test]
fn empty_flag_set_is_an_answer() {
    let directory = directory();
    directory.write("none.yaml", "flags: {}\n");
    for (command, want) in COMMANDS.iter().zip([0, 0, 0, 0, 0, 0, 1, 1, 1, 1]) {
        let (status, stdout, stderr) = run(&directory, command, "none.yaml");
        assert_eq!(status, Some(want), "{command:?}: {stdout}{stderr}");
    }
}

#[test]
fn revision_without_the_path_is_an_error_unless_it_is_new() {
    let directory = directory();
    run_git(directory.path(), &["init", "-q", "-b", "main"]);
    run_git(directory.path(), &["add", "good.yaml"]);
    run_git(directory.path(), &["commit", "-q", "-m", "add"]);
    directory.write("flags/new.yaml", pay_flag(1));
    let diff = |arguments: &[&str]| {
        let arguments = [&["diff"], arguments].concat();
        let output = run_flagctl_with_env(directory.path(), &arguments);
        (output.status.code(), format!("{output:?}"))
    };
    let (status, told) = diff(&["main:flags", "flags"]);
    assert_eq!(status, Some(0), "{told}");
    assert!(told.contains("added"), "{told}");
    for misspelt in [
        &["main:flgas", "flags"][..],
        &["flags", "main:flgas"],
        &["--git", "main..main", "flgas"],
    ] {
        let (status, told) = diff(misspelt);
        assert_eq!(status, Some(2), "{told}");
        assert!(told.contains("no flag files in `"), "{told}");
    }
}
