//! Commands: their effect on what is served, their events, and their refusals.

use fanion::control::environment::error::ChangeError;
use fanion::control::model::command::Command;
use fanion::control::model::flag_state::RolloutOverride;
use fanion::control::store::EventQuery;

use crate::environment::running::FLAGS;
use crate::environment::running::NAME;
use crate::environment::running::Running;
use crate::environment::running::kill;
use crate::environment::running::percentage;
use crate::environment::running::request;
use crate::environment::running::set;
use crate::environment::running::shared_memory;
use crate::environment::running::write;

/// The kinds and flags of all events.
fn log(running: &Running) -> Vec<String> {
    let page = running.reader.events(NAME, &EventQuery::default());
    let events = page.expect("a log").events.into_iter();
    events
        .map(|sealed| {
            let event = sealed.event();
            let flag = event.flag.as_deref().unwrap_or("-");
            format!("{} {flag} {}", event.kind, event.actor.name)
        })
        .collect()
}

async fn refusal(running: &Running, command: Command) -> String {
    let before = running.environment.revision().number;
    let refused = running.change(command).await;
    let error = refused.expect_err("a refusal");
    assert!(matches!(error, ChangeError::Refused(_)), "{error:?}");
    assert_eq!(running.environment.revision().number, before);
    error.to_string()
}

#[tokio::test]
async fn percentage_zero_keeps_rings_and_kill_does_not() {
    let running = Running::start().await;
    assert_eq!(running.variant_of("pay", "u", "staff"), "on");
    running.change(percentage("pay", 0.0)).await.expect("set");
    assert_eq!(running.share("pay", "on"), 0);
    assert_eq!(running.variant_of("pay", "u", "staff"), "on");
    running.change(percentage("pay", 50.0)).await.expect("set");
    let half = running.share("pay", "on");
    assert!((450..550).contains(&half), "{half}");
    let changed = running.change(kill("pay")).await.expect("killed");
    assert!(changed.journalled);
    assert_eq!(running.share("pay", "on"), 0);
    assert_eq!(running.variant_of("pay", "u", "staff"), "off");
    running
        .change(Command::Restore("pay".to_owned()))
        .await
        .expect("restored");
    assert_eq!(running.share("pay", "on"), half);
    assert_eq!(
        log(&running)[1..],
        [
            "flag.set pay ann",
            "flag.set pay ann",
            "flag.killed pay ann",
            "flag.restored pay ann"
        ]
    );
    assert_eq!(running.environment.revision().number, 5);
}

#[tokio::test]
async fn state_and_revision_survive_a_restart() {
    let running = Running::start().await;
    running.change(percentage("pay", 40.0)).await.expect("set");
    running.change(kill("two")).await.expect("killed");
    let before = running.environment.revision();
    let share = running.share("pay", "on");
    let again = Running::start_in(running.end()).await;
    let after = again.environment.revision();
    // The flags of the store are served before the files are read.
    assert_eq!(
        (after.number, after.content_hash),
        (before.number, before.content_hash)
    );
    again
        .wait_until("files are read", || again.environment.status().files_read)
        .await;
    assert_eq!(again.share("pay", "on"), share);
    assert_eq!(again.variant("two", "u"), "c");
    // The next change follows the last one.
    again.change(percentage("pay", 41.0)).await.expect("set");
    assert_eq!(again.environment.revision().number, before.number + 1);
    assert!(again.share("pay", "on") >= share);
    again.reader.verify(NAME).expect("an intact log");
}

#[tokio::test]
async fn command_without_effect_makes_no_revision() {
    let running = Running::start().await;
    running.change(kill("pay")).await.expect("killed");
    let again = running.change(kill("pay")).await.expect("killed");
    assert_eq!(again.before.number, again.after.number);
    let restored = running.change(Command::Restore("two".to_owned())).await;
    assert_eq!(restored.expect("no kill").after.number, 2);
    assert_eq!(log(&running).len(), 2);
}

#[tokio::test]
async fn dry_run_shows_the_effect_and_changes_nothing() {
    let running = Running::start().await;
    let mut asked = request(percentage("pay", 100.0));
    asked.dry_run = true;
    let changed = running.environment.change(asked).await.expect("possible");
    assert_ne!(changed.before.content_hash, changed.after.content_hash);
    assert_eq!(running.environment.revision().number, 1);
    assert_eq!(log(&running).len(), 1);
}

#[tokio::test]
async fn stale_revision_is_a_conflict() {
    let running = Running::start().await;
    let mut asked = request(percentage("pay", 7.0));
    asked.expected_revision = Some(1);
    running
        .environment
        .change(asked.clone())
        .await
        .expect("set");
    asked.command = percentage("pay", 8.0);
    let error = running.environment.change(asked).await.expect_err("stale");
    assert_eq!(
        error,
        ChangeError::RevisionConflict {
            expected: 1,
            found: 2
        }
    );
}

#[tokio::test]
async fn refusals_name_what_is_wrong_and_what_to_do() {
    let running = Running::start().await;
    let rings = |names: &[&str]| RolloutOverride {
        rings: Some(names.iter().map(|name| (*name).to_owned()).collect()),
        ..RolloutOverride::default()
    };
    for (command, wanted) in [
        (kill("pai"), "there is no flag `pai`: did you mean `pay`?"),
        (
            percentage("pay", 101.0),
            "`percentage` is 101: write a number from 0 to 100",
        ),
        (percentage("pay", 0.0001), "not a multiple of 0.001"),
        (
            percentage("two", 1.0),
            "has 2 rollouts: name one by its index, from 0 to 1",
        ),
        (
            set("two", Some(2), rings(&[])),
            "has 2 rollouts: `rollout` must be less than 2",
        ),
        (
            percentage("plain", 1.0),
            "has no `rollout` to change: add one at ",
        ),
        (
            set("pay", None, rings(&["internl"])),
            "has no ring `internl`: did you mean `internal`?",
        ),
        (set("pay", None, rings(&[""])), "`rings` has an empty entry"),
    ] {
        let why = refusal(&running, command).await;
        assert!(why.contains(wanted), "{why}");
    }
    let long = RolloutOverride {
        allow: Some(vec!["x".repeat(1025)]),
        ..RolloutOverride::default()
    };
    let why = refusal(&running, set("pay", None, long)).await;
    assert!(why.contains("1025 bytes; at most 1024"), "{why}");
}

#[tokio::test]
async fn key_too_long_for_the_log_is_refused_and_holds_up_nothing() {
    let directory = tempfile::tempdir_in(shared_memory()).expect("a directory");
    let long = "k".repeat(513);
    let flags = FLAGS.replace("  plain:", &format!("  {long}:"));
    write(directory.path(), "flags.yaml", &flags);
    let running = Running::start_in(directory).await;
    running.wait_for_revision(1).await;
    let why = refusal(&running, kill(&long)).await;
    assert!(why.contains("has 513 bytes; at most 512"), "{why}");
    running.change(kill("pay")).await.expect("killed");
    assert_eq!(running.environment.status().backlog.kills, 0);
}

#[tokio::test]
async fn pause_and_freeze_forbid_to_widen_and_allow_kills() {
    let running = Running::start().await;
    let key = || "pay".to_owned();
    running.change(kill("pay")).await.expect("killed");
    running.change(Command::Pause(key())).await.expect("paused");
    let paused = "flag `pay` is paused by ann (because): resume it first";
    assert_eq!(refusal(&running, percentage("pay", 50.0)).await, paused);
    assert_eq!(refusal(&running, Command::Restore(key())).await, paused);
    running
        .change(percentage("two", 1.0))
        .await
        .expect_err("two rollouts");
    running.change(Command::Freeze).await.expect("frozen");
    let frozen = "the environment is frozen by ann (because): unfreeze it first";
    let two = set(
        "two",
        Some(0),
        RolloutOverride {
            percentage: Some(1.0),
            ..RolloutOverride::default()
        },
    );
    assert_eq!(refusal(&running, two.clone()).await, frozen);
    running
        .change(kill("two"))
        .await
        .expect("a kill is always possible");
    assert_eq!(running.variant("two", "u"), "c");
    running.change(Command::Unfreeze).await.expect("unfrozen");
    running.change(two).await.expect("set");
    running
        .change(Command::Resume(key()))
        .await
        .expect("resumed");
    running
        .change(Command::Restore(key()))
        .await
        .expect("restored");
    running.change(percentage("pay", 50.0)).await.expect("set");
}

#[tokio::test]
async fn reset_returns_to_the_file() {
    let running = Running::start().await;
    let share = running.share("pay", "on");
    let fields = RolloutOverride {
        percentage: Some(100.0),
        rings: Some(Vec::new()),
        allow: Some(vec!["vip".to_owned()]),
        deny: Some(vec!["user-1".to_owned()]),
        ..RolloutOverride::default()
    };
    running.change(set("pay", None, fields)).await.expect("set");
    assert_eq!(running.share("pay", "on"), 999);
    assert_eq!(running.variant("pay", "user-1"), "off");
    let reset = Command::Set {
        key: "pay".to_owned(),
        rollout: None,
        reset: true,
        fields: RolloutOverride::default(),
    };
    running.change(reset).await.expect("reset");
    assert_eq!(running.share("pay", "on"), share);
    assert!(running.environment.status().state.flags.is_empty());
}
