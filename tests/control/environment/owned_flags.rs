//! Flags that the store owns.

use fanion::control::model::command::Command;
use serde_json::Value;
use serde_json::json;

use crate::environment::running::FLAGS;
use crate::environment::running::Running;
use crate::environment::running::kill;
use crate::environment::running::percentage;

fn define(key: &str, definition: Value) -> Command {
    Command::Define {
        key: key.to_owned(),
        definition,
        document: None,
    }
}

fn banner(percentage: f64) -> Value {
    json!({
        "state": "ENABLED",
        "variants": {"new": "n", "old": "o"},
        "defaultVariant": "old",
        "rollout": {"variant": "new", "percentage": percentage},
    })
}

#[tokio::test]
async fn flag_is_created_changed_killed_and_deleted() {
    let running = Running::start().await;
    running
        .change(define("banner", banner(100.0)))
        .await
        .expect("created");
    assert_eq!(running.variant("banner", "u"), "new");
    running
        .change(percentage("banner", 0.0))
        .await
        .expect("set");
    assert_eq!(running.variant("banner", "u"), "old");
    running.change(kill("banner")).await.expect("killed");
    let again = Running::start_in(running.end()).await;
    again
        .wait_until("files are read", || again.environment.status().files_read)
        .await;
    assert_eq!(again.variant("banner", "u"), "old");
    again
        .change(Command::Restore("banner".to_owned()))
        .await
        .expect("restored");
    again
        .change(define("banner", banner(1.0)))
        .await
        .expect("updated");
    again
        .change(Command::Delete("banner".to_owned()))
        .await
        .expect("deleted");
    assert!(
        again
            .environment
            .revision()
            .definitions
            .get("banner")
            .is_none()
    );
    assert!(again.environment.status().state.flags.is_empty());
    let error = again.change(kill("banner")).await.expect_err("it is gone");
    assert!(
        error.to_string().contains("there is no flag `banner`"),
        "{error}"
    );
}

#[tokio::test]
async fn flag_of_a_file_is_refused_with_its_place() {
    let running = Running::start().await;
    for command in [
        define("pay", banner(1.0)),
        Command::Delete("pay".to_owned()),
    ] {
        let error = running
            .change(command)
            .await
            .expect_err("a file owns it")
            .to_string();
        assert!(error.contains("flags.yaml:4"), "{error}");
        assert!(error.contains("edit it there"), "{error}");
    }
}

#[tokio::test]
async fn invalid_definition_is_refused_with_its_finding() {
    let running = Running::start().await;
    let mut unknown = banner(1.0);
    unknown["rollout"]["variant"] = json!("newer");
    let error = running
        .change(define("banner", unknown))
        .await
        .expect_err("invalid");
    let error = error.to_string();
    assert!(error.contains("F013") && error.contains("newer"), "{error}");
    let error = running
        .change(define("", banner(1.0)))
        .await
        .expect_err("no key");
    assert!(error.to_string().contains("`key` has 0 bytes"), "{error}");
}

#[tokio::test]
async fn file_that_defines_the_flag_too_wins_and_is_named() {
    let running = Running::start().await;
    running
        .change(define("banner", banner(100.0)))
        .await
        .expect("created");
    let text =
        format!("{FLAGS}  banner: {{state: ENABLED, variants: {{x: x}}, defaultVariant: x}}\n");
    running.edit(&text);
    running.wait_for_revision(3).await;
    assert_eq!(running.variant("banner", "u"), "x");
    let findings = running.environment.status().findings;
    assert!(
        findings[0].contains("and in the store; the definition in the file is served"),
        "{findings:?}"
    );
    running.edit(FLAGS);
    running.wait_for_revision(4).await;
    assert_eq!(running.variant("banner", "u"), "new");
    // The store's definition is deleted; the flag of the file and its kill stay.
    running.edit(&text);
    running.wait_for_revision(5).await;
    running.change(kill("banner")).await.expect("killed");
    let refused = running.change(define("banner", banner(1.0))).await;
    assert!(
        refused
            .expect_err("a file owns it")
            .to_string()
            .contains("edit it there")
    );
    running
        .change(Command::Delete("banner".to_owned()))
        .await
        .expect("deleted");
    assert_eq!(running.variant("banner", "u"), "x");
    assert!(
        running.environment.status().state.flags["banner"]
            .killed
            .is_some()
    );
}
