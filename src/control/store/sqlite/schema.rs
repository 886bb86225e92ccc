//! The tables of the database, and the marks by which a file is recognised as a store.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::TransactionBehavior;

use crate::control::store::error::StoreError;
use crate::control::store::query::StoreEpoch;
use crate::control::store::sqlite::failure::Failure;
use crate::control::store::sqlite::records;

/// `FANC`, by which the command `file` recognises a store.
const APPLICATION_ID: i64 = 0x4641_4e43;
/// The version of the tables. A release reads its own version and earlier ones.
const VERSION: i64 = 1;

/// The tables. The id of an event is `RowId`: environment and number. So each index ends with the number of the event,
/// and one index per combination of filters answers a query without sorting or skipping rows.
const TABLES: &str = "
CREATE TABLE meta (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    epoch INTEGER NOT NULL,
    store_id BLOB NOT NULL
) STRICT;

CREATE TABLE environment (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    head_seq INTEGER NOT NULL,
    head_hash BLOB NOT NULL,
    state_hash BLOB NOT NULL,
    state TEXT NOT NULL
) STRICT;

-- Flag keys, names of actors and kinds of events.
CREATE TABLE term (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    flag INTEGER REFERENCES term,
    actor INTEGER NOT NULL REFERENCES term,
    kind INTEGER NOT NULL REFERENCES term,
    hash BLOB NOT NULL,
    bytes BLOB NOT NULL
) STRICT;

CREATE INDEX event_by_flag ON event (flag);
CREATE INDEX event_by_actor ON event (actor);
CREATE INDEX event_by_kind ON event (kind);
CREATE INDEX event_by_flag_actor ON event (flag, actor);
CREATE INDEX event_by_flag_kind ON event (flag, kind);
CREATE INDEX event_by_actor_kind ON event (actor, kind);
CREATE INDEX event_by_flag_actor_kind ON event (flag, actor, kind);

CREATE TABLE revision (
    id INTEGER PRIMARY KEY REFERENCES event,
    content_hash BLOB NOT NULL,
    delta BLOB NOT NULL,
    complete BLOB
) STRICT;

-- The events whose time is earlier than that of the event before them: the clock was set back. Between two of them,
-- times do not decrease, so that a time is found by binary search.
CREATE TABLE clock (
    id INTEGER PRIMARY KEY REFERENCES event,
    first_ms INTEGER NOT NULL
) STRICT;
";

/// Creates the tables in an empty database, or checks that the database is a store that this release reads.
pub fn prepare(connection: &mut Connection, file: &Path) -> Result<(), Failure> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if is_empty(&transaction)? {
        transaction.execute_batch(TABLES)?;
        transaction.execute("INSERT INTO meta VALUES (1, 0, randomblob(16))", [])?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    check(&transaction, file)?;
    transaction.execute_batch(records::TABLE)?;
    Ok(transaction.commit()?)
}

fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    let marks = pragma(connection, "application_id")? + pragma(connection, "user_version")?;
    let count = "SELECT count(*) FROM sqlite_master";
    let tables: i64 = connection.query_row(count, [], |row| row.get(0))?;
    Ok(marks == 0 && tables == 0)
}

/// Checks that the database is a store that this release reads.
pub fn check(connection: &Connection, file: &Path) -> Result<(), Failure> {
    let file = file.to_owned();
    if pragma(connection, "application_id")? != APPLICATION_ID {
        return Err(StoreError::OtherProgram { file }.into());
    }
    let (found, known) = (pragma(connection, "user_version")?, VERSION);
    if found > known {
        return Err(StoreError::NewerVersion { file, found, known }.into());
    }
    if found != known {
        return Err(Failure::Damaged(format!("its version is {found}")));
    }
    Ok(())
}

fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}

/// Reads the identity of the store.
pub fn epoch(connection: &Connection) -> Result<StoreEpoch, Failure> {
    let read = "SELECT epoch, store_id FROM meta WHERE id = 1";
    let (number, id) = connection.query_row(read, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(StoreEpoch {
        number,
        id: u128::from_be_bytes(id),
    })
}

/// Gives a restored store a new identity.
pub fn renew_epoch(connection: &Connection) -> Result<(), Failure> {
    let renew = "UPDATE meta SET epoch = epoch + 1, store_id = randomblob(16) WHERE id = 1";
    connection.execute(renew, [])?;
    Ok(())
}

/// Checks all pages and indexes of the database.
pub fn check_integrity(connection: &Connection) -> Result<(), Failure> {
    let check = "PRAGMA integrity_check(1)";
    let result: String = connection.query_row(check, [], |row| row.get(0))?;
    if result == "ok" {
        return Ok(());
    }
    let problem = result.trim_start_matches("*** in database main ***").trim();
    Err(Failure::Damaged(problem.replace('\n', " ")))
}
