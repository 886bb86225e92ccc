//! `EnvironmentHead`: the last event of an environment.

use rusqlite::Connection;
use rusqlite::OptionalExtension as _;

use crate::control::store::error::StoreError;
use crate::control::store::limits;
use crate::control::store::sqlite::failure::Failure;
use crate::event_log::ChainHead;
use crate::wire::content_hash::ContentHash;

/// The last event of an environment.
#[derive(Debug, Clone)]
pub struct EnvironmentHead {
    /// The id of the environment.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// The number of its last event; 0 if it has none yet.
    pub seq: u64,
    /// The hash of its last event.
    pub hash: ContentHash,
}

/// The head of an environment.
pub fn find(connection: &Connection, name: &str) -> Result<Option<EnvironmentHead>, Failure> {
    let find = "SELECT id, head_seq, head_hash FROM environment WHERE name = ?1";
    let found = connection.query_row(find, [name], |row| {
        Ok(EnvironmentHead {
            id: row.get(0)?,
            name: name.to_owned(),
            seq: row.get(1)?,
            hash: ContentHash(row.get(2)?),
        })
    });
    Ok(found.optional()?)
}

/// The head of an environment that has no events yet.
///
/// # Errors
/// If the store has as many environments as it takes.
pub fn create(connection: &Connection, name: &str) -> Result<EnvironmentHead, Failure> {
    let read = "SELECT count(*), coalesce(max(id), 0) + 1 FROM environment";
    let (count, id): (usize, i64) =
        connection.query_row(read, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if count >= limits::ENVIRONMENTS {
        let (part, size, limit) = ("list of environments", count + 1, limits::ENVIRONMENTS);
        return Err(StoreError::TooLarge { part, size, limit }.into());
    }
    Ok(EnvironmentHead {
        id,
        name: name.to_owned(),
        seq: ChainHead::EMPTY.seq,
        hash: ChainHead::EMPTY.hash,
    })
}

/// The names of all environments, sorted.
pub fn names(connection: &Connection) -> Result<Vec<String>, Failure> {
    let mut statement = connection.prepare("SELECT name FROM environment ORDER BY name")?;
    let names = statement.query_map([], |row| row.get(0))?;
    Ok(names.collect::<rusqlite::Result<_>>()?)
}
