//! The commands in docs/flagctl.md print the output that it shows.

use std::path::Path;
use std::process::Command;

use crate::support::program::printed;
use crate::support::temp_dir::TempDir;

/// Words of blocks that need a replica, Git or more programs. `.ci/docs` runs these blocks, too.
const OTHER_REQUIREMENTS: [&str; 5] = ["fanion start", "curl", "jq", "HEAD:", "<<"];

/// Every other command in docs/flagctl.md succeeds and prints the output below it.
#[test]
fn documented_commands_print_documented_output() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/flagctl.md")).expect("the page");
    let directory = TempDir::new();
    let flags = directory.path().join("flags");
    std::fs::create_dir(&flags).expect("a directory");
    for file in std::fs::read_dir(root.join("flags")).expect("flags") {
        let file = file.expect("a file");
        std::fs::copy(file.path(), flags.join(file.file_name())).expect("a copy");
    }
    let programs = Path::new(env!("CARGO_BIN_EXE_flagctl"))
        .parent()
        .expect("a directory");
    let path = format!(
        "{}:{}",
        programs.display(),
        std::env::var("PATH").expect("a path")
    );
    let mut count = 0;
    for block in page.split("```console\n").skip(1) {
        let block = block.split("```").next().expect("a block");
        if OTHER_REQUIREMENTS.iter().any(|word| block.contains(word)) {
            continue;
        }
        for part in format!("\n{block}").split("\n$ ").skip(1) {
            let (command, want) = part.split_once('\n').unwrap_or((part, ""));
            let mut shell = Command::new("bash");
            shell.current_dir(directory.path()).env("PATH", &path);
            let output = shell.args(["-c", command]).output().expect("a shell");
            assert!(
                output.status.success(),
                "{command}: {}",
                printed(&output.stderr)
            );
            if !want.trim().is_empty() {
                let shown = printed(&output.stdout).trim_end();
                assert_eq!(shown, want.trim_end(), "{command}");
            }
            count += 1;
        }
    }
    assert!(count >= 4, "{count}");
}
