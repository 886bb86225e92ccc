//! Events by time. Between two events at which the clock was set back, times do not decrease, so that binary search finds
//! a time.

use std::ops::RangeInclusive;

use rusqlite::Connection;

use crate::control::store::sqlite::failure::Failure;
use crate::control::store::sqlite::row_id::MAX_SEQ;
use crate::control::store::sqlite::row_id::row_id;
use crate::control::store::sqlite::row_id::seq_of;

/// Consecutive events whose times do not decrease.
struct Segment {
    seqs: RangeInclusive<u64>,
    first_ms: u64,
}

/// The time of an event.
pub fn time_of(connection: &Connection, environment: i64, seq: u64) -> Result<u64, Failure> {
    let read = "SELECT at_ms FROM event WHERE id = ?1";
    Ok(connection.query_row(read, [row_id(environment, seq)], |row| row.get(0))?)
}

/// Records that the clock was set back at this event.
pub fn insert(connection: &Connection, id: i64, first_ms: u64) -> Result<(), Failure> {
    connection.execute("INSERT INTO clock VALUES (?1, ?2)", (id, first_ms))?;
    Ok(())
}

/// The last event with this time or an earlier one.
pub fn last_at(
    connection: &Connection,
    environment: i64,
    head: u64,
    at_ms: u64,
) -> Result<Option<u64>, Failure> {
    for segment in segments(connection, environment, head)?.into_iter().rev() {
        if segment.first_ms <= at_ms {
            let after = first_where(&segment.seqs, |seq| {
                Ok(time_of(connection, environment, seq)? > at_ms)
            })?;
            return Ok(Some(after - 1));
        }
    }
    Ok(None)
}

/// The events with a time from `from` on and before `until`, as ranges of numbers in ascending order.
pub fn ranges(
    connection: &Connection,
    environment: i64,
    head: u64,
    (from, until): (u64, u64),
) -> Result<Vec<RangeInclusive<u64>>, Failure> {
    let mut ranges = Vec::new();
    for Segment { seqs, first_ms } in segments(connection, environment, head)? {
        if first_ms >= until || time_of(connection, environment, *seqs.end())? < from {
            continue;
        }
        let first = |least| {
            first_where(&seqs, |seq| {
                Ok(time_of(connection, environment, seq)? >= least)
            })
        };
        let (begin, end) = (first(from)?, first(until)?);
        if begin < end {
            ranges.push(begin..=end - 1);
        }
    }
    Ok(ranges)
}

fn segments(connection: &Connection, environment: i64, head: u64) -> Result<Vec<Segment>, Failure> {
    let read = "SELECT id, first_ms FROM clock WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC";
    let mut statement = connection.prepare(read)?;
    let mut rows = statement.query([row_id(environment, 0), row_id(environment, MAX_SEQ)])?;
    let (mut segments, mut last) = (Vec::new(), head);
    while let Some(row) = rows.next()? {
        let first = seq_of(row.get(0)?);
        if first == 0 || first > last {
            return Err(Failure::Damaged(
                "its table `clock` does not agree with its events".to_owned(),
            ));
        }
        segments.push(Segment {
            seqs: first..=last,
            first_ms: row.get(1)?,
        });
        last = first - 1;
    }
    segments.reverse();
    Ok(segments)
}

/// Binary search: the first number for which `holds` returns true; the number after the range if there is none. If
/// `holds` returns true for a number, it must return true for all larger ones.
fn first_where(
    range: &RangeInclusive<u64>,
    mut holds: impl FnMut(u64) -> Result<bool, Failure>,
) -> Result<u64, Failure> {
    let (mut low, mut high) = (*range.start(), *range.end() + 1);
    while low < high {
        let middle = low.midpoint(high);
        if holds(middle)? {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Ok(low)
}
