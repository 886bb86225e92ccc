//! Pages of events that a filter selects.

pub mod event_row;

use std::ops::RangeInclusive;

use rusqlite::Connection;
use rusqlite::OptionalExtension as _;
use rusqlite::params_from_iter;

use crate::control::store::limits;
use crate::control::store::query::EventPage;
use crate::control::store::query::EventQuery;
use crate::control::store::sqlite::clock;
use crate::control::store::sqlite::events::event_row::EventRow;
use crate::control::store::sqlite::failure::Failure;
use crate::control::store::sqlite::head::EnvironmentHead;
use crate::control::store::sqlite::row_id::row_id;
use crate::event_log::LogEventKind;

/// The ids of the terms that events must have.
#[derive(Debug, Clone, Copy)]
struct TermFilter {
    flag: Option<i64>,
    actor: Option<i64>,
    kind: Option<i64>,
}

/// A page of events.
pub fn page(
    connection: &Connection,
    head: &EnvironmentHead,
    query: &EventQuery,
) -> Result<EventPage, Failure> {
    let mut page = EventPage {
        events: Vec::new(),
        has_more: false,
    };
    let Some(filter) = term_filter(connection, query)? else {
        return Ok(page);
    };
    let mut bytes = 0;
    for range in ranges(connection, head, query)? {
        add_events(
            connection,
            head,
            (query, filter, range),
            &mut bytes,
            &mut page,
        )?;
        if page.has_more {
            break;
        }
    }
    Ok(page)
}

/// The filter by ids; `None` if no event has one of the terms.
fn term_filter(connection: &Connection, query: &EventQuery) -> Result<Option<TermFilter>, Failure> {
    let id = |text: Option<&str>| -> Result<Option<Option<i64>>, Failure> {
        let Some(text) = text else {
            return Ok(Some(None));
        };
        let find = "SELECT id FROM term WHERE text = ?1";
        let found = connection
            .query_row(find, [text], |row| row.get(0))
            .optional()?;
        Ok(found.map(Some))
    };
    let flag = id(query.flag.as_deref())?;
    let actor = id(query.actor.as_deref())?;
    let kind = id(query.kind.as_ref().map(LogEventKind::name))?;
    let (Some(flag), Some(actor), Some(kind)) = (flag, actor, kind) else {
        return Ok(None);
    };
    Ok(Some(TermFilter { flag, actor, kind }))
}

/// The numbers of the events that the times and numbers of the query select, in the order of the query.
fn ranges(
    connection: &Connection,
    head: &EnvironmentHead,
    query: &EventQuery,
) -> Result<Vec<RangeInclusive<u64>>, Failure> {
    let first = query.after_seq.unwrap_or(0).saturating_add(1);
    let last = query
        .before_seq
        .map_or(head.seq, |seq| seq.saturating_sub(1).min(head.seq));
    let mut ranges = match (query.from_ms, query.until_ms) {
        (None, None) => vec![1..=head.seq],
        (from, until) => {
            let times = (from.unwrap_or(0), until.unwrap_or(u64::MAX));
            clock::ranges(connection, head.id, head.seq, times)?
        }
    };
    for range in &mut ranges {
        *range = first.max(*range.start())..=last.min(*range.end());
    }
    ranges.retain(|range| !range.is_empty());
    if query.newest_first {
        ranges.reverse();
    }
    Ok(ranges)
}

/// Adds the events of a range of numbers, until the page is full.
fn add_events(
    connection: &Connection,
    head: &EnvironmentHead,
    (query, filter, range): (&EventQuery, TermFilter, RangeInclusive<u64>),
    bytes: &mut usize,
    page: &mut EventPage,
) -> Result<(), Failure> {
    let limit = match query.limit {
        0 => limits::PAGE_EVENTS,
        limit => limit.min(limits::PAGE_EVENTS),
    };
    let mut statement = connection.prepare(&select(filter, query.newest_first))?;
    let ids = [*range.start(), *range.end()].map(|seq| row_id(head.id, seq));
    let terms = [filter.flag, filter.actor, filter.kind]
        .into_iter()
        .flatten();
    let mut rows = statement.query(params_from_iter(ids.into_iter().chain(terms)))?;
    while let Some(row) = rows.next()? {
        if page.events.len() >= limit || *bytes >= limits::PAGE_BYTES {
            page.has_more = true;
            break;
        }
        let row = EventRow::read(row)?;
        *bytes += row.bytes.len();
        let event = row.check(&head.name);
        page.events
            .push(event.map_err(|broken| Failure::Damaged(broken.to_string()))?);
    }
    Ok(())
}

/// The statement for a combination of filters. The index is named: the planner has no statistics, and might choose one
/// that has to skip most rows.
fn select(filter: TermFilter, newest_first: bool) -> String {
    let (index, condition) = match (filter.flag, filter.actor, filter.kind) {
        (None, None, None) => ("", ""),
        (Some(_), None, None) => ("flag", "flag = ?"),
        (None, Some(_), None) => ("actor", "actor = ?"),
        (None, None, Some(_)) => ("kind", "kind = ?"),
        (Some(_), Some(_), None) => ("flag_actor", "flag = ? AND actor = ?"),
        (Some(_), None, Some(_)) => ("flag_kind", "flag = ? AND kind = ?"),
        (None, Some(_), Some(_)) => ("actor_kind", "actor = ? AND kind = ?"),
        (Some(_), Some(_), Some(_)) => ("flag_actor_kind", "flag = ? AND actor = ? AND kind = ?"),
    };
    let columns = event_row::COLUMNS;
    let order = if newest_first { "DESC" } else { "ASC" };
    let (index, condition) = match index {
        "" => ("NOT INDEXED".to_owned(), String::new()),
        index => (
            format!("INDEXED BY event_by_{index}"),
            format!("AND {condition}"),
        ),
    };
    format!(
        "SELECT {columns} FROM event {index} WHERE id BETWEEN ? AND ? {condition} ORDER BY id {order}"
    )
}

/// The stored bytes of events after a number, unchecked.
pub fn raw(
    connection: &Connection,
    head: &EnvironmentHead,
    after_seq: u64,
    limit: usize,
) -> Result<Vec<Vec<u8>>, Failure> {
    let read = "SELECT bytes FROM event WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3";
    let mut statement = connection.prepare(read)?;
    let first = row_id(head.id, after_seq.saturating_add(1));
    let limit = limit.min(limits::PAGE_EVENTS) as u64;
    let mut rows = statement.query((first, row_id(head.id, head.seq), limit))?;
    let (mut events, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let event: Vec<u8> = row.get(0)?;
        bytes += event.len();
        events.push(event);
        if bytes >= limits::PAGE_BYTES {
            break;
        }
    }
    Ok(events)
}
