//! Checks every event of an environment, and all that is derived from events.

use std::path::Path;

use rusqlite::Connection;

use crate::control::store::error::VerifyError;
use crate::control::store::sqlite::events::event_row::COLUMNS;
use crate::control::store::sqlite::events::event_row::EventRow;
use crate::control::store::sqlite::failure::Failure;
use crate::control::store::sqlite::head;
use crate::control::store::sqlite::head::EnvironmentHead;
use crate::control::store::sqlite::history;
use crate::control::store::sqlite::row_id::MAX_SEQ;
use crate::control::store::sqlite::row_id::row_id;
use crate::control::store::sqlite::schema;
use crate::event_log::BrokenChain;
use crate::event_log::ChainHead;
use crate::event_log::ChainVerifier;
use crate::event_log::SealedEvent;

/// A bad event, or a failure of the store.
#[derive(Debug)]
pub enum VerifyFailure {
    /// The first bad event.
    Broken(BrokenChain),
    /// The store cannot be read, or is damaged outside of the events.
    Failure(Failure),
}

impl VerifyFailure {
    /// Names the file.
    pub fn in_file(self, file: &Path) -> VerifyError {
        match self {
            VerifyFailure::Broken(broken) => VerifyError::Broken(broken),
            VerifyFailure::Failure(failure) => VerifyError::Store(failure.in_file(file)),
        }
    }
}

impl From<BrokenChain> for VerifyFailure {
    fn from(broken: BrokenChain) -> VerifyFailure {
        VerifyFailure::Broken(broken)
    }
}

impl<T: Into<Failure>> From<T> for VerifyFailure {
    fn from(failure: T) -> VerifyFailure {
        VerifyFailure::Failure(failure.into())
    }
}

/// Checks the log of an environment, its state, its newest definitions, and the database.
pub fn verify(connection: &Connection, environment: &str) -> Result<ChainHead, VerifyFailure> {
    let Some(head) = head::find(connection, environment)? else {
        let problem = format!("it has no environment `{environment}`");
        return Err(Failure::Damaged(problem).into());
    };
    let verified = check_events(connection, &head)?;
    history::load(connection, &head)?;
    check_strays(connection)?;
    schema::check_integrity(connection)?;
    Ok(verified)
}

fn check_events(
    connection: &Connection,
    head: &EnvironmentHead,
) -> Result<ChainHead, VerifyFailure> {
    let read = format!(
        "SELECT {COLUMNS},
         (SELECT content_hash FROM revision WHERE revision.id = event.id),
         (SELECT first_ms FROM clock WHERE clock.id = event.id)
         FROM event WHERE id BETWEEN ?1 AND ?2 ORDER BY id"
    );
    let mut statement = connection.prepare(&read)?;
    let mut rows = statement.query([row_id(head.id, 0), row_id(head.id, MAX_SEQ)])?;
    let mut verifier = ChainVerifier::new(&head.name);
    let (mut last_seq, mut last_ms) = (0, None);
    while let Some(row) = rows.next()? {
        let seq = last_seq + 1;
        let unreadable = |error: rusqlite::Error| damage_of_event(seq, error);
        let document: Option<[u8; 32]> = row.get(8).map_err(unreadable)?;
        let clock: Option<u64> = row.get(9).map_err(unreadable)?;
        let row = EventRow::read(row).map_err(unreadable)?;
        if row.seq != seq {
            let why = format!("it is missing, and event {} follows", row.seq);
            return Err(BrokenChain::new(seq, why).into());
        }
        verifier.check(&row.bytes)?;
        let sealed = row.check(&head.name)?;
        check_derived(&sealed, document, clock, last_ms)?;
        (last_seq, last_ms) = (seq, Some(sealed.event().at_ms));
    }
    if last_seq != head.seq {
        let why = format!(
            "the log ends with event {last_seq}, and the head is event {}",
            head.seq
        );
        return Err(BrokenChain::new(last_seq.min(head.seq) + 1, why).into());
    }
    Ok(verifier.finish(Some(head.hash))?)
}

/// A value of another type is damage of its event; an error of SQLite is damage of the file.
fn damage_of_event(seq: u64, error: rusqlite::Error) -> VerifyFailure {
    if error.sqlite_error_code().is_some() {
        return Failure::Sql(error).into();
    }
    BrokenChain::new(seq, format!("a column was changed: {error}")).into()
}

/// Checks the rows of other tables that belong to an event.
fn check_derived(
    sealed: &SealedEvent,
    document: Option<[u8; 32]>,
    clock: Option<u64>,
    last_ms: Option<u64>,
) -> Result<(), BrokenChain> {
    let event = sealed.event();
    if document != Some(event.document.0) {
        return Err(BrokenChain::new(
            event.seq,
            "its revision has another hash, or is missing",
        ));
    }
    let is_set_back = last_ms.is_none_or(|last| event.at_ms < last);
    if clock != is_set_back.then_some(event.at_ms) {
        return Err(BrokenChain::new(
            event.seq,
            "its row of the table `clock` was changed",
        ));
    }
    Ok(())
}

/// Finds events that belong to no environment.
fn check_strays(connection: &Connection) -> Result<(), Failure> {
    let find = "SELECT count(*) FROM event WHERE id >> 40 NOT IN (SELECT id FROM environment)";
    let strays: i64 = connection.query_row(find, [], |row| row.get(0))?;
    if strays > 0 {
        return Err(Failure::Damaged(format!(
            "{strays} events belong to no environment"
        )));
    }
    Ok(())
}
