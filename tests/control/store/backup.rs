//! Backup while appends go on, and restore.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use fanion::control::store::Store;
use fanion::control::store::StoreError;
use fanion::control::store::restore;

use crate::store::append::check_store;
use crate::store::script::Random;
use crate::store::script::ScriptedChange;
use crate::store::script::TestStore;
use crate::store::script::append_all;
use crate::store::script::changes_of;
use crate::store::script::script;

/// Restores a backup into a new directory.
fn restored(backup: &Path) -> TestStore {
    let test = TestStore::new();
    restore(backup, &test.data_dir()).unwrap();
    test
}

/// The changes that a store has. They are the first ones of the script.
fn stored_changes<'a>(test: &TestStore, changes: &'a [ScriptedChange]) -> &'a [ScriptedChange] {
    let reader = test.open().reader();
    let heads = reader
        .environments()
        .unwrap()
        .into_iter()
        .map(|name| reader.load(&name).unwrap().unwrap().head_seq);
    let count: u64 = heads.sum();
    &changes[..usize::try_from(count).unwrap()]
}

#[test]
fn backup_under_load_is_a_consistent_prefix() {
    let test = TestStore::new();
    let mut store = test.open();
    let changes = script(31, 600);
    append_all(&mut store, &changes[..50]);
    let reader = store.reader();
    let is_finished = AtomicBool::new(false);
    let backups: Vec<_> = std::thread::scope(|scope| {
        let backups = scope.spawn(|| {
            let mut backups = Vec::new();
            while !is_finished.load(Ordering::Relaxed) {
                let file = test
                    .directory
                    .path()
                    .join(format!("backup-{}", backups.len()));
                reader.backup(&file).unwrap();
                backups.push(file);
            }
            backups
        });
        append_all(&mut store, &changes[50..]);
        is_finished.store(true, Ordering::Relaxed);
        backups.join().unwrap()
    });
    check_store(&*reader, &changes);
    assert!(backups.len() > 1);
    for backup in [
        &backups[0],
        &backups[backups.len() / 2],
        backups.last().unwrap(),
    ] {
        let restored = restored(backup);
        let stored = stored_changes(&restored, &changes);
        assert!(stored.len() >= 50);
        check_store(&*restored.open().reader(), stored);
    }
    let files = test.directory.path().read_dir().unwrap().count();
    assert_eq!(files, backups.len() + 1, "no other file is left");
}

#[test]
fn restored_store_has_a_new_epoch_and_goes_on() {
    let test = TestStore::new();
    let mut store = test.open();
    let changes = script(32, 40);
    append_all(&mut store, &changes[..30]);
    let epoch = store.reader().epoch();
    assert_eq!(epoch.number, 0);
    let backup = test.directory.path().join("backup");
    store.reader().backup(&backup).unwrap();
    let other = restored(&backup);
    let mut other = other.open();
    assert_eq!(other.reader().epoch().number, 1);
    assert_ne!(other.reader().epoch().id, epoch.id);
    append_all(&mut other, &changes[30..]);
    check_store(&*other.reader(), &changes);
    assert_ne!(
        restored(&backup).open().reader().epoch().id,
        other.reader().epoch().id
    );
}

#[test]
fn nothing_is_overwritten() {
    let test = TestStore::new();
    let mut store = test.open();
    append_all(&mut store, &script(33, 10));
    let backup = test.directory.path().join("backup");
    std::fs::write(&backup, "precious").unwrap();
    let reader = store.reader();
    assert!(matches!(
        reader.backup(&backup),
        Err(StoreError::Exists { .. })
    ));
    assert_eq!(std::fs::read(&backup).unwrap(), b"precious");
    std::fs::remove_file(&backup).unwrap();
    reader.backup(&backup).unwrap();
    let other = TestStore::new();
    std::fs::create_dir(other.data_dir()).unwrap();
    std::fs::write(other.data_dir().join("notes"), "precious").unwrap();
    assert!(matches!(
        restore(&backup, &other.data_dir()),
        Err(StoreError::Exists { .. })
    ));
    // A directory in use.
    assert!(matches!(
        restore(&backup, &test.data_dir()),
        Err(StoreError::Locked { .. })
    ));
    let missing = test.directory.path().join("missing/backup");
    assert!(matches!(
        reader.backup(&missing),
        Err(StoreError::Io { .. })
    ));
}

#[test]
fn database_of_a_store_in_use_is_no_backup() {
    let test = TestStore::new();
    let mut store = test.open();
    append_all(&mut store, &script(34, 10));
    let other = TestStore::new();
    let refused = restore(&test.database(), &other.data_dir());
    assert!(
        matches!(refused, Err(StoreError::Locked { .. })),
        "{refused:?}"
    );
}

#[test]
fn damaged_backup_is_refused_and_leaves_nothing() {
    let test = TestStore::new();
    let mut store = test.open();
    let changes = script(35, 60);
    append_all(&mut store, &changes);
    let backup = test.directory.path().join("backup");
    store.reader().backup(&backup).unwrap();
    let connection = rusqlite::Connection::open(&backup).unwrap();
    let tamper = "UPDATE event SET bytes = CAST(replace(CAST(bytes AS TEXT), 'percentage', 'percentagf') AS BLOB) WHERE id = 1 << 40 | 7";
    connection.execute(tamper, []).unwrap();
    drop(connection);
    let other = TestStore::new();
    let refused = restore(&backup, &other.data_dir()).unwrap_err();
    assert!(
        matches!(&refused, StoreError::Corrupt { problem, .. } if problem.contains("event 7")),
        "{refused}"
    );
    let left: Vec<_> = other
        .data_dir()
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["control.lock"]);
    std::fs::write(&backup, "no database").unwrap();
    assert!(matches!(
        restore(&backup, &other.data_dir()),
        Err(StoreError::OtherProgram { .. })
    ));
    assert!(changes_of(&changes, "prod").len() > 7);
}

#[test]
fn cut_backup_is_refused() {
    let test = TestStore::new();
    let mut store = test.open();
    append_all(&mut store, &script(36, 60));
    let backup = test.directory.path().join("backup");
    store.reader().backup(&backup).unwrap();
    let bytes = std::fs::read(&backup).unwrap();
    let mut random = Random(36);
    for _ in 0..20 {
        let length = usize::try_from(random.below(bytes.len() as u64)).unwrap();
        std::fs::write(&backup, &bytes[..length]).unwrap();
        let other = TestStore::new();
        assert!(
            restore(&backup, &other.data_dir()).is_err(),
            "{length} of {} bytes",
            bytes.len()
        );
    }
}
