//! Arguments, exit statuses and completions of `flagctl`.

mod order;

use std::path::Path;

use crate::support::lint::directory_with_two_versions;
use crate::support::program::printed;
use crate::support::program::run_flagctl;
use crate::support::program::run_flagctl_with_env;

#[test]
fn exit_status_distinguishes_findings_from_errors() {
    let directory = directory_with_two_versions();
    let code = |arguments: &[&str]| {
        run_flagctl_with_env(directory.path(), arguments)
            .status
            .code()
    };
    assert_eq!(code(&["eval", "none", "--flags", "old.yaml"]), Some(1));
    assert_eq!(code(&["explain", "none", "--flags", "old.yaml"]), Some(1));
    assert_eq!(code(&["explain", "pay", "--flags", "old.yaml"]), Some(0));
    assert_eq!(code(&["eval", "pay", "--flags", "missing.yaml"]), Some(2));
    assert_eq!(
        code(&["eval", "pay", "--flags", "old.yaml", "--context", "[]"]),
        Some(2)
    );
    assert_eq!(code(&["diff", "old.yaml", "new.yaml"]), Some(0));
    assert_eq!(
        code(&["diff", "old.yaml", "new.yaml", "--exit-code"]),
        Some(1)
    );
    assert_eq!(
        code(&["diff", "old.yaml", "old.yaml", "--exit-code"]),
        Some(0)
    );
    assert_eq!(code(&["diff", "old.yaml", "none:new.yaml"]), Some(2));
}

#[test]
fn completions_are_generated_for_bash_zsh_and_fish() {
    for shell in ["bash", "zsh", "fish"] {
        let output = run_flagctl(Path::new("."), &["completions", shell]);
        assert_eq!(output.status.code(), Some(0), "{shell}");
        assert!(
            printed(&output.stdout).contains("write-baseline"),
            "{shell}"
        );
    }
}

#[test]
fn invalid_arguments_exit_with_2() {
    for arguments in [
        &["get"][..],
        &["get", "f", "--flags", "x", "--env", "y"],
        &["nonsense"],
    ] {
        assert_eq!(
            run_flagctl(Path::new("."), arguments).status.code(),
            Some(2),
            "{arguments:?}"
        );
    }
    let output = run_flagctl(Path::new("/"), &["get", "f"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        printed(&output.stderr).contains("no flags given: pass --flags PATH"),
        "{output:?}"
    );
}
