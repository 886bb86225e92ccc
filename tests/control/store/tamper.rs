//! Tampering with a stored log: rows changed with a database tool, and bytes of the file that flip.

use fanion::control::store::EventQuery;
use fanion::control::store::Store;
use fanion::control::store::StoreReader;
use fanion::control::store::VerifyError;
use fanion::event_log::SealedEvent;
use rusqlite::Connection;
use rusqlite::types::Value;

use crate::store::script::ENVIRONMENTS;
use crate::store::script::Random;
use crate::store::script::TestStore;
use crate::store::script::append_all;
use crate::store::script::script;

/// The columns of an event that its bytes repeat.
const COLUMNS: [&str; 6] = ["at_ms", "flag", "actor", "kind", "hash", "bytes"];

fn id(seq: u64) -> i64 {
    1 << 40 | i64::try_from(seq).unwrap()
}

fn read(connection: &Connection, column: &str, seq: u64) -> Value {
    let read = format!("SELECT {column} FROM event WHERE id = ?1");
    connection
        .query_row(&read, [id(seq)], |row| row.get(0))
        .unwrap()
}

fn write(connection: &Connection, column: &str, seq: u64, value: &Value) {
    let write = format!("UPDATE event SET {column} = ?2 WHERE id = ?1");
    assert_eq!(connection.execute(&write, (id(seq), value)).unwrap(), 1);
}

/// Another value of the same column.
fn flip(value: &Value, random: &mut Random) -> Value {
    match value {
        Value::Blob(bytes) => {
            let mut bytes = bytes.clone();
            let bit = usize::try_from(random.below(bytes.len() as u64 * 8)).unwrap();
            bytes[bit / 8] ^= 1 << (bit % 8);
            Value::Blob(bytes)
        }
        Value::Null => Value::Integer(1),
        Value::Integer(number) => Value::Integer(number ^ 1 << random.below(40)),
        other => panic!("{other:?}"),
    }
}

/// The number of the event that verification names.
fn named(reader: &dyn StoreReader) -> Result<u64, VerifyError> {
    match reader.verify("prod") {
        Err(VerifyError::Broken(broken)) => Ok(broken.seq),
        Err(error) => Err(error),
        Ok(head) => panic!("no tampering found: {head:?}"),
    }
}

#[test]
fn each_of_10_000_flips_is_found_in_its_event() {
    let test = TestStore::new();
    let mut store = test.open();
    append_all(&mut store, &script(41, 30));
    let reader = store.reader();
    let head = reader.load("prod").unwrap().unwrap().head_seq;
    let outsider = test.outsider();
    outsider.pragma_update(None, "foreign_keys", false).unwrap();
    let mut random = Random(41);
    for _ in 0..10_000 {
        let seq = 1 + random.below(head);
        let column = COLUMNS[usize::try_from(random.below(6)).unwrap()];
        let original = read(&outsider, column, seq);
        write(&outsider, column, seq, &flip(&original, &mut random));
        assert_eq!(named(&*reader), Ok(seq), "{column}");
        write(&outsider, column, seq, &original);
    }
    assert!(reader.verify("prod").is_ok());
}

#[test]
fn event_with_a_matching_hash_is_found_by_the_next_one() {
    let test = TestStore::new();
    let mut store = test.open();
    let events = append_all(&mut store, &script(42, 60));
    let reader = store.reader();
    let outsider = test.outsider();
    let prod = events
        .iter()
        .filter(|event| event.event().environment == "prod");
    let prod: Vec<&SealedEvent> = prod.collect();
    let (last, before) = prod.split_last().unwrap();
    for event in before {
        let mut forged = event.event().clone();
        forged.change = serde_json::json!({"percentage": 100});
        let seq = forged.seq;
        let forged = SealedEvent::seal(forged, event.previous()).unwrap();
        replace(&outsider, seq, &forged);
        assert_eq!(named(&*reader), Ok(seq));
        replace(&outsider, seq, event);
    }
    // The head is known to the environment.
    let mut forged = last.event().clone();
    forged.reason = Some("forged".to_owned());
    let forged = SealedEvent::seal(forged, last.previous()).unwrap();
    replace(&outsider, last.event().seq, &forged);
    assert_eq!(named(&*reader), Ok(last.event().seq));
    assert!(reader.load("prod").is_err());
}

fn replace(connection: &Connection, seq: u64, event: &SealedEvent) {
    write(
        connection,
        "bytes",
        seq,
        &Value::Blob(event.bytes().to_vec()),
    );
    write(
        connection,
        "hash",
        seq,
        &Value::Blob(event.hash().0.to_vec()),
    );
}

/// Changes a stored log by a statement, and checks that verification names an event.
fn check_named(statement: &str, seq: u64) {
    let test = TestStore::new();
    let mut store = test.open();
    append_all(&mut store, &script(43, 60));
    let outsider = test.outsider();
    outsider.pragma_update(None, "foreign_keys", false).unwrap();
    assert!(outsider.execute(statement, []).unwrap() > 0, "{statement}");
    assert_eq!(named(&*store.reader()), Ok(seq), "{statement}");
}

#[test]
fn removed_moved_and_added_rows_are_found() {
    let length = script(43, 60)
        .iter()
        .filter(|change| change.event.environment == "prod")
        .count();
    let length = length as u64;
    let (prod, last) = (id(0), id(length));
    check_named(&format!("DELETE FROM event WHERE id = {prod} + 9"), 9);
    check_named(
        &format!("DELETE FROM event WHERE id IN ({last}, {last} - 1)"),
        length - 1,
    );
    check_named(
        &format!("UPDATE event SET id = {last} + 7 WHERE id = {last}"),
        length,
    );
    check_named(
        &format!("UPDATE event SET id = 9 << 40 WHERE id = {prod} + 3"),
        3,
    );
    let columns = "at_ms, flag, actor, kind, hash, bytes";
    check_named(
        &format!("INSERT INTO event SELECT {last} + 1, {columns} FROM event WHERE id = {last}"),
        length + 1,
    );
    check_named(&format!("DELETE FROM revision WHERE id = {prod} + 5"), 5);
    check_named(
        &format!("UPDATE revision SET content_hash = zeroblob(32) WHERE id = {prod} + 6"),
        6,
    );
    check_named(&format!("DELETE FROM clock WHERE id = {prod} + 1"), 1);
    check_named(&format!("INSERT INTO clock VALUES ({prod} + 2, 7)"), 2);
}

#[test]
fn changed_column_is_found_when_events_are_read() {
    let test = TestStore::new();
    let mut store = test.open();
    append_all(&mut store, &script(44, 40));
    let outsider = test.outsider();
    outsider
        .execute(
            "UPDATE event SET actor = (SELECT id FROM term WHERE text LIKE 'flag%') WHERE id = ?1",
            [id(5)],
        )
        .unwrap();
    let page = store.reader().events("prod", &EventQuery::default());
    let error = page.unwrap_err().to_string();
    assert!(
        error.contains("event 5 is not as it was written: its column for the actor was changed"),
        "{error}"
    );
}

#[test]
fn changed_state_and_head_are_found() {
    let changes = [
        "UPDATE environment SET state = replace(state, 'after', 'befor')",
        "UPDATE environment SET head_hash = zeroblob(32)",
        "UPDATE environment SET head_seq = head_seq - 1",
        "UPDATE environment SET head_seq = head_seq + 1",
        "UPDATE environment SET name = 'other' WHERE name = 'prod'",
        "UPDATE revision SET delta = zeroblob(9)",
        "UPDATE term SET text = 'somebody' WHERE text = 'actor-1'",
        "DELETE FROM environment WHERE name = 'staging'",
    ];
    for change in changes {
        let test = TestStore::new();
        let mut store = test.open();
        append_all(&mut store, &script(45, 40));
        let outsider = test.outsider();
        assert!(outsider.execute(change, []).unwrap() > 0);
        assert!(store.reader().verify("prod").is_err(), "{change}");
    }
}

/// The stored bytes of all events.
fn all_events(reader: &dyn StoreReader) -> Vec<Vec<Vec<u8>>> {
    let events = |name| reader.raw_events(name, 0, 1000).unwrap();
    ENVIRONMENTS.into_iter().map(events).collect()
}

#[test]
fn flipped_bit_of_the_file_is_never_a_panic_or_a_wrong_ok() {
    let test = TestStore::new();
    let mut store = test.open();
    append_all(&mut store, &script(46, 60));
    let events = all_events(&*store.reader());
    drop(store);
    assert_eq!(verify_all(&test).as_ref(), Ok(&events));
    let bytes = std::fs::read(test.database()).unwrap();
    let mut random = Random(46);
    let (mut found, mut harmless) = (0, 0);
    for _ in 0..600 {
        let mut flipped = bytes.clone();
        let bit = usize::try_from(random.below(bytes.len() as u64 * 8)).unwrap();
        flipped[bit / 8] ^= 1 << (bit % 8);
        std::fs::write(test.database(), &flipped).unwrap();
        match verify_all(&test) {
            Err(_) => found += 1,
            Ok(read) => {
                assert_eq!(read, events, "bit {bit}");
                harmless += 1;
            }
        }
        let _ = std::fs::remove_file(test.data_dir().join("control.db-wal"));
        let _ = std::fs::remove_file(test.data_dir().join("control.db-shm"));
    }
    println!("{found} of 600 flips of the file were found; {harmless} changed no event");
    assert!(found > 150 && harmless > 150);
}

fn verify_all(test: &TestStore) -> Result<Vec<Vec<Vec<u8>>>, VerifyError> {
    let reader = test.try_open()?.reader();
    for name in ENVIRONMENTS {
        reader.verify(name)?;
    }
    Ok(all_events(&*reader))
}
