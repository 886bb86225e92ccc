//! Output of `fanion version`, `--help` and `completions`.

use crate::support::program::printed;
use crate::support::program::run_fanion;
use crate::support::program::run_flagctl;

#[test]
fn version_output_has_flagd_format() {
    let output = run_fanion(&["version"]);
    assert_eq!(output.status.code(), Some(0));
    let version = env!("CARGO_PKG_VERSION");
    let said = printed(&output.stdout);
    assert!(said.starts_with(&format!("fanion: {version} (")), "{said}");
    assert!(
        said.contains("), built at: ") && said.ends_with('\n'),
        "{said}"
    );
}

#[test]
fn flagctl_version_has_the_same_format() {
    let output = run_flagctl(&std::env::temp_dir(), &["version"]);
    assert_eq!(output.status.code(), Some(0));
    let of_fanion = run_fanion(&["version"]);
    let want = printed(&of_fanion.stdout).replace("fanion: ", "flagctl: ");
    assert_eq!(printed(&output.stdout), want);
}

#[test]
fn completions_are_generated_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = run_fanion(&["completions", shell]);
        assert_eq!(output.status.code(), Some(0), "{shell}");
        assert!(
            printed(&output.stdout).contains("sync-socket-path"),
            "{shell}"
        );
    }
    let output = run_fanion(&["completions", "tcsh"]);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn help_shows_environment_variables_and_defaults() {
    let output = run_fanion(&["start", "--help"]);
    assert_eq!(output.status.code(), Some(0));
    let help = printed(&output.stdout)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    for part in [
        "-p, --port <PORT>",
        "[env: FLAGD_PORT] [default: 8013]",
        "TLS:",
        "--print-config",
    ] {
        assert!(help.contains(part), "{part}\n{help}");
    }
}
