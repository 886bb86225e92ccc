//! `flagctl diff` between files and git revisions.

use serde_json::Value;

use crate::support::lint::directory_with_two_versions;
use crate::support::lint::pay_flag;
use crate::support::program::printed;
use crate::support::program::run_flagctl_with_env;
use crate::support::program::run_git;
use crate::support::temp_dir::TempDir;

#[test]
fn diff_examples_change_variant_when_evaluated() {
    let directory = directory_with_two_versions();
    let output = run_flagctl_with_env(
        directory.path(),
        &["diff", "old.yaml", "new.yaml", "-o", "json"],
    );
    let told: Value = serde_json::from_str(printed(&output.stdout)).expect("JSON");
    let transition = &told["flags"][0]["cells"][0]["transitions"][0];
    assert!((transition["percent"].as_f64().expect("a number") - 4.0).abs() < 1e-6);
    let examples = transition["examples"].as_array().expect("examples");
    assert_eq!(examples.len(), 3);
    for example in examples {
        let context = example["context"].to_string();
        for (file, want) in [("old.yaml", "off"), ("new.yaml", "on")] {
            let output = run_flagctl_with_env(
                directory.path(),
                &["eval", "pay", "--flags", file, "--context", &context],
            );
            let answer: Value = serde_json::from_str(printed(&output.stdout)).expect("JSON");
            assert_eq!(answer["variant"], want, "{context}");
        }
    }
}

#[test]
fn diff_compares_git_revisions() {
    let directory = TempDir::new();
    let git = |arguments: &[&str]| run_git(directory.path(), arguments);
    git(&["init", "-q", "-b", "main"]);
    let flags = directory.path().join("flags");
    std::fs::create_dir(&flags).expect("a directory");
    for (percent, tag) in [(1, "v1"), (5, "v2")] {
        std::fs::write(flags.join("pay.yaml"), pay_flag(percent)).expect("a file");
        git(&["add", "."]);
        git(&["commit", "-q", "-m", tag]);
        git(&["tag", tag]);
    }
    std::fs::write(flags.join("pay.yaml"), pay_flag(7)).expect("a file");
    let told = |arguments: &[&str]| {
        let output = run_flagctl_with_env(directory.path(), arguments);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        printed(&output.stdout).to_owned()
    };
    for arguments in [
        &["diff", "--git", "v1..v2", "flags"][..],
        &["diff", "v1:flags", "v2:flags"],
        &["diff", "v1:flags/pay.yaml", "v2:flags/pay.yaml"],
    ] {
        assert!(told(arguments).contains("off→on 4.00 %"), "{arguments:?}");
    }
    assert!(told(&["diff", "v2:flags", "flags"]).contains("off→on 2.00 %"));
    assert!(
        told(&["diff", "v1:flags", "flags", "-o", "markdown"])
            .contains("| off→on 6.00 % | country == \"DE\", with targetingKey |")
    );
}
