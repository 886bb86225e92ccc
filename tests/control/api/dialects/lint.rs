//! `flag-lint` checks source code against the flags of the service.

use std::process::Command;

use crate::api::dialects::call;
use crate::api::program::Program;

#[test]
fn s001_17_code_is_checked_against_the_flags_of_the_service() {
    let program = Program::start(&[]);
    for (key, status) in [("new-checkout-flow", "active"), ("old-banner", "archived")] {
        let document = format!("{{\"key\": \"{key}\", \"status\": \"{status}\"}}");
        let made = call(&program, "POST", "/api/flags", &[], &document);
        assert_eq!(made.status, 201, "{}", made.text);
    }
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    let url = format!("http://{}", program.address());
    let config = format!("{{\"service\": {{\"url\": \"{url}\", \"environment\": \"prod\"}}}}");
    write(".flagrc.json", &config);
    let check = || {
        let output = Command::new(env!("CARGO_BIN_EXE_flag-lint"))
            .args(["check", "--config", ".flagrc.json"])
            .current_dir(directory.path())
            .env("FLAG_TOKEN", program.bootstrap())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        (output.status.code(), text, errors)
    };
    write(
        "app.tsx",
        "const { enabled } = useFeatureFlag(\"new-checkout-flow\");\n",
    );
    let sound = check();
    assert_eq!(sound.0, Some(0), "{sound:?}");
    let text = "useFeatureFlag(\"new-chekout-flow\");\nflags.isEnabled(\"old-banner\");\n";
    write("app.tsx", text);
    let (code, text, errors) = check();
    assert_eq!(code, Some(1), "{text} {errors}");
    assert!(
        text.contains("flag `new-chekout-flow` is not defined"),
        "{text}"
    );
    assert!(text.contains("did you mean `new-checkout-flow`?"), "{text}");
    assert!(text.contains("flag `old-banner` is archived"), "{text}");
    assert!(!text.contains("unused"), "{text}");
    write(".flagrc.json", "{\"service\": \"http://127.0.0.1:1\"}");
    let (code, _, errors) = check();
    assert_eq!(code, Some(2), "{errors}");
    assert!(
        errors.contains("cannot read the flags of http://127.0.0.1:1"),
        "{errors}"
    );
}
