//! Rows of events: the columns by which events are found, and the check that they are those of the canonical bytes.

use rusqlite::Row;

use crate::control::store::sqlite::row_id::seq_of;
use crate::event_log::BrokenChain;
use crate::event_log::SealedEvent;
use crate::wire::content_hash::ContentHash;

/// The columns that [`EventRow::read`] expects.
pub const COLUMNS: &str = "
    id, at_ms,
    (SELECT text FROM term WHERE term.id = event.flag),
    (SELECT text FROM term WHERE term.id = event.actor),
    (SELECT text FROM term WHERE term.id = event.kind),
    event.flag, hash, bytes";

/// The row of an event as it is stored.
pub struct EventRow {
    /// The number of the event.
    pub seq: u64,
    at_ms: u64,
    flag: Option<String>,
    actor: Option<String>,
    kind: Option<String>,
    has_flag: bool,
    hash: [u8; 32],
    /// The canonical bytes.
    pub bytes: Vec<u8>,
}

impl EventRow {
    /// Reads a row with the columns [`COLUMNS`].
    pub fn read(row: &Row<'_>) -> rusqlite::Result<EventRow> {
        let flag_id: Option<i64> = row.get(5)?;
        Ok(EventRow {
            seq: seq_of(row.get(0)?),
            at_ms: row.get(1)?,
            flag: row.get(2)?,
            actor: row.get(3)?,
            kind: row.get(4)?,
            has_flag: flag_id.is_some(),
            hash: row.get(6)?,
            bytes: row.get(7)?,
        })
    }

    /// The event, if all columns are those of its bytes.
    ///
    /// # Errors
    /// If a column or the bytes were changed.
    pub fn check(self, environment: &str) -> Result<SealedEvent, BrokenChain> {
        let broken = |why: &str| BrokenChain::new(self.seq, why);
        if ContentHash::of(&self.bytes).0 != self.hash {
            return Err(broken("its bytes do not have the stored hash"));
        }
        let sealed = SealedEvent::parse(&self.bytes);
        let sealed = sealed.map_err(|error| BrokenChain::new(self.seq, error.to_string()))?;
        let event = sealed.event();
        let columns = [
            ("environment", event.environment == environment),
            ("number", event.seq == self.seq),
            ("time", event.at_ms == self.at_ms),
            (
                "flag",
                event.flag == self.flag && event.flag.is_some() == self.has_flag,
            ),
            ("actor", self.actor.as_ref() == Some(&event.actor.name)),
            ("kind", self.kind.as_deref() == Some(event.kind.name())),
        ];
        match columns.iter().find(|(_, is_same)| !is_same) {
            Some((column, _)) => Err(broken(&format!("its column for the {column} was changed"))),
            None => Ok(sealed),
        }
    }
}
