//! The transaction of an append: event, revision and state, or none of them.

use rusqlite::Connection;
use rusqlite::OptionalExtension as _;
use rusqlite::TransactionBehavior;

use crate::control::store::append::Append;
use crate::control::store::append::RevisionDefinitions;
use crate::control::store::append::StoredDefinitions;
use crate::control::store::definitions_codec;
use crate::control::store::error::StoreError;
use crate::control::store::limits;
use crate::control::store::sqlite::clock;
use crate::control::store::sqlite::failure::Failure;
use crate::control::store::sqlite::head;
use crate::control::store::sqlite::head::EnvironmentHead;
use crate::control::store::sqlite::history;
use crate::control::store::sqlite::records;
use crate::control::store::sqlite::row_id::MAX_SEQ;
use crate::control::store::sqlite::row_id::row_id;
use crate::control::store::step::Step;
use crate::control::store::step::StepHook;
use crate::event_log::LogEvent;
use crate::event_log::SealedEvent;
use crate::wire::content_hash::ContentHash;

/// Appends an event with its revision and state, and returns it sealed. After an error, nothing is appended.
pub fn append(
    connection: &mut Connection,
    append: &Append<'_>,
    step: &mut StepHook,
) -> Result<SealedEvent, Failure> {
    check_size("state", append.state.len(), limits::STATE)?;
    check_size(
        "change of definitions",
        size_of(&append.revision.delta.changed),
        limits::DEFINITIONS,
    )?;
    step(Step::Begin)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let head = expected_head(&transaction, append)?;
    let seq = head.seq + 1;
    let event = append
        .event
        .clone()
        .number(seq, append.revision.content_hash);
    let sealed = SealedEvent::seal(event, head.hash)?;
    step(Step::Event)?;
    insert_event(&transaction, &head, &sealed)?;
    step(Step::Revision)?;
    insert_revision(&transaction, row_id(head.id, seq), seq, &append.revision)?;
    step(Step::State)?;
    update_environment(&transaction, &head, &sealed, append.state)?;
    records::write(&transaction, append.records)?;
    step(Step::Commit)?;
    transaction.commit()?;
    Ok(sealed)
}

fn check_size(part: &'static str, size: usize, limit: usize) -> Result<(), StoreError> {
    let is_over = size > limit;
    (!is_over)
        .then_some(())
        .ok_or(StoreError::TooLarge { part, size, limit })
}

fn size_of(definitions: &StoredDefinitions) -> usize {
    definitions
        .iter()
        .map(|(key, text)| key.len() + text.len())
        .sum()
}

/// The head of the environment.
///
/// # Errors
/// If it is not the expected one.
fn expected_head(connection: &Connection, append: &Append<'_>) -> Result<EnvironmentHead, Failure> {
    let name = &append.event.environment;
    let head = match head::find(connection, name)? {
        Some(head) => head,
        None => head::create(connection, name)?,
    };
    if head.seq != append.expected_seq {
        return Err(StoreError::Conflict {
            expected: append.expected_seq,
            found: head.seq,
        }
        .into());
    }
    let limit = usize::try_from(MAX_SEQ).unwrap_or(usize::MAX);
    check_size(
        "log",
        usize::try_from(head.seq).unwrap_or(usize::MAX),
        limit - 1,
    )?;
    Ok(head)
}

fn insert_event(
    connection: &Connection,
    head: &EnvironmentHead,
    sealed: &SealedEvent,
) -> Result<(), Failure> {
    let event: &LogEvent = sealed.event();
    let flag = event.flag.as_deref();
    let flag = flag.map(|flag| intern(connection, flag)).transpose()?;
    let actor = intern(connection, &event.actor.name)?;
    let kind = intern(connection, event.kind.name())?;
    let id = row_id(head.id, event.seq);
    let insert = "INSERT INTO event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let columns = (
        id,
        event.at_ms,
        flag,
        actor,
        kind,
        sealed.hash().0,
        sealed.bytes(),
    );
    connection.execute(insert, columns)?;
    let is_set_back = head.seq == 0 || event.at_ms < clock::time_of(connection, head.id, head.seq)?;
    if is_set_back {
        clock::insert(connection, id, event.at_ms)?;
    }
    Ok(())
}

/// The id of a term.
fn intern(connection: &Connection, text: &str) -> Result<i64, Failure> {
    let find = "SELECT id FROM term WHERE text = ?1";
    let found = connection
        .query_row(find, [text], |row| row.get(0))
        .optional()?;
    if let Some(id) = found {
        return Ok(id);
    }
    connection.execute("INSERT INTO term (text) VALUES (?1)", [text])?;
    Ok(connection.last_insert_rowid())
}

fn insert_revision(
    connection: &Connection,
    id: i64,
    seq: u64,
    revision: &RevisionDefinitions<'_>,
) -> Result<(), Failure> {
    let delta = definitions_codec::encode_delta(revision.delta)?;
    let complete = if history::has_complete_copy(seq) {
        check_size(
            "definitions",
            size_of(revision.complete),
            limits::DEFINITIONS,
        )?;
        Some(definitions_codec::encode_complete(revision.complete)?)
    } else {
        None
    };
    let insert = "INSERT INTO revision VALUES (?1, ?2, ?3, ?4)";
    connection.execute(insert, (id, revision.content_hash.0, delta, complete))?;
    Ok(())
}

fn update_environment(
    connection: &Connection,
    head: &EnvironmentHead,
    sealed: &SealedEvent,
    state: &str,
) -> Result<(), Failure> {
    let upsert = "INSERT INTO environment (id, name, head_seq, head_hash, state_hash, state)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT (id) DO UPDATE SET
        head_seq = excluded.head_seq, head_hash = excluded.head_hash,
        state_hash = excluded.state_hash, state = excluded.state";
    let state_hash = ContentHash::of(state.as_bytes()).0;
    let columns = (
        head.id,
        &head.name,
        sealed.event().seq,
        sealed.hash().0,
        state_hash,
        state,
    );
    connection.execute(upsert, columns)?;
    Ok(())
}
