//! Appends, and what is read after them.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use fanion::control::store::Append;
use fanion::control::store::At;
use fanion::control::store::Store;
use fanion::control::store::StoreError;
use fanion::control::store::StoreReader;
use fanion::control::store::limits;
use fanion::event_log::ChainHead;
use fanion::event_log::ChainVerifier;
use fanion::event_log::limits as event_limits;

use crate::store::script::ENVIRONMENTS;
use crate::store::script::ScriptedChange;
use crate::store::script::TestStore;
use crate::store::script::append_all;
use crate::store::script::changes_of;
use crate::store::script::script;

/// Checks that a store has exactly these changes.
pub fn check_store(reader: &dyn StoreReader, changes: &[ScriptedChange]) {
    for environment in ENVIRONMENTS {
        let expected = changes_of(changes, environment);
        let stored = reader.load(environment).unwrap();
        let Some(last) = expected.last() else {
            assert!(stored.is_none());
            continue;
        };
        let stored = stored.unwrap();
        assert_eq!(stored.head_seq, last.seq);
        assert_eq!(stored.state, last.state);
        assert_eq!(stored.definitions, last.definitions);
        assert_eq!(stored.content_hash, last.content_hash());
        let head = ChainHead {
            seq: stored.head_seq,
            hash: stored.head_hash,
        };
        assert_eq!(reader.verify(environment), Ok(head));
    }
}

#[test]
fn head_state_and_definitions_are_those_of_the_last_append() {
    let store = TestStore::new();
    let changes = script(1, 300);
    append_all(&mut store.open(), &changes);
    // Opened again.
    let reader = store.open().reader();
    check_store(&*reader, &changes);
    assert_eq!(
        reader.environments(),
        Ok(ENVIRONMENTS.map(String::from).to_vec())
    );
    assert_eq!(reader.load("unknown"), Ok(None));
}

#[test]
fn sealed_events_are_the_stored_ones() {
    let store = TestStore::new();
    let mut store = store.open();
    let sealed = append_all(&mut store, &script(2, 100));
    for environment in ENVIRONMENTS {
        let of_environment = sealed
            .iter()
            .filter(|event| event.event().environment == environment);
        let bytes: Vec<Vec<u8>> = of_environment.map(|event| event.bytes().to_vec()).collect();
        let reader = store.reader();
        assert_eq!(reader.raw_events(environment, 0, 1000).as_ref(), Ok(&bytes));
        assert_eq!(
            reader.raw_events(environment, 10, 3).as_deref(),
            Ok(&bytes[10..13])
        );
        let mut verifier = ChainVerifier::new(environment);
        for event in &bytes {
            verifier.check(event).unwrap();
        }
        let head = reader.load(environment).unwrap().unwrap().head_hash;
        assert!(verifier.finish(Some(head)).is_ok());
    }
}

#[test]
fn every_revision_is_found_by_its_number() {
    let store = TestStore::new();
    let mut store = store.open();
    let changes = script(3, 500);
    append_all(&mut store, &changes);
    let reader = store.reader();
    for change in &changes {
        let environment = &change.event.environment;
        let at = At::Revision(change.seq);
        let revision = reader.document_at(environment, at).unwrap().unwrap();
        assert_eq!(revision.definitions, change.definitions);
        assert_eq!(
            (revision.seq, revision.at_ms),
            (change.seq, change.event.at_ms)
        );
    }
    for seq in [0, 501, u64::MAX] {
        assert_eq!(reader.document_at("prod", At::Revision(seq)), Ok(None));
    }
}

#[test]
fn revision_at_a_time_is_the_last_one_that_is_not_later() {
    let store = TestStore::new();
    let mut store = store.open();
    let changes = script(4, 300);
    append_all(&mut store, &changes);
    let reader = store.reader();
    let set_back = changes
        .windows(2)
        .filter(|pair| pair[1].event.at_ms < pair[0].event.at_ms);
    assert!(set_back.count() > 2, "the script sets the clock back");
    for time in changes.iter().map(|change| change.event.at_ms) {
        for at_ms in [time - 1, time, time + 1] {
            let prod = changes_of(&changes, "prod");
            let want = prod.iter().rfind(|change| change.event.at_ms <= at_ms);
            let found = reader.document_at("prod", At::Time(at_ms)).unwrap();
            assert_eq!(
                found.map(|found| found.seq),
                want.map(|change| change.seq),
                "at {at_ms}"
            );
        }
    }
    assert_eq!(reader.document_at("prod", At::Time(0)), Ok(None));
}

#[test]
fn append_with_another_head_is_a_conflict_and_changes_nothing() {
    let store = TestStore::new();
    let mut store = store.open();
    let changes = script(5, 20);
    append_all(&mut store, &changes);
    let last = changes_of(&changes, "prod").pop().unwrap().clone();
    for expected_seq in [0, last.seq - 1, last.seq + 1] {
        let append = Append {
            expected_seq,
            ..last.append()
        };
        let conflict = StoreError::Conflict {
            expected: expected_seq,
            found: last.seq,
        };
        assert_eq!(store.append(&append), Err(conflict));
    }
    check_store(&*store.reader(), &changes);
}

#[test]
fn each_part_of_an_append_is_bounded() {
    let test = TestStore::new();
    let mut store = test.open();
    let change = script(6, 1).remove(0);
    let state = "x".repeat(limits::STATE + 1);
    let too_large = Append {
        state: &state,
        ..change.append()
    };
    assert!(matches!(
        store.append(&too_large),
        Err(StoreError::TooLarge { part: "state", .. })
    ));
    let mut too_large = change.append();
    too_large.event.reason = Some("x".repeat(event_limits::REASON + 1));
    assert!(matches!(
        store.append(&too_large),
        Err(StoreError::TooLarge { part: "reason", .. })
    ));
    assert_eq!(store.reader().load("prod"), Ok(None));
    let largest = Append {
        state: &state[1..],
        ..change.append()
    };
    store.append(&largest).unwrap();
    let loaded = store
        .reader()
        .load(&change.event.environment)
        .unwrap()
        .unwrap();
    assert_eq!(loaded.state, largest.state);
}

#[test]
fn environments_are_bounded() {
    let test = TestStore::new();
    let mut store = test.open();
    let change = script(7, 1).remove(0);
    let mut append = change.append();
    for number in 0..limits::ENVIRONMENTS {
        append.event.environment = format!("environment-{number}");
        store.append(&append).unwrap();
    }
    append.event.environment = "one more".to_owned();
    assert!(matches!(
        store.append(&append),
        Err(StoreError::TooLarge { .. })
    ));
}

#[test]
fn readers_see_whole_appends_while_another_thread_writes() {
    let test = TestStore::new();
    let mut store = test.open();
    let changes = script(8, 400);
    let reader: Arc<dyn StoreReader> = store.reader();
    let is_finished = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !is_finished.load(Ordering::Relaxed) {
                    check_head(&*reader, &changes);
                }
            });
        }
        append_all(&mut store, &changes);
        is_finished.store(true, Ordering::Relaxed);
    });
    check_store(&*reader, &changes);
}

/// Checks that state and definitions are those of the same change.
fn check_head(reader: &dyn StoreReader, changes: &[ScriptedChange]) {
    let Some(stored) = reader.load("prod").unwrap() else {
        return;
    };
    let seq = usize::try_from(stored.head_seq).unwrap();
    let change = changes_of(changes, "prod")[seq - 1];
    assert_eq!(
        (&stored.state, &stored.definitions),
        (&change.state, &change.definitions)
    );
}
