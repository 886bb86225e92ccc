//! Runs of the `fanion` and `flagctl` programs, and their output.

pub mod daemon;
pub mod secrets;

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;

/// Runs `fanion` in an empty environment.
pub fn run_fanion(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fanion"));
    let output = command.env_clear().args(arguments).output();
    without_secrets(output.expect("the program runs"))
}

/// Runs `flagctl` in a directory and an empty environment.
pub fn run_flagctl(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flagctl"));
    let command = command.env_clear().current_dir(directory);
    without_secrets(command.args(arguments).output().expect("the program runs"))
}

/// Runs `flagctl` in a directory with the environment of the tests, so that it finds `git`.
pub fn run_flagctl_with_env(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flagctl"));
    command.current_dir(directory).args(arguments);
    without_secrets(command.output().expect("the program runs"))
}

/// Runs `flagctl` in a directory and an empty environment, with `input` on standard input.
pub fn run_flagctl_with_input(directory: &Path, arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flagctl"));
    let command = command.env_clear().current_dir(directory);
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command
        .stderr(Stdio::piped())
        .args(arguments)
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    // A command that reports a usage error does not read its input.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    without_secrets(child.wait_with_output().expect("the program ends"))
}

/// The output, after a check that it has no secret of the tests.
fn without_secrets(output: Output) -> Output {
    secrets::assert_absent(&output.stdout);
    secrets::assert_absent(&output.stderr);
    output
}

/// Runs `git` in a directory, with a fixed author.
pub fn run_git(directory: &Path, arguments: &[&str]) {
    let identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
    let mut command = Command::new("git");
    let command = command.current_dir(directory).args(identity);
    let output = command.args(arguments).output().expect("git runs");
    assert!(output.status.success(), "{output:?}");
}

/// The output of a program as text.
pub fn printed(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text")
}
