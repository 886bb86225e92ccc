//! Edits of flag files: they become revisions, broken ones change nothing, held ones wait.

use fanion::control::export::export;
use fanion::control::model::command::Command;
use fanion::control::model::flag_state::RolloutOverride;

use crate::environment::running::FLAGS;
use crate::environment::running::Running;
use crate::environment::running::kill;
use crate::environment::running::percentage;
use crate::environment::running::set;

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
async fn override_follows_its_rollout_when_the_file_moves_it() {
    let running = Running::start().await;
    let all = RolloutOverride {
        percentage: Some(100.0),
        ..RolloutOverride::default()
    };
    let set_all = set("two", Some(0), all.clone());
    running.change(set_all).await.expect("set");
    assert_eq!(running.share("two", "a"), 1000);
    let (first, second) = (
        "{variant: a, percentage: 10}",
        "{variant: b, percentage: 20}",
    );
    let both = format!("{first}, {second}");
    running.edit(&FLAGS.replace(&both, &format!("{second}, {first}")));
    running.wait_for_revision(3).await;
    let b = running.share("two", "b");
    assert!((150..250).contains(&b), "{b} of 1000 have `b`");
    assert_eq!(running.share("two", "a"), 1000 - b);
    // The rollout at index 1 is the same one: it is overridden once.
    let half = RolloutOverride {
        percentage: Some(0.0),
        ..all
    };
    running
        .change(set("two", Some(1), half))
        .await
        .expect("set");
    assert_eq!(running.share("two", "a"), 0);
    let exported = export(&running.environment).expect("files").remove(0).text;
    assert!(
        exported.contains("{variant: a, percentage: 0}"),
        "{exported}"
    );
    assert!(exported.contains(second), "{exported}");
    running.edit(&FLAGS.replace(&both, second));
    running.wait_for_revision(5).await;
    assert_eq!(running.share("two", "b"), b);
    let findings = running.environment.status().findings;
    assert!(findings[0].contains("no rollout"), "{findings:?}");
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

/// A flag that is on by default, and off when it is killed.
const SAFE: &str = "
flags:
  pay:
    state: ENABLED
    variants: {'on': true, 'off': false}
    defaultVariant: 'on'
    safeVariant: 'off'
";

#[tokio::test]
async fn declared_safe_variant_survives_a_restart_while_frozen() {
    let running = Running::start().await;
    running.edit(SAFE);
    running.wait_for_revision(2).await;
    running.change(Command::Freeze).await.expect("frozen");
    let again = Running::start_in(running.end()).await;
    again
        .wait_until("files are read", || again.environment.status().files_read)
        .await;
    assert_eq!(again.variant("pay", "u"), "on");
    let killed = again.change(kill("pay")).await.expect("killed");
    assert_eq!(again.variant("pay", "u"), "off");
    assert!(killed.findings.is_empty(), "{:?}", killed.findings);
}

#[tokio::test]
async fn kill_or_restore_without_effect_is_told() {
    let running = Running::start().await;
    let killed = running.change(kill("plain")).await.expect("killed");
    assert!(
        killed.findings[0].contains("has no effect: all users already get its safe variant"),
        "{:?}",
        killed.findings
    );
    let killed = running.change(kill("pay")).await.expect("killed");
    assert!(killed.findings.is_empty(), "{:?}", killed.findings);
    running.edit(&FLAGS.replace("  pay:\n", "  pay:\n    kill: true\n"));
    let by_file = || {
        let authored = running.environment.authored.load_full();
        authored
            .ruleset
            .flag("plain")
            .is_some_and(|flag| flag.source_location.0.line == 15)
    };
    running.wait_until("the edit is read", by_file).await;
    running
        .change(Command::Pause("two".to_owned()))
        .await
        .expect("paused");
    let restored = running
        .change(Command::Restore("pay".to_owned()))
        .await
        .expect("restored");
    assert!(
        restored.findings[0].contains("still killed by"),
        "{:?}",
        restored.findings
    );
}

#[tokio::test]
async fn faulty_flag_keeps_its_last_good_definition() {
    let running = Running::start().await;
    let before = running.environment.revision().definitions.clone();
    running.edit(&FLAGS.replace("defaultVariant: 'on'", "defaultVariant: 'onn'"));
    let told = || {
        running
            .environment
            .status()
            .findings
            .iter()
            .any(|f| f.contains("`plain` is faulty at"))
    };
    running.wait_until("the fault is told", told).await;
    assert_eq!(running.environment.revision().definitions, before);
}

#[tokio::test]
async fn resume_publishes_the_edit_that_waited_in_one_revision() {
    let running = Running::start().await;
    running
        .change(Command::Pause("pay".to_owned()))
        .await
        .expect("paused");
    running.edit(&FLAGS.replace("percentage: 5}", "percentage: 100}"));
    let waiting = || running.environment.status().waiting_edits == ["pay".into()];
    running.wait_until("the edit waits", waiting).await;
    let mut asked = crate::environment::running::request(Command::Resume("pay".to_owned()));
    asked.dry_run = true;
    let dry = running.environment.change(asked).await.expect("possible");
    assert_ne!(dry.before.content_hash, dry.after.content_hash);
    let resumed = running
        .change(Command::Resume("pay".to_owned()))
        .await
        .expect("resumed");
    assert_eq!(resumed.after.content_hash, dry.after.content_hash);
    assert_eq!(running.share("pay", "on"), 1000);
}

#[tokio::test]
async fn file_that_cannot_be_read_after_a_restart_takes_no_flags_away() {
    let directory = tempfile::tempdir().expect("a directory");
    let flags = directory.path().join("flags.yaml");
    std::fs::create_dir(&flags).expect("a directory of files");
    crate::environment::running::write(&flags, "a.yaml", FLAGS);
    crate::environment::running::write(&flags, "b.yaml", SAFE.replace("pay", "banner").as_str());
    let running = Running::start_in(directory).await;
    running.wait_for_revision(1).await;
    let before = running.environment.revision().definitions.clone();
    assert!(before.contains_key("banner"));
    let directory = running.end();
    crate::environment::running::write(
        &directory.path().join("flags.yaml"),
        "b.yaml",
        "flags: [1, 2",
    );
    let again = Running::start_in(directory).await;
    again
        .wait_until("files are read", || again.environment.status().files_read)
        .await;
    assert_eq!(again.environment.revision().definitions, before);
    let findings = again.environment.status().findings;
    assert!(
        findings
            .iter()
            .any(|f| f.contains("`banner` is served as it was")),
        "{findings:?}"
    );
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
