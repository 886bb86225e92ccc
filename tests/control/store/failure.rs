//! Failures at each step of an append: nothing is stored, and the store goes on when the cause is gone.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::mpsc;

use fanion::control::store::SqliteStore;
use fanion::control::store::Step;
use fanion::control::store::Store;
use fanion::control::store::StoreError;

use crate::store::append::check_store;
use crate::store::script::TestStore;
use crate::store::script::append_all;
use crate::store::script::script;

/// The step that fails now, and its error.
type Fault = Arc<Mutex<Option<(Step, StoreError)>>>;

/// A store that fails on demand.
fn failing_store(test: &TestStore, fault: &Fault) -> SqliteStore {
    let fault = fault.clone();
    let hook = move |step| match &*fault.lock().unwrap() {
        Some((at, error)) if *at == step => Err(error.clone()),
        _ => Ok(()),
    };
    SqliteStore::open_with_hook(&test.data_dir(), Box::new(hook)).unwrap()
}

#[test]
fn failed_append_changes_nothing_at_any_step() {
    let file = PathBuf::from("control.db");
    let errors = [
        StoreError::Full { file: file.clone() },
        StoreError::ReadOnly { file },
    ];
    let steps = [
        Step::Begin,
        Step::Event,
        Step::Revision,
        Step::State,
        Step::Commit,
    ];
    let test = TestStore::new();
    let fault = Fault::default();
    let mut store = failing_store(&test, &fault);
    let changes = script(21, 60);
    for (index, change) in changes.iter().enumerate() {
        let (step, error) = (steps[index % 5], errors[index % 2].clone());
        *fault.lock().unwrap() = Some((step, error.clone()));
        assert_eq!(store.append(&change.append()), Err(error));
        *fault.lock().unwrap() = None;
        store.append(&change.append()).unwrap();
    }
    check_store(&*store.reader(), &changes);
}

#[test]
fn failure_after_the_commit_is_no_failure_of_the_append() {
    let test = TestStore::new();
    let error = StoreError::Full {
        file: test.database(),
    };
    let fault: Fault = Arc::new(Mutex::new(Some((Step::Committed, error))));
    let mut store = failing_store(&test, &fault);
    let changes = script(22, 10);
    append_all(&mut store, &changes);
    check_store(&*store.reader(), &changes);
}

#[test]
fn failed_checkpoint_is_shown_and_repeated() {
    let test = TestStore::new();
    let error = StoreError::Full {
        file: test.database(),
    };
    let fault: Fault = Arc::new(Mutex::new(Some((Step::Checkpoint, error.clone()))));
    let mut store = failing_store(&test, &fault);
    assert_eq!(store.checkpoint_error(), Some(&error));
    let changes = script(23, 130);
    append_all(&mut store, &changes[..129]);
    assert_eq!(store.checkpoint_error(), Some(&error));
    *fault.lock().unwrap() = None;
    append_all(&mut store, &changes[129..]);
    assert_eq!(store.checkpoint_error(), None);
    check_store(&*store.reader(), &changes);
}

#[test]
fn reads_go_on_while_an_append_hangs() {
    let test = TestStore::new();
    let (reached, wait_reached) = mpsc::channel();
    let (release, wait_release) = mpsc::channel();
    let mut appends = 0;
    let hook = move |step| {
        appends += u32::from(step == Step::Commit);
        if step == Step::Commit && appends == 11 {
            reached.send(()).unwrap();
            let _ = wait_release.recv();
        }
        Ok(())
    };
    let mut store = SqliteStore::open_with_hook(&test.data_dir(), Box::new(hook)).unwrap();
    let reader = store.reader();
    let changes = script(24, 11);
    std::thread::scope(|scope| {
        // Dropped if a check fails, so that the append does not hang for ever.
        let release = release;
        scope.spawn(|| append_all(&mut store, &changes));
        wait_reached.recv().unwrap();
        check_store(&*reader, &changes[..10]);
        release.send(()).unwrap();
    });
    check_store(&*reader, &changes);
}

#[test]
fn each_error_says_what_where_and_what_to_do() {
    let path = PathBuf::from("/data/control.db");
    let file = path.clone();
    let errors = [
        (
            StoreError::Full { file: file.clone() },
            "the disk is full: free space",
        ),
        (
            StoreError::ReadOnly { file: file.clone() },
            "it is read-only: make the file",
        ),
        (
            StoreError::Corrupt {
                file: file.clone(),
                problem: "cut".to_owned(),
            },
            "damaged: cut: restore a backup",
        ),
        (
            StoreError::Locked {
                path: path.clone(),
                holder: None,
            },
            "another process uses it: stop",
        ),
        (
            StoreError::NewerVersion {
                file: file.clone(),
                found: 2,
                known: 1,
            },
            "has version 2",
        ),
        (
            StoreError::OtherProgram { file },
            "is not a store of fanion",
        ),
        (StoreError::Exists { path: path.clone() }, "choose a path"),
        (
            StoreError::io("read", path, &std::fmt::Error),
            "cannot read",
        ),
    ];
    for (error, want) in errors {
        let text = error.to_string();
        assert!(
            text.contains(want) && text.contains("/data/control.db"),
            "{text}"
        );
    }
}
