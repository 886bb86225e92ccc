//! Connections to the database: one that writes, and several that read.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::OpenFlags;

use crate::control::store::limits;
use crate::control::store::sqlite::failure::Failure;

/// Opens the connection that writes. The file exists.
pub fn open_writer(file: &Path) -> Result<Connection, Failure> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = open(file, flags)?;
    let mode = "PRAGMA journal_mode = WAL";
    let mode: String = connection.query_row(mode, [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(Failure::Damaged(format!(
            "its journal mode is {mode}, not wal"
        )));
    }
    // FULL syncs the log at each commit, so that an acknowledged event survives a power failure.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Checkpoints are steps of the store.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "journal_size_limit", limits::LOG_BYTES)?;
    Ok(connection)
}

/// Opens a connection that reads.
pub fn open_reader(file: &Path) -> Result<Connection, Failure> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    open(file, flags)
}

fn open(file: &Path, flags: OpenFlags) -> Result<Connection, Failure> {
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(limits::BUSY_TIMEOUT)?;
    // Triggers and views in a file that was tampered with do not run.
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    // In KiB. Five connections with SQLite's default would keep 10 MiB of pages.
    connection.pragma_update(None, "cache_size", -limits::CACHE_KIB)?;
    Ok(connection)
}
