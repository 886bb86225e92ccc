//! `RowId`: the id of an event and its revision, from the environment and the number of the event.

use crate::event_log::limits;

/// The bits of the number of an event. The bits above are the id of the environment.
const SEQ_BITS: u32 = 40;

/// The greatest number of an event.
pub const MAX_SEQ: u64 = (1 << SEQ_BITS) - 1;

const _: () = assert!(MAX_SEQ < limits::INTEGER);

/// The id of the row of an event, and of its revision. Rows are sorted by environment, then by number.
pub fn row_id(environment: i64, seq: u64) -> i64 {
    let seq = i64::try_from(seq.min(MAX_SEQ)).unwrap_or(0);
    environment << SEQ_BITS | seq
}

/// The number of the event with this id.
pub fn seq_of(id: i64) -> u64 {
    u64::try_from(id).unwrap_or(0) & MAX_SEQ
}
