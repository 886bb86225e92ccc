//! The table of records.

use rusqlite::Connection;
use rusqlite::OptionalExtension as _;
use rusqlite::Row;
use rusqlite::TransactionBehavior;

use crate::control::store::error::StoreError;
use crate::control::store::limits;
use crate::control::store::record::Record;
use crate::control::store::record::RecordChange;
use crate::control::store::record::RecordKind;
use crate::control::store::sqlite::failure::Failure;

/// The table. It was added to the first version of the tables, so it is created when it is missing.
pub const TABLE: &str = "
CREATE TABLE IF NOT EXISTS record (
    kind INTEGER NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    expires_ms INTEGER,
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS record_by_time ON record (kind, at_ms);
";

/// Writes changes of records, all or none.
pub fn write_all(connection: &mut Connection, changes: &[RecordChange]) -> Result<(), Failure> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    write(&transaction, changes)?;
    Ok(transaction.commit()?)
}

/// Writes changes of records in the transaction of the caller.
pub fn write(connection: &Connection, changes: &[RecordChange]) -> Result<(), Failure> {
    for change in changes {
        match change {
            RecordChange::Put(kind, record) => put(connection, *kind, record)?,
            RecordChange::Delete(kind, key) => {
                let delete = "DELETE FROM record WHERE kind = ?1 AND key = ?2";
                connection.execute(delete, (*kind as i64, key))?;
            }
        }
    }
    Ok(())
}

fn put(connection: &Connection, kind: RecordKind, record: &Record) -> Result<(), Failure> {
    let size = record.key.len() + record.value.len();
    if size > limits::RECORD {
        let (part, limit) = ("record", limits::RECORD);
        return Err(StoreError::TooLarge { part, size, limit }.into());
    }
    let number = kind as i64;
    let expired = "DELETE FROM record WHERE kind = ?1 AND expires_ms <= ?2";
    connection.execute(expired, (number, record.at_ms))?;
    let put = "INSERT OR REPLACE INTO record VALUES (?1, ?2, ?3, ?4, ?5)";
    connection.execute(
        put,
        (
            number,
            &record.key,
            &record.value,
            record.at_ms,
            record.expires_ms,
        ),
    )?;
    let oldest = "DELETE FROM record WHERE (kind, key) IN (
        SELECT kind, key FROM record WHERE kind = ?1 ORDER BY at_ms DESC LIMIT -1 OFFSET ?2)";
    connection.execute(oldest, (number, kind.limit()))?;
    Ok(())
}

/// All records of a kind, sorted by key.
pub fn all(connection: &Connection, kind: RecordKind) -> Result<Vec<Record>, Failure> {
    let read = "SELECT key, value, at_ms, expires_ms FROM record WHERE kind = ?1 ORDER BY key";
    let mut statement = connection.prepare(read)?;
    let rows = statement.query_map([kind as i64], record)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The record with this key.
pub fn find(
    connection: &Connection,
    kind: RecordKind,
    key: &str,
) -> Result<Option<Record>, Failure> {
    let read = "SELECT key, value, at_ms, expires_ms FROM record WHERE kind = ?1 AND key = ?2";
    let found = connection.query_row(read, (kind as i64, key), record);
    Ok(found.optional()?)
}

fn record(row: &Row<'_>) -> rusqlite::Result<Record> {
    Ok(Record {
        key: row.get(0)?,
        value: row.get(1)?,
        at_ms: row.get(2)?,
        expires_ms: row.get(3)?,
    })
}

/// Removes all records. A backup may have tokens that were revoked after it.
pub fn clear(connection: &Connection) -> Result<(), Failure> {
    connection.execute_batch(TABLE)?;
    connection.execute("DELETE FROM record", [])?;
    Ok(())
}
