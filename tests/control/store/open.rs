//! Opening of a data directory.

use std::os::unix::fs::PermissionsExt as _;

use fanion::control::store::Store;
use fanion::control::store::StoreError;

use crate::store::append::check_store;
use crate::store::script::TestStore;
use crate::store::script::append_all;
use crate::store::script::script;

#[test]
fn files_are_private() {
    let test = TestStore::new();
    let mut store = test.open();
    append_all(&mut store, &script(1, 3));
    let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(test.data_dir()), 0o700);
    for file in test.data_dir().read_dir().unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(path.clone()), 0o600, "{}", path.display());
    }
}

#[test]
fn closed_store_is_a_single_file() {
    let test = TestStore::new();
    let mut store = test.open();
    let reader = store.reader();
    append_all(&mut store, &script(4, 20));
    reader.load("prod").unwrap();
    drop(store);
    let log = test.data_dir().join("control.db-wal");
    assert!(std::fs::metadata(log).map_or(0, |log| log.len()) == 0);
    drop(reader);
    check_store(&*test.open().reader(), &script(4, 20));
}

#[test]
fn two_stores_cannot_use_one_directory() {
    let test = TestStore::new();
    let store = test.open();
    let refused = test.try_open().unwrap_err();
    let process = format!("process {} uses it", std::process::id());
    assert!(refused.to_string().contains(&process), "{refused}");
    // A reader still uses it.
    let reader = store.reader();
    drop(store);
    assert!(matches!(test.try_open(), Err(StoreError::Locked { .. })));
    drop(reader);
    drop(test.open());
}

#[test]
fn file_of_another_program_is_refused_and_not_changed() {
    let test = TestStore::new();
    std::fs::create_dir(test.data_dir()).unwrap();
    let connection = test.outsider();
    connection
        .execute_batch("CREATE TABLE notes (text TEXT); PRAGMA user_version = 1")
        .unwrap();
    drop(connection);
    let file = test.database();
    assert_eq!(
        test.try_open().unwrap_err(),
        StoreError::OtherProgram { file }
    );
    let tables: i64 = test
        .outsider()
        .query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))
        .unwrap();
    assert_eq!(tables, 1);
    std::fs::write(test.database(), "flags:\n".repeat(1000)).unwrap();
    assert!(matches!(
        test.try_open(),
        Err(StoreError::OtherProgram { .. })
    ));
}

#[test]
fn file_of_a_newer_version_is_refused() {
    let test = TestStore::new();
    let changes = script(2, 10);
    append_all(&mut test.open(), &changes);
    test.outsider()
        .pragma_update(None, "user_version", 2)
        .unwrap();
    let refused = test.try_open().unwrap_err();
    assert!(matches!(
        refused,
        StoreError::NewerVersion {
            found: 2,
            known: 1,
            ..
        }
    ));
    assert!(refused.to_string().contains("use the newer release"));
    test.outsider()
        .pragma_update(None, "user_version", 1)
        .unwrap();
    check_store(&*test.open().reader(), &changes);
}

#[test]
fn file_that_was_created_but_not_prepared_becomes_a_store() {
    let test = TestStore::new();
    std::fs::create_dir(test.data_dir()).unwrap();
    std::fs::write(test.database(), "").unwrap();
    let changes = script(3, 10);
    let mut store = test.open();
    append_all(&mut store, &changes);
    check_store(&*store.reader(), &changes);
}
