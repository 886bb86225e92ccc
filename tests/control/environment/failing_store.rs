//! A store that is full, read-only or hangs: kills go on, and everything that widens exposure fails.

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use fanion::control::environment::error::ChangeError;
use fanion::control::model::command::Command;
use fanion::control::store::EventQuery;
use fanion::control::store::StoreError;
use tokio::task::JoinSet;

use crate::environment::running::FLAGS;
use crate::environment::running::NAME;
use crate::environment::running::Running;
use crate::environment::running::kill;
use crate::environment::running::percentage;
use crate::environment::running::request;

fn full() -> StoreError {
    StoreError::Full {
        file: PathBuf::from("control.db"),
    }
}

fn kinds(running: &Running) -> Vec<String> {
    let page = running
        .reader
        .events(NAME, &EventQuery::default())
        .expect("a log");
    let events = page.events.iter();
    events
        .map(|sealed| sealed.event().kind.to_string())
        .collect()
}

#[tokio::test]
async fn kill_is_published_without_the_store_and_journalled_later() {
    let running = Running::start().await;
    running.change(percentage("pay", 100.0)).await.expect("set");
    running.fail_with(Some(full()));
    let error = running
        .change(percentage("pay", 1.0))
        .await
        .expect_err("full");
    assert_eq!(error, ChangeError::Store(full()));
    let killed = running.change(kill("pay")).await.expect("killed");
    assert!(!killed.journalled);
    assert_eq!(running.variant_of("pay", "u", "staff"), "off");
    running.change(kill("two")).await.expect("killed");
    let status = running.environment.status();
    assert_eq!((status.revision.number, status.backlog.kills), (4, 2));
    let failed = || running.environment.status().backlog.error;
    running
        .wait_until("recording fails", || failed().is_some())
        .await;
    let why = failed().expect("a reason");
    assert!(why.contains("disk is full"), "{why}");
    // Nothing else changes, and a file that widens exposure is not published.
    let refused = running.change(Command::Restore("pay".to_owned())).await;
    assert!(
        matches!(refused, Err(ChangeError::Unjournalled(_))),
        "{refused:?}"
    );
    running.edit(&FLAGS.replace("'on': true", "'on': false"));
    assert_eq!(kinds(&running), ["environment.created", "flag.set"]);
    running.fail_with(None);
    running
        .wait_until("the kills are journalled", || {
            running.environment.status().backlog.kills == 0
        })
        .await;
    running.wait_for_revision(5).await;
    assert_eq!(
        kinds(&running),
        [
            "environment.created",
            "flag.set",
            "flag.killed",
            "flag.killed",
            "files.changed"
        ]
    );
    running.reader.verify(NAME).expect("an intact log");
    running
        .change(Command::Restore("pay".to_owned()))
        .await
        .expect("restored");
    let again = Running::start_in(running.end()).await;
    assert_eq!(again.variant("two", "u"), "c");
}

#[tokio::test]
async fn kill_does_not_wait_for_a_store_that_hangs() {
    let running = Running::start().await;
    running.hang.set(true);
    let environment = running.environment.clone();
    let mut changes = JoinSet::new();
    changes.spawn(async move { environment.change(request(percentage("pay", 100.0))).await });
    let hangs = || running.appends.load(Ordering::SeqCst) == 2;
    running.wait_until("the store hangs", hangs).await;
    let begun = Instant::now();
    let killed = running.change(kill("pay")).await.expect("killed");
    let took = begun.elapsed();
    assert!(!killed.journalled);
    assert_eq!(running.variant_of("pay", "u", "staff"), "off");
    assert!(took < Duration::from_secs(2), "{took:?}");
    running.hang.set(false);
    // The change that hung is recorded first, then the kill; the flag stays killed.
    let widened = changes
        .join_next()
        .await
        .expect("a task")
        .expect("no panic");
    running
        .wait_until("all is journalled", || {
            running.environment.status().backlog.kills == 0
        })
        .await;
    assert_eq!(running.variant_of("pay", "u", "staff"), "off");
    widened.expect("recorded late");
    let mut kinds = kinds(&running);
    // A number that was published with other content may be skipped.
    kinds.retain(|kind| kind != "revision.skipped");
    assert_eq!(kinds, ["environment.created", "flag.set", "flag.killed"]);
    running.reader.verify(NAME).expect("an intact log");
}

#[tokio::test]
async fn dry_run_of_a_kill_kills_nothing_while_the_store_fails() {
    let running = Running::start().await;
    running.change(percentage("pay", 100.0)).await.expect("set");
    running.fail_with(Some(full()));
    running.change(kill("two")).await.expect("killed");
    let mut asked = request(kill("pay"));
    asked.dry_run = true;
    let refused = running.environment.change(asked).await;
    assert!(
        matches!(refused, Err(ChangeError::Unjournalled(_))),
        "{refused:?}"
    );
    let mut asked = request(kill("pay"));
    asked.expected_revision = Some(1);
    let refused = running.environment.change(asked).await;
    assert!(
        matches!(refused, Err(ChangeError::RevisionConflict { .. })),
        "{refused:?}"
    );
    assert_eq!(running.share("pay", "on"), 1000);
}

#[tokio::test]
async fn kill_follows_a_restore_that_hangs_in_the_store() {
    let running = Running::start().await;
    running.change(percentage("pay", 100.0)).await.expect("set");
    running.change(kill("pay")).await.expect("killed");
    running.hang.set(true);
    let environment = running.environment.clone();
    let mut changes = JoinSet::new();
    let restore = Command::Restore("pay".to_owned());
    changes.spawn(async move { environment.change(request(restore)).await });
    let hangs = || running.appends.load(Ordering::SeqCst) == 4;
    running.wait_until("the store hangs", hangs).await;
    running.change(kill("pay")).await.expect("killed again");
    running.hang.set(false);
    let restored = changes.join_next().await.expect("a task");
    restored.expect("no panic").expect("recorded late");
    let journalled = || running.environment.status().backlog.kills == 0;
    running.wait_until("all is journalled", journalled).await;
    assert_eq!(running.share("pay", "on"), 0);
    assert!(
        running.environment.status().state.flags["pay"]
            .killed
            .is_some()
    );
}

#[tokio::test]
async fn first_start_creates_the_environment() {
    let directory = tempfile::tempdir().expect("a directory");
    crate::environment::running::write(directory.path(), "flags.yaml", FLAGS);
    let running = Running::start_in(directory).await;
    running.wait_for_revision(1).await;
    assert_eq!(kinds(&running), ["environment.created"]);
}
