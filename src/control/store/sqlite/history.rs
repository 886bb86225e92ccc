//! States and definitions: the newest ones, and those of any revision.

use rusqlite::Connection;

use crate::control::store::append::StoredDefinitions;
use crate::control::store::definitions_codec;
use crate::control::store::limits::COMPLETE_COPY_INTERVAL;
use crate::control::store::query::At;
use crate::control::store::query::StoredEnvironment;
use crate::control::store::query::StoredRevision;
use crate::control::store::sqlite::clock;
use crate::control::store::sqlite::events::event_row::COLUMNS;
use crate::control::store::sqlite::events::event_row::EventRow;
use crate::control::store::sqlite::failure::Failure;
use crate::control::store::sqlite::head::EnvironmentHead;
use crate::control::store::sqlite::row_id::row_id;
use crate::wire::content_hash::ContentHash;

/// Returns true if the revision of this number has a complete copy of its definitions.
pub fn has_complete_copy(seq: u64) -> bool {
    base_of(seq) == seq
}

/// The last revision with a complete copy, up to this one.
fn base_of(seq: u64) -> u64 {
    (seq - 1) / COMPLETE_COPY_INTERVAL * COMPLETE_COPY_INTERVAL + 1
}

/// The head of an environment with its state and definitions, all checked.
pub fn load(connection: &Connection, head: &EnvironmentHead) -> Result<StoredEnvironment, Failure> {
    let read = format!("SELECT {COLUMNS} FROM event WHERE id = ?1");
    let event = connection.query_row(&read, [row_id(head.id, head.seq)], EventRow::read)?;
    let event = event
        .check(&head.name)
        .map_err(|broken| Failure::Damaged(broken.to_string()))?;
    if event.hash() != head.hash {
        return Err(damaged("the hash of its last event was changed", head.seq));
    }
    let revision = revision(connection, head, head.seq)?;
    if revision.content_hash != event.event().document {
        return Err(damaged("the hash of its definitions was changed", head.seq));
    }
    Ok(StoredEnvironment {
        head_seq: head.seq,
        head_hash: head.hash,
        state: state(connection, head)?,
        content_hash: revision.content_hash,
        definitions: revision.definitions,
    })
}

/// The state of an environment, checked by its hash.
pub fn state(connection: &Connection, head: &EnvironmentHead) -> Result<String, Failure> {
    let read = "SELECT state_hash, state FROM environment WHERE id = ?1";
    let read = connection.query_row(read, [head.id], |row| Ok((row.get(0)?, row.get(1)?)));
    let (hash, state): ([u8; 32], String) = read?;
    if ContentHash::of(state.as_bytes()).0 != hash {
        return Err(damaged("the state was changed", head.seq));
    }
    Ok(state)
}

/// The revision at a point of the history.
pub fn revision_at(
    connection: &Connection,
    head: &EnvironmentHead,
    at: At,
) -> Result<Option<StoredRevision>, Failure> {
    let seq = match at {
        At::Revision(seq) => Some(seq).filter(|seq| (1..=head.seq).contains(seq)),
        At::Time(at_ms) => clock::last_at(connection, head.id, head.seq, at_ms)?,
    };
    seq.map(|seq| revision(connection, head, seq)).transpose()
}

/// Rebuilds the definitions of a revision from the last complete copy, and checks their hash.
fn revision(
    connection: &Connection,
    head: &EnvironmentHead,
    seq: u64,
) -> Result<StoredRevision, Failure> {
    let base = base_of(seq);
    let read = "SELECT content_hash, iif(id = ?1, complete, delta) FROM revision WHERE id BETWEEN ?1 AND ?2 ORDER BY id";
    let mut statement = connection.prepare(read)?;
    let mut rows = statement.query([row_id(head.id, base), row_id(head.id, seq)])?;
    let mut definitions = StoredDefinitions::new();
    let (mut count, mut hash) = (0, [0; 32]);
    while let Some(row) = rows.next()? {
        hash = row.get(0)?;
        let bytes: Vec<u8> = row.get(1)?;
        let delta = definitions_codec::decode(&bytes).map_err(|why| damaged(why, base + count))?;
        delta.apply(&mut definitions);
        count += 1;
    }
    if count != seq - base + 1 {
        return Err(damaged("a revision is missing", base + count));
    }
    let content_hash = hash_of(&definitions);
    if content_hash.0 != hash {
        return Err(damaged("the definitions were changed", seq));
    }
    Ok(StoredRevision {
        seq,
        at_ms: clock::time_of(connection, head.id, seq)?,
        content_hash,
        definitions,
    })
}

/// The hash of definitions.
pub fn hash_of(definitions: &StoredDefinitions) -> ContentHash {
    ContentHash::of_definitions(definitions.iter().map(|(key, text)| (&**key, &**text)))
}

fn damaged(problem: &str, seq: u64) -> Failure {
    Failure::Damaged(format!("at revision {seq}, {problem}"))
}
