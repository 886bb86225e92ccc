//! Edits of flag files: they become revisions, broken ones change nothing, held ones wait.

use fanion::control::model::command::Command;

use crate::environment::running::FLAGS;
use crate::environment::running::Running;
use crate::environment::running::kill;
use crate::environment::running::percentage;

#[tokio::test]
async fn edit_becomes_a_revision_under_the_state() {
    let running = Running::start().await;
    running.change(percentage("pay", 100.0)).await.expect("set");
    running.edit(&FLAGS.replace("'on': true, 'off': false", "'on': 1, 'off': 0"));
    running.wait_for_revision(3).await;
    // The new values, and the percentage of the state.
    assert_eq!(running.share("pay", "on"), 1000);
    let definitions = running.environment.revision().definitions.clone();
    assert!(
        definitions["pay"].contains("\"on\":1"),
        "{}",
        definitions["pay"]
    );
}

#[tokio::test]
async fn comment_makes_no_revision_and_broken_file_changes_nothing() {
    let running = Running::start().await;
    running.edit(&format!("# only a comment\n{FLAGS}"));
    let position = |line: u32| {
        let authored = running.environment.authored.load_full();
        authored
            .ruleset
            .flag("pay")
            .is_some_and(|flag| flag.source_location.0.line == line)
    };
    running
        .wait_until("the comment is read", || position(5))
        .await;
    assert_eq!(running.environment.revision().number, 1);
    running.edit("flags: [1, 2");
    let failing = || {
        running.environment.sources[0]
            .health()
            .failing_since
            .is_some()
    };
    running.wait_until("the error is seen", failing).await;
    assert_eq!(running.environment.revision().number, 1);
    let error = running.environment.sources[0].health().last_error;
    let (_, why) = error.expect("an error");
    assert!(why.contains("flags.yaml"), "{why}");
    // Changes go on.
    running.change(percentage("pay", 9.0)).await.expect("set");
    running.edit(FLAGS);
    running
        .wait_until("the file is good again", || !failing())
        .await;
    assert_eq!(running.environment.revision().number, 2);
}

#[tokio::test]
async fn frozen_environment_takes_the_edit_when_it_is_unfrozen() {
    let running = Running::start().await;
    running.change(Command::Freeze).await.expect("frozen");
    running.edit(&FLAGS.replace("percentage: 5}", "percentage: 100}"));
    let waiting = || running.environment.status().waiting_edits == ["pay".into()];
    running.wait_until("the edit waits", waiting).await;
    assert!(running.share("pay", "on") < 100);
    running.change(kill("pay")).await.expect("killed");
    assert_eq!(running.share("pay", "on"), 0);
    running.change(Command::Unfreeze).await.expect("unfrozen");
    running
        .change(Command::Restore("pay".to_owned()))
        .await
        .expect("restored");
    running
        .wait_until("the edit is served", || running.share("pay", "on") == 1000)
        .await;
}

#[tokio::test]
async fn paused_flag_keeps_its_definition_also_across_a_restart() {
    let running = Running::start().await;
    running.change(percentage("pay", 20.0)).await.expect("set");
    let share = running.share("pay", "on");
    running
        .change(Command::Pause("pay".to_owned()))
        .await
        .expect("paused");
    let edited = FLAGS
        .replace("percentage: 5}", "percentage: 100}")
        .replace("c: 3", "c: 4");
    let edited = edited.replace(
        "rollout: {variant: 'on', rings: [internal], percentage: 100}",
        "rollout: {variant: 'off', percentage: 1}",
    );
    running.edit(&edited);
    running.wait_for_revision(4).await;
    let served = |running: &Running| {
        let definitions = running.environment.revision().definitions.clone();
        (
            running.share("pay", "on"),
            definitions["two"].contains("\"c\":4"),
        )
    };
    assert_eq!(served(&running), (share, true));
    let again = Running::start_in(running.end()).await;
    again
        .wait_until("files are read", || again.environment.status().files_read)
        .await;
    again.change(kill("two")).await.expect("killed");
    assert_eq!(served(&again), (share, true));
    again
        .change(kill("pay"))
        .await
        .expect("a kill is always possible");
    assert_eq!(again.share("pay", "on"), 0);
    assert_eq!(again.variant_of("pay", "u", "staff"), "off");
}

#[tokio::test]
async fn state_of_a_removed_flag_is_named_and_comes_back_with_it() {
    let running = Running::start().await;
    running.change(kill("pay")).await.expect("killed");
    running.edit(&FLAGS.replace("  pay:", "  pays:"));
    running.wait_for_revision(3).await;
    let findings = running.environment.status().findings;
    assert!(
        findings[0].contains("flag `pay` was removed from its file"),
        "{findings:?}"
    );
    running.edit(FLAGS);
    running.wait_for_revision(4).await;
    assert_eq!(running.variant_of("pay", "u", "staff"), "off");
    assert!(running.environment.status().findings.is_empty());
}
