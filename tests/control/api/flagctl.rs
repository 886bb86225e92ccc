//! `flagctl token` against the real program.

use std::process::Command;
use std::process::Output;

use crate::api::program::Program;

fn flagctl(program: &Program, token: &str, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flagctl"));
    command.env_clear();
    command.env("FLAGCTL_CONTROL", format!("http://{}", program.address()));
    command.env("FLAGCTL_TOKEN", token).args(words);
    command.output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn flagctl_makes_lists_and_revokes_tokens() {
    let program = Program::start(&[]);
    let bootstrap = program.bootstrap();
    let words = [
        "token",
        "create",
        "pipeline",
        "--verbs",
        "write,kill",
        "--kind",
        "automation",
        "--env",
        "prod",
        "--key-prefix",
        "pay.",
        "--expires",
        "720h",
        "--reason",
        "new pipeline",
    ];
    let made = flagctl(&program, &bootstrap, &words);
    assert!(made.status.success(), "{made:?}");
    let token = stdout(&made).trim().to_owned();
    assert!(token.starts_with("fan_"), "{token}");
    let set = ["set", "pay.card", "--percentage", "7", "--env", "prod"];
    assert!(flagctl(&program, &token, &set).status.success());
    let other = flagctl(&program, &token, &["kill", "search", "--env", "prod"]);
    assert_eq!(other.status.code(), Some(1));
    let why = String::from_utf8_lossy(&other.stderr).into_owned();
    assert!(
        why.contains("`pipeline` lacks the grant `kill` for flag `search`"),
        "{why}"
    );
    let listed = stdout(&flagctl(&program, &bootstrap, &["token", "list"]));
    let line = listed.lines().nth(1).unwrap_or_default();
    assert!(
        line.contains("pipeline") && line.contains("write+kill in prod pay.…"),
        "{listed}"
    );
    let id = line.split_whitespace().next().unwrap_or_default();
    let revoked = flagctl(
        &program,
        &bootstrap,
        &["token", "revoke", id, "--reason", "left"],
    );
    assert_eq!(stdout(&revoked), "revoked the token of pipeline\n");
    assert_eq!(flagctl(&program, &token, &set).status.code(), Some(2));
}
